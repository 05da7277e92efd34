/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The reply capability: one for each call, usable once, gone with its caller; and what happens to the partners of an IPC when
 * one of them, its gate or its task is destroyed at each stage.
 */
#include "workloads/lib/test.h"

#define GATE SELECTOR_TEST(0)

static const char *ended(const struct script *s, int32_t error, bool receive_phase)
{
    CHECK_EQUAL(s->out.rsi, tag_make(0, error, 0) | TAG_ERROR | (receive_phase ? TAG_RECEIVE_PHASE : 0));
    CHECK_EQUAL(s->out.rdi | s->out.rdx | s->out.r8 | s->out.r9 | s->out.r10 | s->out.rax | s->out.r14, 0);
    return script_contract_check(s);
}

/* Worker 0 calls main, which has taken the call. */
static const char *call_taken(struct script *client)
{
    CHECK_EQUAL(gate_create_main(GATE, 0x100), 0);
    script_init(client, GATE, tag_make(INVOKE_CALL, 1, 0), MESSAGE_EMPTY);
    CHECK_EQUAL(script_start(0, SELECTOR_TASK, client, PRIORITY_ABOVE), 0);
    CHECK_EQUAL(ipc_wait(0).tag, tag_make(INVOKE_CALL, 1, 0));
    CHECK(!client->done);
    return NULL;
}

/* --- one-shot --- */

static const char *reply_once(void)
{
    struct script client;

    CHECK_NESTED(call_taken(&client));
    CHECK_EQUAL(tag_error(ipc_reply(0, MESSAGE_EMPTY).tag), 0);
    CHECK(client.done);
    CHECK_EQUAL(tag_error(ipc_reply(0, MESSAGE_EMPTY).tag), ERR_NO_REPLY);
    CHECK_EQUAL(tag_error(ipc_reply_and_wait(0, TIMEOUT_RECEIVE_ZERO, MESSAGE_EMPTY).tag), ERR_NO_REPLY);
    CHECK_EQUAL(tag_error(ipc_reply_and_wait(0, 0, MESSAGE_EMPTY).tag), ERR_NO_REPLY);
    return NULL;
}

static const char *reply_of_third_party(void)
{
    struct script client, other;

    CHECK_NESTED(call_taken(&client));
    script_init(&other, 0, TAG_INVOKE(INVOKE_REPLY_ONLY), MESSAGE_EMPTY);
    /* Main runs with its client's priority now. */
    CHECK_EQUAL(script_start(1, SELECTOR_TASK, &other, PRIORITY_ABOVE + 1), 0);
    CHECK_NESTED(ended(&other, ERR_NO_REPLY, false));
    CHECK(!client.done);
    CHECK_EQUAL(tag_error(ipc_reply(0, MESSAGE_EMPTY).tag), 0);
    CHECK(client.done);
    return NULL;
}

static const char *reply_kept_over_calls(void)
{
    struct script client, server;

    /* Main, called by worker 0, calls worker 1 in turn: the reply capability is still there afterwards. */
    CHECK_NESTED(call_taken(&client));
    script_init(&server, 0, TAG_INVOKE(INVOKE_WAIT), MESSAGE_EMPTY);
    CHECK_EQUAL(script_start(1, SELECTOR_TASK, &server, PRIORITY_ABOVE), 0);
    CHECK_EQUAL(gate_create(SELECTOR_TEST(1), 1, 0), 0);
    /* The server ends without replying, which ends the call, not our own client's. */
    CHECK_EQUAL(tag_error(ipc_call(SELECTOR_TEST(1), 0, MESSAGE_EMPTY).tag), ERR_CANCELED);
    CHECK(server.done && !client.done);
    CHECK_EQUAL(tag_error(ipc_reply(tag_make(0, 42, 0), MESSAGE_EMPTY).tag), 0);
    CHECK(client.done);
    CHECK_EQUAL(tag_label(client.out.rsi), 42);
    return NULL;
}

static const char *reply_dropped_by_wait(void)
{
    struct script client;

    CHECK_NESTED(call_taken(&client));
    CHECK_EQUAL(tag_error(ipc_wait(TIMEOUT_RECEIVE_ZERO).tag), ERR_TIMEOUT);
    CHECK_NESTED(ended(&client, ERR_CANCELED, true));
    CHECK_EQUAL(tag_error(ipc_reply(0, MESSAGE_EMPTY).tag), ERR_NO_REPLY);
    return NULL;
}

static const char *reply_dropped_by_next_call(void)
{
    struct script client, second;

    CHECK_NESTED(call_taken(&client));
    script_init(&second, GATE, tag_make(INVOKE_CALL, 2, 0), MESSAGE_EMPTY);
    CHECK_EQUAL(script_start(1, SELECTOR_TASK, &second, PRIORITY_ABOVE), 0);
    CHECK_EQUAL(ipc_receive(SELECTOR_WORKER(1), 0).tag, tag_make(INVOKE_CALL, 2, 0));
    CHECK(!second.done);
    CHECK_EQUAL(tag_error(ipc_reply(0, MESSAGE_EMPTY).tag), 0);
    CHECK(second.done);
    CHECK_EQUAL(second.out.rsi, tag_make(INVOKE_REPLY_ONLY, 0, 0));
    return ended(&client, ERR_CANCELED, true);
}

/* --- the client goes --- */

static const char *client_destroyed_while_served(void)
{
    struct script client;

    CHECK_NESTED(call_taken(&client));
    CHECK_EQUAL(worker_destroy(0), 0);
    CHECK_EQUAL(tag_error(ipc_reply(0, MESSAGE_EMPTY).tag), ERR_NO_REPLY);
    CHECK(!client.done);
    return NULL;
}

static const char *client_destroyed_before_reply_and_wait(void)
{
    struct script client;

    CHECK_NESTED(call_taken(&client));
    CHECK_EQUAL(worker_destroy(0), 0);
    CHECK_EQUAL(tag_error(ipc_reply_and_wait(0, 0, MESSAGE_EMPTY).tag), ERR_NO_REPLY);
    return NULL;
}

static const char *client_canceled_while_served(void)
{
    struct script client;
    uint64_t rip = 0, rsp = 0;

    /* ex_regs without new registers: the call ends, the thread goes on. */
    CHECK_NESTED(call_taken(&client));
    CHECK_EQUAL(thread_ex_regs(SELECTOR_WORKER(0), &rip, &rsp, 0), 0);
    CHECK_NESTED(ended(&client, ERR_CANCELED, true));
    CHECK_EQUAL(rip, (uint64_t)syscall_record_return);
    CHECK_EQUAL(tag_error(ipc_reply_and_wait(0, 0, MESSAGE_EMPTY).tag), ERR_NO_REPLY);
    return NULL;
}

static const char *sender_destroyed_in_queue(void)
{
    struct script sender, kept;

    CHECK_EQUAL(gate_create_main(GATE, 0x100), 0);
    script_init(&sender, GATE, tag_make(INVOKE_SEND, 1, 0), MESSAGE_EMPTY);
    script_init(&kept, GATE, tag_make(INVOKE_SEND, 2, 0), MESSAGE_EMPTY);
    CHECK_EQUAL(script_start(0, SELECTOR_TASK, &sender, PRIORITY_ABOVE), 0);
    CHECK_EQUAL(script_start(1, SELECTOR_TASK, &kept, PRIORITY_ABOVE), 0);
    CHECK_EQUAL(worker_destroy(0), 0);
    CHECK_EQUAL(ipc_wait(TIMEOUT_RECEIVE_ZERO).tag, tag_make(INVOKE_SEND, 2, 0));
    CHECK_EQUAL(tag_error(ipc_wait(TIMEOUT_RECEIVE_ZERO).tag), ERR_TIMEOUT);
    CHECK(!sender.done && kept.done);
    return NULL;
}

static const char *sender_canceled_in_queue(void)
{
    struct script sender;
    uint64_t rip = 0, rsp = 0;

    CHECK_EQUAL(gate_create_main(GATE, 0x100), 0);
    script_init(&sender, GATE, tag_make(INVOKE_CALL, 1, 0), MESSAGE_EMPTY);
    CHECK_EQUAL(script_start(0, SELECTOR_TASK, &sender, PRIORITY_ABOVE), 0);
    CHECK_EQUAL(thread_ex_regs(SELECTOR_WORKER(0), &rip, &rsp, 0), 0);
    CHECK_NESTED(ended(&sender, ERR_CANCELED, false));
    CHECK_EQUAL(tag_error(ipc_wait(TIMEOUT_RECEIVE_ZERO).tag), ERR_TIMEOUT);
    return NULL;
}

static const char *receivers_canceled(void)
{
    static const uint64_t waits[] = { INVOKE_WAIT, INVOKE_RECV };
    struct script s;
    uint64_t rip = 0, rsp = 0;

    for (size_t i = 0; i < 2; i++) {
        script_init(&s, SELECTOR_THREAD, TAG_INVOKE(waits[i]), MESSAGE_EMPTY);
        CHECK_EQUAL(script_start(0, SELECTOR_TASK, &s, PRIORITY_ABOVE), 0);
        CHECK(!s.done);
        CHECK_EQUAL(thread_ex_regs(SELECTOR_WORKER(0), &rip, &rsp, 0), 0);
        CHECK_NESTED(ended(&s, ERR_CANCELED, true));
        CHECK_EQUAL(worker_destroy(0), 0);
    }
    return NULL;
}

/* --- the server goes --- */

static struct { volatile uint64_t calls; } silent_server;

/* Takes one call and keeps it: receives from worker 2, which never says anything. */
static void silent_server_run(void *arg)
{
    (void)arg;
    ipc_wait(0);
    silent_server.calls++;
    ipc_receive(SELECTOR_WORKER(2), 0);
    silent_server.calls += 100;
}

/* Worker 1's call is with the silent server, worker 0, in `task`. */
static const char *silent_call(struct script *client, uint64_t task)
{
    silent_server.calls = 0;
    CHECK_EQUAL(worker_create(2, SELECTOR_TASK), 0);
    if (task == SELECTOR_PEER_TASK) {
        CHECK_EQUAL(peer_create(), 0);
        CHECK_EQUAL(task_map_capability(SELECTOR_PEER_TASK, SELECTOR_WORKER(2), SELECTOR_WORKER(2), RIGHT_SEND), 0);
    }
    CHECK_EQUAL(worker_start(0, task, silent_server_run, NULL, PRIORITY_ABOVE), 0);
    CHECK_EQUAL(gate_create(GATE, 0, 0x100), 0);
    script_init(client, GATE, tag_make(INVOKE_CALL, 1, 0), MESSAGE_EMPTY);
    CHECK_EQUAL(script_start(1, SELECTOR_TASK, client, PRIORITY_ABOVE), 0);
    CHECK_EQUAL(silent_server.calls, 1);
    CHECK(!client->done);
    return NULL;
}

static const char *server_destroyed_while_serving(void)
{
    struct script client;

    CHECK_NESTED(silent_call(&client, SELECTOR_TASK));
    CHECK_EQUAL(worker_destroy(0), 0);
    CHECK_NESTED(ended(&client, ERR_CANCELED, true));
    CHECK_EQUAL(tag_error(ipc_send(GATE, 0, MESSAGE_EMPTY).tag), ERR_NO_PARTNER);
    return NULL;
}

static const char *server_task_destroyed_while_serving(void)
{
    struct script client;

    CHECK_NESTED(silent_call(&client, SELECTOR_PEER_TASK));
    CHECK_EQUAL(peer_destroy(), 0);
    CHECK_NESTED(ended(&client, ERR_CANCELED, true));
    CHECK_EQUAL(tag_error(ipc_call(GATE, 0, MESSAGE_EMPTY).tag), ERR_NO_PARTNER);
    /* The dead thread's capability is still there; nothing can be done with it. */
    uint64_t rip = 0x400000, rsp = 0;
    CHECK_EQUAL(thread_ex_regs(SELECTOR_WORKER(0), &rip, &rsp, EX_REGS_SET), ERR_NO_PARTNER);
    CHECK_EQUAL(thread_bind_gate(SELECTOR_WORKER(0), GATE, 0), ERR_NO_PARTNER);
    CHECK_EQUAL(gate_create(SELECTOR_TEST(1), 0, 0), ERR_NO_PARTNER);
    CHECK_EQUAL(tag_error(ipc_receive(SELECTOR_WORKER(0), 0).tag), ERR_NO_PARTNER);
    return NULL;
}

static const char *server_canceled_while_serving(void)
{
    struct script client;
    uint64_t rip = 0, rsp = 0;

    /* The server goes on and waits openly, which drops the reply. */
    CHECK_NESTED(silent_call(&client, SELECTOR_TASK));
    CHECK_EQUAL(thread_ex_regs(SELECTOR_WORKER(0), &rip, &rsp, 0), 0);
    CHECK_EQUAL(silent_server.calls, 101);
    return ended(&client, ERR_CANCELED, true);
}

static const char *receiver_destroyed_with_queue(void)
{
    static const uint64_t sends[] = { INVOKE_SEND, INVOKE_CALL, INVOKE_SEND_AND_WAIT };
    struct script s[3];

    CHECK_EQUAL(worker_create(0, SELECTOR_TASK), 0); /* never runs, never receives */
    CHECK_EQUAL(gate_create(GATE, 0, 0x100), 0);
    for (unsigned i = 0; i < 3; i++) {
        script_init(&s[i], GATE, TAG_INVOKE(sends[i]), MESSAGE_EMPTY);
        CHECK_EQUAL(script_start(i + 1, SELECTOR_TASK, &s[i], PRIORITY_ABOVE), 0);
        CHECK(!s[i].done);
    }
    CHECK_EQUAL(worker_destroy(0), 0);
    for (unsigned i = 0; i < 3; i++)
        CHECK_NESTED(ended(&s[i], ERR_NO_PARTNER, false));
    return NULL;
}

static const char *partner_of_closed_receive_destroyed(void)
{
    struct script s;

    CHECK_EQUAL(worker_create(1, SELECTOR_TASK), 0);
    script_init(&s, SELECTOR_WORKER(1), TAG_INVOKE(INVOKE_RECV), MESSAGE_EMPTY);
    CHECK_EQUAL(script_start(0, SELECTOR_TASK, &s, PRIORITY_ABOVE), 0);
    CHECK_EQUAL(worker_destroy(1), 0);
    return ended(&s, ERR_NO_PARTNER, true);
}

static const char *gate_destroyed_under_waiter(void)
{
    struct script server;

    script_init(&server, 0, TAG_INVOKE(INVOKE_WAIT), MESSAGE_EMPTY);
    CHECK_EQUAL(script_start(0, SELECTOR_TASK, &server, PRIORITY_ABOVE), 0);
    CHECK_EQUAL(gate_create(GATE, 0, 0x100), 0);
    CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, GATE), 0);
    CHECK_EQUAL(tag_error(ipc_call(GATE, 0, MESSAGE_EMPTY).tag), ERR_NO_CAPABILITY);
    /* The server still waits, and another gate reaches it. */
    CHECK(!server.done);
    CHECK_EQUAL(gate_create(GATE, 0, 0x200), 0);
    CHECK_EQUAL(tag_error(ipc_send(GATE, TIMEOUT_SEND_ZERO, MESSAGE_EMPTY).tag), 0);
    CHECK_EQUAL(server.out.rdi, 0x203);
    return NULL;
}

static const char *gate_destroyed_while_served(void)
{
    struct script client;

    CHECK_NESTED(call_taken(&client));
    CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, GATE), 0);
    CHECK_EQUAL(tag_error(ipc_reply(tag_make(0, 9, 0), MESSAGE_EMPTY).tag), 0);
    CHECK_EQUAL(client.out.rsi, tag_make(INVOKE_REPLY_ONLY, 9, 0));
    return NULL;
}

/* --- both, in a chain --- */

static void chain_run(void *arg)
{
    uint64_t next = (uint64_t)arg;
    struct message m = ipc_wait(0);

    /* Passes the call on, and the answer, an error included, back. */
    m = ipc_call(next, tag_make(0, tag_label(m.tag) + 1, 0), MESSAGE_EMPTY);
    ipc_reply(tag_make(0, tag_failed(m.tag) ? -tag_label(m.tag) : tag_label(m.tag) + 1, 0), MESSAGE_EMPTY);
}

static const char *chain_broken_at_its_end(void)
{
    struct script client;

    CHECK_NESTED(silent_call(&client, SELECTOR_TASK)); /* worker 0 keeps every call */
    CHECK_EQUAL(worker_destroy(1), 0);
    CHECK_EQUAL(worker_destroy(0), 0);
    silent_server.calls = 0;
    CHECK_EQUAL(worker_start(0, SELECTOR_TASK, silent_server_run, NULL, PRIORITY_ABOVE), 0);
    CHECK_EQUAL(thread_bind_gate(SELECTOR_WORKER(0), GATE, 0), 0);
    CHECK_EQUAL(worker_start(3, SELECTOR_TASK, chain_run, (void *)GATE, PRIORITY_ABOVE), 0);
    CHECK_EQUAL(gate_create(SELECTOR_TEST(1), 3, 0), 0);
    CHECK_EQUAL(worker_start(4, SELECTOR_TASK, chain_run, (void *)SELECTOR_TEST(1), PRIORITY_ABOVE), 0);
    CHECK_EQUAL(gate_create(SELECTOR_TEST(2), 4, 0), 0);
    script_init(&client, SELECTOR_TEST(2), tag_make(INVOKE_CALL, 10, 0), MESSAGE_EMPTY);
    CHECK_EQUAL(script_start(5, SELECTOR_TASK, &client, PRIORITY_ABOVE), 0);
    CHECK(!client.done && silent_server.calls == 1);
    CHECK_EQUAL(worker_destroy(0), 0);
    CHECK(client.done);
    CHECK_EQUAL(client.out.rsi, tag_make(INVOKE_REPLY_ONLY, -ERR_CANCELED + 1, 0));
    return NULL;
}

static const char *chain_broken_in_the_middle(void)
{
    struct script client;

    CHECK_NESTED(silent_call(&client, SELECTOR_TASK));
    CHECK_EQUAL(worker_destroy(1), 0);
    CHECK_EQUAL(worker_destroy(0), 0);
    CHECK_EQUAL(worker_start(0, SELECTOR_TASK, silent_server_run, NULL, PRIORITY_ABOVE), 0);
    CHECK_EQUAL(thread_bind_gate(SELECTOR_WORKER(0), GATE, 0), 0);
    CHECK_EQUAL(worker_start(3, SELECTOR_TASK, chain_run, (void *)GATE, PRIORITY_ABOVE), 0);
    CHECK_EQUAL(gate_create(SELECTOR_TEST(1), 3, 0), 0);
    script_init(&client, SELECTOR_TEST(1), tag_make(INVOKE_CALL, 10, 0), MESSAGE_EMPTY);
    CHECK_EQUAL(script_start(5, SELECTOR_TASK, &client, PRIORITY_ABOVE), 0);
    CHECK(!client.done);
    CHECK_EQUAL(worker_destroy(3), 0);
    CHECK_NESTED(ended(&client, ERR_CANCELED, true));
    /* The end of the chain is still alive and has nobody to reply to. */
    CHECK_EQUAL(worker_destroy(0), 0);
    return NULL;
}

static const char *thread_destroys_itself(void)
{
    struct script s;

    script_init(&s, SELECTOR_TASK, tag_make(INVOKE_CALL, OP_TASK_UNMAP_CAPABILITY, 1), (struct message_words){ .w0 = SELECTOR_WORKER(0) });
    CHECK_EQUAL(script_start(0, SELECTOR_TASK, &s, PRIORITY_ABOVE), 0);
    CHECK(!s.done);
    uint64_t kind, rights, number;
    CHECK_EQUAL(task_capability_info(SELECTOR_TASK, SELECTOR_WORKER(0), &kind, &rights, &number), ERR_NO_CAPABILITY);
    return NULL;
}

static const char *task_destroys_itself(void)
{
    static struct script s; /* where the other task sees it */

    CHECK_EQUAL(peer_create(), 0);
    CHECK_EQUAL(task_map_capability(SELECTOR_PEER_TASK, SELECTOR_TASK, SELECTOR_TASK, RIGHTS_ALL), 0);
    script_init(&s, SELECTOR_TASK, tag_make(INVOKE_CALL, OP_TASK_UNMAP_CAPABILITY, 1), (struct message_words){ .w0 = SELECTOR_PEER_TASK });
    CHECK_EQUAL(script_start(0, SELECTOR_PEER_TASK, &s, PRIORITY_ABOVE), 0);
    CHECK(!s.done);
    CHECK_EQUAL(peer_destroy(), ERR_NO_CAPABILITY);
    return NULL;
}

const struct test tests[] = {
    { "reply: is possible once", reply_once },
    { "reply: belongs to the thread that was called", reply_of_third_party },
    { "reply: is kept while the server calls others", reply_kept_over_calls },
    { "reply: an open wait without it cancels the caller", reply_dropped_by_wait },
    { "reply: taking the next call without it cancels the caller", reply_dropped_by_next_call },
    { "client: destroyed while it is served, the reply finds nobody", client_destroyed_while_served },
    { "client: destroyed while it is served, reply_and_wait finds nobody and does not wait", client_destroyed_before_reply_and_wait },
    { "client: ex_regs ends its call, the reply finds nobody", client_canceled_while_served },
    { "sender: destroyed in the queue, its message is gone and the next one is not", sender_destroyed_in_queue },
    { "sender: ex_regs ends its wait in the send phase", sender_canceled_in_queue },
    { "receiver: ex_regs ends its wait, open or closed", receivers_canceled },
    { "server: destroyed while it serves, the call is canceled", server_destroyed_while_serving },
    { "server: its task destroyed while it serves, the call is canceled and the thread is dead", server_task_destroyed_while_serving },
    { "server: ex_regs while it serves, its next wait cancels the call", server_canceled_while_serving },
    { "receiver: destroyed, all senders in its queue are told", receiver_destroyed_with_queue },
    { "receiver: told when the only partner it wants is destroyed", partner_of_closed_receive_destroyed },
    { "gate: destroyed under a thread that waits, which does not notice", gate_destroyed_under_waiter },
    { "gate: destroyed while a call through it is served, the reply arrives", gate_destroyed_while_served },
    { "chain of calls: broken at its end, each caller is told in turn", chain_broken_at_its_end },
    { "chain of calls: broken in the middle, the caller before is told", chain_broken_in_the_middle },
    { "thread: may destroy itself", thread_destroys_itself },
    { "task: may destroy itself", task_destroys_itself },
};
const size_t test_count = sizeof tests / sizeof tests[0];
