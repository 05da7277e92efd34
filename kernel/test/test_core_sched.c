/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Scheduling as a specification: priorities, slices, and contexts lent along chains of calls.
 */
#include "kernel/test/machine.h"

enum { CHAIN = 5 };

/* t[0] calls t[1] calls ... t[CHAIN - 1], each at a priority of its own; gate[i] leads to t[i]. */
struct chain {
    struct thread *t[CHAIN];
    uint64_t selector[CHAIN], gate[CHAIN];
};

static const uint64_t words[REGISTER_WORDS] = {1, 2, 3, 4, 5, 6};

static void wait_open(struct thread *t) { enter_as(t, 0, tag_of(INVOKE_WAIT, 0, 0), NULL); }
static void call(struct thread *t, uint64_t gate) { enter_as(t, gate, tag_of(INVOKE_CALL, 5, 6), words); }
static void reply_and_wait(struct thread *t) { enter_as(t, 0, tag_of(INVOKE_REPLY_AND_WAIT, 6, 6), words); }

/* The chain up to t[depth]; t[0] has a priority above root's, so that the whole chain runs. */
static struct chain chain_make(unsigned depth)
{
    struct chain c;
    for (unsigned i = CHAIN; i-- > 0;) {
        c.selector[i] = make_thread(SELECTOR_TASK);
        c.t[i] = thread_at(c.selector[i]);
        c.gate[i] = make_gate(c.selector[i], i * 4);
        if (i)
            wait_open(c.t[i]);
    }
    for (unsigned i = 1; i < CHAIN; i++)
        priority_set(c.selector[i], 10 + i);
    priority_set(c.selector[0], TEST_PRIORITY + 50);
    for (unsigned i = 0; i < depth; i++) {
        assert_ptr_equal(current(), c.t[i]);
        call(c.t[i], c.gate[i + 1]);
    }
    assert_ptr_equal(current(), c.t[depth]);
    return c;
}

static void a_call_lends_the_context(void **state)
{
    (void)state;
    struct chain c = chain_make(CHAIN - 1);
    assert_ptr_equal(host.cpu.sc, &c.t[0]->own_sc);
    for (unsigned i = CHAIN - 1; i > 0; i--) {
        reply_and_wait(c.t[i]);
        assert_ptr_equal(current(), c.t[i - 1]);
        assert_ptr_equal(host.cpu.sc, &c.t[0]->own_sc);
        expect_state(c.t[i], THREAD_OPEN_WAIT);
    }
}

/* Whoever pays for it: time of the whole chain is taken from the slice of its first thread. */
static void time_of_a_chain_is_its_first_threads(void **state)
{
    (void)state;
    struct chain c = chain_make(CHAIN - 1);
    uint64_t left = c.t[0]->own_sc.left_ticks, others = c.t[4]->own_sc.left_ticks;
    host.ticks += 1234;
    timer_interrupt(); /* ends the slice: nobody else has that priority */
    assert_ptr_equal(current(), c.t[4]);
    assert_int_equal(c.t[0]->own_sc.left_ticks, c.t[0]->own_sc.quantum_ticks);
    assert_true(left >= 1234);
    assert_int_equal(c.t[4]->own_sc.left_ticks, others);
    op_ok(c.t[4], c.selector[4], OP_THREAD_STATISTICS, NULL);
    assert_true(out[0] >= 1234);
    assert_int_equal(out[2], THREAD_RUNNABLE);
}

/* The call of t[at] is cut: it and all before it go on with the context of t[0], what comes after with the context of t[at + 1]. */
static void cut_and_check(unsigned at)
{
    struct chain c = chain_make(CHAIN - 1);
    struct thread *tail = c.t[CHAIN - 1];
    uint64_t lent = c.t[0]->own_sc.left_ticks, own = c.t[at + 1]->own_sc.left_ticks;
    host.ticks += 500;
    op_ok(tail, c.selector[at], OP_THREAD_EX_REGS, W(0));
    assert_int_equal(c.t[0]->own_sc.left_ticks, lent - 500); /* the time before the cut is the caller's */
    assert_int_equal(c.t[at + 1]->own_sc.left_ticks, own);
    expect_receive_error(c.t[at], ERR_CANCELED);
    assert_ptr_equal(current(), c.t[at]); /* t[0]'s priority is the highest */
    assert_ptr_equal(host.cpu.sc, &c.t[0]->own_sc);
    assert_ptr_equal(tail->sc, &c.t[at + 1]->own_sc);
    assert_int_equal(tail->sc->priority, 10 + at + 1);
    assert_ptr_equal(c.t[at + 1]->caller, &thread_nobody);
    /* Both halves of the chain still return. */
    for (unsigned i = at; i > 0; i--) {
        reply_and_wait(c.t[i]);
        assert_ptr_equal(current(), c.t[i - 1]);
    }
    wait_open(c.t[0]);
    priority_set(c.selector[at + 1], TEST_PRIORITY + 1);
    assert_ptr_equal(current(), tail);
    for (unsigned i = CHAIN - 1; i > at + 1; i--) {
        reply_and_wait(c.t[i]);
        assert_ptr_equal(current(), c.t[i - 1]);
    }
    enter(c.t[at + 1], 0, tag_of(INVOKE_REPLY_AND_WAIT, 0, 0), NULL);
    expect_error(c.t[at + 1], ERR_NO_REPLY);
}

static void cut_at_0(void **state) { (void)state; cut_and_check(0); }
static void cut_at_1(void **state) { (void)state; cut_and_check(1); }
static void cut_at_2(void **state) { (void)state; cut_and_check(2); }
static void cut_at_3(void **state) { (void)state; cut_and_check(3); }

static void unmap_own(uint64_t selector)
{
    enter(current(), SELECTOR_TASK, tag_of(INVOKE_CALL, OP_TASK_UNMAP_CAPABILITY, 1), W(selector));
}

/* Any thread of a chain of any length is destroyed by its last one: who called it learns of it, whom it called loses its caller. */
static void destroy_and_check(unsigned depth, unsigned victim)
{
    struct chain c = chain_make(depth);
    struct thread *tail = c.t[depth];
    unmap_own(c.selector[victim]);
    if (victim > 0) {
        expect_receive_error(c.t[victim - 1], ERR_CANCELED);
        assert_ptr_equal(current(), c.t[victim - 1]);
        assert_ptr_equal(host.cpu.sc, &c.t[0]->own_sc);
    }
    if (victim < depth) {
        assert_ptr_equal(c.t[victim + 1]->caller, &thread_nobody);
        assert_ptr_equal(tail->sc, &c.t[victim + 1]->own_sc);
    }
    /* Whoever has a higher priority than root destroys itself; root destroys the others. */
    for (unsigned i = CHAIN; i-- > 0;)
        if (i != victim && current() == c.t[i])
            unmap_own(c.selector[i]);
    assert_ptr_equal(current(), machine.root);
    for (unsigned i = 0; i < CHAIN; i++)
        op(machine.root, SELECTOR_TASK, OP_TASK_UNMAP_CAPABILITY, W(c.selector[i]));
}

static void destroy_any_thread_of_any_chain(void **state)
{
    (void)state;
    for (unsigned depth = 0; depth < CHAIN; depth++)
        for (unsigned victim = 0; victim <= depth; victim++)
            destroy_and_check(depth, victim);
}

static void a_higher_priority_runs_at_once(void **state)
{
    (void)state;
    uint64_t s = make_thread(SELECTOR_TASK);
    enter(machine.root, SELECTOR_SCHEDULER, tag_of(INVOKE_CALL, OP_SCHEDULER_RUN_THREAD, 3), W(s, TEST_PRIORITY + 1, 1000));
    assert_ptr_equal(current(), thread_at(s));
    expect_state(machine.root, THREAD_RUNNABLE);
    wait_open(thread_at(s));
    assert_ptr_equal(current(), machine.root);
    expect_nothing(machine.root);
}

static void an_equal_priority_waits_its_turn(void **state)
{
    (void)state;
    uint64_t s = make_thread(SELECTOR_TASK);
    assert_ptr_equal(current(), machine.root);
    op_ok(machine.root, s, OP_THREAD_EX_REGS, W(0));
    assert_ptr_equal(current(), machine.root);
    timer_interrupt();
    assert_ptr_equal(current(), thread_at(s));
}

static void a_wakened_higher_priority_preempts_the_sender(void **state)
{
    (void)state;
    uint64_t s = make_thread(SELECTOR_TASK), gate = make_gate(s, 0);
    wait_open(thread_at(s));
    priority_set(s, TEST_PRIORITY + 1);
    enter(machine.root, gate, tag_of(INVOKE_SEND, 0, 0), NULL);
    assert_ptr_equal(current(), thread_at(s));
    wait_open(thread_at(s));
    priority_set(s, TEST_PRIORITY - 1);
    enter(machine.root, gate, tag_of(INVOKE_SEND, 0, 0), NULL);
    assert_ptr_equal(current(), machine.root);
}

/* A preempted thread goes on before others of its priority, with the rest of its slice. */
static void preemption_keeps_place_and_slice(void **state)
{
    (void)state;
    uint64_t a = make_thread(SELECTOR_TASK), high = make_thread(SELECTOR_TASK), gate = make_gate(high, 0);
    wait_open(thread_at(high));
    priority_set(high, TEST_PRIORITY + 1);
    switch_to(machine.root);
    uint64_t left = host.cpu.sc->left_ticks;
    host.ticks += 100;
    enter(machine.root, gate, tag_of(INVOKE_SEND, 0, 0), NULL);
    assert_ptr_equal(current(), thread_at(high));
    host.ticks += 5000;
    wait_open(thread_at(high));
    assert_ptr_equal(current(), machine.root);
    assert_true(left - host.cpu.sc->left_ticks >= 100 && left - host.cpu.sc->left_ticks < 5000);
    expect_state(thread_at(a), THREAD_RUNNABLE);
}

static void equal_priorities_take_turns_by_the_timer(void **state)
{
    (void)state;
    enum { N = 4, ROUNDS = 50 };
    struct thread *t[N];
    for (unsigned i = 0; i < N; i++)
        t[i] = thread_at(make_thread(SELECTOR_TASK));
    assert_true(host.timer_armed);
    struct thread *order[N + 1];
    for (unsigned i = 0; i < (N + 1) * ROUNDS; i++) {
        if (i <= N)
            order[i] = current();
        assert_ptr_equal(current(), order[i % (N + 1)]);
        struct thread *before = current();
        time_pass(host.timer_ticks - host.ticks - 1);
        assert_ptr_equal(current(), before);
        time_pass(1);
        assert_ptr_not_equal(current(), before);
    }
    for (unsigned i = 0; i < N; i++)
        expect_state(t[i], THREAD_RUNNABLE);
}

static void a_new_quantum_begins_when_it_is_set(void **state)
{
    (void)state;
    make_thread(SELECTOR_TASK);
    switch_to(machine.root);
    host.ticks += 700 * HOST_TICKS_PER_US;
    op_ok(machine.root, SELECTOR_SCHEDULER, OP_SCHEDULER_RUN_THREAD, W(SELECTOR_THREAD, TEST_PRIORITY, 5000));
    assert_true(host.timer_armed);
    assert_int_equal(host.timer_ticks, host.ticks + 5000 * HOST_TICKS_PER_US);
}

static void the_timer_rests_when_nobody_else_can_run(void **state)
{
    (void)state;
    assert_false(host.timer_armed);
    uint64_t s = make_thread(SELECTOR_TASK);
    assert_true(host.timer_armed);
    wait_open(thread_at(s));
    assert_false(host.timer_armed);
    uint64_t low = make_thread(SELECTOR_TASK);
    priority_set(low, 1);
    assert_false(host.timer_armed);
    time_pass(1ull << 40);
    assert_ptr_equal(current(), machine.root);
}

static void a_late_interrupt_does_no_harm(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++)
        timer_interrupt();
    assert_ptr_equal(current(), machine.root);
}

static void an_interrupted_thread_keeps_every_register(void **state)
{
    (void)state;
    struct thread *root = machine.root;
    make_thread(SELECTOR_TASK);
    for (unsigned i = 0; i < SAVED_REGISTERS; i++)
        root->regs[i] = 0x1000 + i;
    timer_interrupt();
    assert_ptr_not_equal(current(), root);
    assert_true(root->full_context);
    for (unsigned i = 0; i < SAVED_REGISTERS; i++)
        assert_int_equal(root->regs[i], 0x1000 + i);
}

static void lowering_ones_own_priority_yields(void **state)
{
    (void)state;
    uint64_t s = make_thread(SELECTOR_TASK);
    enter(machine.root, SELECTOR_SCHEDULER, tag_of(INVOKE_CALL, OP_SCHEDULER_RUN_THREAD, 3), W(SELECTOR_THREAD, 1, 1000));
    assert_ptr_equal(current(), thread_at(s));
}

/* The priority of the lent context counts, while it is lent, and nothing is lost when that of an idle one changes. */
static void priorities_of_a_chain_may_change(void **state)
{
    (void)state;
    struct chain c = chain_make(CHAIN - 1);
    struct thread *tail = c.t[CHAIN - 1];
    op_ok(tail, SELECTOR_SCHEDULER, OP_SCHEDULER_RUN_THREAD, W(c.selector[4], 200, 1000));
    op_ok(tail, SELECTOR_SCHEDULER, OP_SCHEDULER_RUN_THREAD, W(c.selector[2], 3, 1000));
    assert_ptr_equal(current(), tail);
    enter(tail, SELECTOR_SCHEDULER, tag_of(INVOKE_CALL, OP_SCHEDULER_RUN_THREAD, 3), W(c.selector[0], TEST_PRIORITY - 1, 1000));
    assert_ptr_equal(current(), machine.root);
    expect_state(tail, THREAD_RUNNABLE);
}

static void arguments_of_run_thread(void **state)
{
    (void)state;
    uint64_t s = make_thread(SELECTOR_TASK), weak = selector_new(), scheduler = selector_new();
    make_copy(SELECTOR_TASK, s, weak, RIGHTS_ALL & ~RIGHT_MANAGE);
    make_copy(SELECTOR_TASK, SELECTOR_SCHEDULER, scheduler, RIGHTS_ALL & ~RIGHT_MANAGE);
    struct thread *root = machine.root;
    static const struct { uint64_t priority, quantum; unsigned error; } cases[] = {
        {0, 100, 0}, {PRIORITY_MAX + 1, 100, ERR_BAD_ARGUMENT}, {~0ull, 100, ERR_BAD_ARGUMENT}, {5, 99, ERR_BAD_ARGUMENT},
        {5, 0, ERR_BAD_ARGUMENT}, {5, 10000000, 0}, {5, 10000001, ERR_BAD_ARGUMENT}, {5, ~0ull, ERR_BAD_ARGUMENT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(op(root, SELECTOR_SCHEDULER, OP_SCHEDULER_RUN_THREAD, W(s, cases[i].priority, cases[i].quantum)),
                         cases[i].error);
    assert_int_equal(thread_at(s)->own_sc.quantum_ticks, 10000000 * HOST_TICKS_PER_US);
    assert_int_equal(op(root, SELECTOR_SCHEDULER, OP_SCHEDULER_RUN_THREAD, W(4000, 5, 1000)), ERR_NO_CAPABILITY);
    assert_int_equal(op(root, SELECTOR_SCHEDULER, OP_SCHEDULER_RUN_THREAD, W(SELECTOR_TASK, 5, 1000)), ERR_BAD_ARGUMENT);
    assert_int_equal(op(root, SELECTOR_SCHEDULER, OP_SCHEDULER_RUN_THREAD, W(weak, 5, 1000)), ERR_NO_RIGHT);
    assert_int_equal(op(root, scheduler, OP_SCHEDULER_RUN_THREAD, W(s, 5, 1000)), ERR_NO_RIGHT);
    op_ok(root, scheduler, OP_SCHEDULER_INFO, NULL);
    assert_int_equal(out[0], 1);
    assert_int_equal(out[1], PRIORITIES);
    assert_int_equal(out[2], HOST_TICKS_HZ);
}

static void a_ceiling_limits_what_a_scheduler_can_do(void **state)
{
    (void)state;
    struct thread *root = machine.root;
    uint64_t s = make_thread(SELECTOR_TASK), low = selector_new(), lower = selector_new();
    op_ok(root, SELECTOR_SCHEDULER, OP_SCHEDULER_LIMIT, W(SELECTOR_FACTORY, low, 50));
    op_ok(root, low, OP_SCHEDULER_RUN_THREAD, W(s, 50, 1000));
    assert_int_equal(op(root, low, OP_SCHEDULER_RUN_THREAD, W(s, 51, 1000)), ERR_BAD_ARGUMENT);
    assert_int_equal(thread_at(s)->own_sc.priority, 50);
    assert_int_equal(op(root, low, OP_SCHEDULER_LIMIT, W(SELECTOR_FACTORY, lower, 51)), ERR_BAD_ARGUMENT);
    assert_int_equal(op(root, SELECTOR_SCHEDULER, OP_SCHEDULER_LIMIT, W(SELECTOR_FACTORY, lower, PRIORITY_MAX + 1)), ERR_BAD_ARGUMENT);
    op_ok(root, low, OP_SCHEDULER_LIMIT, W(SELECTOR_FACTORY, lower, 0));
    op_ok(root, lower, OP_SCHEDULER_INFO, NULL);
    assert_int_equal(out[3], 0);
    destroy(low);
    assert_int_equal(op(root, lower, OP_SCHEDULER_INFO, NULL), ERR_NO_CAPABILITY);
}

static void arguments_of_probe(void **state)
{
    (void)state;
    struct thread *root = machine.root;
    static const uint64_t bad[] = {0, 1, 3, PROBE_MAX + 1, PROBE_MAX + 2, ~0ull, 1ull << 32};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(op(root, SELECTOR_SCHEDULER, OP_SCHEDULER_PROBE, W(PROBE_PAGE_TABLE, bad[i])), ERR_BAD_ARGUMENT);
    assert_int_equal(op(root, SELECTOR_SCHEDULER, OP_SCHEDULER_PROBE, W(0, 2)), ERR_BAD_ARGUMENT);
    assert_int_equal(op(root, SELECTOR_SCHEDULER, OP_SCHEDULER_PROBE, W(PROBE_KINDS + 1, 2)), ERR_BAD_ARGUMENT);
    assert_int_equal(op(root, SELECTOR_SCHEDULER, OP_SCHEDULER_PROBE, W(1ull << 32 | PROBE_PAGE_TABLE, 2)), ERR_BAD_ARGUMENT);
    assert_int_equal(op(root, SELECTOR_SCHEDULER, OP_SCHEDULER_PROBE, W(PROBE_IPI, 4)), ERR_BAD_ARGUMENT);
    assert_int_equal(op(root, SELECTOR_SCHEDULER, OP_SCHEDULER_PROBE, W(PROBE_IPI, 2)), ERR_BAD_OPERATION); /* one CPU */
    assert_int_equal(op(root, SELECTOR_SCHEDULER, OP_SCHEDULER_PROBE, W(PROBE_NOISE, 4)), ERR_BAD_ARGUMENT);
    op_ok(root, SELECTOR_SCHEDULER, OP_SCHEDULER_PROBE, W(PROBE_NOISE, 2));
    for (uint64_t i = 0; i < 6; i++)
        assert_int_equal(out[i], 10 + i);
    assert_int_equal(op(root, SELECTOR_SCHEDULER, OP_SCHEDULER_PROBE, W(PROBE_PAGE_TABLE_PCID, 2)), ERR_BAD_OPERATION);
    uint64_t weak = selector_new();
    make_copy(SELECTOR_TASK, SELECTOR_SCHEDULER, weak, RIGHTS_ALL & ~RIGHT_MANAGE);
    assert_int_equal(op(root, weak, OP_SCHEDULER_PROBE, W(PROBE_PAGE_TABLE, 2)), ERR_NO_RIGHT);
    op_ok(root, SELECTOR_SCHEDULER, OP_SCHEDULER_PROBE, W(PROBE_PAGE_TABLE, PROBE_MAX));
    assert_int_equal(out[0], PROBE_MAX);
    assert_int_equal(out[1], 0);
}

static void the_cpu_idles_when_all_wait(void **state)
{
    (void)state;
    wait_open(machine.root);
    assert_true(host.idle);
    assert_null(host.cpu.sc);
    assert_false(host.timer_armed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MACHINE_TEST(a_call_lends_the_context),
        MACHINE_TEST(time_of_a_chain_is_its_first_threads),
        MACHINE_TEST(cut_at_0),
        MACHINE_TEST(cut_at_1),
        MACHINE_TEST(cut_at_2),
        MACHINE_TEST(cut_at_3),
        MACHINE_TEST(destroy_any_thread_of_any_chain),
        MACHINE_TEST(priorities_of_a_chain_may_change),
        MACHINE_TEST(a_higher_priority_runs_at_once),
        MACHINE_TEST(an_equal_priority_waits_its_turn),
        MACHINE_TEST(a_wakened_higher_priority_preempts_the_sender),
        MACHINE_TEST(preemption_keeps_place_and_slice),
        MACHINE_TEST(equal_priorities_take_turns_by_the_timer),
        MACHINE_TEST(a_new_quantum_begins_when_it_is_set),
        MACHINE_TEST(the_timer_rests_when_nobody_else_can_run),
        MACHINE_TEST(a_late_interrupt_does_no_harm),
        MACHINE_TEST(an_interrupted_thread_keeps_every_register),
        MACHINE_TEST(lowering_ones_own_priority_yields),
        MACHINE_TEST(arguments_of_run_thread),
        MACHINE_TEST(a_ceiling_limits_what_a_scheduler_can_do),
        MACHINE_TEST(arguments_of_probe),
        MACHINE_TEST(the_cpu_idles_when_all_wait),
    };
    return machine_run("core_sched", tests);
}
