/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Two CPUs write to one line by turns, user code alone. An emulator has no lines to transfer: there it is skipped, as a count of the
 * instructions that wait would tell about the emulator's turns and nothing else.
 * workload: hw.cache_line | a cache line written by one CPU, read and written by another, and read by the first again: two transfers | Baumann et al., The Multikernel (SOSP 2009), table 2
 */
#include "harness/measure/fidelity.h"
#include "harness/measure/tsc.h"
#include "workloads/lib/measure_loop.h"
#include "workloads/lib/remote.h"
#include "workloads/lib/service.h"

#define PARTNER 0
#define PARTNER_CPU 1

static volatile uint64_t line __attribute__((aligned(128))); /* odd: the partner's turn */
static volatile uint64_t other __attribute__((aligned(128)));

static void partner_run(void *arg)
{
    (void)arg;
    for (;;)
        if (line & 1)
            line = line + 1;
}

static bool partner_start(const struct variant *v)
{
    (void)v;
    line = 0;
    return worker_create(PARTNER, SELECTOR_TASK) == 0 && remote_run(PARTNER, partner_run, NULL, PROGRAM_PRIORITY, PARTNER_CPU) == 0;
}

static void partner_stop(const struct variant *v)
{
    (void)v;
    worker_destroy(PARTNER);
}

static bool line_fill(const struct variant *v, uint64_t *ring, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t begin = tsc_begin();
        for (uint64_t left = v->batch; left != 0; left--) {
            line = line + 1;
            while (line & 1)
                ;
        }
        ring[i] = tsc_end() - begin;
    }
    return true;
}

/* A line that nobody else uses. */
static bool line_fill_empty(const struct variant *v, uint64_t *ring, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t begin = tsc_begin();
        for (uint64_t left = v->batch; left != 0; left--) {
            other = other + 2;
            while (other & 1)
                ;
        }
        ring[i] = tsc_end() - begin;
    }
    return true;
}

static const char *emulated(void)
{
    return program_info()->fidelity == FIDELITY_INSTRUCTIONS ? "an emulator has no cache lines to transfer: only time tells" : NULL;
}

static const struct variant variants[] = {
    { .window = WINDOW_NONE, .direction = "op", .relation = "cross_cpu", .path = "none", .batch = 1, .prepare = partner_start, .fill = line_fill,
      .fill_empty = line_fill_empty, .finish = partner_stop },
    { .window = WINDOW_NONE, .direction = "op", .relation = "cross_cpu", .path = "none", .batch = BATCH_OPERATIONS, .prepare = partner_start,
      .fill = line_fill, .fill_empty = line_fill_empty, .finish = partner_stop },
};

const struct workload workload = {
    .id = "hw.cache_line", .cpus_min = 2, .unable = emulated, .variants = variants, .variant_count = sizeof variants / sizeof variants[0],
};
