/* SPDX-License-Identifier: BSD-2-Clause
 *
 * workload: posix.getpid.libc | getpid by a library that sends the personality server, in another task, a message: from before the library's function to after its return | Härtig et al., The Performance of mu-Kernel-Based Systems (SOSP 1997), table 2, shared library
 */
#include "workloads/lib/ipc_measure.h"
#include "workloads/lib/measure_fill.h"
#include "workloads/servers/personality_state.h"

static bool setup(void)
{
    personality.pid = PERSONALITY_PID;
    return ipc_partner_create(true) && ipc_server_start(true, personality_serve, 0) && library_getpid() == PERSONALITY_PID;
}

MEASURE_LOOPS(getpid, library_getpid() != PERSONALITY_PID)
MEASURE_LOOPS(empty, twin_succeeds())

#define ROW(operations, how) \
    { .direction = "op", .relation = "inter", .path = "fast", .batch = operations, .path_counts = ipc_path_counts, .words = 3, \
      .fill = getpid_##how, .fill_empty = empty_##how }

static const struct variant variants[] = { ROW(1, single), ROW(BATCH_OPERATIONS, batched) };

const struct workload workload = {
    .id = "posix.getpid.libc", .setup = setup, .variants = variants, .variant_count = sizeof variants / sizeof variants[0],
};
