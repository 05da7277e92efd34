/* SPDX-License-Identifier: BSD-2-Clause
 *
 * IPC as a specification: each invocation of the flag set, each error, what arrives and what does not.
 */
#include "kernel/test/machine.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/core/sched.h"

static const uint64_t words_a[REGISTER_WORDS] = {11, 22, 33, 44, 55, 66};
static const uint64_t words_b[REGISTER_WORDS] = {~0ull, 1ull << 63, 0, 7, 8, 9};

/* A client and a server with a gate of label 0x40, all in the root task. */
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

static void wait_open(struct thread *t) { enter_as(t, 0, tag_of(INVOKE_WAIT, 0, 0), NULL); }
static void call(struct thread *t, uint64_t gate) { enter_as(t, gate, tag_of(INVOKE_CALL, 5, 6), words_a); }
static void reply(struct thread *t) { enter_as(t, 0, tag_of(INVOKE_REPLY_ONLY, 6, 6), words_b); }
static void reply_and_wait(struct thread *t) { enter_as(t, 0, tag_of(INVOKE_REPLY_AND_WAIT, 6, 6), words_b); }

/* --- The eight invocations ------------------------------------------------------------------------------------------------------------ */

static void null_system_call_changes_nothing(void **state)
{
    (void)state;
    struct thread *root = machine.root;
    const uint64_t tag = (uint64_t)-1 << TAG_LABEL_SHIFT | 17;
    enter(root, 12345, tag, words_a);
    expect_message(root, 0, tag, words_a);
    assert_ptr_equal(current(), root);
}

static void send_to_a_waiting_receiver(void **state)
{
    (void)state;
    struct pair p = pair_make();
    wait_open(p.server);
    expect_state(p.server, THREAD_OPEN_WAIT);
    enter_as(p.client, p.gate, tag_of(INVOKE_SEND, -9, 6), words_a);
    expect_nothing(p.client);
    expect_message(p.server, 0x40 | RIGHT_W | RIGHT_X, tag_of(INVOKE_SEND, -9, 6), words_a);
    reply(p.server);
    expect_error(p.server, ERR_NO_REPLY);
}

static void send_waits_for_the_receiver(void **state)
{
    (void)state;
    struct pair p = pair_make();
    enter_as(p.client, p.gate, tag_of(INVOKE_SEND, 1, 6), words_a);
    expect_state(p.client, THREAD_SENDING);
    wait_open(p.server);
    expect_message(p.server, 0x43, tag_of(INVOKE_SEND, 1, 6), words_a);
    expect_nothing(p.client);
}

static void call_and_reply(void **state)
{
    (void)state;
    struct pair p = pair_make();
    wait_open(p.server);
    call(p.client, p.gate);
    assert_ptr_equal(current(), p.server);
    expect_state(p.client, THREAD_REPLY_WAIT);
    expect_message(p.server, 0x43, tag_of(INVOKE_CALL, 5, 6), words_a);
    reply(p.server);
    expect_nothing(p.server);
    expect_message(p.client, 0, tag_of(INVOKE_REPLY_ONLY, 6, 6), words_b);
}

static void call_waits_for_the_receiver(void **state)
{
    (void)state;
    struct pair p = pair_make();
    call(p.client, p.gate);
    expect_state(p.client, THREAD_SENDING);
    wait_open(p.server);
    expect_message(p.server, 0x43, tag_of(INVOKE_CALL, 5, 6), words_a);
    expect_state(p.client, THREAD_REPLY_WAIT);
    reply_and_wait(p.server);
    expect_state(p.server, THREAD_OPEN_WAIT);
    expect_message(p.client, 0, tag_of(INVOKE_REPLY_AND_WAIT, 6, 6), words_b);
}

static void send_and_wait_receives_from_anyone(void **state)
{
    (void)state;
    struct pair p = pair_make();
    uint64_t back = make_gate(p.client_selector, 0x80);
    wait_open(p.server);
    enter_as(p.client, p.gate, tag_of(INVOKE_SEND_AND_WAIT, 2, 1), words_a);
    expect_state(p.client, THREAD_OPEN_WAIT);
    expect_message(p.server, 0x43, tag_of(INVOKE_SEND_AND_WAIT, 2, 1), words_a);
    enter_as(p.server, back, tag_of(INVOKE_SEND, 3, 2), words_b);
    expect_message(p.client, 0x83, tag_of(INVOKE_SEND, 3, 2), words_b);
}

static void send_and_wait_queued_then_waits(void **state)
{
    (void)state;
    struct pair p = pair_make();
    enter_as(p.client, p.gate, tag_of(INVOKE_SEND_AND_WAIT, 2, 1), words_a);
    expect_state(p.client, THREAD_SENDING);
    wait_open(p.server);
    expect_state(p.client, THREAD_OPEN_WAIT);
}

static void queued_send_and_wait_with_zero_wait_ends(void **state)
{
    (void)state;
    struct pair p = pair_make();
    enter_as(p.client, p.gate, tag_of(INVOKE_SEND_AND_WAIT, 2, 1) | RECEIVE_ZERO, words_a);
    wait_open(p.server);
    expect_message(p.server, 0x43, tag_of(INVOKE_SEND_AND_WAIT, 2, 1), words_a);
    expect_receive_error(p.client, ERR_TIMEOUT);
}

/* Each thread of a row sends to the next one and then waits: the last to wait sets all of them off, four in an entry; the wait of the next
 * one is a system call of its own. */
static void a_row_of_queued_senders_is_set_free_in_steps(void **state)
{
    (void)state;
    enum { N = 300, AT_ONCE = 4 };
    struct thread *t[N];
    uint64_t gate[N], first = 0;
    for (unsigned i = 0; i < N; i++) {
        uint64_t s = make_thread(SELECTOR_TASK);
        t[i] = thread_at(s);
        gate[i] = make_gate(s, i * 4);
        priority_set(s, TEST_PRIORITY + 1);
        if (!i)
            first = s;
        if (i)
            enter(t[i], gate[i - 1], tag_of(INVOKE_SEND_AND_WAIT, 0, 0), NULL);
        else
            enter(t[i], SELECTOR_THREAD, tag_of(INVOKE_RECV, 0, 0), NULL);
    }
    assert_ptr_equal(current(), machine.root);
    op_ok(machine.root, first, OP_THREAD_EX_REGS, W(0));
    for (unsigned i = 0; i < N; i += AT_ONCE) {
        uint64_t rip = i + AT_ONCE < N ? t[i + AT_ONCE]->rip : 0;
        wait_open(t[i]);
        if (i + AT_ONCE + 1 < N) {
            expect_state(t[i + AT_ONCE + 1], THREAD_SENDING);
            assert_int_equal(t[i + AT_ONCE]->rip, rip - SYSCALL_BYTES);
            assert_int_equal(t[i + AT_ONCE]->regs[REG_RSI], tag_of(INVOKE_WAIT, 0, 0));
        }
    }
    for (unsigned i = 0; i < N - 1; i++)
        expect_state(t[i], THREAD_RUNNABLE);
    expect_state(t[N - 1], THREAD_OPEN_WAIT);
}

static void wait_receives_what_is_queued(void **state)
{
    (void)state;
    struct pair p = pair_make();
    enter_as(p.client, p.gate, tag_of(INVOKE_SEND, 1, 6), words_a);
    enter_as(p.server, 0xdead, tag_of(INVOKE_WAIT, 0, 0) | RECEIVE_ZERO, NULL);
    expect_message(p.server, 0x43, tag_of(INVOKE_SEND, 1, 6), words_a);
}

static void closed_receive_takes_its_partner_only(void **state)
{
    (void)state;
    struct pair p = pair_make();
    uint64_t other = make_thread(SELECTOR_TASK);
    enter_as(thread_at(other), p.gate, tag_of(INVOKE_SEND, 1, 6), words_b);
    enter_as(p.server, p.client_selector, tag_of(INVOKE_RECV, 0, 0), NULL);
    expect_state(p.server, THREAD_RECEIVING);
    enter_as(p.client, p.gate, tag_of(INVOKE_SEND, 2, 6), words_a);
    expect_message(p.server, 0x43, tag_of(INVOKE_SEND, 2, 6), words_a);
    expect_nothing(p.client);
    expect_state(thread_at(other), THREAD_SENDING);
}

static void closed_receive_takes_a_queued_partner_out_of_order(void **state)
{
    (void)state;
    struct pair p = pair_make();
    uint64_t other = make_thread(SELECTOR_TASK);
    enter_as(thread_at(other), p.gate, tag_of(INVOKE_SEND, 1, 6), words_b);
    enter_as(p.client, p.gate, tag_of(INVOKE_SEND, 2, 6), words_a);
    enter_as(p.server, p.client_selector, tag_of(INVOKE_RECV, 0, 0), NULL);
    expect_message(p.server, 0x43, tag_of(INVOKE_SEND, 2, 6), words_a);
    expect_state(thread_at(other), THREAD_SENDING);
}

static void closed_receive_is_not_found_by_others(void **state)
{
    (void)state;
    struct pair p = pair_make();
    uint64_t other = make_thread(SELECTOR_TASK);
    enter_as(p.server, p.client_selector, tag_of(INVOKE_RECV, 0, 0), NULL);
    enter_as(thread_at(other), p.gate, tag_of(INVOKE_SEND, 1, 6) | SEND_ZERO, words_b);
    expect_error(thread_at(other), ERR_TIMEOUT);
    enter_as(thread_at(other), p.gate, tag_of(INVOKE_SEND, 1, 6), words_b);
    expect_state(thread_at(other), THREAD_SENDING);
}

static void reply_and_receive_waits_for_its_partner(void **state)
{
    (void)state;
    struct pair p = pair_make();
    wait_open(p.server);
    call(p.client, p.gate);
    enter_as(p.server, p.client_selector, tag_of(INVOKE_REPLY_AND_RECEIVE, 6, 6), words_b);
    expect_state(p.server, THREAD_RECEIVING);
    expect_message(p.client, 0, tag_of(INVOKE_REPLY_AND_RECEIVE, 6, 6), words_b);
    call(p.client, p.gate);
    expect_message(p.server, 0x43, tag_of(INVOKE_CALL, 5, 6), words_a);
}

static void reply_and_wait_takes_the_next_call(void **state)
{
    (void)state;
    struct pair p = pair_make();
    struct thread *second = thread_at(make_thread(SELECTOR_TASK));
    wait_open(p.server);
    call(p.client, p.gate);
    enter_as(second, p.gate, tag_of(INVOKE_CALL, 8, 3), words_b);
    expect_state(second, THREAD_SENDING);
    reply_and_wait(p.server);
    expect_message(p.client, 0, tag_of(INVOKE_REPLY_AND_WAIT, 6, 6), words_b);
    expect_message(p.server, 0x43, tag_of(INVOKE_CALL, 8, 3), words_b);
    expect_state(second, THREAD_REPLY_WAIT);
}

/* --- Errors -------------------------------------------------------------------------------------------------------------------------------- */

static bool is_legal(unsigned flags)
{
    static const uint8_t legal[] = {INVOKE_NOTHING, INVOKE_SEND, INVOKE_RECV, INVOKE_CALL, INVOKE_WAIT, INVOKE_SEND_AND_WAIT,
                                    INVOKE_REPLY_ONLY, INVOKE_REPLY_AND_RECEIVE, INVOKE_REPLY_AND_WAIT};
    return memchr(legal, (int)flags, sizeof legal);
}

static void illegal_combinations_are_refused(void **state)
{
    (void)state;
    uint64_t gate = make_gate(SELECTOR_THREAD, 0);
    unsigned refused = 0;
    for (unsigned flags = 0; flags < 16; flags++) {
        if (is_legal(flags))
            continue;
        refused++;
        enter(machine.root, gate, tag_of(flags, 0, 6), words_a);
        expect_error(machine.root, ERR_BAD_FLAGS);
    }
    assert_int_equal(refused, 7);
}

static void reserved_bits_of_the_tag_are_refused(void **state)
{
    (void)state;
    struct pair p = pair_make();
    wait_open(p.server);
    for (unsigned bit = 12; bit < 32; bit++) {
        bool flag = bit >= 16 && bit < 20, timeout = bit >= 20 && bit < 24, object = bit == 13;
        if (flag || timeout || object)
            continue;
        for (unsigned flags = 1; flags < 16; flags++) {
            bool wait_again = bit == 12 && flags == INVOKE_WAIT; /* test_core_timeout.c */
            if (!is_legal(flags) || wait_again)
                continue;
            enter_as(p.client, p.gate, tag_of(flags, 0, 0) | 1ull << bit, words_a);
            expect_error(p.client, ERR_BAD_FLAGS);
            expect_state(p.server, THREAD_OPEN_WAIT);
        }
    }
}

static void object_bit_is_for_operations_alone(void **state)
{
    (void)state;
    struct pair p = pair_make();
    for (unsigned flags = 1; flags < 16; flags++) {
        if (!is_legal(flags) || flags == INVOKE_CALL || flags == INVOKE_SEND || flags == INVOKE_SEND_AND_WAIT)
            continue;
        for (uint64_t selector = 0; selector < 3; selector++) { /* rdi does not matter */
            enter_as(p.client, selector, tag_of(flags, 0, 0) | TAG_OBJECT, words_a);
            expect_error(p.client, ERR_BAD_FLAGS);
        }
    }
    enter_as(p.client, p.gate, tag_of(INVOKE_SEND, OP_GATE_INFO, 0) | TAG_OBJECT, NULL);
    expect_error(p.client, ERR_BAD_OPERATION);
    enter_as(p.client, 4000, tag_of(INVOKE_SEND, OP_GATE_INFO, 0) | TAG_OBJECT, NULL);
    expect_error(p.client, ERR_NO_CAPABILITY);
}

static void selectors_that_name_nothing(void **state)
{
    (void)state;
    struct thread *root = machine.root;
    static const uint64_t selectors[] = {0, 15, 511, 512, 513, 65535, 65536, 1ull << 32, 1ull << 63, ~0ull, (1ull << 61) + 1};
    for (size_t i = 0; i < sizeof selectors / sizeof *selectors; i++) {
        static const unsigned flags[] = {INVOKE_SEND, INVOKE_CALL, INVOKE_SEND_AND_WAIT};
        for (unsigned f = 0; f < 3; f++) {
            enter(root, selectors[i], tag_of(flags[f], 0, 6), words_a);
            expect_error(root, ERR_NO_CAPABILITY);
        }
        enter(root, selectors[i], tag_of(INVOKE_RECV, 0, 0), NULL);
        expect_receive_error(root, ERR_NO_CAPABILITY);
        enter(root, selectors[i], tag_of(INVOKE_REPLY_AND_RECEIVE, 0, 0), NULL);
        expect_error(root, ERR_NO_CAPABILITY);
    }
}

static void rights_are_needed(void **state)
{
    (void)state;
    struct pair p = pair_make();
    uint64_t gate = selector_new(), thread = selector_new();
    make_copy(SELECTOR_TASK, p.gate, gate, RIGHTS_ALL & ~RIGHT_SEND);
    make_copy(SELECTOR_TASK, p.server_selector, thread, RIGHTS_ALL & ~RIGHT_SEND);
    wait_open(p.server);
    static const unsigned flags[] = {INVOKE_SEND, INVOKE_CALL, INVOKE_SEND_AND_WAIT};
    for (unsigned f = 0; f < 3; f++) {
        enter_as(p.client, gate, tag_of(flags[f], 0, 0), NULL);
        expect_error(p.client, ERR_NO_RIGHT);
    }
    enter_as(p.client, thread, tag_of(INVOKE_RECV, 0, 0), NULL);
    expect_receive_error(p.client, ERR_NO_RIGHT);
    assert_int_equal(op(p.client, thread, OP_THREAD_STATISTICS, NULL), ERR_NO_RIGHT);
    expect_state(p.server, THREAD_OPEN_WAIT);
}

static void what_cannot_be_sent_to(void **state)
{
    (void)state;
    struct thread *root = machine.root;
    for (uint64_t selector = SELECTOR_TASK; selector <= SELECTOR_VCON; selector++) {
        enter(root, selector, tag_of(INVOKE_SEND, 0, 0), NULL);
        expect_error(root, ERR_BAD_OPERATION);
        enter(root, selector, tag_of(INVOKE_SEND_AND_WAIT, 0, 0), NULL);
        expect_error(root, ERR_BAD_OPERATION);
        assert_int_equal(op(root, selector, 0x7fff, NULL), ERR_BAD_OPERATION);
        assert_int_equal(op(root, selector, -1, NULL), ERR_BAD_OPERATION);
        if (selector == SELECTOR_THREAD)
            continue;
        enter(root, selector, tag_of(INVOKE_RECV, 0, 0), NULL);
        expect_receive_error(root, ERR_BAD_ARGUMENT);
    }
}

static void no_partner(void **state)
{
    (void)state;
    struct pair p = pair_make();
    uint64_t unbound = make_gate(0, 0), own = make_gate(p.client_selector, 0);
    enter_as(p.client, unbound, tag_of(INVOKE_CALL, 0, 0), NULL);
    expect_error(p.client, ERR_NO_PARTNER);
    enter_as(p.client, own, tag_of(INVOKE_CALL, 0, 0), NULL);
    expect_error(p.client, ERR_NO_PARTNER);
    enter_as(p.client, p.client_selector, tag_of(INVOKE_RECV, 0, 0), NULL);
    expect_receive_error(p.client, ERR_NO_PARTNER);
    destroy(p.server_selector);
    enter_as(p.client, p.gate, tag_of(INVOKE_CALL, 0, 0), NULL);
    expect_error(p.client, ERR_NO_PARTNER);
}

static void zero_timeouts(void **state)
{
    (void)state;
    struct pair p = pair_make();
    static const unsigned sends[] = {INVOKE_SEND, INVOKE_CALL, INVOKE_SEND_AND_WAIT};
    for (unsigned f = 0; f < 3; f++) {
        enter_as(p.client, p.gate, tag_of(sends[f], 0, 0) | SEND_ZERO, NULL);
        expect_error(p.client, ERR_TIMEOUT);
    }
    enter_as(p.server, p.client_selector, tag_of(INVOKE_RECV, 0, 0) | RECEIVE_ZERO, NULL);
    expect_receive_error(p.server, ERR_TIMEOUT);
    enter_as(p.server, 0, tag_of(INVOKE_WAIT, 0, 0) | RECEIVE_ZERO, NULL);
    expect_receive_error(p.server, ERR_TIMEOUT);
    wait_open(p.server);
    enter_as(p.client, p.gate, tag_of(INVOKE_SEND, 7, 6) | SEND_ZERO, words_a);
    expect_nothing(p.client);
    expect_message(p.server, 0x43, tag_of(INVOKE_SEND, 7, 6), words_a);
}

static void call_with_zero_receive_timeout_leaves_no_reply_capability(void **state)
{
    (void)state;
    struct pair p = pair_make();
    wait_open(p.server);
    enter_as(p.client, p.gate, tag_of(INVOKE_CALL, 5, 6) | RECEIVE_ZERO, words_a);
    expect_receive_error(p.client, ERR_TIMEOUT);
    expect_message(p.server, 0x43, tag_of(INVOKE_CALL, 5, 6), words_a);
    reply(p.server);
    expect_error(p.server, ERR_NO_REPLY);
}

static void reply_and_wait_with_zero_receive_timeout(void **state)
{
    (void)state;
    struct pair p = pair_make();
    wait_open(p.server);
    call(p.client, p.gate);
    enter_as(p.server, 0, tag_of(INVOKE_REPLY_AND_WAIT, 6, 6) | RECEIVE_ZERO, words_b);
    expect_message(p.client, 0, tag_of(INVOKE_REPLY_AND_WAIT, 6, 6), words_b);
    expect_receive_error(p.server, ERR_TIMEOUT);
}

/* --- The reply capability ------------------------------------------------------------------------------------------------------------ */

static void reply_is_one_shot(void **state)
{
    (void)state;
    struct pair p = pair_make();
    static const unsigned replies[] = {INVOKE_REPLY_ONLY, INVOKE_REPLY_AND_WAIT};
    wait_open(p.server);
    call(p.client, p.gate);
    reply(p.server);
    for (unsigned f = 0; f < 2; f++) {
        enter_as(p.server, 0, tag_of(replies[f], 6, 6), words_a);
        expect_error(p.server, ERR_NO_REPLY);
    }
    enter_as(p.server, p.client_selector, tag_of(INVOKE_REPLY_AND_RECEIVE, 6, 6), words_a);
    expect_error(p.server, ERR_NO_REPLY);
    expect_message(p.client, 0, tag_of(INVOKE_REPLY_ONLY, 6, 6), words_b);
}

static void open_wait_drops_the_reply_capability(void **state)
{
    (void)state;
    struct pair p = pair_make();
    wait_open(p.server);
    call(p.client, p.gate);
    wait_open(p.server);
    expect_receive_error(p.client, ERR_CANCELED);
    expect_state(p.server, THREAD_OPEN_WAIT);
}

static void closed_receive_keeps_the_reply_capability(void **state)
{
    (void)state;
    struct pair p = pair_make();
    uint64_t other = make_thread(SELECTOR_TASK);
    wait_open(p.server);
    call(p.client, p.gate);
    enter_as(p.server, other, tag_of(INVOKE_RECV, 0, 0), NULL);
    enter_as(thread_at(other), p.gate, tag_of(INVOKE_SEND, 1, 1), words_b);
    expect_message(p.server, 0x43, tag_of(INVOKE_SEND, 1, 1), words_b);
    expect_state(p.client, THREAD_REPLY_WAIT);
    reply(p.server);
    expect_message(p.client, 0, tag_of(INVOKE_REPLY_ONLY, 6, 6), words_b);
}

static void another_call_drops_the_reply_capability(void **state)
{
    (void)state;
    struct pair p = pair_make();
    uint64_t other = make_thread(SELECTOR_TASK);
    wait_open(p.server);
    call(p.client, p.gate);
    enter_as(p.server, other, tag_of(INVOKE_RECV, 0, 0), NULL);
    call(thread_at(other), p.gate);
    expect_receive_error(p.client, ERR_CANCELED);
    reply(p.server);
    expect_message(thread_at(other), 0, tag_of(INVOKE_REPLY_ONLY, 6, 6), words_b);
}

static void a_server_may_call_and_still_reply(void **state)
{
    (void)state;
    struct pair p = pair_make(), q = pair_make();
    wait_open(q.server);
    wait_open(p.server);
    call(p.client, p.gate);
    call(p.server, q.gate);
    assert_ptr_equal(current(), q.server);
    reply(q.server);
    expect_message(p.server, 0, tag_of(INVOKE_REPLY_ONLY, 6, 6), words_b);
    reply(p.server);
    expect_message(p.client, 0, tag_of(INVOKE_REPLY_ONLY, 6, 6), words_b);
}

static void a_ring_of_calls_does_not_close(void **state)
{
    (void)state;
    struct pair p = pair_make();
    uint64_t back = make_gate(p.client_selector, 0);
    wait_open(p.server);
    call(p.client, p.gate);
    enter_as(p.server, back, tag_of(INVOKE_CALL, 0, 0) | SEND_ZERO, NULL);
    expect_error(p.server, ERR_TIMEOUT);
    call(p.server, back); /* blocks, as it asked for */
    expect_state(p.server, THREAD_SENDING);
    op_ok(machine.root, p.server_selector, OP_THREAD_EX_REGS, W(0));
    expect_error(p.server, ERR_CANCELED);
    reply(p.server);
    expect_message(p.client, 0, tag_of(INVOKE_REPLY_ONLY, 6, 6), words_b);
}

/* --- The message --------------------------------------------------------------------------------------------------------------------------- */

static void fill(struct thread *t, uint64_t seed)
{
    uint64_t *words = (uint64_t *)t->utcb;
    for (unsigned i = 0; i < UTCB_BYTES / sizeof *words; i++)
        words[i] = seed + i;
}

/* Exactly words 6..n-1 come over, and not a bit beyond. */
static void expect_copied(const struct thread *t, uint64_t seed_from, uint64_t seed_before, unsigned n)
{
    const uint64_t *words = (const uint64_t *)t->utcb;
    for (unsigned i = 0; i < UTCB_BYTES / sizeof *words; i++)
        assert_int_equal(words[i], (i >= REGISTER_WORDS && i < n ? seed_from : seed_before) + i);
}

static void words_are_copied_exactly(void **state)
{
    (void)state;
    struct pair p = pair_make();
    wait_open(p.server);
    for (unsigned n = 0; n <= WORDS_MAX; n++) {
        fill(p.client, 1000);
        fill(p.server, 5000);
        enter_as(p.client, p.gate, tag_of(INVOKE_CALL, (int32_t)n, n), words_a);
        expect_message(p.server, 0x43, tag_of(INVOKE_CALL, (int32_t)n, n), words_a);
        expect_copied(p.server, 1000, 5000, n);
        expect_copied(p.client, 1000, 1000, 0);
        fill(p.server, 9000);
        enter_as(p.server, 0, tag_of(INVOKE_REPLY_AND_WAIT, -1, n), words_b);
        expect_message(p.client, 0, tag_of(INVOKE_REPLY_AND_WAIT, -1, n), words_b);
        expect_copied(p.client, 9000, 1000, n);
        expect_copied(p.server, 9000, 9000, 0);
    }
}

static void words_of_a_queued_message_are_copied_exactly(void **state)
{
    (void)state;
    struct pair p = pair_make();
    for (unsigned n = 0; n <= WORDS_MAX; n++) {
        fill(p.client, 1000);
        fill(p.server, 5000);
        enter_as(p.client, p.gate, tag_of(INVOKE_SEND, 3, n), words_a);
        wait_open(p.server);
        expect_message(p.server, 0x43, tag_of(INVOKE_SEND, 3, n), words_a);
        expect_copied(p.server, 1000, 5000, n);
    }
}

static void label_carries_the_rights_of_the_capability(void **state)
{
    (void)state;
    struct pair p = pair_make();
    const uint64_t label = 0xfedcba9876543210 & ~3ull;
    uint64_t gate = make_gate(p.server_selector, label);
    wait_open(p.server);
    for (unsigned rights = RIGHT_SEND; rights <= (RIGHT_SEND | RIGHT_W | RIGHT_X); rights++) {
        uint64_t copy = selector_new();
        make_copy(SELECTOR_TASK, gate, copy, rights);
        call(p.client, copy);
        assert_int_equal(seen_label(p.server), label | (rights & LABEL_RIGHTS_MASK));
        reply_and_wait(p.server);
        expect_message(p.client, 0, tag_of(INVOKE_REPLY_AND_WAIT, 6, 6), words_b);
    }
}

static void label_of_a_queued_message_is_that_of_its_gate_then(void **state)
{
    (void)state;
    struct pair p = pair_make();
    enter_as(p.client, p.gate, tag_of(INVOKE_SEND, 1, 0), NULL);
    op_ok(machine.root, p.client_selector, OP_THREAD_BIND_GATE, W(p.gate, 0x100));
    wait_open(p.server);
    assert_int_equal(seen_label(p.server), 0x43);
}

static void timeouts_are_not_delivered(void **state)
{
    (void)state;
    struct pair p = pair_make();
    wait_open(p.server);
    enter_as(p.client, p.gate, tag_of(INVOKE_SEND, 1, 2) | SEND_ZERO | RECEIVE_ZERO, words_a);
    assert_int_equal(seen_tag(p.server), tag_of(INVOKE_SEND, 1, 2));
}

static void between_tasks(void **state)
{
    (void)state;
    uint64_t task = make_task();
    uint64_t client = make_thread(task), server = make_thread(SELECTOR_TASK);
    uint64_t gate = make_gate(server, 0x40);
    make_copy(task, gate, 77, RIGHT_SEND | RIGHT_X);
    wait_open(thread_at(server));
    call(thread_at(client), 77);
    expect_message(thread_at(server), 0x40 | RIGHT_X, tag_of(INVOKE_CALL, 5, 6), words_a);
    assert_int_equal(host.page_table, machine.task->page_table);
    reply_and_wait(thread_at(server));
    assert_int_equal(host.page_table, task_at(task)->page_table);
    enter_as(thread_at(client), gate, tag_of(INVOKE_CALL, 0, 0), NULL); /* root's selector means nothing here */
    expect_error(thread_at(client), ERR_NO_CAPABILITY);
}

/* The host's fast path is taken where the assembly is. */
static void the_fast_path_serves_calls_and_replies(void **state)
{
    (void)state;
    struct pair p = pair_make();
    bool fast = machine.path == PATH_FAST_IF_POSSIBLE;
    wait_open(p.server);
    assert_false(machine.took_fast_path);
    for (unsigned n = 0; n <= WORDS_MAX; n++) {
        enter_as(p.client, p.gate, tag_of(INVOKE_CALL, -1, n), words_a);
        assert_int_equal(machine.took_fast_path, fast);
        enter_as(p.server, 0, tag_of(INVOKE_REPLY_AND_WAIT, -1, n), words_b);
        assert_int_equal(machine.took_fast_path, fast);
    }
    enter_as(p.client, p.gate, tag_of(INVOKE_CALL, -1, 0) | SEND_ZERO, words_a);
    assert_false(machine.took_fast_path);
    enter_as(p.server, 0, tag_of(INVOKE_REPLY_AND_WAIT, -1, 0) | RECEIVE_ZERO, words_b);
    assert_false(machine.took_fast_path);
}

/* --- Queue of senders ----------------------------------------------------------------------------------------------------------------- */

enum { SENDERS = 24, ROUNDS = 10000 };

struct waiting {
    unsigned sender, priority;
};

static void park(struct thread *t) { enter(t, SELECTOR_THREAD, tag_of(INVOKE_RECV, 0, 0), NULL); }

/* Lets a parked or sending thread run at that priority, above root's. */
static struct thread *unpark(uint64_t selector, unsigned priority)
{
    priority_set(selector, priority);
    if (current() == machine.root)
        enter(machine.root, selector, tag_of(INVOKE_CALL, OP_THREAD_EX_REGS, 6), NULL);
    assert_ptr_equal(current(), thread_at(selector));
    return thread_at(selector);
}

/* Position of the one that is served next: the first of the highest priority. */
static size_t waiting_best(const struct waiting *waiting, size_t n)
{
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        if (waiting[i].priority > waiting[best].priority)
            best = i;
    return best;
}

static size_t waiting_remove(struct waiting *waiting, size_t n, size_t at)
{
    memmove(&waiting[at], &waiting[at + 1], (n - at - 1) * sizeof *waiting);
    return n - 1;
}

/* The receiver takes one message; the model says whose it must be. */
static size_t serve(uint64_t receiver, const uint64_t *selector, struct waiting *waiting, size_t n)
{
    struct thread *r = unpark(receiver, PRIORITY_MAX);
    enter(r, 0, tag_of(INVOKE_WAIT, 0, 0) | RECEIVE_ZERO, NULL);
    if (!n) {
        expect_receive_error(r, ERR_TIMEOUT);
        park(r);
        return 0;
    }
    size_t best = waiting_best(waiting, n);
    struct thread *sender = thread_at(selector[waiting[best].sender]);
    assert_int_equal(seen_label(r) >> 2, waiting[best].sender);
    park(r);
    assert_ptr_equal(current(), sender);
    expect_nothing(sender);
    park(sender);
    return waiting_remove(waiting, n, best);
}

static void senders_are_served_by_priority_then_in_order(void **state)
{
    (void)state;
    struct waiting waiting[SENDERS];
    size_t n = 0;
    uint64_t selector[SENDERS], gate[SENDERS];
    uint64_t receiver = make_thread(SELECTOR_TASK);
    park(unpark(receiver, PRIORITY_MAX));
    for (unsigned i = 0; i < SENDERS; i++) {
        selector[i] = make_thread(SELECTOR_TASK);
        gate[i] = make_gate(receiver, i * 4);
        make_copy(SELECTOR_TASK, gate[i], selector_new(), RIGHT_SEND);
        gate[i] = machine.selector_next - 1;
        park(unpark(selector[i], TEST_PRIORITY + 1));
    }
    srandom(1);
    for (unsigned round = 0; round < ROUNDS; round++) {
        unsigned s = (unsigned)random() % SENDERS;
        size_t at = 0;
        while (at < n && waiting[at].sender != s)
            at++;
        if (random() % 3 == 0) {
            n = serve(receiver, selector, waiting, n);
        } else if (at < n) {
            struct thread *t = unpark(selector[s], TEST_PRIORITY + 1);
            expect_error(t, ERR_CANCELED);
            park(t);
            n = waiting_remove(waiting, n, at);
        } else {
            unsigned priority = TEST_PRIORITY + 1 + (unsigned)random() % 6;
            enter(unpark(selector[s], priority), gate[s], tag_of(INVOKE_SEND, 0, 0), NULL);
            waiting[n++] = (struct waiting){s, priority};
        }
        assert_ptr_equal(current(), machine.root);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MACHINE_TEST(null_system_call_changes_nothing),
        MACHINE_TEST(send_to_a_waiting_receiver),
        MACHINE_TEST(send_waits_for_the_receiver),
        MACHINE_TEST(call_and_reply),
        MACHINE_TEST(call_waits_for_the_receiver),
        MACHINE_TEST(send_and_wait_receives_from_anyone),
        MACHINE_TEST(send_and_wait_queued_then_waits),
        MACHINE_TEST(queued_send_and_wait_with_zero_wait_ends),
        MACHINE_TEST(a_row_of_queued_senders_is_set_free_in_steps),
        MACHINE_TEST(wait_receives_what_is_queued),
        MACHINE_TEST(closed_receive_takes_its_partner_only),
        MACHINE_TEST(closed_receive_takes_a_queued_partner_out_of_order),
        MACHINE_TEST(closed_receive_is_not_found_by_others),
        MACHINE_TEST(reply_and_receive_waits_for_its_partner),
        MACHINE_TEST(reply_and_wait_takes_the_next_call),
        MACHINE_TEST(illegal_combinations_are_refused),
        MACHINE_TEST(reserved_bits_of_the_tag_are_refused),
        MACHINE_TEST(object_bit_is_for_operations_alone),
        MACHINE_TEST(selectors_that_name_nothing),
        MACHINE_TEST(rights_are_needed),
        MACHINE_TEST(what_cannot_be_sent_to),
        MACHINE_TEST(no_partner),
        MACHINE_TEST(zero_timeouts),
        MACHINE_TEST(call_with_zero_receive_timeout_leaves_no_reply_capability),
        MACHINE_TEST(reply_and_wait_with_zero_receive_timeout),
        MACHINE_TEST(reply_is_one_shot),
        MACHINE_TEST(open_wait_drops_the_reply_capability),
        MACHINE_TEST(closed_receive_keeps_the_reply_capability),
        MACHINE_TEST(another_call_drops_the_reply_capability),
        MACHINE_TEST(a_server_may_call_and_still_reply),
        MACHINE_TEST(a_ring_of_calls_does_not_close),
        MACHINE_TEST(words_are_copied_exactly),
        MACHINE_TEST(words_of_a_queued_message_are_copied_exactly),
        MACHINE_TEST(label_carries_the_rights_of_the_capability),
        MACHINE_TEST(label_of_a_queued_message_is_that_of_its_gate_then),
        MACHINE_TEST(timeouts_are_not_delivered),
        MACHINE_TEST(between_tasks),
        MACHINE_TEST(the_fast_path_serves_calls_and_replies),
        MACHINE_TEST(senders_are_served_by_priority_then_in_order),
    };
    return machine_run("core_ipc", tests);
}
