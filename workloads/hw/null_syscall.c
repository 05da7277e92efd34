/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The floor under every IPC: into the kernel and out again.
 * workload: hw.null_syscall | the system call that does nothing, from before `syscall` to after it in user mode | Liedtke, Improving IPC by Kernel Design (SOSP 1993), minimal kernel entry and exit
 */
#include "workloads/lib/measure_fill.h"

/* The batched loops below read the length of a batch, as their accepted counts have it: 4 instructions in 100 operations. */
MEASURE_SINGLE(null, tag_failed(invoke_nothing()))
MEASURE_SINGLE(empty, twin_succeeds())

static bool batched_fill(const struct variant *v, uint64_t *ring, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t begin = value_keep(tsc_begin());
        for (uint64_t left = v->batch; left != 0; left--)
            if (tag_failed(invoke_nothing()))
                return false;
        ring[i] = tsc_end() - begin;
    }
    return true;
}

static bool batched_fill_empty(const struct variant *v, uint64_t *ring, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t begin = value_keep(tsc_begin());
        for (uint64_t left = v->batch; left != 0; left--)
            invoke_twin();
        ring[i] = tsc_end() - begin;
    }
    return true;
}

static const struct variant variants[] = {
    { .direction = "op", .relation = "none", .path = "none", .batch = 1, .states = true, .fill = null_single, .fill_empty = empty_single },
    { .direction = "op", .relation = "none", .path = "none", .batch = BATCH_OPERATIONS, .fill = batched_fill,
      .fill_empty = batched_fill_empty },
};

const struct workload workload = {
    .id = "hw.null_syscall", .variants = variants, .variant_count = sizeof variants / sizeof variants[0],
};
