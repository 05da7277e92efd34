/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The next CPU runs user code; the kernel interrupts it and waits until it has come in and holds still, as every shootdown and every message
 * between CPUs does. Where an emulator plays the CPUs in turns, the length of a turn is in the figure.
 * workload: hw.ipi | from the wish to have another CPU hold still until it does, an interrupt from CPU to CPU and its entry to the kernel included | none
 */
#include "workloads/lib/measure_loop.h"
#include "workloads/lib/object.h"
#include "workloads/lib/remote.h"

#define PARTNER 0
#define PARTNER_CPU 1
#define PROBE_OPERATIONS 2 /* what the probe is asked for; it does one */

static volatile uint64_t running;

static void partner_run(void *arg)
{
    (void)arg;
    for (;;) {
        running++;
        cpu_relax();
    }
}

static bool partner_start(const struct variant *v)
{
    (void)v;
    running = 0;
    return worker_create(PARTNER, SELECTOR_TASK) == 0 && remote_run(PARTNER, partner_run, NULL, PROGRAM_PRIORITY, PARTNER_CPU) == 0;
}

static void partner_stop(const struct variant *v)
{
    (void)v;
    worker_destroy(PARTNER);
}

/* The other CPU must be out of the kernel again before the next one. */
static bool hold_fill(uint64_t *ring, size_t n, bool empty)
{
    for (size_t i = 0; i < n; i++) {
        struct message_words w = { .w0 = PROBE_IPI, .w1 = PROBE_OPERATIONS };
        for (uint64_t seen = running; running == seen;)
            cpu_relax();
        if (object_call(SELECTOR_SCHEDULER, OP_SCHEDULER_PROBE, 2, &w) != 0)
            return false;
        ring[i] = empty ? w.w1 : w.w0;
    }
    return true;
}

static bool ipi_fill(const struct variant *v, uint64_t *ring, size_t n)
{
    (void)v;
    return hold_fill(ring, n, false);
}

static bool ipi_fill_empty(const struct variant *v, uint64_t *ring, size_t n)
{
    (void)v;
    return hold_fill(ring, n, true);
}

static const struct variant variants[] = {
    { .window = WINDOW_NONE, .direction = "op", .relation = "cross_cpu", .path = "none", .batch = 1, .prepare = partner_start, .fill = ipi_fill,
      .fill_empty = ipi_fill_empty, .finish = partner_stop },
};

const struct workload workload = {
    .id = "hw.ipi", .cpus_min = 2, .variants = variants, .variant_count = sizeof variants / sizeof variants[0],
};
