/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The server's window is open; what arrived is taken back after each sample. The call takes the slow path, as items do; its reply has
 * none and takes the fast one where there is one: the row names no path.
 * workload: ipc.call.items | call and reply across address spaces, the call with one typed item: a page, or a capability | Liedtke, On micro-kernel construction (SOSP 1995); L4 Fiasco.OC ipcbench, map
 */
#include "workloads/lib/ipc_measure.h"
#include "workloads/lib/memory_measure.h"

#define WINDOW_SELECTOR 64
#define ONE_ITEM (ABI_CONST(uint64_t, 1) << TAG_ITEMS_SHIFT)

static _Alignas(PAGE_BYTES) uint64_t page[PAGE_BYTES / 8];

static void echo_server(void *arg)
{
    struct utcb *utcb = worker_utcb(SERVER_WORKER);

    (void)arg;
    utcb->window_memory = flexpage_memory(TARGET_ADDRESS, 12, 0);
    utcb->window_capabilities = flexpage_capability(WINDOW_SELECTOR, 0);
    for (;;) {
        struct message m = ipc_wait(0);
        while (!tag_failed(m.tag))
            m = ipc_reply_and_wait(0, 0, MESSAGE_EMPTY);
    }
}

static bool items_setup(void)
{
    return ipc_partner_create(true) && ipc_server_start(true, echo_server, 0);
}

static bool items_fill(uint64_t *ring, size_t n, uint64_t flexpage)
{
    struct utcb *utcb = (struct utcb *)PROGRAM_UTCB_ADDRESS;

    utcb->items[0] = (struct utcb_item){ flexpage, 0 };
    for (size_t i = 0; i < n; i++) {
        uint64_t begin = value_keep(tsc_begin());
        uint64_t tag = ipc_call(SELECTOR_SERVER_GATE, ONE_ITEM, MESSAGE_EMPTY).tag;
        ring[i] = tsc_end() - begin;
        if (tag_failed(tag) || task_unmap_flexpage(SELECTOR_PEER_TASK, utcb->user[0], 0) != 0)
            return false;
    }
    return true;
}

static bool memory_fill(const struct variant *v, uint64_t *ring, size_t n)
{
    (void)v;
    ((struct utcb *)PROGRAM_UTCB_ADDRESS)->user[0] = flexpage_memory(TARGET_ADDRESS, 12, MEMORY_READ);
    return items_fill(ring, n, flexpage_memory((uint64_t)page, 12, MEMORY_RW));
}

static bool capability_fill(const struct variant *v, uint64_t *ring, size_t n)
{
    (void)v;
    ((struct utcb *)PROGRAM_UTCB_ADDRESS)->user[0] = flexpage_capability(WINDOW_SELECTOR, RIGHTS_ALL);
    return items_fill(ring, n, flexpage_capability(SELECTOR_FACTORY, RIGHT_SEND));
}

static const struct variant variants[] = {
    { .name = "item=page", .direction = "round_trip", .relation = "inter", .path = "none", .batch = 1, .fill = memory_fill,
      .fill_empty = memory_fill_empty },
    { .name = "item=capability", .direction = "round_trip", .relation = "inter", .path = "none", .batch = 1, .fill = capability_fill,
      .fill_empty = memory_fill_empty },
};

const struct workload workload = {
    .id = "ipc.call.items", .setup = items_setup, .variants = variants, .variant_count = sizeof variants / sizeof variants[0],
};
