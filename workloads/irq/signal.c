/* SPDX-License-Identifier: BSD-2-Clause
 *
 * An Irq, triggered by a thread; its own thread waits in another address space. receiver=higher: it runs at once, and a sample ends behind its
 * stub. receiver=lower: it becomes ready, and a sample ends when the trigger has returned; before the next one the receiver is called, so
 * that it waits again.
 * workload: irq.signal | a signal to a waiting thread of higher or lower priority in another address space, up to the receiver's or back to the sender's next instruction | sel4bench signal, to high and to low priority process
 */
#include "harness/measure/tsc.h"
#include "workloads/lib/measure_loop.h"
#include "workloads/lib/object.h"
#include "workloads/lib/worker.h"

#define IRQ SELECTOR_PROGRAM_FREE
#define GATE (SELECTOR_PROGRAM_FREE + 1)

static volatile uint64_t arrived_ticks;

static void higher_run(void *arg)
{
    (void)arg;
    for (;;) {
        ipc_wait(0);
        arrived_ticks = tsc_end();
    }
}

static void lower_run(void *arg)
{
    (void)arg;
    struct message m = ipc_wait(0);
    for (;;)
        m = tag_label(m.tag) == PROTO_IRQ ? ipc_wait(0) : ipc_reply_and_wait(0, 0, MESSAGE_EMPTY);
}

static bool trigger_fails(void)
{
    return tag_failed(ipc_call(IRQ, tag_make(0, OP_IRQ_TRIGGER, 0), MESSAGE_EMPTY).tag);
}

static bool prepare(worker_fn *fn, uint64_t priority)
{
    return worker_create(0, SELECTOR_PEER_TASK) == 0 && factory_create_irq(SELECTOR_FACTORY, IRQ) == 0 &&
           irq_bind(IRQ, SELECTOR_WORKER(0), 0) == 0 && factory_create_gate(SELECTOR_FACTORY, GATE, SELECTOR_WORKER(0), 0) == 0 &&
           worker_run(0, fn, NULL, priority) == 0;
}

static bool receiver_waits(void) { return !tag_failed(ipc_call(GATE, 0, MESSAGE_EMPTY).tag); }
static bool higher_prepare(const struct variant *v) { (void)v; return prepare(higher_run, PROGRAM_PRIORITY + 10); }
static bool lower_prepare(const struct variant *v) { (void)v; return prepare(lower_run, PROGRAM_PRIORITY - 10) && receiver_waits(); }
static bool signal_setup(void) { return peer_create() == 0; }

static bool higher_fill(const struct variant *v, uint64_t *ring, size_t n)
{
    (void)v;
    for (size_t i = 0; i < n; i++) {
        uint64_t begin = value_keep(tsc_begin());
        if (trigger_fails() || arrived_ticks < begin)
            return false;
        ring[i] = arrived_ticks - begin;
    }
    return true;
}

static bool lower_fill(const struct variant *v, uint64_t *ring, size_t n)
{
    (void)v;
    for (size_t i = 0; i < n; i++) {
        uint64_t begin = value_keep(tsc_begin());
        bool failed = trigger_fails();
        ring[i] = tsc_end() - begin;
        if (failed || !receiver_waits())
            return false;
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

static void finish(const struct variant *v)
{
    (void)v;
    worker_destroy(0);
    task_unmap_capability(SELECTOR_TASK, GATE);
    task_unmap_capability(SELECTOR_TASK, IRQ);
}

static const struct variant variants[] = {
    { .name = "receiver=higher", .direction = "one_way", .relation = "inter", .path = "none", .batch = 1, .prepare = higher_prepare,
      .fill = higher_fill, .fill_empty = empty_fill, .finish = finish },
    { .name = "receiver=lower", .direction = "op", .relation = "inter", .path = "none", .batch = 1, .prepare = lower_prepare,
      .fill = lower_fill, .fill_empty = empty_fill, .finish = finish },
};

const struct workload workload = {
    .id = "irq.signal", .setup = signal_setup, .variants = variants, .variant_count = sizeof variants / sizeof variants[0],
};
