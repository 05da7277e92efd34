/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The end of objects: threads in each state, tasks with threads in all of them, oneself, and the quota afterwards.
 */
#include "kernel/test/machine.h"

#include "kernel/core/cap.h"

enum { STATES = 9 };

static void wait_open(struct thread *t) { enter_as(t, 0, tag_of(INVOKE_WAIT, 0, 0), NULL); }
static void call(struct thread *t, uint64_t gate) { enter_as(t, gate, tag_of(INVOKE_CALL, 5, 0), NULL); }

/* What a group of threads needs to be in every state there is; gates have the same selectors in both tasks. */
struct group {
    uint64_t task;
    uint64_t selector[STATES];
    struct thread *t[STATES];
    uint64_t peer, peer_gate, gate[STATES], server, server_gate;
    uint64_t own_thread; /* selector, in the task, of the peer's thread capability */
};

/* Threads 0..8: stopped, runnable, open wait, reply wait, sending, receiving, exception wait, serving a call of the peer's,
 * exception queued. */
static struct group group_make(uint64_t task)
{
    struct group g = {.task = task};
    g.peer = make_thread(SELECTOR_TASK);
    g.peer_gate = make_gate(g.peer, 0);
    g.server = make_thread(SELECTOR_TASK);
    g.server_gate = make_gate(g.server, 0);
    g.own_thread = selector_new();
    if (task != SELECTOR_TASK) {
        make_copy(task, g.peer_gate, g.peer_gate, RIGHTS_ALL);
        make_copy(task, g.server_gate, g.server_gate, RIGHTS_ALL);
    }
    make_copy(task, g.peer, g.own_thread, RIGHTS_ALL);
    for (unsigned i = 0; i < STATES; i++) {
        g.selector[i] = make_thread(task);
        g.t[i] = thread_at(g.selector[i]);
        g.gate[i] = make_gate(g.selector[i], i * 4);
    }
    struct thread *stopped = g.t[0];
    switch_to(stopped);
    exception(stopped, 3, 0, 0);
    wait_open(g.t[2]);
    wait_open(thread_at(g.server));
    call(g.t[3], g.server_gate);
    enter_as(g.t[4], g.peer_gate, tag_of(INVOKE_SEND, 0, 0), NULL);
    enter_as(g.t[5], g.own_thread, tag_of(INVOKE_RECV, 0, 0), NULL);
    uint64_t handler = make_thread(SELECTOR_TASK), handler_gate = make_gate(handler, 0);
    if (task != SELECTOR_TASK)
        make_copy(task, handler_gate, handler_gate, RIGHTS_ALL);
    wait_open(thread_at(handler));
    op_ok(machine.root, g.selector[6], OP_THREAD_CONTROL, W(CONTROL_EXCEPTION_GATE, handler_gate));
    op_ok(machine.root, g.selector[8], OP_THREAD_CONTROL, W(CONTROL_EXCEPTION_GATE, g.peer_gate));
    switch_to(g.t[6]);
    exception(g.t[6], 14, 0, 0);
    wait_open(g.t[7]);
    uint64_t client = make_thread(SELECTOR_TASK);
    call(thread_at(client), g.gate[7]);
    switch_to(g.t[8]);
    exception(g.t[8], 14, 0, 0);
    switch_to(machine.root);
    static const enum thread_state expected[STATES] = {
        THREAD_STOPPED, THREAD_RUNNABLE, THREAD_OPEN_WAIT, THREAD_REPLY_WAIT, THREAD_SENDING, THREAD_RECEIVING,
        THREAD_EXCEPTION_WAIT, THREAD_RUNNABLE, THREAD_SENDING,
    };
    for (unsigned i = 0; i < STATES; i++)
        expect_state(g.t[i], expected[i]);
    return g;
}

static void threads_in_every_state_are_destroyed(void **state)
{
    (void)state;
    for (unsigned first = 0; first < STATES; first++) {
        struct group g = group_make(SELECTOR_TASK);
        for (unsigned i = 0; i < STATES; i++)
            destroy(g.selector[(first + i) % STATES]);
    }
}

static void a_task_with_threads_in_every_state_is_destroyed(void **state)
{
    (void)state;
    struct group g = group_make(make_task());
    destroy(g.task);
    for (unsigned i = 0; i < STATES; i++) {
        expect_state(thread_at(g.selector[i]), THREAD_DEAD);
        assert_int_equal(op(machine.root, g.selector[i], OP_THREAD_STATISTICS, NULL), ERR_NO_PARTNER);
        assert_int_equal(op(machine.root, g.selector[i], OP_THREAD_EX_REGS, W(0x1000, 0, EX_REGS_SET)), ERR_NO_PARTNER);
        assert_int_equal(op(machine.root, SELECTOR_FACTORY, OP_FACTORY_CREATE, W(KIND_GATE, 4000, g.selector[i])), ERR_NO_PARTNER);
        enter(machine.root, g.gate[i], tag_of(INVOKE_SEND, 0, 0), NULL);
        expect_error(machine.root, ERR_NO_PARTNER);
        enter(machine.root, g.selector[i], tag_of(INVOKE_RECV, 0, 0), NULL);
        expect_receive_error(machine.root, ERR_NO_PARTNER);
    }
}

static void who_waits_for_a_dying_thread_is_told(void **state)
{
    (void)state;
    uint64_t victim = make_thread(SELECTOR_TASK), gate = make_gate(victim, 0);
    struct thread *sender = thread_at(make_thread(SELECTOR_TASK)), *caller = thread_at(make_thread(SELECTOR_TASK)),
                  *receiver = thread_at(make_thread(SELECTOR_TASK)), *called = thread_at(make_thread(SELECTOR_TASK));
    wait_open(thread_at(victim));
    call(called, gate);
    call(caller, gate);
    enter_as(sender, gate, tag_of(INVOKE_SEND, 0, 0), NULL);
    enter_as(receiver, victim, tag_of(INVOKE_RECV, 0, 0), NULL);
    destroy(victim);
    expect_receive_error(called, ERR_CANCELED);
    expect_error(caller, ERR_NO_PARTNER);
    expect_error(sender, ERR_NO_PARTNER);
    expect_receive_error(receiver, ERR_NO_PARTNER);
}

static void a_thread_destroys_itself(void **state)
{
    (void)state;
    uint64_t s = make_thread(SELECTOR_TASK);
    switch_to(thread_at(s));
    enter(current(), SELECTOR_TASK, tag_of(INVOKE_CALL, OP_TASK_UNMAP_CAPABILITY, 1), W(s));
    assert_ptr_equal(current(), machine.root);
    assert_null(cap_find(machine.task, s));
}

/* The table that the operation came through, the space that it ran in and the thread that asked for it all go. */
static void a_task_destroys_itself(void **state)
{
    (void)state;
    uint64_t task = make_task(), s = make_thread(task);
    make_copy(task, SELECTOR_TASK, 7, RIGHTS_ALL);
    switch_to(thread_at(s));
    assert_int_equal(host.page_table, task_at(task)->page_table);
    enter(current(), 7, tag_of(INVOKE_CALL, OP_TASK_UNMAP_CAPABILITY, 1), W(task));
    assert_ptr_equal(current(), machine.root);
    assert_null(cap_find(machine.task, task));
    expect_state(thread_at(s), THREAD_DEAD);
}

static void a_server_destroys_its_client_and_itself(void **state)
{
    (void)state;
    uint64_t client = make_thread(SELECTOR_TASK), server = make_thread(SELECTOR_TASK), gate = make_gate(server, 0);
    wait_open(thread_at(server));
    call(thread_at(client), gate);
    op_ok(thread_at(server), SELECTOR_TASK, OP_TASK_UNMAP_CAPABILITY, W(client));
    enter_as(thread_at(server), 0, tag_of(INVOKE_REPLY_ONLY, 0, 0), NULL);
    expect_error(thread_at(server), ERR_NO_REPLY);
    enter_as(thread_at(server), SELECTOR_TASK, tag_of(INVOKE_CALL, OP_TASK_UNMAP_CAPABILITY, 1), W(server));
    assert_ptr_equal(current(), machine.root);
}

static void a_gate_is_destroyed_while_a_message_waits(void **state)
{
    (void)state;
    uint64_t s = make_thread(SELECTOR_TASK), server = make_thread(SELECTOR_TASK), gate = make_gate(server, 0x10);
    call(thread_at(s), gate);
    destroy(gate);
    wait_open(thread_at(server));
    assert_int_equal(seen_label(thread_at(server)), 0x13);
    enter_as(thread_at(server), 0, tag_of(INVOKE_REPLY_ONLY, 9, 0), NULL);
    expect_message(thread_at(s), 0, tag_of(INVOKE_REPLY_ONLY, 9, 0), NULL);
}

static void removal_takes_what_was_derived_and_nothing_else(void **state)
{
    (void)state;
    /* Removing what a copy was made from removes the copy; the copy's removal leaves the original. */
    uint64_t s = make_thread(SELECTOR_TASK), copy = selector_new();
    make_copy(SELECTOR_TASK, s, copy, RIGHT_MANAGE | RIGHT_SEND);
    destroy(copy);
    op_ok(machine.root, s, OP_THREAD_STATISTICS, NULL);
    make_copy(SELECTOR_TASK, s, copy, RIGHT_MANAGE | RIGHT_SEND);
    destroy(s);
    assert_int_equal(op(machine.root, copy, OP_THREAD_STATISTICS, NULL), ERR_NO_CAPABILITY);
}

/* One task mapped into the other and back: both go, once. */
static void tasks_that_hold_each_other_are_destroyed(void **state)
{
    (void)state;
    uint64_t a = make_task(), b = make_task();
    make_copy(a, b, 100, RIGHTS_ALL);
    make_copy(b, a, 100, RIGHTS_ALL);
    make_copy(a, a, 101, RIGHTS_ALL);
    destroy(a);
    op_ok(machine.root, SELECTOR_TASK, OP_TASK_CAPABILITY_INFO, W(b));
    assert_int_equal(op(machine.root, b, OP_TASK_CAPABILITY_INFO, W(100)), ERR_NO_CAPABILITY);
}

/* However many there are, and nothing leads to them: four for a budget, and an entry has that of its operation and that of the reaper. */
static void threads_of_a_task_die_few_at_a_time(void **state)
{
    (void)state;
    enum { THREADS = 40, AT_ONCE = 8 };
    uint64_t task = make_task(), s[THREADS];
    for (unsigned i = 0; i < THREADS; i++)
        s[i] = make_thread(task);
    enter(machine.root, SELECTOR_TASK, tag_of(INVOKE_CALL, OP_TASK_UNMAP_CAPABILITY, 1), W(task));
    for (unsigned dead = 0, before = 0; dead < THREADS; before = dead) {
        dead = 0;
        for (unsigned i = 0; i < THREADS; i++)
            dead += thread_state(thread_at(s[i])) == THREAD_DEAD;
        assert_in_range(dead, before + 1, before + AT_ONCE);
        again_as(machine.root);
    }
    while (seen_tag(machine.root) & TAG_AGAIN)
        again_as(machine.root);
    expect_tag_at(machine.root, 0, __FILE__, __LINE__);
}

static void round_of_everything(uint64_t factory)
{
    struct thread *root = machine.root;
    op_ok(root, factory, OP_FACTORY_CREATE, W(KIND_TASK, 30));
    op_ok(root, factory, OP_FACTORY_CREATE, W(KIND_THREAD, 31, 30, 0x5000));
    op_ok(root, factory, OP_FACTORY_CREATE, W(KIND_GATE, 32, 31, 8));
    op_ok(root, factory, OP_FACTORY_CREATE, W(KIND_FACTORY, 33, 4 * PAGE_BYTES, 2));
    make_copy(30, 32, 700, RIGHTS_ALL);
    make_copy(30, 30, 1, RIGHTS_ALL);
    for (uint64_t s = 33; s >= 30; s--)
        destroy(s);
}

static void ten_thousand_rounds_return_the_quota_to_the_byte(void **state)
{
    (void)state;
    uint64_t factory = make_factory(100 * PAGE_BYTES);
    uint64_t frames = host.frames_used;
    machine.unchecked = true;
    for (unsigned i = 0; i < 10000; i++) {
        machine.unchecked = i % 100;
        round_of_everything(factory);
        op_ok(machine.root, factory, OP_FACTORY_INFO, NULL);
        assert_int_equal(out[0], 100 * PAGE_BYTES);
        assert_int_equal(out[1], 0);
        assert_int_equal(host.frames_used, frames);
    }
    machine.unchecked = false;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MACHINE_TEST(threads_in_every_state_are_destroyed),
        MACHINE_TEST(a_task_with_threads_in_every_state_is_destroyed),
        MACHINE_TEST(who_waits_for_a_dying_thread_is_told),
        MACHINE_TEST(a_thread_destroys_itself),
        MACHINE_TEST(a_task_destroys_itself),
        MACHINE_TEST(a_server_destroys_its_client_and_itself),
        MACHINE_TEST(a_gate_is_destroyed_while_a_message_waits),
        MACHINE_TEST(removal_takes_what_was_derived_and_nothing_else),
        MACHINE_TEST(tasks_that_hold_each_other_are_destroyed),
        MACHINE_TEST(threads_of_a_task_die_few_at_a_time),
        MACHINE_TEST(ten_thousand_rounds_return_the_quota_to_the_byte),
    };
    return machine_run("core_destroy", tests);
}
