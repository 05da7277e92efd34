/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Helping as a specification: a server of whom somebody of high priority wants something is not held up by anybody in between.
 * The cast: `low` has called `server`, which works for it; then `middle` runs, and could for ever; `high` calls the server.
 */
#include "kernel/test/machine.h"

#include "kernel/core/sched.h"

#define LOW (TEST_PRIORITY + 10)
#define MIDDLE (TEST_PRIORITY + 20)
#define HIGH (TEST_PRIORITY + 30)
#define SEND_FOR ((uint64_t)TIMEOUT_RELATIVE << TAG_SEND_TIMEOUT_SHIFT)
#define SEND_TICKS 5000

static uint64_t low_selector, middle_selector, high_selector, server_selector, gate;
static struct thread *low, *middle, *high, *server;
static const uint64_t words[REGISTER_WORDS] = {1, 2, 3, 4, 5, 6};

static void wait_open(struct thread *t) { enter_as(t, 0, tag_of(INVOKE_WAIT, 0, 0), NULL); }
static void call(struct thread *t, uint64_t through) { enter(t, through, tag_of(INVOKE_CALL, 5, 6), words); }
static void reply_and_wait(struct thread *t) { enter(t, 0, tag_of(INVOKE_REPLY_AND_WAIT, 6, 6), words); }

/* By whoever runs. */
static void run_at(uint64_t selector, unsigned priority)
{
    enter(current(), SELECTOR_SCHEDULER, tag_of(INVOKE_CALL, OP_SCHEDULER_RUN_THREAD, 3), W(selector, priority, 1000));
}

/* A thread of a priority at which it never runs, until run_at. */
static uint64_t sleeper_make(struct thread **t)
{
    uint64_t selector = make_thread(SELECTOR_TASK);
    priority_set(selector, 1);
    *t = thread_at(selector);
    return selector;
}

/* One that waits for calls, of the lowest priority. */
static uint64_t server_make(struct thread **t, uint64_t *to)
{
    uint64_t selector = make_thread(SELECTOR_TASK);
    *t = thread_at(selector);
    wait_open(*t);
    priority_set(selector, 0);
    *to = make_gate(selector, 0x40);
    return selector;
}

/* Until the server works for `low`, on whose time it runs. */
static void server_busy(void)
{
    low_selector = sleeper_make(&low);
    middle_selector = sleeper_make(&middle);
    high_selector = sleeper_make(&high);
    server_selector = server_make(&server, &gate);
    run_at(low_selector, LOW);
    call(low, gate);
    assert_ptr_equal(current(), server);
}

/* `high` has come while `middle` ran. */
static void high_calls(uint64_t timeouts)
{
    run_at(middle_selector, MIDDLE);
    assert_ptr_equal(current(), middle);
    run_at(high_selector, HIGH);
    high->utcb->send_timeout = SEND_TICKS;
    enter(high, gate, tag_of(INVOKE_CALL, 7, 6) | timeouts, words);
    expect_state(high, THREAD_SENDING);
}

static void helped_by_high(struct thread *t)
{
    assert_ptr_equal(current(), t);
    assert_ptr_equal(host.cpu.helper, &high->own_sc);
}

static void classic_inversion(void **state)
{
    (void)state;
    server_busy();
    high_calls(0);
    helped_by_high(server);
    reply_and_wait(server); /* to low: it waits for its turn, high is served */
    assert_ptr_equal(current(), server);
    assert_null(host.cpu.helper);
    assert_ptr_equal(host.cpu.sc, &high->own_sc);
    expect_message(server, 0x40 | 3, tag_of(INVOKE_CALL, 7, 6), words);
    reply_and_wait(server);
    assert_ptr_equal(current(), high);
    wait_open(high);
    assert_ptr_equal(current(), middle);
    wait_open(middle);
    expect_message(low, 0, tag_of(INVOKE_REPLY_AND_WAIT, 6, 6), words);
    assert_ptr_equal(current(), low);
}

static void who_waits_pays(void **state)
{
    (void)state;
    server_busy();
    high_calls(0);
    uint64_t low_left = low->own_sc.left_ticks, high_left = high->own_sc.left_ticks;
    host.ticks += 777;
    reply_and_wait(server);
    assert_int_equal(low->own_sc.left_ticks, low_left);
    assert_int_equal(high->own_sc.left_ticks, high_left - 777);
}

static void a_chain_of_calls_is_helped(void **state)
{
    (void)state;
    struct thread *inner, *innermost;
    uint64_t inner_gate, innermost_gate;
    server_make(&inner, &inner_gate);
    server_make(&innermost, &innermost_gate);
    server_busy();
    call(server, inner_gate);
    high_calls(0);
    helped_by_high(inner);
    call(inner, innermost_gate);
    helped_by_high(innermost);
    reply_and_wait(innermost);
    helped_by_high(inner);
    reply_and_wait(inner);
    helped_by_high(server);
    reply_and_wait(server);
    assert_ptr_equal(host.cpu.sc, &high->own_sc);
}

/* The server that high calls waits in the queue of another one, which works for somebody else. */
static void through_a_queue_into_the_next_one(void **state)
{
    (void)state;
    struct thread *inner, *client;
    uint64_t inner_gate, client_selector = sleeper_make(&client);
    server_make(&inner, &inner_gate);
    server_busy();
    run_at(client_selector, LOW + 1);
    call(client, inner_gate);
    assert_ptr_equal(current(), inner);
    run_at(client_selector, 2); /* whom inner works for; its time is lent */
    assert_ptr_equal(current(), server);
    call(server, inner_gate);
    expect_state(server, THREAD_SENDING);
    assert_ptr_equal(host.cpu.helper, &low->own_sc);
    high_calls(0);
    helped_by_high(inner);
    reply_and_wait(inner); /* to its client; then it takes the server's call, with low's time */
    helped_by_high(inner);
    assert_ptr_equal(host.cpu.sc, &low->own_sc);
    reply_and_wait(inner);
    helped_by_high(server);
}

static void a_timeout_ends_it(void **state)
{
    (void)state;
    server_busy();
    high_calls(SEND_FOR);
    helped_by_high(server);
    time_pass(SEND_TICKS);
    assert_ptr_equal(current(), high);
    expect_error(high, ERR_TIMEOUT);
    wait_open(high);
    assert_ptr_equal(current(), middle);
}

static void an_abort_ends_it(void **state)
{
    (void)state;
    server_busy();
    high_calls(0);
    enter(server, high_selector, tag_of(INVOKE_CALL, OP_THREAD_EX_REGS, 3), W(0));
    assert_ptr_equal(current(), high);
    expect_error(high, ERR_CANCELED);
    wait_open(high);
    assert_ptr_equal(current(), middle);
}

static void death_of_who_helps_ends_it(void **state)
{
    (void)state;
    server_busy();
    high_calls(0);
    enter(server, SELECTOR_TASK, tag_of(INVOKE_CALL, OP_TASK_UNMAP_CAPABILITY, 1), W(high_selector));
    assert_ptr_equal(current(), middle);
    assert_null(host.cpu.helper);
}

static void death_of_the_first_client_does_not(void **state)
{
    (void)state;
    server_busy();
    high_calls(0);
    op_ok(server, SELECTOR_TASK, OP_TASK_UNMAP_CAPABILITY, W(low_selector));
    helped_by_high(server);
    assert_ptr_equal(host.cpu.sc, &server->own_sc);
    enter(server, 0, tag_of(INVOKE_REPLY_AND_WAIT, 0, 0), NULL);
    expect_error(server, ERR_NO_REPLY);
    wait_open(server);
    assert_ptr_equal(current(), server);
    assert_ptr_equal(host.cpu.sc, &high->own_sc);
}

static void death_of_the_server_is_told(void **state)
{
    (void)state;
    server_busy();
    high_calls(0);
    enter(server, SELECTOR_TASK, tag_of(INVOKE_CALL, OP_TASK_UNMAP_CAPABILITY, 1), W(server_selector));
    assert_ptr_equal(current(), high);
    expect_error(high, ERR_NO_PARTNER);
}

/* Nobody can help a server that waits itself; when it wakes, it is helped. */
static void a_server_that_waits_is_helped_when_it_wakes(void **state)
{
    (void)state;
    uint64_t semaphore = selector_new();
    op_ok(machine.root, SELECTOR_FACTORY, OP_FACTORY_CREATE, W(KIND_SEMAPHORE, semaphore, 0));
    server_busy();
    high_calls(0);
    enter(server, semaphore, tag_of(INVOKE_CALL, OP_SEMAPHORE_DOWN, 0), NULL);
    assert_ptr_equal(current(), middle);
    assert_int_equal(host.cpu.parked->top, HIGH);
    enter(middle, semaphore, tag_of(INVOKE_CALL, OP_SEMAPHORE_UP, 0), NULL);
    helped_by_high(server);
    assert_int_equal(host.cpu.parked->top, -1);
}

/* What the parked context waits for is cut off: it helps who is left. */
static void a_cut_chain_is_looked_at_again(void **state)
{
    (void)state;
    struct thread *inner;
    uint64_t inner_gate, semaphore = selector_new(), inner_selector = server_make(&inner, &inner_gate);
    op_ok(machine.root, SELECTOR_FACTORY, OP_FACTORY_CREATE, W(KIND_SEMAPHORE, semaphore, 0));
    server_busy();
    call(server, inner_gate);
    high_calls(0);
    enter(inner, semaphore, tag_of(INVOKE_CALL, OP_SEMAPHORE_DOWN, 0), NULL);
    assert_ptr_equal(current(), middle);
    op_ok(middle, SELECTOR_TASK, OP_TASK_UNMAP_CAPABILITY, W(semaphore)); /* wakes inner, whom high helps */
    helped_by_high(inner);
    op(inner, SELECTOR_TASK, OP_TASK_UNMAP_CAPABILITY, W(semaphore));
    enter(inner, SELECTOR_TASK, tag_of(INVOKE_CALL, OP_TASK_UNMAP_CAPABILITY, 1), W(inner_selector));
    helped_by_high(server);
    expect_receive_error(server, ERR_CANCELED);
}

/* Two that call each other: nobody can run, nobody is helped, and nothing hangs; the end of one wait sets it right. */
static void a_circle_is_nobodys_help(void **state)
{
    (void)state;
    struct thread *other;
    uint64_t other_gate;
    server_make(&other, &other_gate);
    server_busy();
    call(server, other_gate);
    other->utcb->send_timeout = SEND_TICKS;
    run_at(middle_selector, MIDDLE);
    run_at(high_selector, HIGH);
    call(high, gate);
    helped_by_high(other);
    enter(other, gate, tag_of(INVOKE_CALL, 0, 0) | SEND_FOR, NULL); /* server waits for other, other for server */
    assert_ptr_equal(current(), middle);
    time_pass(SEND_TICKS);
    helped_by_high(other);
    expect_error(other, ERR_TIMEOUT);
}

/* Of several that wait the first one pays; when it has been served, the next one does. */
static void the_highest_of_several_helps(void **state)
{
    (void)state;
    struct thread *second;
    uint64_t second_selector = sleeper_make(&second);
    server_busy();
    run_at(second_selector, HIGH - 1);
    call(second, gate);
    assert_ptr_equal(host.cpu.helper, &second->own_sc);
    run_at(high_selector, HIGH);
    call(high, gate);
    helped_by_high(server);
    reply_and_wait(server);
    assert_ptr_equal(host.cpu.sc, &high->own_sc);
    run_at(middle_selector, MIDDLE);
    run_at(high_selector, LOW - 1); /* on its time now: too little against middle, but second helps */
    assert_ptr_equal(current(), server);
    assert_ptr_equal(host.cpu.helper, &second->own_sc);
}

/* The slice of who helps is over: others of its priority have their turn, and then it helps again. */
static void help_takes_turns_with_its_equals(void **state)
{
    (void)state;
    struct thread *peer;
    uint64_t peer_selector = sleeper_make(&peer);
    server_busy();
    high_calls(0);
    run_at(peer_selector, HIGH);
    for (unsigned i = 0; i < 5; i++) {
        helped_by_high(server);
        time_pass(host.timer_ticks - host.ticks);
        assert_ptr_equal(current(), peer);
        time_pass(host.timer_ticks - host.ticks);
    }
}

/* Help reaches so far and no further: beyond, nothing is wrong, but who waits is not sped up. */
static void help_is_bounded(void **state)
{
    (void)state;
    static struct thread *t[HELP_STEPS];
    uint64_t to[HELP_STEPS];
    for (unsigned i = 0; i < HELP_STEPS; i++)
        server_make(&t[i], &to[i]);
    server_busy();
    struct thread *tail = server;
    for (unsigned i = 0; i + 2 < HELP_STEPS; tail = t[i++])
        call(tail, to[i]);
    high_calls(0);
    helped_by_high(tail);
    reply_and_wait(tail);
    tail = t[HELP_STEPS - 4];
    for (unsigned i = HELP_STEPS - 3; i < HELP_STEPS; tail = t[i++]) {
        assert_ptr_equal(current(), tail);
        call(tail, to[i]);
    }
    timer_interrupt(); /* any slow entry: the fast path is not asked how long a chain is */
    assert_ptr_equal(current(), middle);
    wait_open(middle);
    assert_ptr_equal(current(), tail);
}

/* A fault is a call in the kernel's name. */
static void a_fault_helps_a_busy_handler(void **state)
{
    (void)state;
    server_busy();
    op_ok(server, high_selector, OP_THREAD_CONTROL, W(CONTROL_EXCEPTION_GATE, gate));
    run_at(middle_selector, MIDDLE);
    run_at(high_selector, HIGH);
    exception(high, 13, 0, 0);
    expect_state(high, THREAD_SENDING);
    helped_by_high(server);
    reply_and_wait(server);
    expect_state(high, THREAD_EXCEPTION_WAIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MACHINE_TEST(classic_inversion),
        MACHINE_TEST(who_waits_pays),
        MACHINE_TEST(a_chain_of_calls_is_helped),
        MACHINE_TEST(through_a_queue_into_the_next_one),
        MACHINE_TEST(a_timeout_ends_it),
        MACHINE_TEST(an_abort_ends_it),
        MACHINE_TEST(death_of_who_helps_ends_it),
        MACHINE_TEST(death_of_the_first_client_does_not),
        MACHINE_TEST(death_of_the_server_is_told),
        MACHINE_TEST(a_server_that_waits_is_helped_when_it_wakes),
        MACHINE_TEST(a_cut_chain_is_looked_at_again),
        MACHINE_TEST(a_circle_is_nobodys_help),
        MACHINE_TEST(the_highest_of_several_helps),
        MACHINE_TEST(help_takes_turns_with_its_equals),
        MACHINE_TEST(help_is_bounded),
        MACHINE_TEST(a_fault_helps_a_busy_handler),
    };
    return machine_run("core_help", tests);
}
