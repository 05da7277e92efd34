/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A product of two 64x64 matrices of 64-bit integers, in the place of the first: 64 KiB of data; the paper does not say in which order. Its pages come from a user-level pager in another
 * task, which has them in one page of 2 MiB and so knows the colour of each in a cache of 64 colours (256 KiB, one way). load=sweep: a thread in a
 * third place, woken every 100 us at a higher priority, reads as many bytes as that cache holds, leaving out the colours that the pager keeps for
 * the product. What that does to a cache shows in a model of it (BENCHMARKS.md), or on metal; in instructions the sweep alone is seen.
 * workload: vm.colours | product of 64x64 matrices, interrupted every 100 us by a sweep over the cache, where a pager gives it page colours of its own or not | Härtig et al., The Performance of mu-Kernel-Based Systems (SOSP 1997), section 6.3
 */
#include "harness/measure/tsc.h"
#include "workloads/lib/ipc_measure.h"
#include "workloads/lib/memory_measure.h"
#include "workloads/lib/service.h"

#define N 64
#define COLOURS 64u
#define DATA_PAGES (2 * N * N * 8 / PAGE_BYTES)
#define POOL_ADDRESS LARGE_ADDRESS
#define SWEEPER_WORKER 1
#define SWEEPS_A_SECOND 10000
#define LINE_BYTES 64

static volatile uint64_t kept_colours; /* of the product alone; 0: it shares all */
static volatile uint64_t pager_failures;
static volatile uint64_t sweep_ticks; /* from the end of one to the next */

/* A page of the pool. Those of the sweep are behind those of the product, of whatever colour. */
static uint64_t frame(uint64_t colour, uint64_t number) { return POOL_ADDRESS + (number * COLOURS + colour) * PAGE_BYTES; }

static uint64_t frame_of_page(uint64_t page)
{
    return kept_colours != 0 ? frame(page % kept_colours, page / kept_colours) : frame(page % COLOURS, 0);
}

static void pager(void *arg)
{
    struct utcb *utcb = worker_utcb(SERVER_WORKER);

    (void)arg;
    for (;;) {
        struct message m = ipc_wait(0);
        while (!tag_failed(m.tag)) {
            uint64_t items = 0, page = (m.w.w0 - TARGET_ADDRESS) / PAGE_BYTES;
            if (tag_label(m.tag) == PROTO_PAGE_FAULT && page < DATA_PAGES) {
                utcb->items[0] = (struct utcb_item){ flexpage_memory(frame_of_page(page), 12, MEMORY_RW), TARGET_ADDRESS + page * PAGE_BYTES };
                items = ABI_CONST(uint64_t, 1) << TAG_ITEMS_SHIFT;
            } else if (tag_label(m.tag) == PROTO_PAGE_FAULT) {
                pager_failures++;
            }
            m = ipc_reply_and_wait(0, items, MESSAGE_EMPTY);
        }
    }
}

static void sweep(void)
{
    for (uint64_t colour = kept_colours; colour < COLOURS; colour++)
        for (uint64_t at = 0; at < PAGE_BYTES; at += LINE_BYTES)
            value_keep(*(const volatile uint64_t *)(frame(colour, 7) + at));
}

static void sweeper(void *arg)
{
    (void)arg;
    for (;;) {
        worker_utcb(SWEEPER_WORKER)->receive_timeout = sweep_ticks;
        (void)ipc_wait(ABI_CONST(uint64_t, TIMEOUT_RELATIVE) << TAG_RECEIVE_TIMEOUT_SHIFT);
        sweep();
    }
}

static bool setup(void)
{
    return service_memory(POOL_ADDRESS, LARGE_PAGE_BYTES / PAGE_BYTES, MEMORY_RW) == 0 && ipc_partner_create(true) &&
           task_map_memory(SELECTOR_PEER_TASK, POOL_ADDRESS, POOL_ADDRESS, LARGE_PAGE_BYTES, MEMORY_RW) == 0 &&
           ipc_server_start(true, pager, 0) && thread_set_pager(SELECTOR_THREAD, SELECTOR_SERVER_GATE) == 0;
}

/* The pages of the variant before go; the product faults them in anew, by the colours of this one. */
static bool prepare(uint64_t colours, bool swept)
{
    uint64_t unmapped;

    kept_colours = colours;
    sweep_ticks = program_info()->tsc_hz / SWEEPS_A_SECOND;
    if (task_unmap_memory(SELECTOR_TASK, TARGET_ADDRESS, DATA_PAGES * PAGE_BYTES, &unmapped) != 0)
        return false;
    for (uint64_t i = 0; i < 2 * N * N; i++)
        ((volatile uint64_t *)TARGET_ADDRESS)[i] = i % 7;
    return pager_failures == 0 && (!swept || worker_start(SWEEPER_WORKER, SELECTOR_PEER_TASK, sweeper, NULL, PROGRAM_PRIORITY + 10) == 0);
}

static bool alone(const struct variant *v) { (void)v; return prepare(0, false); }
static bool shared(const struct variant *v) { (void)v; return prepare(0, true); }
static bool kept_3(const struct variant *v) { (void)v; return prepare(3, true); }
static bool kept_16(const struct variant *v) { (void)v; return prepare(16, true); }

static void finish(const struct variant *v)
{
    (void)v;
    worker_destroy(SWEEPER_WORKER);
}

/* Each element by itself: goes down a column of b for it, a line at each step. */
static void product_by_columns(uint64_t (*a)[N], const uint64_t (*b)[N])
{
    uint64_t row[N];

    for (unsigned i = 0; i < N; i++) {
        for (unsigned j = 0; j < N; j++) {
            uint64_t sum = 0;
            for (unsigned k = 0; k < N; k++)
                sum += a[i][k] * b[k][j];
            row[j] = sum;
        }
        for (unsigned j = 0; j < N; j++)
            a[i][j] = row[j];
    }
}

/* Row by row: goes along the rows of b, all of it for each row of a. */
static void product_by_rows(uint64_t (*a)[N], const uint64_t (*b)[N])
{
    uint64_t row[N];

    for (unsigned i = 0; i < N; i++) {
        for (unsigned j = 0; j < N; j++)
            row[j] = 0;
        for (unsigned k = 0; k < N; k++)
            for (unsigned j = 0; j < N; j++)
                row[j] += a[i][k] * b[k][j];
        for (unsigned j = 0; j < N; j++)
            a[i][j] = row[j];
    }
}

typedef void product_fn(uint64_t (*a)[N], const uint64_t (*b)[N]);

ALWAYS_INLINE bool products_fill(product_fn *product, uint64_t *ring, size_t n)
{
    uint64_t (*a)[N] = (uint64_t (*)[N])TARGET_ADDRESS;

    for (size_t i = 0; i < n; i++) {
        uint64_t begin = value_keep(tsc_begin());
        product(a, (const uint64_t (*)[N])a + N);
        ring[i] = tsc_end() - begin;
    }
    return pager_failures == 0;
}

static bool columns_fill(const struct variant *v, uint64_t *ring, size_t n)
{
    (void)v;
    return products_fill(product_by_columns, ring, n);
}

static bool rows_fill(const struct variant *v, uint64_t *ring, size_t n)
{
    (void)v;
    return products_fill(product_by_rows, ring, n);
}

#define ROW(order, label, begin) \
    { .name = "order=" #order "," label, .direction = "op", .relation = "none", .path = "none", .batch = 1, .ring_samples = 1, .prepare = begin, \
      .fill = order##_fill, .fill_empty = memory_fill_empty, .finish = finish }
#define ROWS(order) \
    ROW(order, "load=none", alone), ROW(order, "load=sweep,colours=shared", shared), ROW(order, "load=sweep,colours=3", kept_3), \
    ROW(order, "load=sweep,colours=16", kept_16)

static const struct variant variants[] = {
    ROWS(rows), ROWS(columns),
};

const struct workload workload = {
    .id = "vm.colours", .setup = setup, .variants = variants, .variant_count = sizeof variants / sizeof variants[0],
};
