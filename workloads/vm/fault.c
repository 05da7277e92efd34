/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A load from a page that is not there, up to the load's result: fault, message to the pager in another task, its reply with the page as
 * an item, the load again. Page tables are there; the page is unmapped after each sample.
 * workload: vm.fault | one page fault served by a user-level pager in another task, which replies with one page | Liedtke, On micro-kernel construction (SOSP 1995), section 4.2; sel4bench, fault
 */
#include "workloads/lib/ipc_measure.h"
#include "workloads/lib/memory_measure.h"
#include "workloads/lib/program.h"

static _Alignas(PAGE_BYTES) volatile uint64_t page[PAGE_BYTES / 8];

static void pager(void *arg)
{
    struct utcb *utcb = worker_utcb(SERVER_WORKER);

    (void)arg;
    struct message m = ipc_wait(0);
    for (;;) {
        uint64_t items = 0;
        if (tag_label(m.tag) == PROTO_PAGE_FAULT) {
            utcb->items[0] = (struct utcb_item){ flexpage_memory((uint64_t)page, 12, MEMORY_READ), m.w.w0 };
            items = ABI_CONST(uint64_t, 1) << TAG_ITEMS_SHIFT;
        }
        m = ipc_reply_and_wait(0, items, MESSAGE_EMPTY);
    }
}

static bool fault_setup(void)
{
    return ipc_partner_create(true) && ipc_server_start(true, pager, 0) && thread_set_pager(SELECTOR_THREAD, SELECTOR_SERVER_GATE) == 0;
}

static bool fault_fill(const struct variant *v, uint64_t *ring, size_t n)
{
    const volatile uint64_t *memory = (const volatile uint64_t *)TARGET_ADDRESS;

    (void)v;
    for (size_t i = 0; i < n; i++) {
        uint64_t unmapped = 0, begin = value_keep(tsc_begin());
        value_keep(*memory);
        ring[i] = tsc_end() - begin;
        if (task_unmap_memory(SELECTOR_TASK, TARGET_ADDRESS, PAGE_BYTES, &unmapped) != 0 || unmapped != PAGE_BYTES)
            return false;
    }
    return true;
}

static bool fault_fill_empty(const struct variant *v, uint64_t *ring, size_t n)
{
    (void)v;
    for (size_t i = 0; i < n; i++) {
        uint64_t begin = value_keep(tsc_begin());
        value_keep(page[0]);
        ring[i] = tsc_end() - begin;
    }
    return true;
}

static const struct variant variants[] = {
    { .name = "reply=item", .direction = "round_trip", .relation = "inter", .path = "none", .batch = 1, .states = true, .fill = fault_fill,
      .fill_empty = fault_fill_empty },
};

const struct workload workload = {
    .id = "vm.fault", .setup = fault_setup, .variants = variants, .variant_count = sizeof variants / sizeof variants[0],
};
