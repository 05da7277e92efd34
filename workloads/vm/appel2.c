/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A sample is 100 pages: one call of the pager, which protects all of them at once, and a write to each.
 * workload: vm.appel2 | 100 pages protected at once, then for each a write that traps and whose page the pager, in another task, unprotects; per page | Härtig et al., The Performance of mu-Kernel-Based Systems (SOSP 1997), table 5, Appel2
 */
#include "workloads/lib/appel_measure.h"

_Static_assert(APPEL_PAGES == BATCH_OPERATIONS, "a sample is a batch");

static bool appel2_fill(const struct variant *v, uint64_t *ring, size_t n)
{
    (void)v;
    for (size_t i = 0; i < n; i++) {
        uint64_t begin = value_keep(tsc_begin());
        if (protect_all_fails())
            return false;
        for (uint64_t page = 0; page < APPEL_PAGES; page++)
            *client_page(page) = 1;
        ring[i] = tsc_end() - begin;
    }
    return pager_failures == 0;
}

static bool appel2_fill_empty(const struct variant *v, uint64_t *ring, size_t n)
{
    (void)v;
    for (size_t i = 0; i < n; i++) {
        uint64_t begin = value_keep(tsc_begin());
        for (uint64_t page = 0; page < APPEL_PAGES; page++)
            *(volatile unsigned char *)pages[page] = 1;
        ring[i] = tsc_end() - begin;
    }
    return true;
}

#define ROW(protection) \
    { .name = "protect=" #protection, .direction = "op", .relation = "inter", .path = "none", .batch = BATCH_OPERATIONS, .ring_samples = 25, \
      .prepare = protection##_prepare, .fill = appel2_fill, .fill_empty = appel2_fill_empty }

static const struct variant variants[] = { ROW(read_only), ROW(none) };

const struct workload workload = {
    .id = "vm.appel2", .setup = appel_setup, .variants = variants, .variant_count = sizeof variants / sizeof variants[0],
};
