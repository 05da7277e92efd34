/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Calls between threads that own FPU state: the same fast path, left at its end for the switch of state. owners=client: the server has none.
 * workload: ipc.call.fpu | round trip of a call within an address space when client, or client and server, own FPU state | L4Re ipcbench with FPU users
 */
#include "workloads/lib/ipc_measure.h"
#include "workloads/lib/measure_fill.h"
#include "workloads/lib/object.h"

static void echo_server(void *arg)
{
    (void)arg;
    for (;;) {
        struct message m = ipc_wait(0);
        while (!tag_failed(m.tag))
            m = ipc_reply_and_wait(m.label, 0, m.w);
    }
}

static bool fpu_allow(uint64_t thread, uint64_t on)
{
    struct message_words w = { CONTROL_FPU, 0, 0, 0, on, 0 };

    return object_call(thread, OP_THREAD_CONTROL, 5, &w) == 0;
}

static bool client_begin(const struct variant *v)
{
    (void)v;
    return fpu_allow(SELECTOR_THREAD, 1) && ipc_server_start(false, echo_server, 0);
}

static bool both_begin(const struct variant *v)
{
    return client_begin(v) && fpu_allow(SELECTOR_WORKER(SERVER_WORKER), 1);
}

static void end(const struct variant *v)
{
    (void)v;
    ipc_server_stop();
    fpu_allow(SELECTOR_THREAD, 0);
}

MEASURE_LOOPS(call, tag_failed(ipc_call(SELECTOR_SERVER_GATE, 0, MESSAGE_EMPTY).tag))
MEASURE_LOOPS(empty, twin_succeeds())

static const struct variant variants[] = {
    MEASURE_ROWS("owners=client", "round_trip", call, empty, client_begin, end),
    MEASURE_ROWS("owners=both", "round_trip", call, empty, both_begin, end),
};

const struct workload workload = {
    .id = "ipc.call.fpu", .variants = variants, .variant_count = sizeof variants / sizeof variants[0],
};
