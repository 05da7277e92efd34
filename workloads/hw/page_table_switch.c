/* SPDX-License-Identifier: BSD-2-Clause
 *
 * User space cannot load a page table, and inter-task minus intra-task IPC is more than that load; so the kernel does it in a loop of
 * its own (OP_SCHEDULER_PROBE) and returns the ticks of that loop and of the same loop without the loads.
 * workload: hw.page_table_switch | one write of CR3 to another page table, in the kernel, from before a loop of writes to after it | Liedtke, Improved Address-Space Switching on Pentium Processors (GMD 933, 1995)
 */
#include "workloads/lib/measure_loop.h"
#include "workloads/lib/object.h"

/* Loads per sample; half of them to the kernel's own table, half back. */
#define SINGLE_LOADS 2

static bool probe_fill(const struct variant *v, uint64_t *ring, size_t n, bool empty)
{
    for (size_t i = 0; i < n; i++) {
        struct message_words w = { .w0 = PROBE_PAGE_TABLE, .w1 = v->batch };
        if (object_call(SELECTOR_SCHEDULER, OP_SCHEDULER_PROBE, 2, &w) != 0)
            return false;
        ring[i] = empty ? w.w1 : w.w0;
    }
    return true;
}

static bool loads_fill(const struct variant *v, uint64_t *ring, size_t n)
{
    return probe_fill(v, ring, n, false);
}

static bool loads_fill_empty(const struct variant *v, uint64_t *ring, size_t n)
{
    return probe_fill(v, ring, n, true);
}

/* There is no single load: the caller's own table has to be loaded again before anything else can run. */
static const struct variant variants[] = {
    { .name = "loads=2", .window = 1, .direction = "op", .relation = "none", .path = "none", .batch = SINGLE_LOADS, .fill = loads_fill,
      .fill_empty = loads_fill_empty },
    { .name = "loads=100", .window = 1, .direction = "op", .relation = "none", .path = "none", .batch = BATCH_OPERATIONS, .fill = loads_fill,
      .fill_empty = loads_fill_empty },
};

const struct workload workload = {
    .id = "hw.page_table_switch", .variants = variants, .variant_count = sizeof variants / sizeof variants[0],
};
