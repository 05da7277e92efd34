/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One run of one target, from its folder to its result: start, watch, judge, decode, seal, write. Either there is a result.json that
 * everything vouches for, or there is an error line and no result.json.
 */
#ifndef HARNESS_TOOL_TARGET_RUN_H
#define HARNESS_TOOL_TARGET_RUN_H

#include <stdbool.h>

#include "harness/tool/result.h"
#include "harness/tool/target.h"
#include "harness/tool/target_context.h"

struct run_request {
    const struct target *target;
    const char *select, *cmdline;
    bool prepare, perf;    /* see struct run_plan */
    const char *footprint, *caches; /* likewise */
    const char *device, *power_cycle; /* likewise */
    unsigned cpus;         /* as in struct run_plan */
    const char *emulator;  /* instead of the target's own, or NULL */
    double time_limit_s;   /* 0: the target's own */
    const char *folder;    /* exists, is empty */
    const struct tree_state *tree;
};

/* Returns an enum tool_status, TOOL_OK with *result filled (the caller frees it). On failure the error line and the end of the
 * console are on stderr; *interrupted tells that the user wants no further run. */
int target_run(const struct run_request *request, struct result *result, bool *interrupted);

#endif
