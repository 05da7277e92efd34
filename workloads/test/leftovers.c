/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Ends in the middle of everything: threads in every state, two tasks that hold each other's capabilities, factories within factories.
 * Root destroys it and finds all kernel memory returned, or reports this program as failed.
 */
#include "workloads/lib/service.h"
#include "workloads/lib/test.h"

static void open_wait_run(void *arg) { (void)arg; ipc_wait(0); }
static void closed_wait_run(void *arg) { ipc_receive((uint64_t)arg, 0); }
static void call_run(void *arg) { ipc_call((uint64_t)arg, 0, MESSAGE_EMPTY); }
static void silent_run(void *arg)
{
    ipc_wait(0);
    ipc_receive((uint64_t)arg, 0);
}
static void fault_run(void *arg) { *(volatile uint64_t *)arg = 0; }

static const char *everything_left(void)
{
    CHECK_EQUAL(peer_create(), 0);
    CHECK_EQUAL(task_map_capability(SELECTOR_PEER_TASK, SELECTOR_PEER_TASK, SELECTOR_TASK, RIGHTS_ALL), 0);
    CHECK_EQUAL(task_map_capability(SELECTOR_PEER_TASK, SELECTOR_TASK, SELECTOR_PEER_TASK, RIGHTS_ALL), 0);
    CHECK_EQUAL(task_map_capability(SELECTOR_PEER_TASK, SELECTOR_FACTORY, SELECTOR_MAX, RIGHTS_ALL), 0);
    /* Not run; waits openly; waits for one that says nothing. */
    CHECK_EQUAL(worker_create(0, SELECTOR_TASK), 0);
    CHECK_EQUAL(worker_start(1, SELECTOR_PEER_TASK, open_wait_run, NULL, PRIORITY_ABOVE), 0);
    CHECK_EQUAL(worker_start(2, SELECTOR_TASK, closed_wait_run, (void *)SELECTOR_WORKER(0), PRIORITY_ABOVE), 0);
    /* Serves and keeps its client; a client of it; a sender in its queue, in the other task. */
    CHECK_EQUAL(worker_start(3, SELECTOR_TASK, silent_run, (void *)SELECTOR_WORKER(0), PRIORITY_ABOVE), 0);
    CHECK_EQUAL(gate_create(SELECTOR_TEST(0), 3, 0), 0);
    CHECK_EQUAL(task_map_capability(SELECTOR_PEER_TASK, SELECTOR_TEST(0), SELECTOR_TEST(0), RIGHT_SEND), 0);
    CHECK_EQUAL(worker_start(4, SELECTOR_TASK, call_run, (void *)SELECTOR_TEST(0), PRIORITY_ABOVE), 0);
    CHECK_EQUAL(worker_start(5, SELECTOR_PEER_TASK, call_run, (void *)SELECTOR_TEST(0), PRIORITY_ABOVE), 0);
    /* Faulted, its handler silent. */
    CHECK_EQUAL(worker_start(6, SELECTOR_TASK, silent_run, (void *)SELECTOR_WORKER(0), PRIORITY_ABOVE), 0);
    CHECK_EQUAL(gate_create(SELECTOR_TEST(1), 6, 0), 0);
    CHECK_EQUAL(worker_create(7, SELECTOR_TASK), 0);
    CHECK_EQUAL(thread_set_exception_gate(SELECTOR_WORKER(7), SELECTOR_TEST(1)), 0);
    CHECK_EQUAL(worker_run(7, fault_run, (void *)8, PRIORITY_ABOVE), 0);
    /* Ready, but never on the CPU. */
    CHECK_EQUAL(worker_start(8, SELECTOR_TASK, open_wait_run, NULL, 0), 0);
    CHECK_EQUAL(factory_create_factory(SELECTOR_FACTORY, SELECTOR_TEST(2), 128 * PAGE_BYTES), 0);
    CHECK_EQUAL(factory_create_factory(SELECTOR_TEST(2), SELECTOR_TEST(3), 64 * PAGE_BYTES), 0);
    CHECK_EQUAL(factory_create_task(SELECTOR_TEST(3), SELECTOR_TEST(4)), 0);
    CHECK_EQUAL(task_map_capability(SELECTOR_TEST(4), SELECTOR_TEST(4), SELECTOR_TASK, RIGHTS_ALL), 0);
    CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, SELECTOR_TEST(2)), 0);
    /* Here the program ends: the record first, then not the library's clean-up but root's. */
    record_test(&program_records, tests[0].name, "pass", NULL);
    service_done(true);
}

const struct test tests[] = {
    { "root: returns the kernel memory of a program that ends in the middle of everything", everything_left },
};
const size_t test_count = sizeof tests / sizeof tests[0];
