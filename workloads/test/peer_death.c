/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Of the servers of table 4 and 5: the death of either side of a synchronous RPC, of a mapping RPC, of a pager and of an exception handler
 * leaves nobody blocked, and no page with who has lost it. Pipes: pipe_semantics.c, pipe_server.c; personality: personality.c.
 */
#include "workloads/lib/ipc_measure.h"
#include "workloads/lib/object.h"
#include "workloads/lib/remote.h"
#include "workloads/lib/service.h"
#include "workloads/lib/test.h"

#define CLIENT 1u
#define HELPER 2u
#define SENDER_ADDRESS PROGRAM_FREE_ADDRESS
#define RECEIVER_ADDRESS (PROGRAM_FREE_ADDRESS + 0x40000000)
#define ONE_ITEM (ABI_CONST(uint64_t, 1) << TAG_ITEMS_SHIFT)
#define CLIENT_TASK SELECTOR_TEST(8)
#define MAIN_THREAD SELECTOR_TEST(9) /* in the peer's table: nobody sends from it */
#define MAIN_GATE SELECTOR_TEST(10)

static volatile uint64_t served, client_tag, client_done;

/* Answers the first call, that of ipc_server_start; takes the next one and keeps its caller waiting for good. */
static void holder(void *arg)
{
    (void)arg;
    worker_utcb(SERVER_WORKER)->window_memory = flexpage_memory(RECEIVER_ADDRESS, 12, 0);
    (void)ipc_wait(0);
    (void)ipc_reply_and_wait(0, 0, MESSAGE_EMPTY);
    served++;
    (void)ipc_receive(MAIN_THREAD, 0);
}

static void echo(void *arg)
{
    (void)arg;
    worker_utcb(SERVER_WORKER)->window_memory = flexpage_memory(RECEIVER_ADDRESS, 12, 0);
    for (;;) {
        struct message m = ipc_wait(0);
        while (!tag_failed(m.tag)) {
            served++;
            m = ipc_reply_and_wait(0, 1, m.w);
        }
    }
}

static void caller(void *arg)
{
    client_tag = ipc_call(SELECTOR_SERVER_GATE, (uint64_t)(uintptr_t)arg, MESSAGE_EMPTY).tag;
    client_done++;
}

static void killer(void *arg)
{
    worker_destroy((unsigned)(uintptr_t)arg);
}

static const char *start(worker_fn *server)
{
    served = client_tag = client_done = 0;
    CHECK(ipc_partner_create(true));
    CHECK_EQUAL(task_map_capability(SELECTOR_PEER_TASK, SELECTOR_THREAD, MAIN_THREAD, RIGHT_SEND), 0);
    CHECK(ipc_server_start(true, server, 0));
    return NULL;
}

static const char *rpc_server_dies(void)
{
    CHECK_NESTED(start(holder));
    CHECK_EQUAL(worker_start(HELPER, SELECTOR_TASK, killer, (void *)SERVER_WORKER, PROGRAM_PRIORITY), 0);
    CHECK_EQUAL(tag_error(ipc_call(SELECTOR_SERVER_GATE, 0, MESSAGE_EMPTY).tag), ERR_CANCELED);
    CHECK_EQUAL(served, 1);
    CHECK_EQUAL(tag_error(ipc_call(SELECTOR_SERVER_GATE, 0, MESSAGE_EMPTY).tag), ERR_NO_PARTNER);
    return NULL;
}

static const char *rpc_client_dies(void)
{
    CHECK_NESTED(start(echo));
    CHECK_EQUAL(worker_start(CLIENT, SELECTOR_TASK, caller, NULL, PROGRAM_PRIORITY - 1), 0);
    CHECK_EQUAL(worker_destroy(CLIENT), 0); /* before its call, */
    ipc_server_stop();
    served = 0;
    CHECK(ipc_server_start(true, holder, 0));
    CHECK_EQUAL(worker_start(CLIENT, SELECTOR_TASK, caller, NULL, PRIORITY_ABOVE), 0);
    CHECK_EQUAL(served, 1);
    CHECK_EQUAL(worker_destroy(CLIENT), 0); /* and while it is served */
    ipc_server_stop();
    CHECK(ipc_server_start(true, echo, 0));
    CHECK_EQUAL(tag_failed(ipc_call(SELECTOR_SERVER_GATE, 0, MESSAGE_EMPTY).tag), false);
    CHECK_EQUAL(client_done, 0);
    return NULL;
}

static const char *page_offer(void)
{
    CHECK_EQUAL(service_memory(SENDER_ADDRESS, 1, MEMORY_READ | MEMORY_WRITE), 0);
    *(volatile uint64_t *)SENDER_ADDRESS = 7;
    ((struct utcb *)PROGRAM_UTCB_ADDRESS)->items[0] = (struct utcb_item){ flexpage_memory(SENDER_ADDRESS, 12, MEMORY_READ | MEMORY_WRITE), 0 };
    return NULL;
}

/* The receiver dies with the page: its sender is told, has it still, takes it back, and maps it to the next one. */
static const char *mapping_receiver_dies(void)
{
    CHECK_NESTED(start(holder));
    CHECK_NESTED(page_offer());
    CHECK_EQUAL(worker_start(HELPER, SELECTOR_TASK, killer, (void *)SERVER_WORKER, PROGRAM_PRIORITY), 0);
    CHECK_EQUAL(tag_error(ipc_call(SELECTOR_SERVER_GATE, ONE_ITEM, MESSAGE_EMPTY).tag), ERR_CANCELED);
    CHECK_EQUAL(served, 1);
    CHECK_EQUAL(*(volatile uint64_t *)SENDER_ADDRESS, 7);
    CHECK_EQUAL(task_take_memory(SELECTOR_TASK, SENDER_ADDRESS, PAGE_BYTES, 0, UNMAP_DERIVED), 0);
    ipc_server_stop();
    CHECK(ipc_server_start(true, echo, 0));
    CHECK_EQUAL(tag_failed(ipc_call(SELECTOR_SERVER_GATE, ONE_ITEM, MESSAGE_EMPTY).tag), false);
    CHECK_EQUAL(task_take_memory(SELECTOR_TASK, SENDER_ADDRESS, PAGE_BYTES, 0, UNMAP_DERIVED), 0);
    return NULL;
}

static _Alignas(PAGE_BYTES) uint64_t offered[PAGE_BYTES / 8];

static void offerer(void *arg)
{
    (void)arg;
    worker_utcb(CLIENT)->items[0] = (struct utcb_item){ flexpage_memory((uint64_t)offered, 12, MEMORY_READ | MEMORY_WRITE), 0 };
    (void)ipc_call(MAIN_GATE, ONE_ITEM, MESSAGE_EMPTY);
    client_done++;
}

static void page_read(void *arg) { (void)*(volatile uint64_t *)arg; }

/* The sender's task is destroyed while this thread has its page: the page goes, too, and the reply finds nobody. */
static const char *mapping_sender_dies(void)
{
    struct fault fault;

    offered[0] = 8;
    client_done = 0;
    CHECK_EQUAL(task_clone(CLIENT_TASK), 0);
    CHECK_EQUAL(gate_create_main(MAIN_GATE, 0xa10), 0);
    CHECK_EQUAL(task_map_capability(CLIENT_TASK, MAIN_GATE, MAIN_GATE, RIGHT_SEND), 0);
    ((struct utcb *)PROGRAM_UTCB_ADDRESS)->window_memory = flexpage_memory(RECEIVER_ADDRESS, 12, 0);
    CHECK_EQUAL(worker_start(CLIENT, CLIENT_TASK, offerer, NULL, PROGRAM_PRIORITY), 0);
    CHECK_EQUAL(tag_failed(ipc_wait(0).tag), false);
    CHECK_EQUAL(*(volatile uint64_t *)RECEIVER_ADDRESS, 8);
    CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, CLIENT_TASK), 0);
    CHECK_EQUAL(tag_error(ipc_reply(0, MESSAGE_EMPTY).tag), ERR_NO_REPLY);
    CHECK(fault_catch(page_read, RECEIVER_ADDRESS, &fault));
    CHECK(fault.happened);
    CHECK_EQUAL(fault.vector, 14);
    CHECK_EQUAL(client_done, 0);
    return NULL;
}

static void toucher(void *arg)
{
    *(volatile uint64_t *)arg = 1;
    client_done++;
}

static void runner(void *arg)
{
    (void)arg;
    client_done += 2;
}

/* Who has a fault at it faults again, with nobody to ask: an exception, whose handler lets it go on elsewhere. */
static const char *pager_dies(void)
{
    CHECK_NESTED(start(holder));
    CHECK_EQUAL(worker_create(CLIENT, SELECTOR_TASK), 0);
    CHECK_EQUAL(gate_create_main(MAIN_GATE, 0xa20), 0);
    CHECK_EQUAL(thread_set_exception_gate(SELECTOR_WORKER(CLIENT), MAIN_GATE), 0);
    CHECK_EQUAL(thread_set_pager(SELECTOR_WORKER(CLIENT), SELECTOR_SERVER_GATE), 0);
    CHECK_EQUAL(worker_run(CLIENT, toucher, (void *)(RECEIVER_ADDRESS + PAGE_BYTES), PRIORITY_ABOVE), 0);
    CHECK_EQUAL(served, 1);
    CHECK_EQUAL(worker_destroy(SERVER_WORKER), 0);
    struct message m = ipc_wait(TIMEOUT_RECEIVE_ZERO);
    CHECK_EQUAL(tag_label(m.tag), PROTO_EXCEPTION);
    CHECK_EQUAL(m.w.w0, 14);
    CHECK_EQUAL(m.w.w3, RECEIVER_ADDRESS + PAGE_BYTES);
    CHECK_EQUAL(client_done, 0);
    CHECK_EQUAL(worker_run(CLIENT, runner, NULL, PRIORITY_ABOVE), 0);
    CHECK_EQUAL(client_done, 2);
    return NULL;
}

/* The same of an exception handler. */
static const char *handler_dies(void)
{
    CHECK_NESTED(start(holder));
    CHECK_EQUAL(worker_create(CLIENT, SELECTOR_TASK), 0);
    CHECK_EQUAL(thread_set_exception_gate(SELECTOR_WORKER(CLIENT), SELECTOR_SERVER_GATE), 0);
    CHECK_EQUAL(worker_run(CLIENT, toucher, (void *)(RECEIVER_ADDRESS + PAGE_BYTES), PRIORITY_ABOVE), 0);
    CHECK_EQUAL(served, 1);
    CHECK_EQUAL(worker_destroy(SERVER_WORKER), 0);
    CHECK_EQUAL(worker_state(CLIENT), STATE_STOPPED);
    CHECK_EQUAL(worker_run(CLIENT, runner, NULL, PRIORITY_ABOVE), 0);
    CHECK_EQUAL(client_done, 2);
    return NULL;
}

const struct test tests[] = {
    { "peer death: synchronous RPC, the server dies: its caller is told", rpc_server_dies },
    { "peer death: synchronous RPC, the client dies, before and while it is served: the next is served", rpc_client_dies },
    { "peer death: mapping RPC, the receiver dies: the sender is told and has its page", mapping_receiver_dies },
    { "peer death: mapping RPC, the sender dies: its page is gone from the receiver", mapping_sender_dies },
    { "peer death: pager, with a fault at it: an exception of the thread, which goes on as its handler says", pager_dies },
    { "peer death: exception handler, with an exception at it: the thread is stopped, and goes on as its owner says", handler_dies },
};
const size_t test_count = sizeof tests / sizeof tests[0];
