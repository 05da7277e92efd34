/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Messages between CPUs: every kind of IPC in both directions, with all that one CPU alone does for itself: payload, errors,
 * timeouts, order of senders, exceptions.
 */
#include "workloads/lib/remote.h"
#include "workloads/lib/test.h"

#define GATE SELECTOR_TEST(0)
#define LABEL 0x1230

/* One invocation on another CPU. */
struct remote {
    struct script s;
    volatile uint64_t cpu;     /* where it came back */
};
static struct remote remotes[4];

static void remote_invoke(void *arg)
{
    struct remote *r = arg;

    syscall_record(&r->s.in, &r->s.out);
    r->cpu = cpu_number();
    r->s.done = 1;
}

/* Worker i makes that invocation on that CPU. */
static const char *remote_script(unsigned i, uint64_t selector, uint64_t tag, struct message_words w, uint64_t cpu)
{
    script_init(&remotes[i].s, selector, tag, w);
    remotes[i].cpu = UINT64_MAX;
    CHECK_EQUAL(remote_start(i, SELECTOR_TASK, remote_invoke, &remotes[i], PRIORITY_ABOVE, cpu), 0);
    return NULL;
}

static const char *remote_ended(unsigned i, uint64_t cpu, uint64_t tag)
{
    CHECK(await(&remotes[i].s.done, 1));
    CHECK_EQUAL(remotes[i].cpu, cpu);
    CHECK_EQUAL(remotes[i].s.out.rsi, tag);
    return script_contract_check(&remotes[i].s);
}

#define WORDS_SENT ((struct message_words){ 11, 22, 33, 44, 55, 66 })

static const char *words_sent_check(struct message_words w)
{
    CHECK_EQUAL(w.w0, 11);
    CHECK_EQUAL(w.w1, 22);
    CHECK_EQUAL(w.w2, 33);
    CHECK_EQUAL(w.w3, 44);
    CHECK_EQUAL(w.w4, 55);
    CHECK_EQUAL(w.w5, 66);
    return NULL;
}

/* --- moving --- */

static struct { volatile uint64_t cpu, turns, stop; } runner;

static void runner_run(void *arg)
{
    (void)arg;
    while (!runner.stop) {
        runner.cpu = cpu_number();
        runner.turns++;
        cpu_relax();
    }
}

static const char *running_thread_moves(void)
{
    uint64_t n = cpu_count();

    NEEDS_CPUS(2);
    runner.stop = runner.turns = 0;
    CHECK_EQUAL(remote_start(0, SELECTOR_TASK, runner_run, NULL, PRIORITY_ABOVE, 1), 0);
    for (uint64_t round = 0; round < 20; round++) {
        uint64_t cpu = 1 + round % (n - 1); /* on ours it would not let us run */
        CHECK_EQUAL(worker_move(0, PRIORITY_ABOVE, cpu), 0);
        uint64_t turns = runner.turns;
        CHECK(await_at_least(&runner.turns, turns + 3));
        CHECK_EQUAL(runner.cpu, cpu);
    }
    CHECK_EQUAL(worker_move(0, PRIORITY_BELOW, 0), 0);
    uint64_t turns = runner.turns;
    for (unsigned i = 0; i < 1000; i++)
        cpu_relax();
    CHECK_EQUAL(runner.turns, turns);
    return NULL;
}

static const char *caller_moves_itself(void)
{
    NEEDS_CPUS(2);
    CHECK_EQUAL(cpu_number(), 0);
    for (unsigned round = 0; round < 10; round++) {
        CHECK_EQUAL(main_move(1), 0);
        CHECK_EQUAL(cpu_number(), 1);
        CHECK_EQUAL(main_move(0), 0);
        CHECK_EQUAL(cpu_number(), 0);
    }
    return NULL;
}

static const char *missing_cpu_refused(void)
{
    CHECK_EQUAL(main_move(cpu_count()), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(main_move(UINT64_MAX), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(main_move(1ull << 32), ERR_BAD_ARGUMENT);
    return NULL;
}

/* --- call and reply --- */

static void echo_run(void *arg)
{
    struct utcb *own = worker_utcb((unsigned)(uint64_t)arg);
    struct message m = ipc_wait(0);

    while (!tag_failed(m.tag)) {
        struct message_words w = { m.w.w0 + 1, m.w.w1 + 1, m.w.w2 + 1, m.w.w3 + 1, m.w.w4 + 1, m.w.w5 + m.label };
        for (uint64_t i = REGISTER_WORDS; i < tag_words(m.tag); i++)
            own->words[i]++;
        m = ipc_reply_and_wait(0, tag_make(0, tag_label(m.tag) + 1, tag_words(m.tag)), w);
    }
}

static const char *calls_make(struct utcb *own)
{
    for (uint64_t words = 0; words <= WORDS_MAX; words++) {
        for (uint64_t i = REGISTER_WORDS; i <= WORDS_MAX; i++)
            own->words[i] = 1000 * words + i;
        struct message m = ipc_call(GATE, tag_make(0, 7, words), (struct message_words){ words, 1, 2, 3, 4, 5 });
        CHECK_EQUAL(m.tag, tag_make(INVOKE_REPLY_AND_WAIT, 8, words));
        CHECK_EQUAL(m.label, 0);
        CHECK(m.w.w0 == words + 1 && m.w.w1 == 2 && m.w.w2 == 3 && m.w.w3 == 4 && m.w.w4 == 5);
        CHECK_EQUAL(m.w.w5, 5 + (LABEL | 3));
        for (uint64_t i = REGISTER_WORDS; i <= WORDS_MAX; i++)
            CHECK_EQUAL(own->words[i], 1000 * words + i + (i < words));
    }
    return NULL;
}

static struct { const char *failure; volatile uint64_t done; } caller;

static void caller_run(void *arg)
{
    caller.failure = calls_make(worker_utcb((unsigned)(uint64_t)arg));
    caller.done = 1;
}

static const char *calls_between(uint64_t client_cpu, uint64_t server_cpu, uint64_t task)
{
    caller.done = 0;
    CHECK_EQUAL(remote_start(0, task, echo_run, (void *)0, PRIORITY_ABOVE, server_cpu), 0);
    CHECK_EQUAL(gate_create(GATE, 0, LABEL), 0);
    CHECK_EQUAL(remote_start(1, SELECTOR_TASK, caller_run, (void *)1, PRIORITY_ABOVE, client_cpu), 0);
    CHECK(await(&caller.done, 1));
    CHECK_EQUAL(worker_destroy(0), 0);
    CHECK_EQUAL(worker_destroy(1), 0);
    CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, GATE), 0);
    return caller.failure;
}

static const char *calls_with_all_words(void)
{
    uint64_t n = cpu_count();

    NEEDS_CPUS(2);
    for (uint64_t client = 0; client < n; client++)
        for (uint64_t server = 0; server < n; server++)
            CHECK_NESTED(calls_between(client, server, SELECTOR_TASK));
    return NULL;
}

static const char *calls_between_tasks(void)
{
    NEEDS_CPUS(2);
    CHECK_EQUAL(peer_create(), 0);
    CHECK_NESTED(calls_between(0, 1, SELECTOR_PEER_TASK));
    CHECK_NESTED(calls_between(1, 0, SELECTOR_PEER_TASK));
    CHECK_NESTED(calls_between(1, 1, SELECTOR_PEER_TASK));
    return NULL;
}

static const char *main_serves_remote_client(void)
{
    NEEDS_CPUS(2);
    CHECK_EQUAL(gate_create_main(GATE, LABEL), 0);
    CHECK_NESTED(remote_script(0, GATE, tag_make(INVOKE_CALL, 3, 6), WORDS_SENT, 1));
    struct message m = ipc_wait(0);
    CHECK_EQUAL(m.label, LABEL | 3);
    CHECK_EQUAL(m.tag, tag_make(INVOKE_CALL, 3, 6));
    CHECK_NESTED(words_sent_check(m.w));
    CHECK_EQUAL(worker_state(0), STATE_REMOTE_REPLY_WAIT);
    CHECK(!remotes[0].s.done);
    CHECK_EQUAL(tag_error(ipc_reply(tag_make(0, 4, 6), WORDS_SENT).tag), 0);
    CHECK_NESTED(remote_ended(0, 1, tag_make(INVOKE_REPLY_ONLY, 4, 6)));
    CHECK_NESTED(words_sent_check(script_words(&remotes[0].s)));
    CHECK_EQUAL(tag_error(ipc_reply(0, MESSAGE_EMPTY).tag), ERR_NO_REPLY);
    return NULL;
}

/* The server waits when it is moved: its callers on the CPU that it left must not take it for one of theirs. */
static const char *waiting_server_moves(void)
{
    NEEDS_CPUS(2);
    for (uint64_t round = 0; round < 10; round++) {
        uint64_t cpu = round % 2;
        CHECK_NESTED(remote_script(0, 0, TAG_INVOKE(INVOKE_WAIT), MESSAGE_EMPTY, cpu));
        CHECK_EQUAL(gate_create(GATE, 0, LABEL), 0);
        CHECK(await_state(0, STATE_OPEN_WAIT));
        CHECK_EQUAL(worker_move(0, PRIORITY_ABOVE, 1 - cpu), 0);
        CHECK_NESTED(remote_script(1, GATE, tag_make(INVOKE_CALL, 3, 0), MESSAGE_EMPTY, cpu));
        CHECK_NESTED(remote_ended(0, 1 - cpu, tag_make(INVOKE_CALL, 3, 0)));
        CHECK_NESTED(remote_ended(1, cpu, tag_make(0, ERR_CANCELED, 0) | TAG_ERROR | TAG_RECEIVE_PHASE));
        CHECK_EQUAL(worker_destroy(0), 0);
        CHECK_EQUAL(worker_destroy(1), 0);
        CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, GATE), 0);
    }
    return NULL;
}

/* --- the other invocations --- */

static const char *send_meets_remote_wait(void)
{
    NEEDS_CPUS(2);
    CHECK_NESTED(remote_script(0, 0, TAG_INVOKE(INVOKE_WAIT), MESSAGE_EMPTY, 1));
    CHECK_EQUAL(gate_create(GATE, 0, LABEL), 0);
    CHECK(await_state(0, STATE_OPEN_WAIT));
    CHECK_EQUAL(tag_error(ipc_send(GATE, tag_make(0, 5, 6), WORDS_SENT).tag), 0);
    CHECK_NESTED(remote_ended(0, 1, tag_make(INVOKE_SEND, 5, 6)));
    CHECK_EQUAL(remotes[0].s.out.rdi, LABEL | 3);
    return words_sent_check(script_words(&remotes[0].s));
}

static const char *remote_send_meets_wait(void)
{
    NEEDS_CPUS(2);
    CHECK_EQUAL(gate_create_main(GATE, LABEL), 0);
    CHECK_NESTED(remote_script(0, GATE, tag_make(INVOKE_SEND, 5, 6), WORDS_SENT, 1));
    struct message m = ipc_wait(0);
    CHECK_EQUAL(m.tag, tag_make(INVOKE_SEND, 5, 6));
    CHECK_NESTED(words_sent_check(m.w));
    return remote_ended(0, 1, TAG_INVOKE(0));
}

static const char *send_waits_for_remote_receiver(void)
{
    NEEDS_CPUS(2);
    CHECK_EQUAL(worker_create(0, SELECTOR_TASK), 0); /* the receiver, not started yet */
    CHECK_EQUAL(gate_create(GATE, 0, LABEL), 0);
    CHECK_NESTED(remote_script(1, GATE, tag_make(INVOKE_SEND, 6, 6), WORDS_SENT, 1));
    CHECK(await_state(1, STATE_SENDING));
    script_init(&remotes[0].s, 0, TAG_INVOKE(INVOKE_WAIT), MESSAGE_EMPTY);
    CHECK_EQUAL(remote_run(0, remote_invoke, &remotes[0], PRIORITY_ABOVE, 0), 0);
    CHECK_NESTED(remote_ended(0, 0, tag_make(INVOKE_SEND, 6, 6)));
    CHECK_NESTED(words_sent_check(script_words(&remotes[0].s)));
    return remote_ended(1, 1, TAG_INVOKE(0));
}

static const char *closed_receive_from_remote(void)
{
    NEEDS_CPUS(2);
    CHECK_EQUAL(gate_create_main(GATE, LABEL), 0);
    CHECK_NESTED(remote_script(0, GATE, tag_make(INVOKE_SEND, 1, 0), MESSAGE_EMPTY, 1));
    CHECK(await_state(0, STATE_SENDING));
    CHECK_NESTED(remote_script(1, GATE, tag_make(INVOKE_SEND, 2, 0), MESSAGE_EMPTY, 1));
    CHECK_EQUAL(tag_label(ipc_receive(SELECTOR_WORKER(1), 0).tag), 2);
    CHECK_EQUAL(tag_label(ipc_receive(SELECTOR_WORKER(0), 0).tag), 1);
    CHECK_NESTED(remote_ended(0, 1, TAG_INVOKE(0)));
    return remote_ended(1, 1, TAG_INVOKE(0));
}

static const char *remote_closed_receive(void)
{
    NEEDS_CPUS(2);
    CHECK_NESTED(remote_script(0, SELECTOR_THREAD, TAG_INVOKE(INVOKE_RECV), MESSAGE_EMPTY, 1));
    CHECK_EQUAL(gate_create(GATE, 0, LABEL), 0);
    CHECK(await_state(0, STATE_RECEIVING));
    CHECK_NESTED(remote_script(1, GATE, tag_make(INVOKE_SEND, 9, 0) | TIMEOUT_SEND_ZERO, MESSAGE_EMPTY, 1));
    CHECK_NESTED(remote_ended(1, 1, tag_make(0, ERR_TIMEOUT, 0) | TAG_ERROR)); /* not welcome */
    CHECK_EQUAL(tag_error(ipc_send(GATE, tag_make(0, 8, 0) | TIMEOUT_SEND_ZERO, MESSAGE_EMPTY).tag), 0);
    return remote_ended(0, 1, tag_make(INVOKE_SEND, 8, 0));
}

static const char *send_and_wait_between_cpus(void)
{
    NEEDS_CPUS(2);
    CHECK_NESTED(remote_script(0, 0, TAG_INVOKE(INVOKE_WAIT), MESSAGE_EMPTY, 1));
    CHECK_EQUAL(gate_create(GATE, 0, LABEL), 0);
    CHECK_EQUAL(gate_create_main(SELECTOR_TEST(1), LABEL + 4), 0);
    CHECK(await_state(0, STATE_OPEN_WAIT));
    CHECK_NESTED(remote_script(1, SELECTOR_TEST(1), tag_make(INVOKE_CALL, 2, 0), MESSAGE_EMPTY, 1));
    struct message m = ipc_send_and_wait(GATE, tag_make(0, 1, 0), MESSAGE_EMPTY);
    CHECK_EQUAL(m.tag, tag_make(INVOKE_CALL, 2, 0));
    CHECK_EQUAL(m.label, (LABEL + 4) | 3);
    CHECK_NESTED(remote_ended(0, 1, tag_make(INVOKE_SEND_AND_WAIT, 1, 0)));
    /* The reply, and at once the receive from the other one, which comes later. */
    CHECK_EQUAL(worker_destroy(0), 0);
    CHECK_NESTED(remote_script(0, SELECTOR_TEST(1), tag_make(INVOKE_SEND, 3, 0), MESSAGE_EMPTY, 1));
    m = ipc_reply_and_receive(SELECTOR_WORKER(0), tag_make(0, 4, 0), MESSAGE_EMPTY);
    CHECK_EQUAL(m.tag, tag_make(INVOKE_SEND, 3, 0));
    CHECK_NESTED(remote_ended(1, 1, tag_make(INVOKE_REPLY_AND_RECEIVE, 4, 0)));
    return remote_ended(0, 1, TAG_INVOKE(0));
}

/* --- timeouts and errors --- */

static const char *zero_timeouts(void)
{
    NEEDS_CPUS(2);
    runner.stop = 0;
    CHECK_EQUAL(remote_start(0, SELECTOR_TASK, runner_run, NULL, PRIORITY_ABOVE, 1), 0);
    CHECK_EQUAL(gate_create(GATE, 0, LABEL), 0);
    CHECK_EQUAL(tag_error(ipc_send(GATE, TIMEOUT_SEND_ZERO, MESSAGE_EMPTY).tag), ERR_TIMEOUT);
    struct message m = ipc_call(GATE, TIMEOUT_SEND_ZERO, MESSAGE_EMPTY);
    CHECK_EQUAL(m.tag, tag_make(0, ERR_TIMEOUT, 0) | TAG_ERROR);
    CHECK_EQUAL(worker_destroy(0), 0);
    CHECK_NESTED(remote_script(0, 0, TAG_INVOKE(INVOKE_WAIT), MESSAGE_EMPTY, 1));
    CHECK_EQUAL(thread_bind_gate(SELECTOR_WORKER(0), GATE, LABEL), 0);
    CHECK(await_state(0, STATE_OPEN_WAIT));
    /* It is delivered, and no answer can have come. */
    m = ipc_call(GATE, TIMEOUT_SEND_ZERO | TIMEOUT_RECEIVE_ZERO, MESSAGE_EMPTY);
    CHECK_EQUAL(m.tag, tag_make(0, ERR_TIMEOUT, 0) | TAG_ERROR | TAG_RECEIVE_PHASE);
    CHECK_NESTED(remote_ended(0, 1, TAG_INVOKE(INVOKE_CALL)));
    CHECK_EQUAL(tag_error(ipc_receive(SELECTOR_WORKER(0), TIMEOUT_RECEIVE_ZERO).tag), ERR_TIMEOUT);
    return NULL;
}

static const char *server_destroyed(void)
{
    NEEDS_CPUS(2);
    CHECK_EQUAL(gate_create_main(GATE, LABEL), 0);
    CHECK_NESTED(remote_script(0, 0, TAG_INVOKE(INVOKE_WAIT), MESSAGE_EMPTY, 1));
    CHECK_EQUAL(gate_create(SELECTOR_TEST(1), 0, LABEL), 0);
    CHECK(await_state(0, STATE_OPEN_WAIT));
    CHECK_NESTED(remote_script(1, SELECTOR_TEST(1), TAG_INVOKE(INVOKE_CALL), MESSAGE_EMPTY, 0));
    CHECK_NESTED(remote_ended(0, 1, TAG_INVOKE(INVOKE_CALL)));
    /* The server has gone on, to its end, which is an open wait: that drops the reply. */
    CHECK_NESTED(remote_ended(1, 0, tag_make(0, ERR_CANCELED, 0) | TAG_ERROR | TAG_RECEIVE_PHASE));
    return NULL;
}

static const char *client_destroyed(void)
{
    NEEDS_CPUS(2);
    CHECK_EQUAL(gate_create_main(GATE, LABEL), 0);
    CHECK_NESTED(remote_script(0, GATE, TAG_INVOKE(INVOKE_CALL), MESSAGE_EMPTY, 1));
    CHECK_EQUAL(tag_error(ipc_wait(0).tag), 0);
    CHECK_EQUAL(worker_destroy(0), 0);
    CHECK_EQUAL(tag_error(ipc_reply(0, MESSAGE_EMPTY).tag), ERR_NO_REPLY);
    return NULL;
}

static const char *remote_senders_by_priority(void)
{
    NEEDS_CPUS(2);
    CHECK_EQUAL(gate_create_main(GATE, LABEL), 0);
    for (unsigned i = 0; i < 4; i++) {
        script_init(&remotes[i].s, GATE, tag_make(INVOKE_SEND, (int32_t)i, 0), MESSAGE_EMPTY);
        uint64_t priority = PRIORITY_ABOVE + (i * 3) % 4; /* 0 3 2 1 */
        CHECK_EQUAL(remote_start(i, SELECTOR_TASK, remote_invoke, &remotes[i], priority, i % cpu_count()), 0);
        CHECK(await_state(i, STATE_SENDING));
    }
    CHECK_EQUAL(tag_label(ipc_wait(0).tag), 1);
    CHECK_EQUAL(tag_label(ipc_wait(0).tag), 2);
    CHECK_EQUAL(tag_label(ipc_wait(0).tag), 3);
    CHECK_EQUAL(tag_label(ipc_wait(0).tag), 0);
    return NULL;
}

/* --- exceptions --- */

static volatile uint64_t landed_cpu;

static void landing(void)
{
    landed_cpu = cpu_number();
    for (;;)
        ipc_wait(0);
}

static void fault_run(void *arg)
{
    *(volatile uint64_t *)arg = 1;
}

static const char *exception_handled_on_other_cpu(void)
{
    NEEDS_CPUS(2);
    landed_cpu = UINT64_MAX;
    CHECK_EQUAL(gate_create_main(GATE, LABEL), 0);
    CHECK_EQUAL(worker_create(0, SELECTOR_TASK), 0);
    CHECK_EQUAL(thread_set_exception_gate(SELECTOR_WORKER(0), GATE), 0);
    CHECK_EQUAL(remote_run(0, fault_run, (void *)0x123000, PRIORITY_ABOVE, 1), 0);
    struct message m = ipc_wait(0);
    CHECK_EQUAL(tag_label(m.tag), PROTO_EXCEPTION);
    CHECK_EQUAL(m.w.w0, 14);
    CHECK_EQUAL(m.w.w3, 0x123000);
    CHECK_EQUAL(worker_state(0), STATE_EXCEPTION_WAIT);
    CHECK_EQUAL(tag_error(ipc_reply(tag_make(0, EXCEPTION_SET_RIP, 1), (struct message_words){ .w0 = (uint64_t)landing }).tag), 0);
    CHECK(await(&landed_cpu, 1));
    return NULL;
}

const struct test tests[] = {
    { "cpus: a running thread moves to each of them and nowhere else", running_thread_moves },
    { "cpus: a thread moves itself", caller_moves_itself },
    { "cpus: one that is not there is refused", missing_cpu_refused },
    { "cpus: call and reply between any two, 0 to 63 words", calls_with_all_words },
    { "cpus: call and reply between any two, into another task", calls_between_tasks },
    { "cpus: a server that waits is moved, and runs at its new place for callers of both", waiting_server_moves },
    { "cpus: a client of another one is served once", main_serves_remote_client },
    { "cpus: send to a thread that waits on another one", send_meets_remote_wait },
    { "cpus: wait for a message from another one", remote_send_meets_wait },
    { "cpus: a send waits for a receiver on another one", send_waits_for_remote_receiver },
    { "cpus: closed receive takes its partner's message alone, wherever that is", closed_receive_from_remote },
    { "cpus: closed receive on another one takes none but its partner's", remote_closed_receive },
    { "cpus: send_and_wait and reply_and_receive", send_and_wait_between_cpus },
    { "cpus: timeouts of zero", zero_timeouts },
    { "cpus: a server that drops its caller on another one", server_destroyed },
    { "cpus: a client on another one is destroyed while served", client_destroyed },
    { "cpus: senders of several ones wait in order of priority", remote_senders_by_priority },
    { "cpus: an exception is handled on another one", exception_handled_on_other_cpu },
};
const size_t test_count = sizeof tests / sizeof tests[0];
