/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A page has to be gone for every CPU when the operation returns: one that runs in user mode is interrupted for it.
 * workload: smp.unmap | one page unmapped from a task, in user mode from before the call to after it, while another CPU idles or runs in that task | Black et al., Translation Lookaside Buffer Consistency (ASPLOS 1989)
 */
#include "workloads/lib/measure_fill.h"
#include "workloads/lib/object.h"
#include "workloads/lib/remote.h"
#include "workloads/lib/service.h"

#define PAGE_ADDRESS PROGRAM_FREE_ADDRESS
#define MAPPED_ADDRESS (PROGRAM_FREE_ADDRESS + 0x1000000)
#define OTHER_CPU 1

static volatile uint64_t turns;

static void spin(void *arg)
{
    (void)arg;
    for (;;) {
        turns++;
        cpu_relax();
    }
}

static bool unmap_setup(void)
{
    return service_memory(PAGE_ADDRESS, 1, MEMORY_READ | MEMORY_WRITE) == 0;
}

static bool spin_prepare(const struct variant *v)
{
    (void)v;
    turns = 0;
    return remote_start(0, SELECTOR_TASK, spin, NULL, PROGRAM_PRIORITY, OTHER_CPU) == 0 && await_at_least(&turns, 1);
}

static void spin_finish(const struct variant *v)
{
    (void)v;
    worker_destroy(0);
}

static bool unmap_fill(const struct variant *v, uint64_t *ring, size_t n)
{
    (void)v;
    for (size_t i = 0; i < n; i++) {
        uint64_t unmapped = 0;
        if (task_map_memory(SELECTOR_TASK, PAGE_ADDRESS, MAPPED_ADDRESS, PAGE_BYTES, MEMORY_READ) != 0)
            return false;
        *(volatile const uint64_t *)MAPPED_ADDRESS;
        uint64_t begin = value_keep(tsc_begin());
        int32_t error = task_unmap_memory(SELECTOR_TASK, MAPPED_ADDRESS, PAGE_BYTES, &unmapped);
        ring[i] = tsc_end() - begin;
        if (error != 0 || unmapped != PAGE_BYTES)
            return false;
    }
    return true;
}

MEASURE_SINGLE(empty, twin_succeeds())

static const struct variant variants[] = {
    { .name = "other=idle", .direction = "op", .relation = "cross_cpu", .path = "none", .batch = 1, .fill = unmap_fill,
      .fill_empty = empty_single },
    { .name = "other=runs", .direction = "op", .relation = "cross_cpu", .path = "none", .batch = 1, .prepare = spin_prepare,
      .fill = unmap_fill, .fill_empty = empty_single, .finish = spin_finish },
};

const struct workload workload = {
    .id = "smp.unmap", .setup = unmap_setup, .cpus_min = 2, .variants = variants, .variant_count = sizeof variants / sizeof variants[0],
};
