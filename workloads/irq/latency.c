/* SPDX-License-Identifier: BSD-2-Clause
 *
 * How long it takes from a trigger to the first instruction of a handler of higher priority behind its clock read. source=software: an
 * Irq triggered by the thread that is interrupted so. source=timer: the end of a limited wait, counted from the moment that was asked for,
 * the timer's own lateness included. source=pit: channel 0 of the PIT, programmed by this thread; its handler is in another task, as a driver
 * would be. Counted from when the PIT's count ends by the TSC's rate: the device's rounding (838 ns) and its lateness are included.
 * workload: irq.latency | from a trigger, or the time asked for, to the handler at user level, which preempts who runs | sel4bench irq and irquser
 */
#include "workloads/lib/instructions.h"
#include "workloads/lib/measure_fill.h"
#include "workloads/lib/object.h"
#include "workloads/lib/service.h"
#include "workloads/lib/worker.h"

#define IRQ SELECTOR_PROGRAM_FREE
#define HANDLER_PRIORITY (PROGRAM_PRIORITY + 10)
#define AHEAD_TICKS 20000
#define RECEIVE_UNTIL (ABI_CONST(uint64_t, TIMEOUT_ABSOLUTE) << TAG_RECEIVE_TIMEOUT_SHIFT)
#define WAIT_MAX_TICKS (1ull << 34)
#define PIT_CHANNEL_0 0x40
#define PIT_CONTROL 0x43
#define PIT_SIZE 2             /* 2^n ports */
#define PIT_ONE_SHOT 0x30      /* channel 0, both bytes, mode 0 */
#define PIT_COUNTS 100ull
#define PIT_HZ 1193182

static volatile uint64_t arrived_ticks;

static void handler_run(void *arg)
{
    (void)arg;
    for (;;) {
        ipc_wait(0);
        arrived_ticks = tsc_end();
    }
}

static bool software_prepare(const struct variant *v)
{
    (void)v;
    return worker_create(0, SELECTOR_TASK) == 0 && factory_create_irq(SELECTOR_FACTORY, IRQ) == 0 &&
           irq_bind(IRQ, SELECTOR_WORKER(0), 0) == 0 && worker_run(0, handler_run, NULL, HANDLER_PRIORITY) == 0;
}

static bool software_fill(const struct variant *v, uint64_t *ring, size_t n)
{
    (void)v;
    for (size_t i = 0; i < n; i++) {
        uint64_t begin = value_keep(tsc_begin());
        if (tag_failed(ipc_call(IRQ, tag_make(0, OP_IRQ_TRIGGER, 0), MESSAGE_EMPTY).tag) || arrived_ticks < begin)
            return false;
        ring[i] = arrived_ticks - begin;
    }
    return true;
}

/* Sleeps until the time in its UTCB, which whoever calls it has put there. */
static void sleeper_run(void *arg)
{
    (void)arg;
    ipc_wait(0);
    for (;;) {
        ipc_wait(RECEIVE_UNTIL);
        arrived_ticks = tsc_end();
        ipc_wait(0);
    }
}

static bool timer_prepare(const struct variant *v)
{
    (void)v;
    return worker_create(0, SELECTOR_TASK) == 0 && factory_create_gate(SELECTOR_FACTORY, IRQ, SELECTOR_WORKER(0), 0) == 0 &&
           worker_run(0, sleeper_run, NULL, HANDLER_PRIORITY) == 0;
}

static bool timer_fill(const struct variant *v, uint64_t *ring, size_t n)
{
    (void)v;
    for (size_t i = 0; i < n; i++) {
        uint64_t wanted = tsc_begin() + AHEAD_TICKS;
        worker_utcb(0)->receive_timeout = wanted;
        arrived_ticks = 0;
        if (tag_failed(ipc_send(IRQ, 0, MESSAGE_EMPTY).tag))
            return false;
        while (arrived_ticks == 0 && tsc_begin() < wanted + WAIT_MAX_TICKS)
            ;
        if (arrived_ticks < wanted)
            return false;
        ring[i] = arrived_ticks - wanted;
    }
    return true;
}

static bool pit_prepare(const struct variant *v)
{
    (void)v;
    return service_ports(PIT_CHANNEL_0, PIT_SIZE) == 0 && peer_create() == 0 && worker_create(0, SELECTOR_PEER_TASK) == 0 &&
           factory_create_irq(SELECTOR_FACTORY, IRQ) == 0 && irq_bind(IRQ, SELECTOR_WORKER(0), 0) == 0 &&
           worker_run(0, handler_run, NULL, HANDLER_PRIORITY) == 0 && icu_operation(SELECTOR_ICU, OP_ICU_BIND, ICU_LINE_ISA + 0, IRQ) == 0 &&
           icu_operation(SELECTOR_ICU, OP_ICU_UNMASK, ICU_LINE_ISA + 0, 0) == 0;
}

static bool pit_fill(const struct variant *v, uint64_t *ring, size_t n)
{
    uint64_t count_ticks = PIT_COUNTS * program_info()->tsc_hz / PIT_HZ;

    (void)v;
    for (size_t i = 0; i < n; i++) {
        arrived_ticks = 0;
        port_write(PIT_CONTROL, PIT_ONE_SHOT);
        port_write(PIT_CHANNEL_0, PIT_COUNTS & 0xff);
        port_write(PIT_CHANNEL_0, PIT_COUNTS >> 8);
        uint64_t wanted = tsc_begin() + count_ticks;
        while (arrived_ticks == 0 && tsc_begin() < wanted + WAIT_MAX_TICKS)
            ;
        if (arrived_ticks < wanted)
            return false;
        ring[i] = arrived_ticks - wanted;
    }
    return true;
}

static void pit_finish(const struct variant *v)
{
    (void)v;
    worker_destroy(0);
    peer_destroy();
    task_unmap_capability(SELECTOR_TASK, IRQ);
    task_unmap_flexpage(SELECTOR_TASK, flexpage_ports(PIT_CHANNEL_0, PIT_SIZE), 0);
}

MEASURE_SINGLE(empty, twin_succeeds())

static void latency_finish(const struct variant *v)
{
    (void)v;
    worker_destroy(0);
    task_unmap_capability(SELECTOR_TASK, IRQ);
}

static const struct variant variants[] = {
    { .name = "source=software", .direction = "one_way", .relation = "intra", .path = "none", .batch = 1, .prepare = software_prepare,
      .fill = software_fill, .fill_empty = empty_single, .finish = latency_finish },
    { .name = "source=timer", .interrupts = true, .window = WINDOW_NONE, .direction = "one_way", .relation = "intra", .path = "none", .batch = 1, .prepare = timer_prepare,
      .fill = timer_fill, .fill_empty = empty_single, .finish = latency_finish },
    { .name = "source=pit", .interrupts = true, .direction = "one_way", .relation = "inter", .path = "none", .batch = 1, .ring_samples = 100,
      .prepare = pit_prepare, .fill = pit_fill, .fill_empty = empty_single, .finish = pit_finish },
};

const struct workload workload = {
    .id = "irq.latency", .variants = variants, .variant_count = sizeof variants / sizeof variants[0],
};
