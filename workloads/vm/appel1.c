/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Random numbers as those of linux.vm.appel1: the same pages in every run.
 * workload: vm.appel1 | write to a random protected page; the pager, in another task, unprotects it and protects another one; until the write is done | Härtig et al., The Performance of mu-Kernel-Based Systems (SOSP 1997), table 5, Appel1
 */
#include "workloads/lib/appel_measure.h"
#include "workloads/lib/measure_fill.h"

static uint64_t random_state = 1;

static bool first_opened(void)
{
    open_page = 0;
    *client_page(0) = 1;
    return pager_failures == 0;
}

static bool read_only_begin(const struct variant *v) { return read_only_prepare(v) && first_opened(); }
static bool none_begin(const struct variant *v) { return none_prepare(v) && first_opened(); }

static uint64_t page_random(void)
{
    random_state = (random_state * 1664525 + 1013904223) & 0xffffffff;
    uint64_t page = (random_state >> 16) % APPEL_PAGES;
    return page != open_page ? page : (page + 1) % APPEL_PAGES;
}

ALWAYS_INLINE bool appel1_fails(void)
{
    *client_page(page_random()) = 1;
    return pager_failures != 0;
}

/* Choosing the page and the write itself are no part of the trap. */
ALWAYS_INLINE bool twin_fails(void)
{
    pages[page_random()][0] = 1;
    return pager_failures != 0;
}

MEASURE_LOOPS(appel1, appel1_fails())
MEASURE_LOOPS(empty, twin_fails())

#define ROW(protection, operations, how) \
    { .name = "protect=" #protection, .direction = "op", .relation = "inter", .path = "none", .batch = operations, \
      .ring_samples = operations == 1 ? 250 : 5, .prepare = protection##_begin, .fill = appel1_##how, .fill_empty = empty_##how }

static const struct variant variants[] = {
    ROW(read_only, 1, single), ROW(read_only, BATCH_OPERATIONS, batched), ROW(none, 1, single), ROW(none, BATCH_OPERATIONS, batched),
};

const struct workload workload = {
    .id = "vm.appel1", .setup = appel_setup, .variants = variants, .variant_count = sizeof variants / sizeof variants[0],
};
