/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A thread on another CPU, in each state that it can be in, is given new registers, canceled, moved, destroyed; by itself or
 * with its task. Each state is one line of a table, each action one test over all of them.
 */
#include "workloads/lib/remote.h"
#include "workloads/lib/test.h"

#define GATE SELECTOR_TEST(0)        /* to the subject */
#define GATE_AWAY SELECTOR_TEST(1)   /* to the partner */
#define FACTORY SELECTOR_TEST(2)
#define SUBJECT 0                    /* worker on CPU 1 */
#define PARTNER 1                    /* worker on the CPU that the state says */
#define ROUNDS 3

/* What the subject does, told by its own hands. */
static struct {
    volatile uint64_t turns, cpu;        /* of its loop */
    volatile uint64_t landed;            /* 1 + CPU where it came down after it got new registers */
    volatile uint64_t ended, tag;        /* its invocation came back, with that */
} subject;

static _Alignas(16) uint64_t landing_stack[512];

static void landing(void)
{
    subject.landed = 1 + cpu_number();
    for (;;)
        ipc_wait(0);
}

static void subject_end(struct message m)
{
    subject.tag = m.tag;
    subject.cpu = cpu_number();
    subject.ended = 1;
    for (;;)
        ipc_wait(0);
}

static void spin_run(void *arg)
{
    (void)arg;
    for (;;) {
        subject.cpu = cpu_number();
        subject.turns++;
        cpu_relax();
    }
}

/* At the door of the kernel as often as anywhere else. The null system call and one that takes the slow path. */
static void busy_run(void *arg)
{
    (void)arg;
    for (;;) {
        invoke(0, 0, MESSAGE_EMPTY);
        for (unsigned i = 0; i < 10; i++)
            invoke(0xffffff, TAG_INVOKE(INVOKE_SEND), MESSAGE_EMPTY);
        subject.cpu = cpu_number();
        subject.turns++;
    }
}

static void wait_run(void *arg) { (void)arg; subject_end(ipc_wait(0)); }
static void receive_run(void *arg) { (void)arg; subject_end(ipc_receive(SELECTOR_WORKER(PARTNER), 0)); }
static void send_run(void *arg) { (void)arg; subject_end(ipc_send(GATE_AWAY, tag_make(0, 5, 0), MESSAGE_EMPTY)); }
static void call_run(void *arg) { (void)arg; subject_end(ipc_call(GATE_AWAY, tag_make(0, 5, 0), MESSAGE_EMPTY)); }
static void fault_run(void *arg) { (void)arg; *(volatile uint64_t *)0x123000 = 1; }

static void serve_run(void *arg)
{
    (void)arg;
    ipc_wait(0);
    spin_run(NULL);
}

/* Partners. */
static void partner_call_run(void *arg) { (void)arg; ipc_call(GATE, tag_make(0, 5, 0), MESSAGE_EMPTY); }
static void partner_keep_run(void *arg) { (void)arg; ipc_wait(0); ipc_receive(SELECTOR_THREAD, 0); }
static void partner_send_run(void *arg) { (void)arg; ipc_send(GATE, tag_make(0, 5, 0), MESSAGE_EMPTY); }

enum phase { PHASE_NONE, PHASE_SEND, PHASE_RECEIVE };

struct situation {
    const char *name;
    worker_fn *run;
    worker_fn *partner;        /* NULL: exists and never runs */
    uint64_t partner_cpu;
    uint64_t state;            /* that the subject comes to; of STATE_RUNNABLE ones, `turns` must pass */
    enum phase phase;          /* in which ex_regs ends its IPC */
};

static const struct situation situations[] = {
    { "user mode", spin_run, NULL, 0, STATE_RUNNABLE, PHASE_NONE },
    { "the door of the kernel", busy_run, NULL, 0, STATE_RUNNABLE, PHASE_NONE },
    { "an open wait", wait_run, NULL, 0, STATE_OPEN_WAIT, PHASE_RECEIVE },
    { "a closed receive", receive_run, NULL, 0, STATE_RECEIVING, PHASE_RECEIVE },
    { "a queue of senders", send_run, NULL, 0, STATE_SENDING, PHASE_SEND },
    { "a queue, to call", call_run, NULL, 1, STATE_SENDING, PHASE_SEND },
    { "a call to another CPU", call_run, partner_keep_run, 0, STATE_REMOTE_REPLY_WAIT, PHASE_RECEIVE },
    { "a call on its CPU", call_run, partner_keep_run, 1, STATE_REPLY_WAIT, PHASE_RECEIVE },
    { "serving another CPU", serve_run, partner_call_run, 0, STATE_RUNNABLE, PHASE_NONE },
    { "serving its CPU", serve_run, partner_call_run, 1, STATE_RUNNABLE, PHASE_NONE },
    { "user mode, with senders", spin_run, partner_send_run, 0, STATE_RUNNABLE, PHASE_NONE },
    { "an exception", fault_run, NULL, 0, STATE_EXCEPTION_WAIT, PHASE_NONE },
};
#define SITUATIONS (sizeof situations / sizeof situations[0])

/* Brings the subject there. */
static const char *situation_make(const struct situation *s, uint64_t task)
{
    subject.turns = subject.landed = subject.ended = 0;
    CHECK_EQUAL(worker_create(SUBJECT, task), 0);
    CHECK_EQUAL(worker_create(PARTNER, SELECTOR_TASK), 0);
    CHECK_EQUAL(gate_create(GATE, SUBJECT, 0x100), 0);
    CHECK_EQUAL(gate_create(GATE_AWAY, PARTNER, 0x200), 0);
    if (s->state == STATE_EXCEPTION_WAIT) {
        CHECK_EQUAL(thread_bind_gate(SELECTOR_THREAD, GATE_AWAY, 0x200), 0);
        CHECK_EQUAL(thread_set_exception_gate(SELECTOR_WORKER(SUBJECT), GATE_AWAY), 0);
    }
    if (task != SELECTOR_TASK) {
        CHECK_EQUAL(task_map_capability(task, GATE_AWAY, GATE_AWAY, RIGHT_SEND), 0);
        CHECK_EQUAL(task_map_capability(task, SELECTOR_WORKER(PARTNER), SELECTOR_WORKER(PARTNER), RIGHT_SEND), 0);
    }
    if (s->partner == partner_keep_run) {
        CHECK_EQUAL(remote_run(PARTNER, s->partner, NULL, PRIORITY_ABOVE, s->partner_cpu), 0);
        CHECK(await_state(PARTNER, STATE_OPEN_WAIT));
    }
    CHECK_EQUAL(remote_run(SUBJECT, s->run, NULL, PRIORITY_ABOVE, 1), 0);
    if (s->run == serve_run)
        CHECK(await_state(SUBJECT, STATE_OPEN_WAIT));
    if (s->partner != NULL && s->partner != partner_keep_run)
        CHECK_EQUAL(remote_run(PARTNER, s->partner, NULL, PRIORITY_ABOVE + 1, s->partner_cpu), 0);
    if (s->state == STATE_EXCEPTION_WAIT)
        CHECK_EQUAL(tag_label(ipc_wait(0).tag), PROTO_EXCEPTION);
    CHECK(await_state(SUBJECT, s->state));
    if (s->state == STATE_RUNNABLE)
        CHECK(await_at_least(&subject.turns, 1));
    return NULL;
}

static const char *situation_unmake(void)
{
    worker_destroy(SUBJECT);
    CHECK_EQUAL(worker_destroy(PARTNER), 0);
    CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, GATE), 0);
    CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, GATE_AWAY), 0);
    CHECK_EQUAL(tag_error(ipc_wait(TIMEOUT_RECEIVE_ZERO).tag), ERR_TIMEOUT);
    return NULL;
}

/* What `act` does in each of the situations, several times; the situation is named with the failure. */
static struct { char bytes[160]; } failure_text;

static const char *failure_in(const struct situation *s, const char *failure)
{
    size_t n = 0;
    for (const char *c = s->name; *c != 0 && n + 1 < sizeof failure_text.bytes; c++)
        failure_text.bytes[n++] = *c;
    for (const char *c = ": "; *c != 0 && n + 1 < sizeof failure_text.bytes; c++)
        failure_text.bytes[n++] = *c;
    for (const char *c = failure; *c != 0 && n + 1 < sizeof failure_text.bytes; c++)
        failure_text.bytes[n++] = *c;
    failure_text.bytes[n] = 0;
    return failure_text.bytes;
}

static const char *in_each_situation(const char *(*act)(const struct situation *s), uint64_t task)
{
    for (size_t i = 0; i < SITUATIONS; i++) {
        for (unsigned round = 0; round < ROUNDS; round++) {
            const struct situation *s = &situations[i];
            if (task != SELECTOR_TASK && peer_create() != 0)
                return "peer_create";
            const char *failure = situation_make(s, task);
            if (failure == NULL)
                failure = act(s);
            if (failure == NULL)
                failure = situation_unmake();
            if (failure != NULL)
                return failure_in(s, failure);
            if (task != SELECTOR_TASK)
                peer_destroy();
        }
    }
    return NULL;
}

/* --- what is done to it --- */

static const char *give_registers(const struct situation *s)
{
    uint64_t rip = (uint64_t)landing, rsp = (uint64_t)&landing_stack[510];

    (void)s;
    CHECK_EQUAL(thread_ex_regs(SELECTOR_WORKER(SUBJECT), &rip, &rsp, EX_REGS_SET), 0);
    CHECK(await_at_least(&subject.landed, 1));
    CHECK_EQUAL(subject.landed, 2); /* CPU 1 */
    CHECK(!subject.ended);
    return NULL;
}

static const char *cancel(const struct situation *s)
{
    uint64_t rip = 0, rsp = 0, turns = subject.turns;

    CHECK_EQUAL(thread_ex_regs(SELECTOR_WORKER(SUBJECT), &rip, &rsp, 0), 0);
    if (s->phase != PHASE_NONE) {
        CHECK(await(&subject.ended, 1));
        CHECK_EQUAL(subject.tag, tag_make(0, ERR_CANCELED, 0) | TAG_ERROR | (s->phase == PHASE_RECEIVE ? TAG_RECEIVE_PHASE : 0));
        CHECK_EQUAL(subject.cpu, 1);
    } else if (s->state == STATE_RUNNABLE) {
        CHECK(await_at_least(&subject.turns, turns + 3));
        CHECK_EQUAL(subject.cpu, 1);
    } else {
        /* It runs into the same exception again. */
        CHECK_EQUAL(tag_label(ipc_wait(0).tag), PROTO_EXCEPTION);
    }
    return NULL;
}

static const char *destroy(const struct situation *s)
{
    CHECK_EQUAL(worker_destroy(SUBJECT), 0);
    uint64_t turns = subject.turns;
    for (unsigned i = 0; i < 100; i++)
        cpu_relax();
    CHECK_EQUAL(subject.turns, turns);
    CHECK(!subject.ended && !subject.landed);
    CHECK_EQUAL(tag_error(ipc_send(GATE, TIMEOUT_SEND_ZERO, MESSAGE_EMPTY).tag), ERR_NO_PARTNER);
    if (s->partner == partner_call_run || s->partner == partner_send_run)
        CHECK(await_state(PARTNER, STATE_OPEN_WAIT)); /* it was told, and has ended */
    if (s->state == STATE_EXCEPTION_WAIT)
        CHECK_EQUAL(tag_error(ipc_reply(0, MESSAGE_EMPTY).tag), ERR_NO_REPLY);
    return NULL;
}

static const char *destroy_with_task(const struct situation *s)
{
    (void)s;
    CHECK_EQUAL(peer_destroy(), 0);
    uint64_t turns = subject.turns;
    for (unsigned i = 0; i < 100; i++)
        cpu_relax();
    CHECK_EQUAL(subject.turns, turns);
    CHECK_EQUAL(tag_error(ipc_send(GATE, TIMEOUT_SEND_ZERO, MESSAGE_EMPTY).tag), ERR_NO_PARTNER);
    return NULL;
}

/* Lets the subject's IPC come to its good end, wherever it is now. */
static const char *ipc_complete(const struct situation *s)
{
    if (s->run == wait_run || s->run == receive_run) {
        if (s->run == receive_run)
            CHECK_EQUAL(remote_run(PARTNER, partner_send_run, NULL, PRIORITY_ABOVE, 0), 0);
        else
            CHECK_EQUAL(tag_error(ipc_send(GATE, tag_make(0, 5, 0), MESSAGE_EMPTY).tag), 0);
        CHECK(await(&subject.ended, 1));
        CHECK_EQUAL(subject.tag, tag_make(INVOKE_SEND, 5, 0));
    } else if (s->run == send_run || s->run == call_run) {
        /* Somebody else takes over the partner's messages, or the partner ends, which drops its caller. */
        if (s->state == STATE_SENDING)
            CHECK_EQUAL(remote_run(PARTNER, partner_keep_run, NULL, PRIORITY_ABOVE, 0), 0);
        if (s->run == call_run) {
            uint64_t rip = 0, rsp = 0;
            CHECK(await_state(PARTNER, STATE_RECEIVING));
            CHECK_EQUAL(thread_ex_regs(SELECTOR_WORKER(PARTNER), &rip, &rsp, 0), 0);
        }
        CHECK(await(&subject.ended, 1));
        CHECK_EQUAL(subject.tag, s->run == send_run ? TAG_INVOKE(0) :
                    (tag_make(0, ERR_CANCELED, 0) | TAG_ERROR | TAG_RECEIVE_PHASE));
    } else if (s->state == STATE_EXCEPTION_WAIT) {
        CHECK_EQUAL(tag_error(ipc_reply(tag_make(0, EXCEPTION_SET_RIP, 1), (struct message_words){ .w0 = (uint64_t)landing }).tag), 0);
        CHECK(await_at_least(&subject.landed, 1));
        subject.cpu = subject.landed - 1;
    } else {
        uint64_t turns = subject.turns;
        CHECK(await_at_least(&subject.turns, turns + 3));
    }
    return NULL;
}

static uint64_t destination;

static const char *move(const struct situation *s)
{
    /* Two steps: the way back is taken as well. */
    CHECK_EQUAL(worker_move(SUBJECT, PRIORITY_ABOVE, destination), 0);
    CHECK_NESTED(ipc_complete(s));
    CHECK_EQUAL(subject.cpu, destination);
    return NULL;
}

/* A partner in the subject's queue helps it, as soon as both are on one CPU: main would not run any more. */
static const char *partner_lower(const struct situation *s)
{
    if (s->partner == partner_send_run)
        CHECK_EQUAL(worker_move(PARTNER, PRIORITY_BELOW, 0), 0);
    return NULL;
}

static const char *move_there_and_back(const struct situation *s)
{
    CHECK_NESTED(partner_lower(s));
    CHECK_EQUAL(worker_move(SUBJECT, PRIORITY_BELOW, 0), 0);
    CHECK_EQUAL(worker_move(SUBJECT, PRIORITY_ABOVE, 1), 0);
    CHECK_NESTED(ipc_complete(s));
    CHECK_EQUAL(subject.cpu, 1);
    return NULL;
}

/* Here the subject must not keep main from running: it spins in some situations. */
static const char *move_here(const struct situation *s)
{
    if (s->state == STATE_RUNNABLE) {
        CHECK_NESTED(partner_lower(s));
        CHECK_EQUAL(worker_move(SUBJECT, PRIORITY_BELOW, 0), 0);
        uint64_t turns = subject.turns;
        for (unsigned i = 0; i < 100; i++)
            cpu_relax();
        CHECK_EQUAL(subject.turns, turns); /* main goes first */
        return NULL;
    }
    CHECK_EQUAL(worker_move(SUBJECT, PRIORITY_ABOVE, 0), 0);
    CHECK_NESTED(ipc_complete(s));
    CHECK_EQUAL(subject.cpu, 0);
    return NULL;
}

/* --- the tests --- */

static const char *registers_given(void) { NEEDS_CPUS(2); return in_each_situation(give_registers, SELECTOR_TASK); }
static const char *canceled(void) { NEEDS_CPUS(2); return in_each_situation(cancel, SELECTOR_TASK); }
static const char *destroyed(void) { NEEDS_CPUS(2); return in_each_situation(destroy, SELECTOR_TASK); }
static const char *moved_here(void) { NEEDS_CPUS(2); return in_each_situation(move_here, SELECTOR_TASK); }
static const char *moved_and_back(void) { NEEDS_CPUS(2); return in_each_situation(move_there_and_back, SELECTOR_TASK); }
static const char *task_destroyed(void) { NEEDS_CPUS(2); return in_each_situation(destroy_with_task, SELECTOR_PEER_TASK); }

static const char *moved_to_third(void)
{
    NEEDS_CPUS(3);
    destination = 2;
    return in_each_situation(move, SELECTOR_TASK);
}

static const char *moved_where_it_is(void)
{
    NEEDS_CPUS(2);
    destination = 1;
    return in_each_situation(move, SELECTOR_TASK);
}

const struct test tests[] = {
    { "thread of another CPU: ex_regs, whatever it does", registers_given },
    { "thread of another CPU: canceled, whatever it does", canceled },
    { "thread of another CPU: destroyed, whatever it does", destroyed },
    { "thread of another CPU: its task destroyed, whatever it does", task_destroyed },
    { "thread of another CPU: moved here, whatever it does", moved_here },
    { "thread of another CPU: moved to a third one, whatever it does", moved_to_third },
    { "thread of another CPU: moved here and back, whatever it does", moved_and_back },
    { "thread of another CPU: moved where it is", moved_where_it_is },
};
const size_t test_count = sizeof tests / sizeof tests[0];
