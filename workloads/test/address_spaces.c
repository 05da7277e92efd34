/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a CPU remembers of an address space that it is not in: pages of another task change while its translations may outlive the
 * loads of page tables (process-context identifiers). Each test reads a page in the other task, changes what is there, and reads again.
 */
#include "workloads/lib/remote.h"
#include "workloads/lib/service.h"
#include "workloads/lib/test.h"

#define GATE SELECTOR_TEST(0)
#define ADDRESS PROGRAM_FREE_ADDRESS
#define PAGES 8
#define ROUNDS 8
#define VALUE(i) (0x1000 + (uint64_t)(i))

static _Alignas(PAGE_BYTES) uint64_t pages[PAGES][PAGE_BYTES / 8];

/* Answers each message with what it reads where the message's first word points. */
static void reader_run(void *arg)
{
    struct message m = ipc_wait(0);

    (void)arg;
    for (;;) {
        m.w.w0 = *(const volatile uint64_t *)m.w.w0;
        m = ipc_reply_and_wait(0, 1, m.w);
    }
}

static const char *reader_start(uint64_t cpu)
{
    for (unsigned i = 0; i < PAGES; i++)
        pages[i][0] = VALUE(i);
    CHECK_EQUAL(peer_create(), 0);
    CHECK_EQUAL(worker_create(0, SELECTOR_PEER_TASK), 0);
    CHECK_EQUAL(remote_run(0, reader_run, NULL, PRIORITY_ABOVE, cpu), 0);
    CHECK_EQUAL(gate_create(GATE, 0, 0), 0);
    return NULL;
}

static uint64_t reader_reads(uint64_t address)
{
    struct message_words w = { address, 0, 0, 0, 0, 0 };
    struct message m = ipc_call(GATE, 1, w);

    return tag_failed(m.tag) ? 0 : m.w.w0;
}

static const char *page_replace(unsigned i, uint64_t address)
{
    uint64_t unmapped = 0;

    CHECK_EQUAL(task_unmap_memory(SELECTOR_PEER_TASK, address, PAGE_BYTES, &unmapped), 0);
    CHECK_EQUAL(task_map_memory(SELECTOR_PEER_TASK, (uint64_t)pages[i], address, PAGE_BYTES, MEMORY_READ), 0);
    return NULL;
}

static const char *replaced_pages(uint64_t cpu)
{
    CHECK_NESTED(reader_start(cpu));
    for (unsigned i = 0; i < PAGES; i++) {
        CHECK_NESTED(page_replace(i, ADDRESS));
        CHECK_EQUAL(reader_reads(ADDRESS), VALUE(i));
        CHECK_EQUAL(reader_reads(ADDRESS), VALUE(i));
    }
    return NULL;
}

static const char *replaced_page(void) { return replaced_pages(0); }

static const char *replaced_page_of_another_cpu(void)
{
    NEEDS_CPUS(2);
    return replaced_pages(1);
}

/* The reader's identifier is free again with its task, and a new task gets it. */
static const char *new_task(void)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        CHECK_NESTED(reader_start(0));
        CHECK_NESTED(page_replace(i, ADDRESS));
        CHECK_EQUAL(reader_reads(ADDRESS), VALUE(i));
        CHECK_EQUAL(worker_destroy(0), 0);
        CHECK_EQUAL(peer_destroy(), 0);
        CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, GATE), 0);
    }
    return NULL;
}

/* Many tasks at once: more than one word of identifiers. */
#define TASKS 80
#define TASK(i) (SELECTOR_PROGRAM_FREE + SELECTORS_TEST + (uint64_t)(i))

static const char *many_tasks(void)
{
    for (unsigned i = 0; i < TASKS; i++)
        CHECK_EQUAL(factory_create_task(SELECTOR_FACTORY, TASK(i)), 0);
    const char *failure = new_task();
    for (unsigned i = 0; i < TASKS; i++)
        CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, TASK(i)), 0);
    CHECK_NESTED(failure);
    return new_task();
}

/* The other task's writable page becomes read-only: the next write faults, though the CPU was elsewhere meanwhile. */
static void writer_run(void *arg)
{
    for (uint64_t value = 1;; value++) {
        *(volatile uint64_t *)arg = value;
        ipc_wait(0);
    }
}

static const char *right_taken_away(void)
{
    struct message m;
    uint64_t before;

    CHECK_EQUAL(peer_create(), 0);
    CHECK_EQUAL(task_map_memory(SELECTOR_PEER_TASK, (uint64_t)pages[0], ADDRESS, PAGE_BYTES, MEMORY_READ | MEMORY_WRITE), 0);
    CHECK_EQUAL(worker_create(0, SELECTOR_PEER_TASK), 0);
    CHECK_EQUAL(gate_create(GATE, 0, 0), 0);
    CHECK_EQUAL(gate_create_main(FAULT_GATE, FAULT_LABEL), 0);
    CHECK_EQUAL(task_map_capability(SELECTOR_PEER_TASK, FAULT_GATE, FAULT_GATE, RIGHTS_ALL), 0);
    CHECK_EQUAL(thread_set_exception_gate(SELECTOR_WORKER(0), FAULT_GATE), 0);
    CHECK_EQUAL(worker_run(0, writer_run, (void *)ADDRESS, PRIORITY_ABOVE), 0);
    before = pages[0][0];
    CHECK_EQUAL(before, 1);
    CHECK_EQUAL(task_take_memory(SELECTOR_PEER_TASK, ADDRESS, PAGE_BYTES, MEMORY_WRITE, 0), 0);
    m = ipc_send(GATE, 0, (struct message_words){ 0 });
    CHECK(!tag_failed(m.tag));
    m = ipc_wait(TIMEOUT_RECEIVE_ZERO);
    CHECK_EQUAL(pages[0][0], before);
    CHECK(!tag_failed(m.tag));
    CHECK_EQUAL(m.w.w0, 14);
    CHECK_EQUAL(m.w.w1, 7);
    return NULL;
}

const struct test tests[] = {
    { "a page that is replaced in another task is read anew there", replaced_page },
    { "a page that is replaced in a task of another CPU is read anew there", replaced_page_of_another_cpu },
    { "a right taken from a page of another task is gone when that runs again", right_taken_away },
    { "a new task knows nothing of the pages of the one that was destroyed before", new_task },
    { "likewise among many tasks", many_tasks },
};
const size_t test_count = sizeof tests / sizeof tests[0];
