/* SPDX-License-Identifier: BSD-2-Clause
 *
 * workload: posix.getpid.in_process | getpid that the library answers by itself, from what the server told it at the start: a function call and a load | Golub et al., Unix as an Application Program (USENIX 1990); Härtig et al. (SOSP 1997), table 2
 */
#include "workloads/lib/measure_fill.h"
#include "workloads/servers/personality_state.h"

static bool setup(void)
{
    personality.pid = PERSONALITY_PID;
    return true;
}

MEASURE_LOOPS(getpid, library_getpid_local() != PERSONALITY_PID)
MEASURE_LOOPS(empty, twin_succeeds())

#define ROW(operations, how) \
    { .direction = "op", .relation = "none", .path = "none", .batch = operations, .fill = getpid_##how, .fill_empty = empty_##how }

static const struct variant variants[] = { ROW(1, single), ROW(BATCH_OPERATIONS, batched) };

const struct workload workload = {
    .id = "posix.getpid.in_process", .setup = setup, .variants = variants, .variant_count = sizeof variants / sizeof variants[0],
};
