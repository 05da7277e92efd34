/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What limits cost a call that needs none of them. limit=none: none, the slow path; send: the send phase, whose partner waits already;
 * both: the wait for the reply, too, which is noted and taken back each time.
 * workload: ipc.call.limited | round trip of a call within an address space with relative timeouts that do not end | sel4bench ipc; L4's timeouts as Liedtke, Improving IPC by Kernel Design (SOSP 1993), measured them
 */
#include "workloads/lib/ipc_measure.h"
#include "workloads/lib/measure_fill.h"

#define SEND_FOR (ABI_CONST(uint64_t, TIMEOUT_RELATIVE) << TAG_SEND_TIMEOUT_SHIFT)
#define RECEIVE_FOR (ABI_CONST(uint64_t, TIMEOUT_RELATIVE) << TAG_RECEIVE_TIMEOUT_SHIFT)
#define MUCH_TICKS (1ull << 40)

static void echo_server(void *arg)
{
    (void)arg;
    for (;;) {
        struct message m = ipc_wait(0);
        while (!tag_failed(m.tag))
            m = ipc_reply_and_wait(m.label, 0, m.w);
    }
}

static bool begin(const struct variant *v)
{
    struct utcb *utcb = (struct utcb *)PROGRAM_UTCB_ADDRESS;

    (void)v;
    utcb->send_timeout = utcb->receive_timeout = MUCH_TICKS;
    return ipc_server_start(false, echo_server, 0);
}

static void end(const struct variant *v)
{
    (void)v;
    ipc_server_stop();
}

MEASURE_LOOPS(none, tag_failed(ipc_call(SELECTOR_SERVER_GATE, TIMEOUTS_SLOW, MESSAGE_EMPTY).tag))
MEASURE_LOOPS(send, tag_failed(ipc_call(SELECTOR_SERVER_GATE, SEND_FOR, MESSAGE_EMPTY).tag))
MEASURE_LOOPS(both, tag_failed(ipc_call(SELECTOR_SERVER_GATE, SEND_FOR | RECEIVE_FOR, MESSAGE_EMPTY).tag))
MEASURE_LOOPS(empty, twin_succeeds())

static const struct variant variants[] = {
    MEASURE_ROWS("limit=none", "round_trip", none, empty, begin, end),
    MEASURE_ROWS("limit=send", "round_trip", send, empty, begin, end),
    MEASURE_ROWS("limit=both", "round_trip", both, empty, begin, end),
};

const struct workload workload = {
    .id = "ipc.call.limited", .variants = variants, .variant_count = sizeof variants / sizeof variants[0],
};
