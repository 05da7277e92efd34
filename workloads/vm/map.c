/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Page tables and notes are there, as after the first use of an address range; the mappings are undone after each sample.
 * workload: vm.map | pages of own memory mapped into another task by one operation on it, read-write; size=large: one page of 2 MiB | sel4bench, page mapping (seL4 manual, ARCH_Page_Map)
 */
#include "workloads/lib/memory_measure.h"

static bool map_fill(const struct variant *v, uint64_t *ring, size_t n, uint64_t from, uint64_t pages)
{
    struct message_words w = { from, TARGET_ADDRESS, pages * PAGE_BYTES, MEMORY_RW, 0, 0 };

    (void)v;
    for (size_t i = 0; i < n; i++)
        if (!memory_sample(&ring[i], SELECTOR_TARGET_TASK, OP_TASK_MAP_MEMORY, w, 4, w.w2) || !memory_unmap(w.w2))
            return false;
    return true;
}

#define MAP_SIZES(X) X(1, 250) X(2, 250) X(8, 100) X(64, 25) X(512, 5)
#define MAP_LOOP(pages, samples) \
    static bool map_##pages(const struct variant *v, uint64_t *ring, size_t n) \
    { \
        return map_fill(v, ring, n, SMALL_ADDRESS, pages); \
    }
MAP_SIZES(MAP_LOOP)

static bool map_large(const struct variant *v, uint64_t *ring, size_t n)
{
    return map_fill(v, ring, n, LARGE_ADDRESS, PAGES_MAX);
}

#define MAP_ROW(pages, samples) \
    { .name = "pages=" #pages, .direction = "op", .relation = "inter", .path = "none", .batch = 1, .states = (pages) == 1, .ring_samples = samples, \
      .fill = map_##pages, .fill_empty = memory_fill_empty },

static const struct variant variants[] = {
    MAP_SIZES(MAP_ROW)
    { .name = "pages=1,size=large", .direction = "op", .relation = "inter", .path = "none", .batch = 1, .fill = map_large,
      .fill_empty = memory_fill_empty },
};

const struct workload workload = {
    .id = "vm.map", .setup = memory_setup, .variants = variants, .variant_count = sizeof variants / sizeof variants[0],
};
