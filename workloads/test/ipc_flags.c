/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Which invocations exist, what each of them does, and every error that one can end with.
 */
#include "workloads/lib/test.h"

#define FLAGS_COUNT 16
#define GATE SELECTOR_TEST(0)
#define BOTH_ZERO (TIMEOUT_SEND_ZERO | TIMEOUT_RECEIVE_ZERO)

static struct message_words words_any(void)
{
    return (struct message_words){ 11, 12, 13, 14, 15, 16 };
}

static bool flags_legal(uint64_t flags)
{
    switch (flags) {
    case INVOKE_NOTHING:
    case INVOKE_SEND:
    case INVOKE_RECV:
    case INVOKE_CALL:
    case INVOKE_WAIT:
    case INVOKE_SEND_AND_WAIT:
    case INVOKE_REPLY_ONLY:
    case INVOKE_REPLY_AND_RECEIVE:
    case INVOKE_REPLY_AND_WAIT:
        return true;
    default:
        return false;
    }
}

/* After a failure the label and all words are 0. */
static const char *failure_check(const struct script *s, int32_t error, bool receive_phase)
{
    CHECK_EQUAL(s->out.rsi, tag_make(0, error, 0) | TAG_ERROR | (receive_phase ? TAG_RECEIVE_PHASE : 0));
    CHECK_EQUAL(s->out.rdi, 0);
    CHECK_EQUAL(s->out.rdx | s->out.r8 | s->out.r9 | s->out.r10 | s->out.rax | s->out.r14, 0);
    return script_contract_check(s);
}

/* One invocation of the main thread that must fail so. */
static const char *fails(uint64_t selector, uint64_t tag, int32_t error, bool receive_phase)
{
    struct script s;

    script_init(&s, selector, tag, words_any());
    script_now(&s);
    return failure_check(&s, error, receive_phase);
}

static const char *illegal_flags(void)
{
    CHECK_EQUAL(gate_create_main(GATE, 0), 0);
    for (uint64_t flags = 0; flags < FLAGS_COUNT; flags++)
        if (!flags_legal(flags))
            CHECK_NESTED(fails(GATE, TAG_INVOKE(flags) | BOTH_ZERO, ERR_BAD_FLAGS, false));
    return NULL;
}

static const char *reserved_bits(void)
{
    static const uint8_t reserved[] = { 12, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31 };

    CHECK_EQUAL(gate_create_main(GATE, 0), 0);
    for (uint64_t flags = 1; flags < FLAGS_COUNT; flags++)
        for (size_t i = 0; i < sizeof reserved; i++) {
            uint64_t bit = ABI_CONST(uint64_t, 1) << reserved[i];
            if (flags == INVOKE_WAIT && bit == TAG_AGAIN) { /* a wait that comes again (abi.h) */
                CHECK_NESTED(fails(GATE, TAG_INVOKE(flags) | BOTH_ZERO | bit, ERR_TIMEOUT, true));
                continue;
            }
            CHECK_NESTED(fails(GATE, TAG_INVOKE(flags) | BOTH_ZERO | bit, ERR_BAD_FLAGS, false));
            CHECK_NESTED(fails(GATE, TAG_INVOKE(flags) | bit, ERR_BAD_FLAGS, false));
        }
    return NULL;
}

/* A server that waits must not be reached by any tag that is malformed, on whichever path. */
static const char *server_unharmed(void)
{
    static const uint8_t reserved[] = { 12, 14, 15, 24, 31 };
    struct script server;

    script_init(&server, 0, TAG_INVOKE(INVOKE_WAIT), MESSAGE_EMPTY);
    CHECK_EQUAL(script_start(0, SELECTOR_TASK, &server, PRIORITY_ABOVE), 0);
    CHECK_EQUAL(gate_create(GATE, 0, 0), 0);
    for (size_t i = 0; i < sizeof reserved; i++) {
        CHECK_NESTED(fails(GATE, TAG_INVOKE(INVOKE_CALL) | ABI_CONST(uint64_t, 1) << reserved[i], ERR_BAD_FLAGS, false));
        CHECK_NESTED(fails(GATE, TAG_INVOKE(INVOKE_SEND) | ABI_CONST(uint64_t, 1) << reserved[i], ERR_BAD_FLAGS, false));
        CHECK(!server.done);
    }
    for (uint64_t flags = 1; flags < FLAGS_COUNT; flags++)
        if (!flags_legal(flags)) {
            CHECK_NESTED(fails(GATE, TAG_INVOKE(flags), ERR_BAD_FLAGS, false));
            CHECK(!server.done);
        }
    CHECK_EQUAL(tag_error(ipc_send(GATE, 0, MESSAGE_EMPTY).tag), 0);
    CHECK(server.done);
    return NULL;
}

static const char *nothing_returns_tag(void)
{
    struct script s;

    script_init(&s, 0x1234567890, 0, words_any());
    script_now(&s);
    CHECK_EQUAL(s.out.rsi, 0);
    CHECK_EQUAL(s.out.rdi, 0);
    CHECK_EQUAL(s.out.rdx, 11);
    CHECK_EQUAL(s.out.r8, 12);
    CHECK_EQUAL(s.out.r9, 13);
    CHECK_EQUAL(s.out.r10, 14);
    CHECK_EQUAL(s.out.rax, 15);
    CHECK_EQUAL(s.out.r14, 16);
    CHECK_NESTED(script_contract_check(&s));
    script_init(&s, 0, tag_make(0, -77, 63), words_any());
    script_now(&s);
    CHECK_EQUAL(s.out.rsi, tag_make(0, -77, 63));
    return script_contract_check(&s);
}

/* --- each invocation, doing what it is for --- */

static const char *send_completes(void)
{
    struct script server, client;

    script_init(&server, 0, TAG_INVOKE(INVOKE_WAIT), words_any());
    CHECK_EQUAL(script_start(0, SELECTOR_TASK, &server, PRIORITY_ABOVE), 0);
    CHECK_EQUAL(gate_create(GATE, 0, 0x100), 0);
    script_init(&client, GATE, tag_make(INVOKE_SEND, -9, 2), words_any());
    script_now(&client);
    CHECK_EQUAL(client.out.rsi, 0);
    CHECK_EQUAL(client.out.rdi, 0);
    CHECK_EQUAL(client.out.rdx | client.out.r8 | client.out.r9 | client.out.r10 | client.out.rax | client.out.r14, 0);
    CHECK_NESTED(script_contract_check(&client));
    CHECK_EQUAL(server.out.rdi, 0x103);
    CHECK_EQUAL(server.out.rsi, tag_make(INVOKE_SEND, -9, 2));
    CHECK_EQUAL(server.out.rdx, 11);
    CHECK_EQUAL(server.out.r14, 16);
    return script_contract_check(&server);
}

static const char *send_blocks_until_received(void)
{
    struct script client;

    CHECK_EQUAL(gate_create_main(GATE, 0x100), 0);
    script_init(&client, GATE, tag_make(INVOKE_SEND, 5, 6), words_any());
    CHECK_EQUAL(script_start(0, SELECTOR_TASK, &client, PRIORITY_ABOVE), 0);
    CHECK(!client.done);
    struct message m = ipc_wait(0);
    CHECK(client.done);
    CHECK_EQUAL(m.label, 0x103);
    CHECK_EQUAL(m.tag, tag_make(INVOKE_SEND, 5, 6));
    CHECK_EQUAL(m.w.w5, 16);
    CHECK_EQUAL(client.out.rsi, 0);
    return script_contract_check(&client);
}

/* Replies to a call of worker 0 that main has taken. */
static const char *call_served(uint64_t reply_flags, uint64_t reply_selector)
{
    struct script client;

    CHECK_EQUAL(gate_create_main(GATE, 0x100), 0);
    script_init(&client, GATE, tag_make(INVOKE_CALL, 5, 1), words_any());
    CHECK_EQUAL(script_start(0, SELECTOR_TASK, &client, PRIORITY_ABOVE), 0);
    struct message m = ipc_wait(0);
    CHECK_EQUAL(m.tag, tag_make(INVOKE_CALL, 5, 1));
    CHECK_EQUAL(m.label, 0x103);
    CHECK(!client.done);
    m = invoke(reply_selector, TIMEOUT_RECEIVE_ZERO | tag_make(reply_flags, 6, 2), words_any());
    CHECK(client.done);
    CHECK_EQUAL(client.out.rsi, tag_make(reply_flags, 6, 2));
    CHECK_EQUAL(client.out.rdi, 0);
    CHECK_EQUAL(client.out.rdx, 11);
    CHECK_EQUAL(client.out.r14, 16);
    CHECK_NESTED(script_contract_check(&client));
    if ((reply_flags & INVOKE_RECV) != 0)
        CHECK_EQUAL(m.tag, tag_make(0, ERR_TIMEOUT, 0) | TAG_ERROR | TAG_RECEIVE_PHASE);
    else
        CHECK_EQUAL(m.tag, 0);
    return NULL;
}

static const char *reply_completes(void) { return call_served(INVOKE_REPLY_ONLY, 0xdead); }
static const char *reply_and_wait_completes(void) { return call_served(INVOKE_REPLY_AND_WAIT, 0xdead); }
static const char *reply_and_receive_completes(void) { return call_served(INVOKE_REPLY_AND_RECEIVE, SELECTOR_WORKER(0)); }

static const char *send_and_wait_completes(void)
{
    struct script server, partner;

    /* The partner sends to main as soon as it is reached. */
    script_init(&server, 0, TAG_INVOKE(INVOKE_WAIT), MESSAGE_EMPTY);
    CHECK_EQUAL(script_start(0, SELECTOR_TASK, &server, PRIORITY_ABOVE), 0);
    CHECK_EQUAL(gate_create(GATE, 0, 0x100), 0);
    CHECK_EQUAL(gate_create_main(SELECTOR_TEST(1), 0x200), 0);
    script_init(&partner, SELECTOR_TEST(1), tag_make(INVOKE_SEND, 8, 3), words_any());
    CHECK_EQUAL(script_start(1, SELECTOR_TASK, &partner, PRIORITY_BELOW), 0);
    struct message m = ipc_send_and_wait(GATE, tag_make(0, 4, 1), words_any());
    CHECK(server.done);
    CHECK_EQUAL(server.out.rsi, tag_make(INVOKE_SEND_AND_WAIT, 4, 1));
    CHECK_EQUAL(m.tag, tag_make(INVOKE_SEND, 8, 3));
    CHECK_EQUAL(m.label, 0x203);
    return NULL;
}

static const char *send_and_wait_from_queue(void)
{
    struct script a;

    /* Its send phase blocks; when main takes the message it waits openly, and main can send to it. */
    CHECK_EQUAL(gate_create_main(GATE, 0x100), 0);
    script_init(&a, GATE, tag_make(INVOKE_SEND_AND_WAIT, 1, 0), words_any());
    CHECK_EQUAL(script_start(0, SELECTOR_TASK, &a, PRIORITY_ABOVE), 0);
    CHECK_EQUAL(gate_create(SELECTOR_TEST(1), 0, 0x200), 0);
    CHECK_EQUAL(tag_error(ipc_send(SELECTOR_TEST(1), TIMEOUT_SEND_ZERO, MESSAGE_EMPTY).tag), ERR_TIMEOUT);
    CHECK_EQUAL(ipc_wait(0).tag, tag_make(INVOKE_SEND_AND_WAIT, 1, 0));
    CHECK(!a.done);
    CHECK_EQUAL(tag_error(ipc_send(SELECTOR_TEST(1), TIMEOUT_SEND_ZERO, MESSAGE_EMPTY).tag), 0);
    CHECK(a.done);
    CHECK_EQUAL(a.out.rdi, 0x203);
    return script_contract_check(&a);
}

static const char *closed_receive(void)
{
    struct script receiver, right, wrong;

    /* Worker 0 receives from worker 1 alone. */
    CHECK_EQUAL(worker_create(1, SELECTOR_TASK), 0);
    script_init(&receiver, SELECTOR_WORKER(1), TAG_INVOKE(INVOKE_RECV), MESSAGE_EMPTY);
    CHECK_EQUAL(script_start(0, SELECTOR_TASK, &receiver, PRIORITY_ABOVE), 0);
    CHECK_EQUAL(gate_create(GATE, 0, 0x100), 0);
    CHECK_EQUAL(tag_error(ipc_send(GATE, TIMEOUT_SEND_ZERO, MESSAGE_EMPTY).tag), ERR_TIMEOUT);
    CHECK_EQUAL(tag_error(ipc_call(GATE, TIMEOUT_SEND_ZERO, MESSAGE_EMPTY).tag), ERR_TIMEOUT);
    script_init(&wrong, GATE, tag_make(INVOKE_CALL, 1, 0), MESSAGE_EMPTY);
    CHECK_EQUAL(script_start(2, SELECTOR_TASK, &wrong, PRIORITY_ABOVE), 0);
    CHECK(!receiver.done && !wrong.done);
    script_init(&right, GATE, tag_make(INVOKE_SEND, 2, 0), MESSAGE_EMPTY);
    CHECK_EQUAL(worker_run(1, script_run, &right, PRIORITY_ABOVE), 0);
    CHECK(receiver.done && right.done);
    CHECK_EQUAL(receiver.out.rsi, tag_make(INVOKE_SEND, 2, 0));
    CHECK_EQUAL(receiver.out.rdi, 0x103);
    return script_contract_check(&receiver);
}

static const char *closed_receive_takes_queued(void)
{
    struct script first, second;

    CHECK_EQUAL(gate_create_main(GATE, 0x100), 0);
    script_init(&first, GATE, tag_make(INVOKE_SEND, 1, 0), MESSAGE_EMPTY);
    script_init(&second, GATE, tag_make(INVOKE_CALL, 2, 0), MESSAGE_EMPTY);
    CHECK_EQUAL(script_start(0, SELECTOR_TASK, &first, PRIORITY_ABOVE + 1), 0);
    CHECK_EQUAL(script_start(1, SELECTOR_TASK, &second, PRIORITY_ABOVE), 0);
    CHECK_EQUAL(ipc_receive(SELECTOR_WORKER(1), 0).tag, tag_make(INVOKE_CALL, 2, 0));
    CHECK(!first.done);
    /* Replying and receiving from the other one. */
    CHECK_EQUAL(ipc_reply_and_receive(SELECTOR_WORKER(0), 0, MESSAGE_EMPTY).tag, tag_make(INVOKE_SEND, 1, 0));
    CHECK(first.done && second.done);
    return NULL;
}

static const char *call_to_closed_receiver(void)
{
    struct script receiver, caller;

    CHECK_EQUAL(worker_create(1, SELECTOR_TASK), 0);
    script_init(&receiver, SELECTOR_WORKER(1), TAG_INVOKE(INVOKE_RECV), MESSAGE_EMPTY);
    CHECK_EQUAL(script_start(0, SELECTOR_TASK, &receiver, PRIORITY_ABOVE), 0);
    CHECK_EQUAL(gate_create(GATE, 0, 0x100), 0);
    script_init(&caller, GATE, tag_make(INVOKE_CALL, 7, 0), MESSAGE_EMPTY);
    CHECK_EQUAL(worker_run(1, script_run, &caller, PRIORITY_ABOVE), 0);
    CHECK(receiver.done);
    CHECK_EQUAL(receiver.out.rsi, tag_make(INVOKE_CALL, 7, 0));
    /* The receiver ended (it waits openly now) without a reply: its caller is told. */
    return failure_check(&caller, ERR_CANCELED, true);
}

/* --- errors --- */

static const char *timeouts_zero(void)
{
    /* Main is the gate's thread and does not wait; a worker asks. */
    struct script s;

    CHECK_EQUAL(gate_create_main(GATE, 0), 0);
    script_init(&s, GATE, TAG_INVOKE(INVOKE_SEND) | TIMEOUT_SEND_ZERO, words_any());
    CHECK_EQUAL(script_start(0, SELECTOR_TASK, &s, PRIORITY_ABOVE), 0);
    CHECK_NESTED(failure_check(&s, ERR_TIMEOUT, false));
    script_init(&s, GATE, TAG_INVOKE(INVOKE_CALL) | TIMEOUT_SEND_ZERO, words_any());
    CHECK_EQUAL(script_start(1, SELECTOR_TASK, &s, PRIORITY_ABOVE), 0);
    CHECK_NESTED(failure_check(&s, ERR_TIMEOUT, false));
    script_init(&s, GATE, TAG_INVOKE(INVOKE_SEND_AND_WAIT) | TIMEOUT_SEND_ZERO, words_any());
    CHECK_EQUAL(script_start(2, SELECTOR_TASK, &s, PRIORITY_ABOVE), 0);
    CHECK_NESTED(failure_check(&s, ERR_TIMEOUT, false));
    CHECK_NESTED(fails(0, TAG_INVOKE(INVOKE_WAIT) | TIMEOUT_RECEIVE_ZERO, ERR_TIMEOUT, true));
    CHECK_NESTED(fails(SELECTOR_WORKER(0), TAG_INVOKE(INVOKE_RECV) | TIMEOUT_RECEIVE_ZERO, ERR_TIMEOUT, true));
    return NULL;
}

static const char *call_receive_zero(void)
{
    struct script server;

    /* The message gets through, but nobody can have replied in no time. */
    script_init(&server, 0, TAG_INVOKE(INVOKE_WAIT), MESSAGE_EMPTY);
    CHECK_EQUAL(script_start(0, SELECTOR_TASK, &server, PRIORITY_ABOVE), 0);
    CHECK_EQUAL(gate_create(GATE, 0, 0), 0);
    CHECK_NESTED(fails(GATE, TAG_INVOKE(INVOKE_CALL) | TIMEOUT_RECEIVE_ZERO, ERR_TIMEOUT, true));
    CHECK(server.done);
    return NULL;
}

static const char *partner_missing(void)
{
    static const uint64_t sends[] = { INVOKE_SEND, INVOKE_CALL, INVOKE_SEND_AND_WAIT };

    CHECK_EQUAL(factory_create_gate(SELECTOR_FACTORY, GATE, 0, 0), 0);
    CHECK_EQUAL(gate_create_main(SELECTOR_TEST(1), 0), 0);
    for (size_t i = 0; i < sizeof sends / sizeof sends[0]; i++) {
        CHECK_NESTED(fails(GATE, TAG_INVOKE(sends[i]), ERR_NO_PARTNER, false));
        /* Nor can a thread send to itself. */
        CHECK_NESTED(fails(SELECTOR_TEST(1), TAG_INVOKE(sends[i]), ERR_NO_PARTNER, false));
    }
    CHECK_NESTED(fails(SELECTOR_THREAD, TAG_INVOKE(INVOKE_RECV), ERR_NO_PARTNER, true));
    return NULL;
}

static const char *reply_missing(void)
{
    static const uint64_t replies[] = { INVOKE_REPLY_ONLY, INVOKE_REPLY_AND_WAIT, INVOKE_REPLY_AND_RECEIVE };

    CHECK_EQUAL(worker_create(0, SELECTOR_TASK), 0);
    for (size_t i = 0; i < sizeof replies / sizeof replies[0]; i++)
        CHECK_NESTED(fails(SELECTOR_WORKER(0), TAG_INVOKE(replies[i]), ERR_NO_REPLY, false));
    return NULL;
}

static const char *objects_only_called(void)
{
    static const uint64_t objects[] = { SELECTOR_TASK, SELECTOR_THREAD, SELECTOR_FACTORY, SELECTOR_SCHEDULER, SELECTOR_VCON };

    for (size_t i = 0; i < sizeof objects / sizeof objects[0]; i++) {
        CHECK_NESTED(fails(objects[i], tag_make(INVOKE_SEND, 0x7ff, 0), ERR_BAD_OPERATION, false));
        CHECK_NESTED(fails(objects[i], tag_make(INVOKE_SEND_AND_WAIT, 0x7ff, 0), ERR_BAD_OPERATION, false));
        CHECK_NESTED(fails(objects[i], tag_make(INVOKE_CALL, 0x7ff, 0), ERR_BAD_OPERATION, false));
        CHECK_NESTED(fails(objects[i], tag_make(INVOKE_CALL, 0, 0), ERR_BAD_OPERATION, false));
        CHECK_NESTED(fails(objects[i], tag_make(INVOKE_CALL, -1, 0), ERR_BAD_OPERATION, false));
    }
    return NULL;
}

static const char *receive_wants_thread(void)
{
    CHECK_EQUAL(gate_create_main(GATE, 0), 0);
    CHECK_EQUAL(worker_create(0, SELECTOR_TASK), 0);
    CHECK_EQUAL(task_map_capability(SELECTOR_TASK, SELECTOR_WORKER(0), SELECTOR_TEST(1), RIGHTS_ALL & ~RIGHT_SEND), 0);
    CHECK_NESTED(fails(GATE, TAG_INVOKE(INVOKE_RECV) | TIMEOUT_RECEIVE_ZERO, ERR_BAD_ARGUMENT, true));
    CHECK_NESTED(fails(SELECTOR_TASK, TAG_INVOKE(INVOKE_RECV) | TIMEOUT_RECEIVE_ZERO, ERR_BAD_ARGUMENT, true));
    CHECK_NESTED(fails(SELECTOR_TEST(9), TAG_INVOKE(INVOKE_RECV) | TIMEOUT_RECEIVE_ZERO, ERR_NO_CAPABILITY, true));
    CHECK_NESTED(fails(SELECTOR_TEST(1), TAG_INVOKE(INVOKE_RECV) | TIMEOUT_RECEIVE_ZERO, ERR_NO_RIGHT, true));
    return NULL;
}

const struct test tests[] = {
    { "flags: combinations that are no invocation are refused", illegal_flags },
    { "flags: each reserved bit of the tag is refused with every combination", reserved_bits },
    { "flags: a malformed tag does not reach a server that waits", server_unharmed },
    { "nothing: the null system call returns its tag and leaves the words", nothing_returns_tag },
    { "send: returns without words when the message was taken", send_completes },
    { "send: blocks until the receiver waits", send_blocks_until_received },
    { "reply: reaches the caller and returns", reply_completes },
    { "reply_and_wait: reaches the caller, then waits", reply_and_wait_completes },
    { "reply_and_receive: reaches the caller, then receives from one partner", reply_and_receive_completes },
    { "send_and_wait: sends, then takes a message of anyone", send_and_wait_completes },
    { "send_and_wait: waits only when its message has been taken", send_and_wait_from_queue },
    { "receive: takes messages of its partner alone", closed_receive },
    { "receive: finds its partner among queued senders", closed_receive_takes_queued },
    { "receive: a call that is taken and not replied to ends for its caller", call_to_closed_receiver },
    { "timeout zero: fails at once when the partner is not ready", timeouts_zero },
    { "timeout zero: a call that will not wait for its reply fails in the receive phase", call_receive_zero },
    { "no partner: a gate without thread, a gate of one's own, receiving from oneself", partner_missing },
    { "no reply: whoever was not called cannot reply", reply_missing },
    { "bad operation: kernel objects are called, and know their own operations only", objects_only_called },
    { "receive: its partner is named by a thread capability with the send right", receive_wants_thread },
};
const size_t test_count = sizeof tests / sizeof tests[0];
