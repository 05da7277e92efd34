/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The pages are not in use on another CPU, and nothing was derived from them; they are mapped before each sample.
 * workload: vm.unmap | pages unmapped from another task by one operation on it; size=large: one page of 2 MiB | sel4bench, page unmapping (seL4 manual, ARCH_Page_Unmap)
 */
#include "workloads/lib/memory_measure.h"

static bool unmap_fill(const struct variant *v, uint64_t *ring, size_t n, uint64_t from, uint64_t pages)
{
    struct message_words w = { TARGET_ADDRESS, pages * PAGE_BYTES, 0, 0, 0, 0 };

    (void)v;
    for (size_t i = 0; i < n; i++)
        if (task_map_memory(SELECTOR_TARGET_TASK, from, TARGET_ADDRESS, w.w1, MEMORY_RW) != 0 ||
            !memory_sample(&ring[i], SELECTOR_TARGET_TASK, OP_TASK_UNMAP_MEMORY, w, 2, w.w1))
            return false;
    return true;
}

#define UNMAP_SIZES(X) X(1, 250) X(2, 250) X(8, 100) X(64, 25) X(512, 5)
#define UNMAP_LOOP(pages, samples) \
    static bool unmap_##pages(const struct variant *v, uint64_t *ring, size_t n) \
    { \
        return unmap_fill(v, ring, n, SMALL_ADDRESS, pages); \
    }
UNMAP_SIZES(UNMAP_LOOP)

static bool unmap_large(const struct variant *v, uint64_t *ring, size_t n)
{
    return unmap_fill(v, ring, n, LARGE_ADDRESS, PAGES_MAX);
}

#define UNMAP_ROW(pages, samples) \
    { .name = "pages=" #pages, .direction = "op", .relation = "inter", .path = "none", .batch = 1, .states = (pages) == 1, .ring_samples = samples, \
      .fill = unmap_##pages, .fill_empty = memory_fill_empty },

static const struct variant variants[] = {
    UNMAP_SIZES(UNMAP_ROW)
    { .name = "pages=1,size=large", .direction = "op", .relation = "inter", .path = "none", .batch = 1, .fill = unmap_large,
      .fill_empty = memory_fill_empty },
};

const struct workload workload = {
    .id = "vm.unmap", .setup = memory_setup, .variants = variants, .variant_count = sizeof variants / sizeof variants[0],
};
