/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Semaphores as a specification.
 */
#include "kernel/test/machine.h"

#include "kernel/core/timeout.h"

#define RECEIVE_FOR ((uint64_t)TIMEOUT_RELATIVE << TAG_RECEIVE_TIMEOUT_SHIFT)
#define LIMIT 5000

static uint64_t make_semaphore(uint64_t count)
{
    uint64_t selector = selector_new();
    op_ok(machine.root, SELECTOR_FACTORY, OP_FACTORY_CREATE, W(KIND_SEMAPHORE, selector, count));
    return selector;
}

static void down(struct thread *t, uint64_t semaphore, uint64_t timeout)
{
    enter_as(t, semaphore, tag_of(INVOKE_CALL, OP_SEMAPHORE_DOWN, 0) | timeout, NULL);
}

static unsigned up(uint64_t semaphore) { return op(machine.root, semaphore, OP_SEMAPHORE_UP, NULL); }

static void count_is_taken_without_waiting(void **state)
{
    (void)state;
    uint64_t s = make_semaphore(2);
    struct thread *t = thread_at(make_thread(SELECTOR_TASK));
    down(t, s, 0);
    expect_nothing(t);
    down(t, s, RECEIVE_ZERO);
    expect_nothing(t);
    down(t, s, RECEIVE_ZERO);
    expect_receive_error(t, ERR_TIMEOUT);
}

static void down_waits_for_up(void **state)
{
    (void)state;
    uint64_t s = make_semaphore(0);
    struct thread *t = thread_at(make_thread(SELECTOR_TASK));
    down(t, s, 0);
    expect_state(t, THREAD_SEMAPHORE_WAIT);
    assert_int_equal(up(s), 0);
    expect_nothing(t);
    down(t, s, RECEIVE_ZERO); /* the up went to the waiter, not to the count */
    expect_receive_error(t, ERR_TIMEOUT);
    assert_int_equal(up(s), 0);
    down(t, s, RECEIVE_ZERO);
    expect_nothing(t);
}

static void waiters_by_priority_then_by_arrival(void **state)
{
    (void)state;
    enum { N = 6 };
    static const unsigned priority[N] = {10, 30, 20, 30, 10, 20}, order[N] = {1, 3, 2, 5, 0, 4};
    uint64_t s = make_semaphore(0), selector[N];
    struct thread *t[N];
    for (unsigned i = 0; i < N; i++) {
        t[i] = thread_at(selector[i] = make_thread(SELECTOR_TASK));
        priority_set(selector[i], TEST_PRIORITY);
        /* The context of a running thread may be lowered: it keeps the CPU until it waits. */
        t[i]->own_sc.priority = TEST_PRIORITY;
        switch_to(t[i]);
        host.cpu.sc->priority = (uint8_t)(TEST_PRIORITY + priority[i]);
        down(t[i], s, 0);
    }
    for (unsigned i = 0; i < N; i++) {
        for (unsigned k = i; k < N; k++)
            expect_state(t[order[k]], THREAD_SEMAPHORE_WAIT);
        switch_to(machine.root);
        enter(machine.root, s, tag_of(INVOKE_CALL, OP_SEMAPHORE_UP, 0), NULL);
        assert_ptr_equal(current(), t[order[i]]);
        expect_nothing(t[order[i]]);
        enter(t[order[i]], 0, tag_of(INVOKE_WAIT, 0, 0), NULL);
    }
}

static void down_is_given_up_after_a_while(void **state)
{
    (void)state;
    uint64_t s = make_semaphore(0);
    struct thread *t = thread_at(make_thread(SELECTOR_TASK));
    t->utcb->receive_timeout = LIMIT;
    down(t, s, RECEIVE_FOR);
    time_pass(LIMIT);
    expect_receive_error(t, ERR_TIMEOUT);
    down(t, s, RECEIVE_FOR);
    assert_int_equal(up(s), 0);
    expect_nothing(t);
    assert_false(timeout_is_armed(t));
}

static void count_does_not_overflow(void **state)
{
    (void)state;
    uint64_t s = make_semaphore(SEMAPHORE_COUNT_MAX - 1);
    assert_int_equal(up(s), 0);
    assert_int_equal(up(s), ERR_OVERFLOW);
    down(machine.root, s, 0);
    expect_nothing(machine.root);
    assert_int_equal(up(s), 0);
    assert_int_equal(op(machine.root, SELECTOR_FACTORY, OP_FACTORY_CREATE, W(KIND_SEMAPHORE, 4000, SEMAPHORE_COUNT_MAX + 1)),
                     ERR_BAD_ARGUMENT);
}

static void end_of_the_semaphore_is_told_to_all(void **state)
{
    (void)state;
    uint64_t s = make_semaphore(0);
    struct thread *t[3];
    for (unsigned i = 0; i < 3; i++) {
        t[i] = thread_at(make_thread(SELECTOR_TASK));
        t[i]->utcb->receive_timeout = LIMIT;
        down(t[i], s, i == 1 ? RECEIVE_FOR : 0);
    }
    destroy(s);
    for (unsigned i = 0; i < 3; i++)
        expect_receive_error(t[i], ERR_CANCELED);
    assert_null(host.cpu.timeouts);
}

static void waiter_may_be_canceled_or_die(void **state)
{
    (void)state;
    uint64_t s = make_semaphore(0), a = make_thread(SELECTOR_TASK), b = make_thread(SELECTOR_TASK), c = make_thread(SELECTOR_TASK);
    struct thread *t = thread_at(a), *last = thread_at(c);
    down(t, s, 0);
    down(thread_at(b), s, 0);
    down(last, s, 0);
    op_ok(machine.root, a, OP_THREAD_EX_REGS, W(0, 0, 0));
    expect_receive_error(t, ERR_CANCELED);
    destroy(b);
    assert_int_equal(up(s), 0);
    expect_nothing(last);
}

static void rights_are_checked(void **state)
{
    (void)state;
    uint64_t s = make_semaphore(1), up_only = selector_new(), down_only = selector_new(), neither = selector_new();
    make_copy(SELECTOR_TASK, s, up_only, RIGHT_SEND | RIGHT_W);
    make_copy(SELECTOR_TASK, s, down_only, RIGHT_SEND | RIGHT_X);
    make_copy(SELECTOR_TASK, s, neither, RIGHT_W | RIGHT_X | RIGHT_MANAGE);
    struct thread *root = machine.root;
    assert_int_equal(op(root, up_only, OP_SEMAPHORE_DOWN, NULL), ERR_NO_RIGHT);
    assert_int_equal(op(root, down_only, OP_SEMAPHORE_UP, NULL), ERR_NO_RIGHT);
    assert_int_equal(op(root, neither, OP_SEMAPHORE_UP, NULL), ERR_NO_RIGHT);
    assert_int_equal(op(root, neither, OP_SEMAPHORE_DOWN, NULL), ERR_NO_RIGHT);
    assert_int_equal(op(root, s, OP_SEMAPHORE_DOWN + 1, NULL), ERR_BAD_OPERATION);
    assert_int_equal(op(root, up_only, OP_SEMAPHORE_UP, NULL), 0);
    assert_int_equal(op(root, down_only, OP_SEMAPHORE_DOWN, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MACHINE_TEST(count_is_taken_without_waiting), MACHINE_TEST(down_waits_for_up),
        MACHINE_TEST(waiters_by_priority_then_by_arrival), MACHINE_TEST(down_is_given_up_after_a_while),
        MACHINE_TEST(count_does_not_overflow), MACHINE_TEST(end_of_the_semaphore_is_told_to_all),
        MACHINE_TEST(waiter_may_be_canceled_or_die), MACHINE_TEST(rights_are_checked),
    };
    return machine_run_tests("core_semaphore", tests, sizeof tests / sizeof *tests);
}
