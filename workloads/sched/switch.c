/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Two threads of one priority, each of which sends the other back to work: the wake-up of the partner and the wait for it. Half a round is
 * one switch; the row tells of whole rounds.
 * workload: sched.switch | round of two threads that each wake the other and wait, by Irq: two triggers, two closed receives, two switches by the scheduler | lmbench lat_ctx, on two processes
 */
#include "workloads/lib/measure_fill.h"
#include "workloads/lib/object.h"
#include "workloads/lib/worker.h"

#define PING SELECTOR_PROGRAM_FREE
#define PONG (SELECTOR_PROGRAM_FREE + 1)

ALWAYS_INLINE bool trigger_fails(uint64_t irq)
{
    return tag_failed(ipc_call(irq, tag_make(0, OP_IRQ_TRIGGER, 0), MESSAGE_EMPTY).tag);
}

static void partner_run(void *arg)
{
    (void)arg;
    while (!tag_failed(ipc_receive(PING, 0).tag) && !trigger_fails(PONG))
        ;
}

ALWAYS_INLINE bool round_fails(void)
{
    return trigger_fails(PING) || tag_failed(ipc_receive(PONG, 0).tag);
}

MEASURE_LOOPS(round, round_fails())
MEASURE_LOOPS(empty, twin_succeeds())

static bool begin(void)
{
    return worker_create(0, SELECTOR_TASK) == 0 && factory_create_irq(SELECTOR_FACTORY, PING) == 0 &&
           factory_create_irq(SELECTOR_FACTORY, PONG) == 0 && irq_bind(PING, SELECTOR_WORKER(0), 0) == 0 &&
           irq_bind(PONG, SELECTOR_THREAD, 0) == 0 && worker_run(0, partner_run, NULL, PROGRAM_PRIORITY) == 0 && !round_fails();
}

static const struct variant variants[] = { MEASURE_ROWS(NULL, "round_trip", round, empty, NULL, NULL) };

const struct workload workload = {
    .id = "sched.switch", .setup = begin, .variants = variants, .variant_count = sizeof variants / sizeof variants[0],
};
