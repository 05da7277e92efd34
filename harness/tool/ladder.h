/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The ladder: the same rows under several sets of guards against speculation (kernel option mitigations=), one rung each, as one
 * result. A row's variant begins with its rung, "mitigations=pti+verw,"; results/FORMAT.md section 2 tells the rest.
 */
#ifndef HARNESS_TOOL_LADDER_H
#define HARNESS_TOOL_LADDER_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/tool/result.h"

#define LADDER_RUNGS 7
#define LADDER_MARK "mitigations=" /* begins the variant of a row of a ladder */
/* Without a selection by the user: the call that crosses the most. */
#define LADDER_SELECT "ipc.call.inter"

/* Of the rungs, "off" first, as the kernel's option spells them: names with commas. */
extern const char *const ladder_rungs[LADDER_RUNGS];

/* "mitigations=pti+verw": for a variant and for the folder of a run. Free it. */
char *ladder_rung_name(size_t rung);
/* Bytes of a variant that tell its rung, the comma included; 0: a row of no ladder. */
size_t ladder_prefix_bytes(const char *variant);
/* Whether a result is one of several rungs. */
bool ladder_is(const struct result *result);
/* One result of LADDER_RUNGS, whose rows it takes: what is left of them is to be freed. Refuses a result whose context does not say
 * that just its rung was in force, and rungs of unlike unit. */
bool ladder_merge(struct result *rungs, struct result *ladder, struct error *e);

#endif
