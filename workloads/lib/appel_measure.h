/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Appel and Li's primitives (ASPLOS 1991) with a user-level pager: what vm.appel1 and vm.appel2 share. The pager, in another task, owns 100
 * pages that the client has from it. Protected is a page that is read-only there (protect=read_only), or not there (protect=none). The kernel
 * adds no right to a page that is mapped: unprotecting takes the page away and maps it again.
 */
#include "harness/measure/tsc.h"
#include "workloads/lib/ipc_measure.h"
#include "workloads/lib/memory_measure.h"

#define APPEL_PAGES 100
#define PAGER_PROTECT_ALL 1    /* label of a call: all pages */
#define NO_PAGE APPEL_PAGES

static _Alignas(PAGE_BYTES) unsigned char pages[APPEL_PAGES][PAGE_BYTES];
static volatile uint64_t protect_take; /* MEMORY_* that protecting takes away */
static volatile uint64_t open_page;    /* Appel1: the one that is not protected; NO_PAGE: the pager protects none in exchange */
static volatile uint64_t pager_failures;

static volatile unsigned char *client_page(uint64_t page) { return (volatile unsigned char *)(TARGET_ADDRESS + page * PAGE_BYTES); }

/* Takes rights to pages away from whoever has them from here. */
static void pages_take(uint64_t page, uint64_t count, uint64_t take)
{
    if (task_take_memory(SELECTOR_PEER_TASK, (uint64_t)pages[page], count * PAGE_BYTES, take, UNMAP_DERIVED) != 0)
        pager_failures++;
}

/* The fault's answer: one item. */
static uint64_t fault_serve(struct utcb *utcb, uint64_t address)
{
    uint64_t page = (address - TARGET_ADDRESS) / PAGE_BYTES;

    if (page >= APPEL_PAGES) {
        pager_failures++;
        return 0;
    }
    if (open_page != NO_PAGE) {
        pages_take(open_page, 1, protect_take);
        open_page = page;
    }
    if (protect_take == MEMORY_WRITE)
        pages_take(page, 1, 0);
    utcb->items[0] = (struct utcb_item){ flexpage_memory((uint64_t)pages[page], 12, MEMORY_RW), address & ~ABI_CONST(uint64_t, PAGE_BYTES - 1) };
    return ABI_CONST(uint64_t, 1) << TAG_ITEMS_SHIFT;
}

static void pager(void *arg)
{
    struct utcb *utcb = worker_utcb(SERVER_WORKER);

    (void)arg;
    for (;;) {
        struct message m = ipc_wait(0);
        while (!tag_failed(m.tag)) {
            uint64_t items = 0;
            if (tag_label(m.tag) == PROTO_PAGE_FAULT)
                items = fault_serve(utcb, m.w.w0);
            else if (tag_label(m.tag) == PAGER_PROTECT_ALL)
                pages_take(0, APPEL_PAGES, protect_take);
            m = ipc_reply_and_wait(0, items, MESSAGE_EMPTY);
        }
    }
}

static bool appel_setup(void)
{
    return ipc_partner_create(true) && task_map_capability(SELECTOR_PEER_TASK, SELECTOR_PEER_TASK, SELECTOR_PEER_TASK, RIGHTS_ALL) == 0 &&
           ipc_server_start(true, pager, 0) && thread_set_pager(SELECTOR_THREAD, SELECTOR_SERVER_GATE) == 0;
}

static inline bool protect_all_fails(void)
{
    return tag_failed(ipc_call(SELECTOR_SERVER_GATE, tag_make(0, PAGER_PROTECT_ALL, 0), MESSAGE_EMPTY).tag);
}

/* No page left of another variant; all in the client's hands; then all protected. */
static inline bool appel_prepare(uint64_t take)
{
    open_page = NO_PAGE;
    protect_take = 0;
    if (protect_all_fails())
        return false;
    protect_take = take;
    for (uint64_t i = 0; i < APPEL_PAGES; i++)
        *client_page(i) = 1;
    return !protect_all_fails() && pager_failures == 0;
}

static bool read_only_prepare(const struct variant *v) { (void)v; return appel_prepare(MEMORY_WRITE); }
static bool none_prepare(const struct variant *v) { (void)v; return appel_prepare(0); }
