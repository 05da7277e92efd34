/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Limited waits as a specification: each phase, each kind of timeout, each way a wait can end before its time.
 */
#include "kernel/test/machine.h"

#include "kernel/core/timeout.h"

#define SEND_FOR ((uint64_t)TIMEOUT_RELATIVE << TAG_SEND_TIMEOUT_SHIFT)
#define SEND_UNTIL ((uint64_t)TIMEOUT_ABSOLUTE << TAG_SEND_TIMEOUT_SHIFT)
#define RECEIVE_FOR ((uint64_t)TIMEOUT_RELATIVE << TAG_RECEIVE_TIMEOUT_SHIFT)
#define RECEIVE_UNTIL ((uint64_t)TIMEOUT_ABSOLUTE << TAG_RECEIVE_TIMEOUT_SHIFT)
#define LIMIT 5000

static const uint64_t words_a[REGISTER_WORDS] = {1, 2, 3, 4, 5, 6};

struct pair {
    struct thread *client, *server;
    uint64_t client_selector, server_selector, gate;
};

static struct pair pair_make(void)
{
    struct pair p;
    p.client_selector = make_thread(SELECTOR_TASK);
    p.server_selector = make_thread(SELECTOR_TASK);
    p.gate = make_gate(p.server_selector, 0x40);
    p.client = thread_at(p.client_selector);
    p.server = thread_at(p.server_selector);
    return p;
}

static void limits_set(struct thread *t, uint64_t send_ticks, uint64_t receive_ticks)
{
    t->utcb->send_timeout = send_ticks;
    t->utcb->receive_timeout = receive_ticks;
}

static void wait_open(struct thread *t) { enter_as(t, 0, tag_of(INVOKE_WAIT, 0, 0), NULL); }

/* Up to the last tick of the wait nothing happens. */
static void time_to(const struct thread *t, uint64_t end)
{
    enum thread_state state = thread_state(t);
    assert_true(timeout_is_armed(t));
    assert_int_equal(t->timeout_ticks, end);
    while (host.ticks < end - 1)
        time_pass(end - 1 - host.ticks);
    expect_state(t, state);
    time_pass(1);
    assert_false(timeout_is_armed(t));
}

static void send_is_given_up_after_a_while(void **state)
{
    (void)state;
    struct pair p = pair_make();
    limits_set(p.client, LIMIT, 1);
    uint64_t end = host.ticks + LIMIT;
    enter_as(p.client, p.gate, tag_of(INVOKE_SEND, 0, 6) | SEND_FOR, words_a);
    expect_state(p.client, THREAD_SENDING);
    time_to(p.client, end);
    expect_error(p.client, ERR_TIMEOUT);
    assert_null(p.server->senders);
}

static void call_is_given_up_in_either_phase(void **state)
{
    (void)state;
    struct pair p = pair_make();
    limits_set(p.client, LIMIT, 2 * LIMIT);
    uint64_t end = host.ticks + LIMIT;
    enter_as(p.client, p.gate, tag_of(INVOKE_CALL, 0, 6) | SEND_FOR | RECEIVE_FOR, words_a);
    time_to(p.client, end);
    expect_error(p.client, ERR_TIMEOUT);
    enter_as(p.client, p.gate, tag_of(INVOKE_CALL, 0, 6) | SEND_FOR | RECEIVE_FOR, words_a);
    time_pass(LIMIT - 1);
    wait_open(p.server);
    /* The relative time of the second phase begins with it. */
    end = host.ticks + 2 * LIMIT;
    expect_state(p.client, THREAD_REPLY_WAIT);
    time_to(p.client, end);
    expect_receive_error(p.client, ERR_TIMEOUT);
    assert_ptr_equal(p.server->caller, &thread_nobody);
    enter_as(p.server, 0, tag_of(INVOKE_REPLY_ONLY, 0, 0), NULL);
    expect_error(p.server, ERR_NO_REPLY);
}

static void caller_that_gave_up_has_its_time_back(void **state)
{
    (void)state;
    struct pair p = pair_make();
    wait_open(p.server);
    limits_set(p.client, 0, LIMIT);
    enter_as(p.client, p.gate, tag_of(INVOKE_CALL, 0, 6) | RECEIVE_FOR, words_a);
    assert_ptr_equal(p.server->sc, &p.client->own_sc);
    time_to(p.client, host.ticks + LIMIT);
    expect_receive_error(p.client, ERR_TIMEOUT);
    assert_ptr_equal(p.client->sc, &p.client->own_sc);
    switch_to(p.server);
    assert_ptr_equal(host.cpu.sc, &p.server->own_sc);
}

static void absolute_times_hold_for_both_phases(void **state)
{
    (void)state;
    struct pair p = pair_make();
    uint64_t end = host.ticks + LIMIT;
    limits_set(p.client, end, end);
    enter_as(p.client, p.gate, tag_of(INVOKE_CALL, 0, 6) | SEND_UNTIL | RECEIVE_UNTIL, words_a);
    time_pass(LIMIT / 2);
    wait_open(p.server);
    time_to(p.client, end);
    expect_receive_error(p.client, ERR_TIMEOUT);
}

static void receives_are_given_up_open_and_closed(void **state)
{
    (void)state;
    struct pair p = pair_make();
    limits_set(p.server, 0, LIMIT);
    enter_as(p.server, 0, tag_of(INVOKE_WAIT, 0, 0) | RECEIVE_FOR, NULL);
    expect_state(p.server, THREAD_OPEN_WAIT);
    time_to(p.server, host.ticks + LIMIT);
    expect_receive_error(p.server, ERR_TIMEOUT);
    enter_as(p.server, p.client_selector, tag_of(INVOKE_RECV, 0, 0) | RECEIVE_FOR, NULL);
    expect_state(p.server, THREAD_RECEIVING);
    time_to(p.server, host.ticks + LIMIT);
    expect_receive_error(p.server, ERR_TIMEOUT);
    assert_null(p.client->closed_receivers);
}

static void message_in_time_ends_the_limit(void **state)
{
    (void)state;
    struct pair p = pair_make();
    limits_set(p.server, 0, LIMIT);
    limits_set(p.client, 0, LIMIT);
    enter_as(p.server, 0, tag_of(INVOKE_WAIT, 0, 0) | RECEIVE_FOR, NULL);
    enter_as(p.client, p.gate, tag_of(INVOKE_CALL, 5, 6) | RECEIVE_FOR, words_a);
    assert_false(machine.took_fast_path);
    expect_message(p.server, 0x43, tag_of(INVOKE_CALL, 5, 6), words_a);
    assert_false(timeout_is_armed(p.server));
    enter_as(p.server, 0, tag_of(INVOKE_REPLY_AND_WAIT, 6, 6), words_a);
    assert_false(machine.took_fast_path);
    expect_message(p.client, 0, tag_of(INVOKE_REPLY_AND_WAIT, 6, 6), words_a);
    assert_false(timeout_is_armed(p.client));
    assert_null(host.cpu.timeouts);
    assert_false(host.timer_armed && !host.cpu.ready.rings[TEST_PRIORITY]);
}

static void fast_path_does_not_see_limits(void **state)
{
    (void)state;
    struct pair p = pair_make();
    limits_set(p.server, 0, LIMIT);
    limits_set(p.client, 0, LIMIT);
    machine.path = PATH_FAST_IF_POSSIBLE;
    /* The limit of the receiver, then that of the caller, keeps the other side off the fast path. */
    enter_as(p.server, 0, tag_of(INVOKE_WAIT, 0, 0) | RECEIVE_FOR, NULL);
    enter_as(p.client, p.gate, tag_of(INVOKE_CALL, 5, 6), words_a);
    assert_false(machine.took_fast_path);
    enter_as(p.server, 0, tag_of(INVOKE_REPLY_AND_WAIT, 5, 6), words_a);
    assert_true(machine.took_fast_path);
    enter_as(p.client, p.gate, tag_of(INVOKE_CALL, 5, 6) | RECEIVE_FOR, words_a);
    assert_false(machine.took_fast_path);
    enter_as(p.server, 0, tag_of(INVOKE_REPLY_AND_WAIT, 5, 6), words_a);
    assert_false(machine.took_fast_path);
}

static void time_that_is_over_is_zero(void **state)
{
    (void)state;
    struct pair p = pair_make();
    host.ticks += LIMIT;
    for (uint64_t ticks = 0; ticks <= host.ticks; ticks += LIMIT) {
        uint64_t send = ticks ? SEND_UNTIL : SEND_FOR, receive = ticks ? RECEIVE_UNTIL : RECEIVE_FOR;
        limits_set(p.client, ticks ? host.ticks : 0, ticks ? host.ticks : 0);
        enter_as(p.client, p.gate, tag_of(INVOKE_SEND, 0, 0) | send, NULL);
        expect_error(p.client, ERR_TIMEOUT);
        enter_as(p.client, 0, tag_of(INVOKE_WAIT, 0, 0) | receive, NULL);
        expect_receive_error(p.client, ERR_TIMEOUT);
    }
    wait_open(p.server);
    enter_as(p.client, p.gate, tag_of(INVOKE_SEND, 0, 6) | SEND_FOR, words_a); /* a partner that is ready is served */
    expect_nothing(p.client);
}

static void greatest_limit_is_endless(void **state)
{
    (void)state;
    struct pair p = pair_make();
    host.ticks = 1000;
    limits_set(p.client, UINT64_MAX, 0);
    enter_as(p.client, p.gate, tag_of(INVOKE_SEND, 0, 0) | SEND_FOR, NULL);
    expect_state(p.client, THREAD_SENDING);
    assert_false(timeout_is_armed(p.client));
}

static void cancel_and_death_end_the_limit(void **state)
{
    (void)state;
    struct pair p = pair_make();
    limits_set(p.client, LIMIT, LIMIT);
    enter_as(p.client, p.gate, tag_of(INVOKE_SEND, 0, 0) | SEND_FOR, NULL);
    op_ok(machine.root, p.client_selector, OP_THREAD_EX_REGS, W(0, 0, 0));
    expect_error(p.client, ERR_CANCELED);
    assert_null(host.cpu.timeouts);
    enter_as(p.client, p.gate, tag_of(INVOKE_SEND, 0, 0) | SEND_FOR, NULL);
    destroy(p.server_selector);
    expect_error(p.client, ERR_NO_PARTNER);
    assert_null(host.cpu.timeouts);
    enter_as(p.client, 0, tag_of(INVOKE_WAIT, 0, 0) | RECEIVE_FOR, NULL);
    destroy(p.client_selector);
    assert_null(host.cpu.timeouts);
}

static void server_that_drops_the_caller_ends_the_limit(void **state)
{
    (void)state;
    struct pair p = pair_make();
    wait_open(p.server);
    limits_set(p.client, LIMIT, LIMIT);
    enter_as(p.client, p.gate, tag_of(INVOKE_CALL, 0, 0) | RECEIVE_FOR, NULL);
    wait_open(p.server);
    expect_receive_error(p.client, ERR_CANCELED);
    assert_null(host.cpu.timeouts);
}

/* Nobody can run: the timer alone ends it. */
static void timer_wakes_an_idle_cpu(void **state)
{
    (void)state;
    limits_set(machine.root, 0, LIMIT);
    uint64_t end = host.ticks + LIMIT;
    enter(machine.root, 0, tag_of(INVOKE_WAIT, 0, 0) | RECEIVE_FOR, NULL);
    assert_true(host.idle);
    assert_true(host.timer_armed);
    time_to(machine.root, end);
    assert_false(host.idle);
    expect_receive_error(machine.root, ERR_TIMEOUT);
    assert_false(host.timer_armed);
}

/* Threads with limits in random order, some of which go early: the others are told one after the other. */
static void many_limits_end_in_order(void **state)
{
    (void)state;
    enum { N = 100 };
    struct thread *t[N];
    uint64_t selector[N], random = 1, last = 0;
    for (unsigned i = 0; i < N; i++) {
        selector[i] = make_thread(SELECTOR_TASK);
        t[i] = thread_at(selector[i]);
    }
    uint64_t base = host.ticks;
    for (unsigned i = 0; i < N; i++) {
        random = random * 6364136223846793005ull + 1442695040888963407ull;
        limits_set(t[i], 0, base + 1000 + (random >> 33) % 5000);
        enter_as(t[i], 0, tag_of(INVOKE_WAIT, 0, 0) | RECEIVE_UNTIL, NULL);
        if (i % 3 == 2) {
            op_ok(machine.root, selector[i / 2], OP_THREAD_EX_REGS, W(0, 0, 0));
            enter_as(t[i / 2], 0, tag_of(INVOKE_WAIT, 0, 0), NULL);
        }
    }
    for (struct thread *first; (first = host.cpu.timeouts) != NULL;) {
        assert_true(first->timeout_ticks >= last);
        last = first->timeout_ticks;
        time_pass(last > host.ticks ? last - host.ticks : 0);
        assert_false(timeout_is_armed(first));
    }
    for (unsigned i = 0; i < N; i++)
        assert_true(t[i]->timeout_ticks == 0 || thread_state(t[i]) == THREAD_RUNNABLE || thread_state(t[i]) == THREAD_OPEN_WAIT);
}

/* Threads whose message waits in the queue of the server; its only item names a capability that is not there, unless `good`. */
static void queue_fill(const struct pair *p, unsigned n, unsigned good, struct thread **sender)
{
    for (unsigned i = 0; i < n; i++) {
        sender[i] = thread_at(make_thread(SELECTOR_TASK));
        sender[i]->utcb->items[0].flexpage = (uint64_t)FLEXPAGE_CAPABILITY << FLEXPAGE_TYPE_SHIFT | 4000ull << FLEXPAGE_BASE_SHIFT;
        enter_as(sender[i], p->gate, tag_of(INVOKE_SEND, 7, 0) | (i == good ? 0 : (uint64_t)1 << TAG_ITEMS_SHIFT), NULL);
    }
}

static unsigned queue_count(struct thread *const *sender, unsigned n)
{
    unsigned waiting = 0;
    for (unsigned i = 0; i < n; i++)
        waiting += thread_state(sender[i]) == THREAD_SENDING;
    return waiting;
}

#define FAILING 6

static void poll_ends_after_two_messages_that_fail(void **state)
{
    (void)state;
    struct pair p = pair_make();
    struct thread *sender[FAILING];
    queue_fill(&p, FAILING, FAILING, sender);
    enter_as(p.server, 0, tag_of(INVOKE_WAIT, 0, 0) | RECEIVE_ZERO, NULL);
    assert_true(seen_tag(p.server) & TAG_AGAIN);
    again_as(p.server);
    expect_receive_error(p.server, ERR_TIMEOUT);
    assert_int_equal(queue_count(sender, FAILING), FAILING - 2);
    expect_error(sender[0], ERR_NO_WINDOW);
}

static void poll_finds_the_message_behind_one_that_fails(void **state)
{
    (void)state;
    struct pair p = pair_make();
    struct thread *sender[2];
    queue_fill(&p, 2, 1, sender);
    enter_as(p.server, 0, tag_of(INVOKE_WAIT, 0, 0) | RECEIVE_ZERO, NULL);
    assert_true(seen_tag(p.server) & TAG_AGAIN);
    again_as(p.server);
    expect_message(p.server, 0x40 | 3, tag_of(INVOKE_SEND, 7, 0), W(0));
}

/* The end is that of the first time, whatever the UTCB says then: absolute or relative, one message that fails puts it off at most. */
static void failing_messages_do_not_put_off_the_end_of_a_wait(void **state)
{
    (void)state;
    struct pair p = pair_make();
    struct thread *sender[FAILING];
    queue_fill(&p, FAILING, FAILING, sender);
    limits_set(p.server, 0, LIMIT);
    enter_as(p.server, 0, tag_of(INVOKE_WAIT, 0, 0) | (uint64_t)TIMEOUT_RELATIVE << TAG_RECEIVE_TIMEOUT_SHIFT, NULL);
    limits_set(p.server, 0, 1000 * LIMIT);
    for (unsigned failed = 1; failed < 4; failed++) {
        assert_true(seen_tag(p.server) & TAG_AGAIN);
        assert_int_equal(queue_count(sender, FAILING), FAILING - failed);
        switch_to(p.server);
        again_as(p.server);
    }
    host.ticks += LIMIT;
    assert_true(seen_tag(p.server) & TAG_AGAIN);
    again_as(p.server);
    expect_receive_error(p.server, ERR_TIMEOUT);
    assert_int_equal(queue_count(sender, FAILING), FAILING - 5);
}

static void endless_wait_goes_on_behind_messages_that_fail(void **state)
{
    (void)state;
    struct pair p = pair_make();
    struct thread *sender[FAILING];
    queue_fill(&p, FAILING, FAILING, sender);
    for (wait_open(p.server); !p.server->open_wait;)
        again_as(p.server);
    assert_int_equal(queue_count(sender, FAILING), 0);
    assert_true(p.server->open_wait);
    enter_as(p.client, p.gate, tag_of(INVOKE_SEND, 0, 6), words_a);
    expect_message(p.server, 0x40 | 3, tag_of(INVOKE_SEND, 0, 6), words_a);
}

/* What the kernel sets there means nothing else. */
static void wait_that_comes_again_is_judged_like_others(void **state)
{
    (void)state;
    struct pair p = pair_make();
    enter_as(p.server, 0, tag_of(INVOKE_WAIT, 0, 0) | TAG_AGAIN | TAG_OBJECT, NULL);
    expect_error(p.server, ERR_BAD_FLAGS);
    enter_as(p.server, 0, tag_of(INVOKE_WAIT, 0, 0) | TAG_AGAIN | RECEIVE_ZERO, NULL);
    expect_receive_error(p.server, ERR_TIMEOUT);
    enter_as(p.server, 0, tag_of(INVOKE_RECV, 0, 0) | TAG_AGAIN, NULL);
    expect_error(p.server, ERR_BAD_FLAGS);
}

/* All at once: no entry to the kernel serves more than so many, and the timer comes back for the others. */
static void crowd_is_served_in_bounded_steps(void **state)
{
    (void)state;
    enum { N = 2 * TIMEOUTS_AT_ONCE + 1 };
    struct thread *t[N];
    for (unsigned i = 0; i < N; i++)
        t[i] = thread_at(make_thread(SELECTOR_TASK));
    uint64_t end = host.ticks + 1000000;
    for (unsigned i = 0; i < N; i++) {
        limits_set(t[i], 0, end);
        enter_as(t[i], 0, tag_of(INVOKE_WAIT, 0, 0) | RECEIVE_UNTIL, NULL);
    }
    time_pass(end - host.ticks);
    for (unsigned rounds = 1; rounds <= 3; rounds++) {
        unsigned over = 0;
        for (unsigned i = 0; i < N; i++)
            over += !timeout_is_armed(t[i]);
        assert_int_equal(over, rounds == 3 ? N : rounds * TIMEOUTS_AT_ONCE);
        assert_true(rounds == 3 || host.timer_armed);
        time_pass(0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MACHINE_TEST(send_is_given_up_after_a_while),
        MACHINE_TEST(call_is_given_up_in_either_phase),
        MACHINE_TEST(caller_that_gave_up_has_its_time_back),
        MACHINE_TEST(absolute_times_hold_for_both_phases),
        MACHINE_TEST(receives_are_given_up_open_and_closed),
        MACHINE_TEST(message_in_time_ends_the_limit),
        MACHINE_TEST(fast_path_does_not_see_limits),
        MACHINE_TEST(time_that_is_over_is_zero),
        MACHINE_TEST(greatest_limit_is_endless),
        MACHINE_TEST(cancel_and_death_end_the_limit),
        MACHINE_TEST(server_that_drops_the_caller_ends_the_limit),
        MACHINE_TEST(timer_wakes_an_idle_cpu),
        MACHINE_TEST(many_limits_end_in_order),
        MACHINE_TEST(poll_ends_after_two_messages_that_fail),
        MACHINE_TEST(poll_finds_the_message_behind_one_that_fails),
        MACHINE_TEST(failing_messages_do_not_put_off_the_end_of_a_wait),
        MACHINE_TEST(endless_wait_goes_on_behind_messages_that_fail),
        MACHINE_TEST(wait_that_comes_again_is_judged_like_others),
        MACHINE_TEST(crowd_is_served_in_bounded_steps),
    };
    return machine_run_tests("core_timeout", tests, sizeof tests / sizeof *tests);
}
