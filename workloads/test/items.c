/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Typed items: what goes along with a message, the windows that it goes to, and page faults as messages to a user-level pager.
 */
#include "workloads/lib/instructions.h"
#include "workloads/lib/program.h"
#include "workloads/lib/remote.h"
#include "workloads/lib/service.h"
#include "workloads/lib/test.h"
#include "workloads/lib/text.h"

#define FREE_ADDRESS PROGRAM_FREE_ADDRESS
#define WINDOW_ADDRESS (FREE_ADDRESS + 0x10000000)
#define WINDOW_SELECTOR 512
#define RW (MEMORY_READ | MEMORY_WRITE)
#define SIZE_PAGE 12
#define GATE SELECTOR_TEST(0)
#define COPY SELECTOR_TEST(1)
#define SERVER 0
#define ITEMS(n) (ABI_CONST(uint64_t, n) << TAG_ITEMS_SHIFT)

static _Alignas(PAGE_BYTES) uint64_t page[PAGE_BYTES / 8];

static struct utcb *own(void) { return (struct utcb *)PROGRAM_UTCB_ADDRESS; }
static struct utcb *servers(void) { return worker_utcb(SERVER); }

/* --- a server in the second task, which counts what it gets and says what came with it --- */

static struct { uint64_t memory, capabilities, messages, tag, items[ITEMS_MAX]; } server;

static void server_run(void *arg)
{
    struct utcb *utcb = servers();

    (void)arg;
    utcb->window_memory = server.memory;
    utcb->window_capabilities = server.capabilities;
    struct message m = ipc_wait(0);
    for (;;) {
        server.messages++;
        server.tag = m.tag;
        for (unsigned i = 0; i < ITEMS_MAX; i++)
            server.items[i] = utcb->items[i].flexpage;
        m = ipc_reply_and_wait(0, tag_make(0, 0, 1), (struct message_words){ .w0 = server.messages });
    }
}

static uint64_t window_memory(unsigned size) { return flexpage_memory(WINDOW_ADDRESS, size, 0); }
static uint64_t window_capabilities(unsigned size)
{
    return flexpage_capability(WINDOW_SELECTOR, 0) | (uint64_t)size << FLEXPAGE_SIZE_SHIFT;
}

static const char *server_start(uint64_t memory, uint64_t capabilities)
{
    memset(&server, 0, sizeof server);
    server.memory = memory;
    server.capabilities = capabilities;
    CHECK_EQUAL(peer_create(), 0);
    CHECK_EQUAL(worker_start(SERVER, SELECTOR_PEER_TASK, server_run, NULL, PRIORITY_ABOVE), 0);
    CHECK_EQUAL(gate_create(GATE, SERVER, 0x40), 0);
    return NULL;
}

static void item_set(unsigned i, uint64_t flexpage, uint64_t offset)
{
    own()->items[i] = (struct utcb_item){ flexpage, offset };
}

static int32_t call_with(uint64_t items)
{
    return tag_error(ipc_call(GATE, items << TAG_ITEMS_SHIFT | TIMEOUT_SEND_ZERO, MESSAGE_EMPTY).tag);
}

static uint64_t mapped(uint64_t there, uint64_t bytes)
{
    uint64_t unmapped = 0;

    task_unmap_memory(SELECTOR_PEER_TASK, there, bytes, &unmapped);
    return unmapped;
}

/* 64 words, one more than a message can have, cannot be asked for: the count has six bits, and the next one counts items. */
static const char *words_64(void)
{
    CHECK_NESTED(server_start(0, 0));
    item_set(0, 0, 0);
    CHECK_EQUAL(tag_error(ipc_call(GATE, (WORDS_MAX + 1) | TIMEOUT_SEND_ZERO, MESSAGE_EMPTY).tag), 0);
    CHECK_EQUAL(server.messages, 1);
    CHECK_EQUAL(server.tag & TAG_WORDS_MASK, 0);
    CHECK_EQUAL(server.tag & ITEMS(ITEMS_MASK), ITEMS(1));
    return NULL;
}

static const char *memory_goes_along(void)
{
    CHECK_NESTED(server_start(window_memory(14), 0));
    item_set(0, flexpage_memory((uint64_t)page, SIZE_PAGE, MEMORY_READ), 3 * PAGE_BYTES);
    CHECK_EQUAL(call_with(1), 0);
    CHECK_EQUAL(server.messages, 1);
    CHECK_EQUAL(server.tag & ITEMS(ITEMS_MASK), ITEMS(1));
    CHECK_EQUAL(server.items[0], flexpage_memory(WINDOW_ADDRESS + 3 * PAGE_BYTES, SIZE_PAGE, MEMORY_READ));
    CHECK_EQUAL(task_take_memory(SELECTOR_TASK, (uint64_t)page, PAGE_BYTES, 0, UNMAP_DERIVED), 0);
    CHECK_EQUAL(mapped(WINDOW_ADDRESS, 4 * PAGE_BYTES), 0);
    return NULL;
}

static const char *capability_goes_along(void)
{
    uint64_t kind, rights, number;

    CHECK_NESTED(server_start(0, window_capabilities(2)));
    item_set(0, flexpage_capability(GATE, RIGHT_SEND | RIGHT_W), 1);
    item_set(1, flexpage_capability(SELECTOR_FACTORY, RIGHT_SEND), 3);
    CHECK_EQUAL(call_with(2), 0);
    CHECK_EQUAL(server.items[0], flexpage_capability(WINDOW_SELECTOR + 1, RIGHT_SEND | RIGHT_W));
    CHECK_EQUAL(task_capability_info(SELECTOR_PEER_TASK, WINDOW_SELECTOR + 1, &kind, &rights, &number), 0);
    CHECK_EQUAL(kind, KIND_GATE);
    CHECK_EQUAL(rights, RIGHT_SEND | RIGHT_W);
    CHECK_EQUAL(task_capability_info(SELECTOR_PEER_TASK, WINDOW_SELECTOR + 3, &kind, &rights, &number), 0);
    CHECK_EQUAL(kind, KIND_FACTORY);
    CHECK_EQUAL(call_with(2), ERR_OCCUPIED);
    return NULL;
}

static const char *closed_window(void)
{
    CHECK_NESTED(server_start(0, 0));
    item_set(0, flexpage_memory((uint64_t)page, SIZE_PAGE, MEMORY_READ), 0);
    CHECK_EQUAL(call_with(1), ERR_NO_WINDOW);
    item_set(0, flexpage_capability(GATE, RIGHT_SEND), 0);
    CHECK_EQUAL(call_with(1), ERR_NO_WINDOW);
    CHECK_EQUAL(server.messages, 0);
    /* It waits still. */
    CHECK_EQUAL(call_with(0), 0);
    CHECK_EQUAL(server.messages, 1);
    return NULL;
}

static const char *window_has_borders(void)
{
    CHECK_NESTED(server_start(window_memory(13), window_capabilities(1)));
    item_set(0, flexpage_memory((uint64_t)page, SIZE_PAGE, MEMORY_READ), 2 * PAGE_BYTES);
    CHECK_EQUAL(call_with(1), ERR_NO_WINDOW);
    item_set(0, flexpage_memory((uint64_t)page, SIZE_PAGE, MEMORY_READ), (uint64_t)-PAGE_BYTES);
    CHECK_EQUAL(call_with(1), ERR_NO_WINDOW);
    item_set(0, flexpage_memory((uint64_t)page, SIZE_PAGE, MEMORY_READ), 8);
    CHECK_EQUAL(call_with(1), ERR_BAD_ARGUMENT);
    item_set(0, flexpage_memory(FREE_ADDRESS, 14, MEMORY_READ), 0);
    CHECK_EQUAL(call_with(1), ERR_NO_WINDOW);
    item_set(0, flexpage_capability(GATE, RIGHT_SEND), 2);
    CHECK_EQUAL(call_with(1), ERR_NO_WINDOW);
    CHECK_EQUAL(server.messages, 0);
    return NULL;
}

static const char *all_or_nothing(void)
{
    uint64_t kind, rights, number, quota, before, after;

    CHECK_NESTED(server_start(window_memory(20), window_capabilities(4)));
    item_set(0, flexpage_memory((uint64_t)page, SIZE_PAGE, MEMORY_READ), 0);
    item_set(1, flexpage_capability(GATE, RIGHT_SEND), 5);
    CHECK_EQUAL(call_with(2), 0); /* tables are there from now on */
    CHECK_EQUAL(mapped(WINDOW_ADDRESS, PAGE_BYTES), PAGE_BYTES);
    CHECK_EQUAL(task_unmap_capability(SELECTOR_PEER_TASK, WINDOW_SELECTOR + 5), 0);
    CHECK_EQUAL(factory_info(SELECTOR_FACTORY, &quota, &before), 0);
    item_set(2, flexpage_memory(FREE_ADDRESS, SIZE_PAGE, MEMORY_READ), PAGE_BYTES); /* nothing is there */
    CHECK_EQUAL(call_with(3), ERR_BAD_ARGUMENT);
    item_set(2, flexpage_memory((uint64_t)page, SIZE_PAGE, MEMORY_READ | MEMORY_WRITE), 0); /* where the first one goes */
    CHECK_EQUAL(call_with(3), ERR_OCCUPIED);
    item_set(2, flexpage_capability(4000, RIGHT_SEND), 0);
    CHECK_EQUAL(call_with(3), ERR_NO_CAPABILITY);
    item_set(2, flexpage_ports(0, 0), 0);
    CHECK_EQUAL(call_with(3), ERR_NO_WINDOW);
    item_set(2, flexpage_ports(0, 17), 0);
    CHECK_EQUAL(call_with(3), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(call_with(ITEMS_MAX + 1), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(server.messages, 1);
    CHECK_EQUAL(mapped(WINDOW_ADDRESS, 1 << 20), 0);
    CHECK_EQUAL(task_capability_info(SELECTOR_PEER_TASK, WINDOW_SELECTOR + 5, &kind, &rights, &number), ERR_NO_CAPABILITY);
    CHECK_EQUAL(factory_info(SELECTOR_FACTORY, &quota, &after), 0);
    CHECK_EQUAL(after, before);
    return NULL;
}

static const char *granted_in_a_message(void)
{
    CHECK_NESTED(server_start(window_memory(12), 0));
    CHECK_EQUAL(task_map_memory(SELECTOR_TASK, (uint64_t)page, FREE_ADDRESS, PAGE_BYTES, RW), 0);
    item_set(0, flexpage_memory(FREE_ADDRESS, SIZE_PAGE, RW) | FLEXPAGE_GRANT, 0);
    CHECK_EQUAL(call_with(1), 0);
    CHECK_EQUAL(call_with(1), ERR_BAD_ARGUMENT); /* it is gone from here */
    CHECK_EQUAL(mapped(WINDOW_ADDRESS, PAGE_BYTES), PAGE_BYTES);
    return NULL;
}

/* A message that waits in the queue is judged when the receiver comes. */
static const char *queued_items(void)
{
    static struct script sender;
    struct utcb *senders = worker_utcb(2);
    uint64_t unmapped;

    CHECK_EQUAL(gate_create_main(GATE, 0x80), 0);
    CHECK_EQUAL(worker_create(2, SELECTOR_TASK), 0);
    senders->items[0] = (struct utcb_item){ flexpage_memory((uint64_t)page, SIZE_PAGE, MEMORY_READ), 0 };
    for (unsigned open = 0; open < 2; open++) {
        own()->window_memory = open ? window_memory(12) : 0;
        script_init(&sender, GATE, TAG_INVOKE(INVOKE_SEND) | ITEMS(1), MESSAGE_EMPTY);
        CHECK_EQUAL(worker_run(2, script_run, &sender, PRIORITY_ABOVE), 0);
        CHECK_EQUAL(sender.done, 0);
        struct message m = ipc_wait(TIMEOUT_RECEIVE_ZERO);
        CHECK_EQUAL(tag_error(m.tag), open ? 0 : ERR_TIMEOUT);
        CHECK_EQUAL(sender.done, 1);
        CHECK_EQUAL(tag_error(sender.out.rsi), open ? 0 : ERR_NO_WINDOW);
    }
    CHECK_EQUAL(own()->items[0].flexpage, flexpage_memory(WINDOW_ADDRESS, SIZE_PAGE, MEMORY_READ));
    own()->window_memory = 0;
    CHECK_EQUAL(task_unmap_memory(SELECTOR_TASK, WINDOW_ADDRESS, PAGE_BYTES, &unmapped), 0);
    CHECK_EQUAL(unmapped, PAGE_BYTES);
    return NULL;
}

/* A reply whose items do not go through leaves the caller waiting; the next one reaches it. */
static const char *reply_with_items(void)
{
    static struct script client;
    uint64_t unmapped;

    CHECK_EQUAL(gate_create_main(GATE, 0x80), 0);
    script_init(&client, GATE, TAG_INVOKE(INVOKE_CALL), MESSAGE_EMPTY);
    CHECK_EQUAL(worker_create(2, SELECTOR_TASK), 0);
    CHECK_EQUAL(worker_run(2, script_run, &client, PRIORITY_ABOVE), 0);
    CHECK_EQUAL(tag_error(ipc_wait(TIMEOUT_RECEIVE_ZERO).tag), 0);
    item_set(0, flexpage_memory((uint64_t)page, SIZE_PAGE, RW), 0);
    CHECK_EQUAL(tag_error(ipc_reply(ITEMS(1), MESSAGE_EMPTY).tag), ERR_NO_WINDOW);
    CHECK_EQUAL(client.done, 0);
    worker_utcb(2)->window_memory = window_memory(12);
    CHECK_EQUAL(tag_error(ipc_reply(ITEMS(1), MESSAGE_EMPTY).tag), 0);
    CHECK_EQUAL(tag_error(ipc_wait(TIMEOUT_RECEIVE_ZERO).tag), ERR_TIMEOUT); /* lets it run */
    CHECK_EQUAL(client.done, 1);
    CHECK_EQUAL(client.out.rsi & ITEMS(ITEMS_MASK), ITEMS(1));
    CHECK_EQUAL(task_unmap_memory(SELECTOR_TASK, WINDOW_ADDRESS, PAGE_BYTES, &unmapped), 0);
    CHECK_EQUAL(unmapped, PAGE_BYTES);
    return NULL;
}

/* --- pager --- */

#define PAGER_LABEL 0xa40
#define PAGER_SELECTOR 40

static const char *pager_setup(void)
{
    CHECK_EQUAL(peer_create(), 0);
    CHECK_EQUAL(gate_create_main(GATE, PAGER_LABEL), 0);
    CHECK_EQUAL(task_map_capability(SELECTOR_PEER_TASK, GATE, PAGER_SELECTOR, RIGHT_SEND), 0);
    CHECK_EQUAL(worker_create(SERVER, SELECTOR_PEER_TASK), 0);
    return NULL;
}

static volatile uint64_t faulter_stage, faulter_value;

static void faulter(void *arg)
{
    volatile uint64_t *memory = arg;

    faulter_stage = 1;
    faulter_value = memory[0];
    faulter_stage = 2;
    memory[1] = 99;
    faulter_stage = 3;
    thread_end();
}

static const char *fault_is_a_message(void)
{
    CHECK_NESTED(pager_setup());
    CHECK_EQUAL(thread_set_pager(SELECTOR_WORKER(SERVER), PAGER_SELECTOR), 0);
    page[0] = 1234;
    faulter_stage = 0;
    CHECK_EQUAL(worker_run(SERVER, faulter, (void *)FREE_ADDRESS, PRIORITY_ABOVE), 0);
    struct message m = ipc_wait(TIMEOUT_RECEIVE_ZERO);
    CHECK_EQUAL(m.label & ~ABI_CONST(uint64_t, LABEL_RIGHTS_MASK), PAGER_LABEL);
    CHECK_EQUAL(tag_label(m.tag), PROTO_PAGE_FAULT);
    CHECK_EQUAL(tag_words(m.tag), 3);
    CHECK_EQUAL(m.w.w0, FREE_ADDRESS);
    CHECK_EQUAL(m.w.w1, MEMORY_READ);
    CHECK(m.w.w2 >= (uint64_t)faulter && m.w.w2 < (uint64_t)faulter + 256);
    CHECK_EQUAL(m.w.w3 | m.w.w4 | m.w.w5, 0);
    /* The reply brings the page, and the next fault. */
    item_set(0, flexpage_memory((uint64_t)page, SIZE_PAGE, MEMORY_READ), FREE_ADDRESS);
    m = ipc_reply_and_wait(0, ITEMS(1) | TIMEOUT_RECEIVE_ZERO, MESSAGE_EMPTY);
    if (tag_failed(m.tag))
        m = ipc_wait(TIMEOUT_RECEIVE_ZERO);
    CHECK_EQUAL(faulter_stage, 2);
    CHECK_EQUAL(faulter_value, 1234);
    CHECK_EQUAL(tag_label(m.tag), PROTO_PAGE_FAULT);
    CHECK_EQUAL(m.w.w0, FREE_ADDRESS + 8);
    CHECK_EQUAL(m.w.w1, MEMORY_WRITE);
    /* It may be mapped by task capability as well; the reply is plain then. */
    CHECK_EQUAL(mapped(FREE_ADDRESS, PAGE_BYTES), PAGE_BYTES);
    CHECK_EQUAL(task_map_memory(SELECTOR_PEER_TASK, (uint64_t)page, FREE_ADDRESS, PAGE_BYTES, RW), 0);
    CHECK_EQUAL(tag_error(ipc_reply(0, MESSAGE_EMPTY).tag), 0);
    ipc_wait(TIMEOUT_RECEIVE_ZERO);
    CHECK_EQUAL(faulter_stage, 3);
    CHECK_EQUAL(page[1], 99);
    return NULL;
}

static const char *pager_gone(void)
{
    /* Its gate is gone before the fault: an exception. */
    CHECK_NESTED(pager_setup());
    CHECK_EQUAL(gate_create_main(COPY, 0xec0), 0);
    CHECK_EQUAL(task_map_capability(SELECTOR_PEER_TASK, COPY, PAGER_SELECTOR + 1, RIGHT_SEND), 0);
    CHECK_EQUAL(thread_set_pager(SELECTOR_WORKER(SERVER), PAGER_SELECTOR), 0);
    CHECK_EQUAL(thread_set_exception_gate(SELECTOR_WORKER(SERVER), PAGER_SELECTOR + 1), 0);
    CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, GATE), 0);
    CHECK_EQUAL(worker_run(SERVER, faulter, (void *)FREE_ADDRESS, PRIORITY_ABOVE), 0);
    struct message m = ipc_wait(TIMEOUT_RECEIVE_ZERO);
    CHECK_EQUAL(m.label & ~ABI_CONST(uint64_t, LABEL_RIGHTS_MASK), 0xec0);
    CHECK_EQUAL(tag_label(m.tag), PROTO_EXCEPTION);
    CHECK_EQUAL(m.w.w0, 14);
    CHECK_EQUAL(m.w.w3, FREE_ADDRESS);
    /* Who waits for others instead of replying leaves it stopped. */
    ipc_wait(TIMEOUT_RECEIVE_ZERO);
    CHECK_EQUAL(worker_state(SERVER), STATE_STOPPED);
    return NULL;
}

static const char *other_exceptions_pass_the_pager(void)
{
    CHECK_NESTED(pager_setup());
    CHECK_EQUAL(thread_set_pager(SELECTOR_WORKER(SERVER), PAGER_SELECTOR), 0);
    CHECK_EQUAL(gate_create_main(COPY, 0xec0), 0);
    CHECK_EQUAL(task_map_capability(SELECTOR_PEER_TASK, COPY, PAGER_SELECTOR + 1, RIGHT_SEND), 0);
    CHECK_EQUAL(thread_set_exception_gate(SELECTOR_WORKER(SERVER), PAGER_SELECTOR + 1), 0);
    CHECK_EQUAL(worker_run(SERVER, (worker_fn *)(uintptr_t)instruction_ud2, NULL, PRIORITY_ABOVE), 0);
    struct message m = ipc_wait(TIMEOUT_RECEIVE_ZERO);
    CHECK_EQUAL(tag_label(m.tag), PROTO_EXCEPTION);
    CHECK_EQUAL(m.w.w0, 6);
    return NULL;
}

const struct test tests[] = {
    { "items: memory goes along with a message into the receiver's window, at most with the sender's rights", memory_goes_along },
    { "items: capabilities go along with a message, their rights masked", capability_goes_along },
    { "items: 64 words cannot be asked for: one more than 63 in the tag is one item, and no word", words_64 },
    { "items: a receiver without a window gets none, keeps waiting, and the sender is told", closed_window },
    { "items: nothing goes beyond the borders of a window", window_has_borders },
    { "items: all of them arrive or none, and none costs nothing", all_or_nothing },
    { "items: what is granted in a message is the receiver's", granted_in_a_message },
    { "items: a queued message is judged when its receiver comes, and its sender told", queued_items },
    { "items: a reply whose items do not go through can be made again", reply_with_items },
    { "pager: a page fault is a message, and its reply brings the page", fault_is_a_message },
    { "pager: one that is gone makes the fault an exception, one that does not answer leaves it stopped", pager_gone },
    { "pager: gets page faults alone", other_exceptions_pass_the_pager },
};
const size_t test_count = sizeof tests / sizeof tests[0];
