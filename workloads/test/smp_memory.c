/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Memory that other CPUs have in their TLBs: what is unmapped is gone for all of them when the operation returns.
 */
#include "workloads/lib/remote.h"
#include "workloads/lib/service.h"
#include "workloads/lib/test.h"

#define GATE SELECTOR_TEST(0)
#define ADDRESS PROGRAM_FREE_ADDRESS
#define OTHER_ADDRESS (PROGRAM_FREE_ADDRESS + 0x1000000)
#define ROUNDS 20
#define PAGES 8
#define GO_ON_TURNS_MAX 100000

static struct { volatile uint64_t turns, value; } reader;

/* Has the page in its TLB: nothing but this loop runs there. */
static void read_run(void *arg)
{
    const volatile uint64_t *at = arg;

    for (;;) {
        reader.value = *at;
        reader.turns++;
        cpu_relax();
    }
}

static const char *reader_start(uint64_t task, uint64_t address, uint64_t cpu)
{
    reader.turns = 0;
    CHECK_EQUAL(worker_create(0, task), 0);
    CHECK_EQUAL(thread_set_exception_gate(SELECTOR_WORKER(0), GATE), 0);
    CHECK_EQUAL(remote_run(0, read_run, (void *)address, PRIORITY_ABOVE, cpu), 0);
    CHECK(await_at_least(&reader.turns, 3));
    return NULL;
}

/* The fault of the reader, and nothing read after the page was gone. */
static const char *reader_faults(uint64_t address)
{
    uint64_t turns = reader.turns;
    struct message m = ipc_wait(TIMEOUT_RECEIVE_ZERO);

    for (unsigned i = 0; i < GO_ON_TURNS_MAX && tag_failed(m.tag); i++) {
        cpu_relax();
        m = ipc_wait(TIMEOUT_RECEIVE_ZERO);
    }
    CHECK_EQUAL(tag_label(m.tag), PROTO_EXCEPTION);
    CHECK_EQUAL(m.w.w0, 14);
    CHECK_EQUAL(m.w.w1, 4); /* a read by user code of a page that is not there */
    CHECK_EQUAL(m.w.w3, address);
    /* It may have been between its load and its count. */
    CHECK(reader.turns - turns <= 1);
    return NULL;
}

static const char *unmap_and_fault(uint64_t task, uint64_t cpu)
{
    uint64_t unmapped = 0;

    CHECK_EQUAL(task_map_memory(SELECTOR_TASK, OTHER_ADDRESS, ADDRESS, PAGE_BYTES, MEMORY_READ), 0);
    if (task != SELECTOR_TASK)
        CHECK_EQUAL(task_map_memory(task, OTHER_ADDRESS, ADDRESS, PAGE_BYTES, MEMORY_READ), 0);
    CHECK_NESTED(reader_start(task, ADDRESS, cpu));
    CHECK_EQUAL(task_unmap_memory(task, ADDRESS, PAGE_BYTES, &unmapped), 0);
    CHECK_EQUAL(unmapped, PAGE_BYTES);
    CHECK_NESTED(reader_faults(ADDRESS));
    CHECK_EQUAL(worker_destroy(0), 0);
    task_unmap_memory(SELECTOR_TASK, ADDRESS, PAGE_BYTES, &unmapped);
    return NULL;
}

static const char *memory_take(void)
{
    static bool taken;

    if (taken)
        return NULL;
    CHECK_EQUAL(service_memory(OTHER_ADDRESS, PAGES, MEMORY_READ | MEMORY_WRITE), 0);
    taken = true;
    return NULL;
}

static const char *unmapped_in_own_task(void)
{
    NEEDS_CPUS(2);
    CHECK_NESTED(memory_take());
    CHECK_EQUAL(gate_create_main(GATE, 0x100), 0);
    for (unsigned round = 0; round < ROUNDS; round++)
        CHECK_NESTED(unmap_and_fault(SELECTOR_TASK, 1 + round % (cpu_count() - 1)));
    return NULL;
}

static const char *unmapped_in_other_task(void)
{
    NEEDS_CPUS(2);
    CHECK_NESTED(memory_take());
    CHECK_EQUAL(gate_create_main(GATE, 0x100), 0);
    CHECK_EQUAL(peer_create(), 0);
    CHECK_EQUAL(task_map_capability(SELECTOR_PEER_TASK, GATE, GATE, RIGHT_SEND), 0);
    for (unsigned round = 0; round < ROUNDS; round++)
        CHECK_NESTED(unmap_and_fault(SELECTOR_PEER_TASK, 1 + round % (cpu_count() - 1)));
    return NULL;
}

/* It reads the new page; if it met the hole in between it is let go on, which may be told to us late. */
static bool reader_goes_on(void)
{
    uint64_t turns = reader.turns;

    for (unsigned i = 0; i < GO_ON_TURNS_MAX && reader.turns < turns + 2; i++) {
        if (!tag_failed(ipc_wait(TIMEOUT_RECEIVE_ZERO).tag))
            ipc_reply(tag_make(0, EXCEPTION_RESUME, 0), MESSAGE_EMPTY);
        cpu_relax();
    }
    return reader.turns >= turns + 2;
}

static const char *replaced_page_is_seen(void)
{
    uint64_t unmapped;
    volatile uint64_t *pages = (volatile uint64_t *)OTHER_ADDRESS;

    NEEDS_CPUS(2);
    CHECK_NESTED(memory_take());
    CHECK_EQUAL(gate_create_main(GATE, 0x100), 0);
    for (uint64_t i = 0; i < PAGES; i++)
        pages[i * PAGE_BYTES / 8] = 100 + i;
    CHECK_EQUAL(task_map_memory(SELECTOR_TASK, OTHER_ADDRESS, ADDRESS, PAGE_BYTES, MEMORY_READ), 0);
    CHECK_NESTED(reader_start(SELECTOR_TASK, ADDRESS, 1));
    CHECK_EQUAL(reader.value, 100);
    for (uint64_t i = 1; i < PAGES; i++) {
        CHECK_EQUAL(task_unmap_memory(SELECTOR_TASK, ADDRESS, PAGE_BYTES, &unmapped), 0);
        CHECK_EQUAL(task_map_memory(SELECTOR_TASK, OTHER_ADDRESS + i * PAGE_BYTES, ADDRESS, PAGE_BYTES, MEMORY_READ), 0);
        CHECK(reader_goes_on());
        CHECK_EQUAL(reader.value, 100 + i);
    }
    CHECK_EQUAL(worker_destroy(0), 0);
    task_unmap_memory(SELECTOR_TASK, ADDRESS, PAGE_BYTES, &unmapped);
    return NULL;
}

/* A capability table's memory is the kernel's own: its address is used again by the next task, and stale translations of it on
 * another CPU would show the old one's capabilities there. */
static const char *capability_tables_of_tasks_that_follow(void)
{
    NEEDS_CPUS(2);
    CHECK_EQUAL(gate_create_main(GATE, 0x100), 0);
    for (int32_t round = 0; round < ROUNDS; round++) {
        CHECK_EQUAL(peer_create(), 0);
        uint64_t selector = SELECTOR_TEST(10) + (uint64_t)round;
        CHECK_EQUAL(task_map_capability(SELECTOR_PEER_TASK, GATE, selector, RIGHT_SEND), 0);
        static struct script s;
        script_init(&s, selector, tag_make(INVOKE_CALL, round, 0), MESSAGE_EMPTY);
        CHECK_EQUAL(remote_start(0, SELECTOR_PEER_TASK, script_run, &s, PRIORITY_ABOVE, 1 + (uint64_t)round % (cpu_count() - 1)), 0);
        CHECK_EQUAL(tag_label(ipc_wait(0).tag), round);
        CHECK_EQUAL(tag_error(ipc_reply(tag_make(0, round, 0), MESSAGE_EMPTY).tag), 0);
        CHECK(await(&s.done, 1));
        CHECK_EQUAL(tag_label(s.out.rsi), round);
        CHECK_EQUAL(worker_destroy(0), 0);
        CHECK_EQUAL(peer_destroy(), 0);
    }
    return NULL;
}

const struct test tests[] = {
    { "memory of several CPUs: unmapped under a reader, which faults", unmapped_in_own_task },
    { "memory of several CPUs: unmapped in another task under a reader, which faults", unmapped_in_other_task },
    { "memory of several CPUs: another page in its place is seen", replaced_page_is_seen },
    { "memory of several CPUs: tasks that follow one another", capability_tables_of_tasks_that_follow },
};
const size_t test_count = sizeof tests / sizeof tests[0];
