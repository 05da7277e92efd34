/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Two builds measured in turns, so that what drifts (frequency, neighbours of a virtual machine, load) hits both alike: A B, B A, A B, ...
 * Each turn is one boot by the build's own tool.
 */
#ifndef HARNESS_TOOL_ALTERNATE_H
#define HARNESS_TOOL_ALTERNATE_H

#include <stdbool.h>

#include "harness/tool/result.h"

struct alternate_plan {
    const char *builds[2];             /* folders that hold `tollgate`; may be the same one */
    const char *target, *select, *cmdline;
    unsigned boots;                    /* of each build, at least 2 */
    const char *keep;                  /* folder, exists, for a.json and b.json; NULL: nothing is kept */
    void (*progress)(unsigned done, unsigned all); /* after each boot; may be NULL */
};

/* The merged boots of each; free both. False with nothing left behind. */
bool alternate_run(const struct alternate_plan *plan, struct result results[2], struct error *e);

#endif
