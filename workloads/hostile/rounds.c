/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Rounds of create and destroy of every kind of object, threads that wait and run, tasks with mappings and a grown table, factories in
 * factories: each returns every quota to the byte. Option rounds=N: how many (300).
 */
#include "workloads/lib/object.h"
#include "workloads/lib/program.h"
#include "workloads/lib/service.h"
#include "workloads/lib/test.h"

#define ROUNDS_DEFAULT 300
#define OUTER SELECTOR_TEST(0)
#define TASK SELECTOR_TEST(1)
#define THREAD SELECTOR_TEST(2)
#define STOPPED SELECTOR_TEST(3)
#define GATE SELECTOR_TEST(4)
#define MINTED SELECTOR_TEST(5)
#define SEMAPHORE SELECTOR_TEST(6)
#define IRQ SELECTOR_TEST(7)
#define INNER SELECTOR_TEST(8)
#define INNER_TASK SELECTOR_TEST(9)
#define INNER_GATE SELECTOR_TEST(10)
#define LAST SELECTOR_TEST(10)
#define OUTER_QUOTA_PAGES 200
#define INNER_QUOTA_PAGES 20
#define HIGH_SELECTOR 5000
#define HOME PROGRAM_FREE_ADDRESS
#define HOME_LARGE (PROGRAM_FREE_ADDRESS + LARGE_PAGE_BYTES)

static const char *task_fill(uint64_t task)
{
    const uint64_t text = (uint64_t)program_text_start;

    CHECK_EQUAL(task_map_memory(task, text, text, PAGE_BYTES, MEMORY_READ | MEMORY_EXECUTE), 0);
    CHECK_EQUAL(task_map_memory(task, HOME, HOME, 2 * PAGE_BYTES, MEMORY_READ | MEMORY_WRITE), 0);
    CHECK_EQUAL(task_map_memory(task, HOME_LARGE, HOME_LARGE, LARGE_PAGE_BYTES, MEMORY_READ), 0);
    CHECK_EQUAL(task_map_capability(task, task, SELECTOR_TASK, RIGHTS_ALL), 0);
    CHECK_EQUAL(task_map_capability(task, GATE, HIGH_SELECTOR, RIGHT_SEND), 0);
    CHECK_EQUAL(task_map_capability(task, GATE, SELECTOR_MAX, RIGHT_SEND), 0);
    return NULL;
}

/* A thread of another task that waits for ever: the first code page has thread_end in it or it faults; either is a state to die in. */
static const char *thread_launch(void)
{
    uint64_t rip = (uint64_t)thread_end, rsp = HOME + PAGE_BYTES;
    struct message_words fpu = { .w0 = CONTROL_FPU, .w4 = 1 };

    CHECK_EQUAL(object_call(THREAD, OP_THREAD_CONTROL, 5, &fpu), 0);
    CHECK_EQUAL(thread_ex_regs(THREAD, &rip, &rsp, EX_REGS_SET), 0);
    CHECK_EQUAL(scheduler_run_thread(SELECTOR_SCHEDULER, THREAD, PRIORITY_ABOVE, 1000), 0);
    return NULL;
}

static const char *everything_make(void)
{
    CHECK_EQUAL(factory_create_factory(SELECTOR_FACTORY, OUTER, OUTER_QUOTA_PAGES * PAGE_BYTES), 0);
    CHECK_EQUAL(factory_create_task(OUTER, TASK), 0);
    CHECK_EQUAL(factory_create_thread(OUTER, THREAD, TASK, HOME + 0x100000), 0);
    CHECK_EQUAL(factory_create_thread(OUTER, STOPPED, TASK, HOME + 0x200000 - PAGE_BYTES), 0);
    CHECK_EQUAL(factory_create_gate(OUTER, GATE, THREAD, 0x40), 0);
    CHECK_EQUAL(gate_mint(GATE, OUTER, MINTED, 0x80, RIGHTS_ALL), 0);
    CHECK_EQUAL(factory_create_semaphore(OUTER, SEMAPHORE, 3), 0);
    CHECK_EQUAL(factory_create_irq(OUTER, IRQ), 0);
    CHECK_EQUAL(irq_bind(IRQ, STOPPED, 0x10), 0);
    CHECK_EQUAL(irq_trigger(IRQ), 0);
    CHECK_EQUAL(factory_create_factory(OUTER, INNER, INNER_QUOTA_PAGES * PAGE_BYTES), 0);
    CHECK_EQUAL(factory_create_task(INNER, INNER_TASK), 0);
    CHECK_EQUAL(factory_create_gate(INNER, INNER_GATE, STOPPED, 0), 0);
    CHECK_NESTED(task_fill(TASK));
    return thread_launch();
}

/* In ever other orders; a minted gate goes with its original. */
static const char *everything_destroy(uint64_t round)
{
    const uint64_t count = LAST - OUTER + 1, step = round % 2 == 0 ? 1 : count - 1;

    for (uint64_t i = 0, at = round / 2 % count; i < count; i++, at = (at + step) % count) {
        int32_t error = task_unmap_capability(SELECTOR_TASK, OUTER + at);
        CHECK(error == 0 || (error == ERR_NO_CAPABILITY && OUTER + at == MINTED));
    }
    return NULL;
}

static const char *every_quota_is_whole(void)
{
    uint64_t rounds = program_info()->rounds != 0 ? program_info()->rounds : ROUNDS_DEFAULT, quota, before, after;

    CHECK_EQUAL(service_memory(HOME, 2, MEMORY_READ | MEMORY_WRITE), 0);
    CHECK_EQUAL(service_memory(HOME_LARGE, LARGE_PAGE_BYTES / PAGE_BYTES, MEMORY_READ | MEMORY_WRITE), 0);
    CHECK_EQUAL(factory_info(SELECTOR_FACTORY, &quota, &before), 0);
    for (uint64_t round = 0; round < rounds; round++) {
        CHECK_NESTED(everything_make());
        CHECK_NESTED(everything_destroy(round));
        CHECK_EQUAL(factory_info(SELECTOR_FACTORY, &quota, &after), 0);
        CHECK_EQUAL(after, before);
    }
    return NULL;
}

const struct test tests[] = {
    { "rounds: whatever is created and destroyed returns every quota to the byte", every_quota_is_whole },
};
const size_t test_count = sizeof tests / sizeof tests[0];
