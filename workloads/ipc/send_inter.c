/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A sample begins before the sender's stub and ends behind the receiver's, which has the higher priority, so that it runs at once. No reply
 * is due: the receiver waits again, and the sender goes on.
 * workload: ipc.send.inter | one message without reply to a thread of higher priority that waits in another address space, from the clock read before the sender's stub to the one after the receiver's | sel4bench ipc, seL4_Send
 */
#include "harness/measure/tsc.h"
#include "workloads/lib/ipc_measure.h"
#include "workloads/lib/object.h"

static volatile uint64_t arrived_ticks;

static void receiver_run(void *arg)
{
    (void)arg;
    for (;;) {
        ipc_wait(0);
        arrived_ticks = tsc_end();
    }
}

static bool send_setup(void)
{
    return ipc_partner_create(true) && worker_create(0, SELECTOR_PEER_TASK) == 0 &&
           factory_create_gate(SELECTOR_FACTORY, SELECTOR_SERVER_GATE, SELECTOR_WORKER(0), 0) == 0 &&
           worker_run(0, receiver_run, NULL, PROGRAM_PRIORITY + 10) == 0;
}

static bool send_fill(const struct variant *v, uint64_t *ring, size_t n)
{
    (void)v;
    for (size_t i = 0; i < n; i++) {
        uint64_t begin = value_keep(tsc_begin());
        if (tag_failed(ipc_send(SELECTOR_SERVER_GATE, 0, MESSAGE_EMPTY).tag) || arrived_ticks < begin)
            return false;
        ring[i] = arrived_ticks - begin;
    }
    return true;
}

static bool empty_fill(const struct variant *v, uint64_t *ring, size_t n)
{
    (void)v;
    for (size_t i = 0; i < n; i++) {
        uint64_t begin = value_keep(tsc_begin());
        invoke_twin();
        ring[i] = tsc_end() - begin;
    }
    return true;
}

static const struct variant variants[] = {
    { .name = "receiver=higher", .direction = "one_way", .relation = "inter", .path = "none", .batch = 1, .fill = send_fill,
      .fill_empty = empty_fill },
};

const struct workload workload = {
    .id = "ipc.send.inter", .setup = send_setup, .variants = variants, .variant_count = sizeof variants / sizeof variants[0],
};
