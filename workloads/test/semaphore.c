/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Semaphores: counting, waiting, waking.
 */
#include "harness/measure/tsc.h"
#include "workloads/lib/test.h"

#define SEMAPHORE SELECTOR_TEST(0)
#define WEAK SELECTOR_TEST(1)
#define LIMIT_TICKS 200000ull

static struct utcb *const utcb = (struct utcb *)PROGRAM_UTCB_ADDRESS;
static volatile uint64_t passed[16], passed_count;

static void waiter_run(void *arg)
{
    if (semaphore_down(SEMAPHORE, TIMEOUT_NEVER) == 0)
        passed[passed_count++] = (uint64_t)arg;
}

static const char *counts(void)
{
    CHECK_EQUAL(factory_create_semaphore(SELECTOR_FACTORY, SEMAPHORE, 3), 0);
    for (unsigned i = 0; i < 3; i++)
        CHECK_EQUAL(semaphore_down(SEMAPHORE, TIMEOUT_NEVER), 0);
    CHECK_EQUAL(semaphore_down(SEMAPHORE, TIMEOUT_ZERO), ERR_TIMEOUT);
    CHECK_EQUAL(semaphore_up(SEMAPHORE), 0);
    CHECK_EQUAL(semaphore_down(SEMAPHORE, TIMEOUT_ZERO), 0);
    return NULL;
}

static const char *overflows(void)
{
    CHECK_EQUAL(factory_create_semaphore(SELECTOR_FACTORY, SEMAPHORE, SEMAPHORE_COUNT_MAX + 1), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(factory_create_semaphore(SELECTOR_FACTORY, SEMAPHORE, SEMAPHORE_COUNT_MAX), 0);
    CHECK_EQUAL(semaphore_up(SEMAPHORE), ERR_OVERFLOW);
    CHECK_EQUAL(semaphore_down(SEMAPHORE, TIMEOUT_ZERO), 0);
    CHECK_EQUAL(semaphore_up(SEMAPHORE), 0);
    return NULL;
}

static const char *wakes_by_priority(void)
{
    static const uint64_t priority[] = { 1, 5, 3, 5, 1, 3 }, order[] = { 1, 3, 2, 5, 0, 4 };

    CHECK_EQUAL(factory_create_semaphore(SELECTOR_FACTORY, SEMAPHORE, 0), 0);
    passed_count = 0;
    for (unsigned i = 0; i < 6; i++)
        CHECK_EQUAL(worker_start(i, SELECTOR_TASK, waiter_run, (void *)(uint64_t)i, PRIORITY_ABOVE + priority[i]), 0);
    CHECK_EQUAL(passed_count, 0);
    for (unsigned i = 0; i < 6; i++) {
        CHECK_EQUAL(semaphore_up(SEMAPHORE), 0);
        CHECK_EQUAL(passed_count, i + 1);
        CHECK_EQUAL(passed[i], order[i]);
    }
    return NULL;
}

static const char *lower_waiter_runs_later(void)
{
    CHECK_EQUAL(factory_create_semaphore(SELECTOR_FACTORY, SEMAPHORE, 0), 0);
    passed_count = 0;
    CHECK_EQUAL(worker_start(0, SELECTOR_TASK, waiter_run, NULL, PRIORITY_ABOVE), 0);
    CHECK_EQUAL(scheduler_run_thread(SELECTOR_SCHEDULER, SELECTOR_WORKER(0), PRIORITY_BELOW, PROGRAM_QUANTUM_US), 0);
    CHECK_EQUAL(semaphore_up(SEMAPHORE), 0);
    CHECK_EQUAL(passed_count, 0);
    /* Nobody promises how soon it runs where the clock is the host's. */
    for (utcb->receive_timeout = LIMIT_TICKS; passed_count == 0 && utcb->receive_timeout < LIMIT_TICKS << 16; utcb->receive_timeout *= 4)
        CHECK_EQUAL(semaphore_down(SEMAPHORE, TIMEOUT_RELATIVE), ERR_TIMEOUT);
    CHECK_EQUAL(passed_count, 1);
    return NULL;
}

static const char *gives_up(void)
{
    CHECK_EQUAL(factory_create_semaphore(SELECTOR_FACTORY, SEMAPHORE, 0), 0);
    uint64_t begin = tsc_begin();
    utcb->receive_timeout = LIMIT_TICKS;
    CHECK_EQUAL(semaphore_down(SEMAPHORE, TIMEOUT_RELATIVE), ERR_TIMEOUT);
    CHECK(tsc_end() >= begin + LIMIT_TICKS);
    utcb->receive_timeout = tsc_begin() + LIMIT_TICKS;
    CHECK_EQUAL(semaphore_down(SEMAPHORE, TIMEOUT_ABSOLUTE), ERR_TIMEOUT);
    CHECK(tsc_end() >= utcb->receive_timeout);
    /* Nobody is in the queue any more. */
    CHECK_EQUAL(semaphore_up(SEMAPHORE), 0);
    CHECK_EQUAL(semaphore_down(SEMAPHORE, TIMEOUT_ZERO), 0);
    return NULL;
}

static const char *destroyed(void)
{
    struct script s;

    CHECK_EQUAL(factory_create_semaphore(SELECTOR_FACTORY, SEMAPHORE, 0), 0);
    script_init(&s, SEMAPHORE, tag_make(INVOKE_CALL, OP_SEMAPHORE_DOWN, 0), MESSAGE_EMPTY);
    CHECK_EQUAL(script_start(0, SELECTOR_TASK, &s, PRIORITY_ABOVE), 0);
    CHECK(!s.done);
    CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, SEMAPHORE), 0);
    CHECK_NESTED(script_contract_check(&s));
    CHECK_EQUAL(s.out.rsi, tag_make(0, ERR_CANCELED, 0) | TAG_ERROR | TAG_RECEIVE_PHASE);
    return NULL;
}

static const char *rights(void)
{
    CHECK_EQUAL(factory_create_semaphore(SELECTOR_FACTORY, SEMAPHORE, 1), 0);
    CHECK_EQUAL(task_map_capability(SELECTOR_TASK, SEMAPHORE, WEAK, RIGHT_SEND | RIGHT_W), 0);
    CHECK_EQUAL(semaphore_down(WEAK, TIMEOUT_ZERO), ERR_NO_RIGHT);
    CHECK_EQUAL(semaphore_up(WEAK), 0);
    CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, WEAK), 0);
    CHECK_EQUAL(task_map_capability(SELECTOR_TASK, SEMAPHORE, WEAK, RIGHT_SEND | RIGHT_X), 0);
    CHECK_EQUAL(semaphore_up(WEAK), ERR_NO_RIGHT);
    CHECK_EQUAL(semaphore_down(WEAK, TIMEOUT_ZERO), 0);
    return NULL;
}

/* Two threads take turns by two semaphores. */
#define TURNS 50
static volatile uint64_t turns;

static void turns_run(void *arg)
{
    (void)arg;
    for (uint64_t i = 0; i < TURNS; i++) {
        if (semaphore_down(SEMAPHORE, TIMEOUT_NEVER) != 0)
            return;
        turns++;
        semaphore_up(WEAK);
    }
}

static const char *ping_pong(void)
{
    CHECK_EQUAL(factory_create_semaphore(SELECTOR_FACTORY, SEMAPHORE, 0), 0);
    CHECK_EQUAL(factory_create_semaphore(SELECTOR_FACTORY, WEAK, 0), 0);
    turns = 0;
    CHECK_EQUAL(worker_start(0, SELECTOR_TASK, turns_run, NULL, PROGRAM_PRIORITY), 0);
    for (uint64_t i = 0; i < TURNS; i++) {
        CHECK_EQUAL(turns, i);
        CHECK_EQUAL(semaphore_up(SEMAPHORE), 0);
        CHECK_EQUAL(semaphore_down(WEAK, TIMEOUT_NEVER), 0);
    }
    CHECK_EQUAL(turns, TURNS);
    return NULL;
}

const struct test tests[] = {
    { "semaphore: down takes what was put in, and no more", counts },
    { "semaphore: up beyond the greatest count is an error", overflows },
    { "semaphore: up wakes the highest priority first, then in order of arrival", wakes_by_priority },
    { "semaphore: a waiter of lower priority runs when the others wait", lower_waiter_runs_later },
    { "semaphore: down gives up after a relative and at an absolute time", gives_up },
    { "semaphore: its end is told to those who wait", destroyed },
    { "semaphore: up and down need a right each", rights },
    { "semaphore: two threads take turns", ping_pong },
};
const size_t test_count = sizeof tests / sizeof tests[0];
