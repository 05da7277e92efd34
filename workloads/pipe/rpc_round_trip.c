/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The byte is in memory on either side before and after: what a call with a word does, and its load and store.
 * workload: pipe.rpc.round_trip | one byte to another task and back by a call, no buffer between: synchronous RPC | Härtig et al., The Performance of mu-Kernel-Based Systems (SOSP 1997), table 4 (3)
 */
#include "workloads/lib/ipc_measure.h"
#include "workloads/lib/measure_fill.h"

static volatile unsigned char sent, received, echoed;

static void echo_server(void *arg)
{
    (void)arg;
    for (;;) {
        struct message m = ipc_wait(0);
        while (!tag_failed(m.tag)) {
            echoed = (unsigned char)m.w.w0;
            m = ipc_reply_and_wait(0, 1, (struct message_words){ .w0 = echoed });
        }
    }
}

static bool setup(void) { return ipc_partner_create(true) && ipc_server_start(true, echo_server, 0); }

ALWAYS_INLINE bool rpc_fails(void)
{
    struct message m = ipc_call(SELECTOR_SERVER_GATE, 1, (struct message_words){ .w0 = sent });

    received = (unsigned char)m.w.w0;
    return tag_failed(m.tag);
}

MEASURE_LOOPS(rpc, rpc_fails())
MEASURE_LOOPS(empty, twin_succeeds())

#define ROW(operations, how) \
    { .name = "bytes=1", .direction = "round_trip", .relation = "inter", .path = "fast", .batch = operations, .words = 1, \
      .path_counts = ipc_path_counts, .fill = rpc_##how, .fill_empty = empty_##how }

static const struct variant variants[] = { ROW(1, single), ROW(BATCH_OPERATIONS, batched) };

const struct workload workload = {
    .id = "pipe.rpc.round_trip", .setup = setup, .variants = variants, .variant_count = sizeof variants / sizeof variants[0],
};
