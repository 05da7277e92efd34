/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A call to a server that touches two pages of its own, after which the client touches its pages again; the twin is the same loop without the call. On
 * metal the difference holds the translations and lines that the switch cost; in an emulator the footprint model tells these misses.
 * workload: ipc.working_set | a call between tasks and the client's working set of 0 to 64 pages touched again, less the same without the call | Liedtke, On micro-kernel construction (SOSP 1995), figure 2
 */
#include "workloads/lib/ipc_measure.h"
#include "workloads/lib/measure_fill.h"
#include "workloads/lib/memory_measure.h"

#define SERVER_PAGES 2
#define CLIENT_PAGES_MAX 64
#define PAGE_WORDS (PAGE_BYTES / 8)

static _Alignas(PAGE_BYTES) volatile uint64_t server_set[SERVER_PAGES * PAGE_WORDS];

ALWAYS_INLINE void pages_touch(const volatile uint64_t *memory, uint64_t pages)
{
    for (uint64_t i = 0; i < pages; i++)
        value_keep(memory[i * PAGE_WORDS]);
}

static void touching_server(void *arg)
{
    (void)arg;
    for (;;) {
        struct message m = ipc_wait(0);
        while (!tag_failed(m.tag)) {
            pages_touch(server_set, SERVER_PAGES);
            m = ipc_reply_and_wait(0, 0, MESSAGE_EMPTY);
        }
    }
}

static bool setup(void)
{
    return service_memory(SMALL_ADDRESS, CLIENT_PAGES_MAX, MEMORY_RW) == 0 && ipc_partner_create(true) &&
           ipc_server_start(true, touching_server, 0);
}

ALWAYS_INLINE bool rpc_fails(uint64_t pages)
{
    bool failed = tag_failed(ipc_call(SELECTOR_SERVER_GATE, 0, MESSAGE_EMPTY).tag);

    pages_touch((const volatile uint64_t *)SMALL_ADDRESS, pages);
    return failed;
}

ALWAYS_INLINE bool set_alone(uint64_t pages)
{
    invoke_twin();
    pages_touch((const volatile uint64_t *)SMALL_ADDRESS, pages);
    return false;
}

#define ROW(pages, operations, how) \
    { .name = "pages=" #pages, .direction = "round_trip", .relation = "inter", .path = "fast", .batch = operations, \
      .path_counts = ipc_path_counts, .fill = rpc_##pages##_##how, .fill_empty = set_##pages##_##how },
#define ROWS(pages) ROW(pages, 1, single) ROW(pages, BATCH_OPERATIONS, batched)
#define LOOPS(pages) MEASURE_LOOPS(rpc_##pages, rpc_fails(pages)) MEASURE_LOOPS(set_##pages, set_alone(pages))
#define SIZES(X) X(0) X(2) X(4) X(8) X(16) X(32) X(48) X(64)

SIZES(LOOPS)

static const struct variant variants[] = { SIZES(ROWS) };

const struct workload workload = {
    .id = "ipc.working_set", .setup = setup, .variants = variants, .variant_count = sizeof variants / sizeof variants[0],
};
