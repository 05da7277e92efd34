/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the host adds to a result's context (results/FORMAT.md section 2): which tree, which tools, which machine, when.
 */
#ifndef HARNESS_TOOL_TARGET_CONTEXT_H
#define HARNESS_TOOL_TARGET_CONTEXT_H

#include <jansson.h>
#include <stdbool.h>
#include <time.h>

#include "harness/tool/target.h"

#define COMMIT_DIGITS 12

struct tree_state {
    char commit[COMMIT_DIGITS + 1]; /* "unknown" outside a git repository */
    bool dirty;                     /* files differ from the commit, or nobody knows */
};

void tree_state_read(struct tree_state *state);
/* New object: target, commit, dirty, date, emulator's version, compiler, host_cpu, host_kernel, microcode, command, tool, and on
 * targets that run on the host's CPU what the clock depends on. */
json_t *host_context(const struct target *target, const char *emulator, const struct tree_state *tree, time_t start,
                     const struct launch *launch);

#endif
