/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A user-level pager under pressure: it has fewer frames than its clients have pages, or the kernel refuses a mapping for want of memory. It
 * takes the oldest frame back, keeps its content elsewhere, and goes on; no client sees another content than its own, or waits for ever.
 */
#include "workloads/lib/service.h"
#include "workloads/lib/test.h"
#include "workloads/lib/text.h"

#define PAGES 96
#define FRAMES 8
#define CLIENTS 2
#define PAGER_WORKER 0
#define CLIENT_WORKER(client) (1u + (unsigned)(client))
#define GATE(client) SELECTOR_TEST(client)
#define END SELECTOR_TEST(4)
#define MORE SELECTOR_TEST(5)
#define CLIENT_TASK(client) SELECTOR_TEST(8 + (client))
#define CLIENT_FACTORY SELECTOR_TEST(12)
#define PAGES_ADDRESS ABI_CONST(uint64_t, 0x700000000)
#define LABEL(client) ((uint64_t)(client) * 4 + 4)
#define ONE_ITEM (ABI_CONST(uint64_t, 1) << TAG_ITEMS_SHIFT)

struct frame {
    bool used;
    uint64_t client, page;
};

static _Alignas(PAGE_BYTES) unsigned char frames[FRAMES][PAGE_BYTES];
static unsigned char store[CLIENTS][PAGES][PAGE_BYTES]; /* where content goes that has no frame */
static struct frame uses[FRAMES];
static unsigned frame_next;
static volatile uint64_t faults, evictions, refusals;
static volatile uint64_t wrong[CLIENTS];
static volatile uint64_t strides[CLIENTS];

static void frame_free(unsigned f)
{
    task_take_memory(SELECTOR_TASK, (uint64_t)frames[f], PAGE_BYTES, 0, UNMAP_DERIVED);
    memcpy(store[uses[f].client][uses[f].page], frames[f], PAGE_BYTES);
    uses[f].used = false;
    evictions++;
}

/* The oldest frame, with the content of that page. */
static unsigned frame_take(uint64_t client, uint64_t page)
{
    unsigned f = frame_next;

    frame_next = (frame_next + 1) % FRAMES;
    if (uses[f].used)
        frame_free(f);
    memcpy(frames[f], store[client][page], PAGE_BYTES);
    uses[f] = (struct frame){ true, client, page };
    return f;
}

/* Replies until the kernel takes it: what it refuses for want of memory waits until there is more. */
static struct message fault_reply_and_wait(struct utcb *utcb, unsigned frame, uint64_t address)
{
    struct message m;

    utcb->items[0] = (struct utcb_item){ flexpage_memory((uint64_t)frames[frame], 12, MEMORY_READ | MEMORY_WRITE), address };
    for (;;) {
        m = ipc_reply(ONE_ITEM, MESSAGE_EMPTY);
        if (tag_error(m.tag) != ERR_NO_MEMORY)
            break;
        refusals++;
        semaphore_down(MORE, TIMEOUT_NEVER);
    }
    return ipc_wait(0);
}

static void pager(void *arg)
{
    struct utcb *utcb = worker_utcb(PAGER_WORKER);

    (void)arg;
    struct message m = ipc_wait(0);
    for (;;) {
        uint64_t client = (m.label >> 2) - 1, page = (m.w.w0 - PAGES_ADDRESS) / PAGE_BYTES;
        if (tag_failed(m.tag) || tag_label(m.tag) != PROTO_PAGE_FAULT || client >= CLIENTS || page >= PAGES) {
            m = ipc_wait(0);
            continue;
        }
        faults++;
        m = fault_reply_and_wait(utcb, frame_take(client, page), m.w.w0 & ~ABI_CONST(uint64_t, PAGE_BYTES - 1));
    }
}

/* Writes all pages, then reads them in another order, several times; counts words that are not its own. */
static void client_run(void *arg)
{
    uint64_t client = (uint64_t)(uintptr_t)arg;

    for (uint64_t round = 0; round < 3; round++) {
        for (uint64_t i = 0; i < PAGES; i++)
            ((volatile uint64_t *)(PAGES_ADDRESS + i * PAGE_BYTES))[i] = client << 32 | round << 16 | i;
        for (uint64_t i = 0; i < PAGES; i++) {
            uint64_t page = i * strides[client] % PAGES;
            wrong[client] += ((volatile uint64_t *)(PAGES_ADDRESS + page * PAGE_BYTES))[page] != (client << 32 | round << 16 | page);
        }
    }
    semaphore_up(END);
}

static void counts_clear(void)
{
    memset(uses, 0, sizeof uses);
    memset(store, 0, sizeof store);
    faults = evictions = refusals = frame_next = 0;
    wrong[0] = wrong[1] = 0;
    strides[0] = 5;
    strides[1] = 7;
}

static const char *pager_start(void)
{
    counts_clear();
    CHECK_EQUAL(factory_create_semaphore(SELECTOR_FACTORY, END, 0), 0);
    CHECK_EQUAL(factory_create_semaphore(SELECTOR_FACTORY, MORE, 0), 0);
    CHECK_EQUAL(worker_start(PAGER_WORKER, SELECTOR_TASK, pager, NULL, PROGRAM_PRIORITY), 0);
    return NULL;
}

static const char *client_start(uint64_t client, uint64_t task)
{
    CHECK_EQUAL(gate_create(GATE(client), PAGER_WORKER, LABEL(client)), 0);
    CHECK_EQUAL(task_map_capability(task, GATE(client), GATE(client), RIGHT_SEND), 0);
    CHECK_EQUAL(task_map_capability(task, END, END, RIGHT_SEND | RIGHT_W), 0);
    CHECK_EQUAL(worker_create(CLIENT_WORKER(client), task), 0);
    CHECK_EQUAL(thread_set_pager(SELECTOR_WORKER(CLIENT_WORKER(client)), GATE(client)), 0);
    CHECK_EQUAL(worker_run(CLIENT_WORKER(client), client_run, (void *)(uintptr_t)client, PROGRAM_PRIORITY), 0);
    return NULL;
}

static const char *fewer_frames(void)
{
    CHECK_NESTED(pager_start());
    CHECK_EQUAL(task_clone(CLIENT_TASK(0)), 0);
    CHECK_NESTED(client_start(0, CLIENT_TASK(0)));
    CHECK_EQUAL(semaphore_down(END, TIMEOUT_NEVER), 0);
    CHECK_EQUAL(wrong[0], 0);
    CHECK(faults > 2 * PAGES && evictions >= faults - FRAMES);
    return NULL;
}

static const char *two_clients(void)
{
    CHECK_NESTED(pager_start());
    for (uint64_t i = 0; i < CLIENTS; i++) {
        CHECK_EQUAL(task_clone(CLIENT_TASK(i)), 0);
        CHECK_NESTED(client_start(i, CLIENT_TASK(i)));
    }
    CHECK_EQUAL(semaphore_down(END, TIMEOUT_NEVER), 0);
    CHECK_EQUAL(semaphore_down(END, TIMEOUT_NEVER), 0);
    CHECK_EQUAL(wrong[0] + wrong[1], 0);
    CHECK(faults > 4 * PAGES);
    return NULL;
}

/* A client that dies with a fault at the pager, and one with pages: the pager serves the other one. */
static const char *client_dies(void)
{
    CHECK_NESTED(pager_start());
    for (uint64_t i = 0; i < CLIENTS; i++) {
        CHECK_EQUAL(task_clone(CLIENT_TASK(i)), 0);
        CHECK_NESTED(client_start(i, CLIENT_TASK(i)));
    }
    ((struct utcb *)PROGRAM_UTCB_ADDRESS)->receive_timeout = 300000;
    (void)ipc_wait(ABI_CONST(uint64_t, TIMEOUT_RELATIVE) << TAG_RECEIVE_TIMEOUT_SHIFT);
    CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, CLIENT_TASK(0)), 0);
    CHECK_EQUAL(semaphore_down(END, TIMEOUT_NEVER), 0);
    CHECK_EQUAL(wrong[1], 0);
    return NULL;
}

/* The first page of an address range needs page tables, for which the client's task has no quota left. */
static const char *kernel_memory_short(void)
{
    uint64_t quota, used;

    CHECK_NESTED(pager_start());
    CHECK_EQUAL(factory_create_factory(SELECTOR_FACTORY, CLIENT_FACTORY, 64 * PAGE_BYTES), 0);
    CHECK_EQUAL(task_clone_paid(CLIENT_FACTORY, CLIENT_TASK(0)), 0);
    CHECK_EQUAL(factory_info(CLIENT_FACTORY, &quota, &used), 0);
    CHECK_NESTED(client_start(0, CLIENT_TASK(0)));
    /* What is left goes to a factory that nobody uses. */
    uint64_t rest = quota - used;
    while (rest != 0 && factory_create_factory(CLIENT_FACTORY, SELECTOR_TEST(13), rest) != 0)
        rest -= PAGE_BYTES;
    CHECK(rest > 16 * PAGE_BYTES);
    ((struct utcb *)PROGRAM_UTCB_ADDRESS)->receive_timeout = 3000000;
    (void)ipc_wait(ABI_CONST(uint64_t, TIMEOUT_RELATIVE) << TAG_RECEIVE_TIMEOUT_SHIFT);
    CHECK_EQUAL(refusals, 1);
    CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, SELECTOR_TEST(13)), 0);
    CHECK_EQUAL(semaphore_up(MORE), 0);
    CHECK_EQUAL(semaphore_down(END, TIMEOUT_NEVER), 0);
    CHECK_EQUAL(wrong[0], 0);
    return NULL;
}

const struct test tests[] = {
    { "pager: fewer frames than pages: each page keeps its content", fewer_frames },
    { "pager: two clients share its frames and see their own pages alone", two_clients },
    { "pager: a client that dies takes nothing from the other one", client_dies },
    { "pager: a mapping that the kernel refuses for want of memory is asked for again", kernel_memory_short },
};
const size_t test_count = sizeof tests / sizeof tests[0];
