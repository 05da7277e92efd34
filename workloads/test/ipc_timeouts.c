/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Waits that are limited: relative and absolute, in the send phase and in the receive phase.
 */
#include "harness/measure/tsc.h"
#include "workloads/lib/test.h"

#define GATE SELECTOR_TEST(0)
#define LIMIT_TICKS 200000ull
#define MUCH_TICKS (1ull << 40)
#define LATE_TICKS (1ull << 30)
/* Where a limit must not have passed before a test has looked: it is tried again with four times as much, as nobody promises how soon a
 * thread runs again where the clock is the host's. */
#define EACH_LIMIT(limit) uint64_t limit = LIMIT_TICKS; limit < LIMIT_TICKS << 16; limit *= 4

#define SEND_FOR (ABI_CONST(uint64_t, TIMEOUT_RELATIVE) << TAG_SEND_TIMEOUT_SHIFT)
#define SEND_UNTIL (ABI_CONST(uint64_t, TIMEOUT_ABSOLUTE) << TAG_SEND_TIMEOUT_SHIFT)
#define RECEIVE_FOR (ABI_CONST(uint64_t, TIMEOUT_RELATIVE) << TAG_RECEIVE_TIMEOUT_SHIFT)
#define RECEIVE_UNTIL (ABI_CONST(uint64_t, TIMEOUT_ABSOLUTE) << TAG_RECEIVE_TIMEOUT_SHIFT)

static struct utcb *const utcb = (struct utcb *)PROGRAM_UTCB_ADDRESS;

/* An invocation of the main thread that fails in that phase, not before its time. */
static const char *gives_up(uint64_t selector, uint64_t tag, uint64_t end_ticks, uint64_t phase)
{
    struct message m = invoke(selector, tag, MESSAGE_EMPTY);

    CHECK(tsc_end() >= end_ticks);
    CHECK_EQUAL(m.tag, tag_make(0, ERR_TIMEOUT, 0) | TAG_ERROR | phase);
    CHECK_EQUAL(m.label, 0);
    return NULL;
}

static const char *send_relative(void)
{
    CHECK_EQUAL(worker_create(0, SELECTOR_TASK), 0);
    CHECK_EQUAL(gate_create(GATE, 0, 0), 0);
    utcb->send_timeout = LIMIT_TICKS;
    CHECK_NESTED(gives_up(GATE, TAG_INVOKE(INVOKE_SEND) | SEND_FOR, tsc_begin() + LIMIT_TICKS, 0));
    return gives_up(GATE, TAG_INVOKE(INVOKE_CALL) | SEND_FOR, tsc_begin() + LIMIT_TICKS, 0);
}

static const char *send_absolute(void)
{
    CHECK_EQUAL(worker_create(0, SELECTOR_TASK), 0);
    CHECK_EQUAL(gate_create(GATE, 0, 0), 0);
    utcb->send_timeout = tsc_begin() + LIMIT_TICKS;
    CHECK_NESTED(gives_up(GATE, TAG_INVOKE(INVOKE_SEND) | SEND_UNTIL, utcb->send_timeout, 0));
    /* Now it is in the past. */
    return gives_up(GATE, TAG_INVOKE(INVOKE_CALL) | SEND_UNTIL, utcb->send_timeout, 0);
}

static const char *receive_relative(void)
{
    CHECK_EQUAL(worker_create(0, SELECTOR_TASK), 0);
    utcb->receive_timeout = LIMIT_TICKS;
    CHECK_NESTED(gives_up(0, TAG_INVOKE(INVOKE_WAIT) | RECEIVE_FOR, tsc_begin() + LIMIT_TICKS, TAG_RECEIVE_PHASE));
    return gives_up(SELECTOR_WORKER(0), TAG_INVOKE(INVOKE_RECV) | RECEIVE_FOR, tsc_begin() + LIMIT_TICKS, TAG_RECEIVE_PHASE);
}

static const char *receive_absolute(void)
{
    utcb->receive_timeout = tsc_begin() + LIMIT_TICKS;
    return gives_up(0, TAG_INVOKE(INVOKE_WAIT) | RECEIVE_UNTIL, utcb->receive_timeout, TAG_RECEIVE_PHASE);
}

/* Takes calls and does not answer before its own priority lets it. */
static volatile uint64_t busy_rounds;

static void busy_server(void *arg)
{
    (void)arg;
    ipc_wait(0);
    for (;;)
        busy_rounds++;
}

static const char *busy_server_start(void)
{
    CHECK_EQUAL(worker_start(0, SELECTOR_TASK, busy_server, NULL, PRIORITY_ABOVE), 0);
    CHECK_EQUAL(gate_create(GATE, 0, 0), 0);
    CHECK_EQUAL(scheduler_run_thread(SELECTOR_SCHEDULER, SELECTOR_WORKER(0), PRIORITY_BELOW, PROGRAM_QUANTUM_US), 0);
    return NULL;
}

static const char *call_to_a_busy_server(void)
{
    CHECK_NESTED(busy_server_start());
    /* The server runs on this thread's time until the limit ends the loan. */
    for (EACH_LIMIT(limit)) {
        utcb->receive_timeout = limit;
        CHECK_NESTED(gives_up(GATE, TAG_INVOKE(INVOKE_CALL) | RECEIVE_FOR, tsc_begin() + limit, TAG_RECEIVE_PHASE));
        if (busy_rounds != 0)
            break;
        CHECK_EQUAL(worker_destroy(0), 0);
        CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, GATE), 0);
        CHECK_NESTED(busy_server_start());
    }
    CHECK(busy_rounds != 0);
    uint64_t rounds = busy_rounds;
    tsc_end();
    CHECK_EQUAL(busy_rounds, rounds);
    return NULL;
}

static void echo_server(void *arg)
{
    struct message m = ipc_wait(0);

    (void)arg;
    while (!tag_failed(m.tag))
        m = ipc_reply_and_wait(0, tag_make(0, 0, 6), m.w);
}

static const char *partner_in_time(void)
{
    CHECK_EQUAL(worker_start(0, SELECTOR_TASK, echo_server, NULL, PRIORITY_ABOVE), 0);
    CHECK_EQUAL(gate_create(GATE, 0, 0), 0);
    utcb->send_timeout = utcb->receive_timeout = MUCH_TICKS;
    for (uint64_t i = 0; i < 10; i++) {
        struct message m = ipc_call(GATE, tag_make(0, 0, 6) | SEND_FOR | RECEIVE_FOR, (struct message_words){ .w0 = i, .w5 = ~i });
        CHECK_EQUAL(m.tag, TAG_INVOKE(INVOKE_REPLY_AND_WAIT) | 6);
        CHECK_EQUAL(m.w.w0, i);
        CHECK_EQUAL(m.w.w5, ~i);
    }
    return NULL;
}

static void limited_server(void *arg)
{
    struct utcb *own = worker_utcb(0);

    (void)arg;
    own->receive_timeout = MUCH_TICKS;
    struct message m = ipc_wait(RECEIVE_FOR);
    while (!tag_failed(m.tag))
        m = ipc_reply_and_wait(0, tag_make(0, 0, 6) | RECEIVE_FOR, m.w);
}

static const char *server_with_a_limit(void)
{
    CHECK_EQUAL(worker_start(0, SELECTOR_TASK, limited_server, NULL, PRIORITY_ABOVE), 0);
    CHECK_EQUAL(gate_create(GATE, 0, 0), 0);
    for (uint64_t i = 0; i < 10; i++) {
        struct message m = ipc_call(GATE, tag_make(0, 0, 6), (struct message_words){ .w0 = i });
        CHECK_EQUAL(m.tag, TAG_INVOKE(INVOKE_REPLY_AND_WAIT) | 6);
        CHECK_EQUAL(m.w.w0, i);
    }
    return NULL;
}

static const char *canceled_before(void)
{
    struct script s;
    uint64_t rip = 0, rsp = 0;

    script_init(&s, 0, TAG_INVOKE(INVOKE_WAIT) | RECEIVE_FOR, MESSAGE_EMPTY);
    CHECK_EQUAL(worker_create(0, SELECTOR_TASK), 0);
    worker_utcb(0)->receive_timeout = MUCH_TICKS;
    CHECK_EQUAL(worker_run(0, script_run, &s, PRIORITY_ABOVE), 0);
    CHECK(!s.done);
    CHECK_EQUAL(thread_ex_regs(SELECTOR_WORKER(0), &rip, &rsp, 0), 0);
    CHECK_NESTED(script_contract_check(&s));
    CHECK_EQUAL(s.out.rsi, tag_make(0, ERR_CANCELED, 0) | TAG_ERROR | TAG_RECEIVE_PHASE);
    /* Nothing is left that could end the next wait. */
    utcb->receive_timeout = LIMIT_TICKS;
    return gives_up(0, TAG_INVOKE(INVOKE_WAIT) | RECEIVE_FOR, tsc_begin() + LIMIT_TICKS, TAG_RECEIVE_PHASE);
}

/* Destroyed in a wait of that limit; *in_time says that it was still waiting. */
static const char *death_in_a_wait(uint64_t limit, struct script *s, bool *in_time)
{
    script_init(s, 0, TAG_INVOKE(INVOKE_WAIT) | RECEIVE_FOR, MESSAGE_EMPTY);
    CHECK_EQUAL(worker_create(0, SELECTOR_TASK), 0);
    worker_utcb(0)->receive_timeout = limit;
    CHECK_EQUAL(worker_run(0, script_run, s, PRIORITY_ABOVE), 0);
    CHECK_EQUAL(worker_destroy(0), 0);
    *in_time = !s->done;
    utcb->receive_timeout = 2 * limit;
    return gives_up(0, TAG_INVOKE(INVOKE_WAIT) | RECEIVE_FOR, tsc_begin() + 2 * limit, TAG_RECEIVE_PHASE);
}

static const char *dead_while_limited(void)
{
    bool in_time = false;
    struct script s;

    for (EACH_LIMIT(limit)) {
        CHECK_NESTED(death_in_a_wait(limit, &s, &in_time));
        if (in_time)
            break;
    }
    CHECK(in_time);
    CHECK(!s.done);
    return NULL;
}

/* Sleepers note when their turn came. */
#define SLEEPERS 8
static volatile uint64_t woken[SLEEPERS], woken_count;

static void sleeper_run(void *arg)
{
    ipc_wait(RECEIVE_UNTIL);
    woken[woken_count] = (uint64_t)arg;
    woken_count++;
}

/* All wait before the first of them wakes: *in_time. */
static const char *sleepers_start(uint64_t now, uint64_t limit, bool *in_time)
{
    static const uint64_t order[SLEEPERS] = { 3, 7, 0, 5, 1, 6, 2, 4 };

    woken_count = 0;
    for (unsigned i = 0; i < SLEEPERS; i++) {
        CHECK_EQUAL(worker_create(i, SELECTOR_TASK), 0);
        worker_utcb(i)->receive_timeout = now + limit * (10 + order[i]);
        CHECK_EQUAL(worker_run(i, sleeper_run, (void *)order[i], PRIORITY_ABOVE), 0);
    }
    *in_time = woken_count == 0;
    utcb->receive_timeout = now + limit * (10 + SLEEPERS);
    return gives_up(0, TAG_INVOKE(INVOKE_WAIT) | RECEIVE_UNTIL, utcb->receive_timeout, TAG_RECEIVE_PHASE);
}

static const char *sleepers_wake_in_order(void)
{
    bool in_time = false;

    for (EACH_LIMIT(limit)) {
        CHECK_NESTED(sleepers_start(tsc_begin(), limit, &in_time));
        if (in_time)
            break;
        for (unsigned i = 0; i < SLEEPERS; i++)
            CHECK_EQUAL(worker_destroy(i), 0);
    }
    CHECK(in_time);
    CHECK_EQUAL(woken_count, SLEEPERS);
    for (uint64_t i = 0; i < SLEEPERS; i++)
        CHECK_EQUAL(woken[i], i);
    return NULL;
}

/* Nobody runs when the timer's interrupt comes, and both times have come when it is served, the less important one's first. */
static const char *two_sleep(uint64_t limit, bool *in_time)
{
    uint64_t when = tsc_begin() + 10 * limit;

    woken_count = 0;
    for (unsigned i = 0; i < 2; i++) {
        CHECK_EQUAL(worker_create(i, SELECTOR_TASK), 0);
        worker_utcb(i)->receive_timeout = when + i;
        CHECK_EQUAL(worker_run(i, sleeper_run, (void *)(uint64_t)i, PRIORITY_ABOVE), 0);
        CHECK_EQUAL(scheduler_run_thread(SELECTOR_SCHEDULER, SELECTOR_WORKER(i), PRIORITY_BELOW + i, PROGRAM_QUANTUM_US), 0);
    }
    *in_time = woken_count == 0;
    utcb->receive_timeout = when + 100 * limit;
    return gives_up(0, TAG_INVOKE(INVOKE_WAIT) | RECEIVE_UNTIL, utcb->receive_timeout, TAG_RECEIVE_PHASE);
}

static const char *sleepers_wake_by_priority(void)
{
    bool in_time = false;

    for (EACH_LIMIT(limit)) {
        CHECK_NESTED(two_sleep(limit, &in_time));
        if (in_time)
            break;
        for (unsigned i = 0; i < 2; i++)
            CHECK_EQUAL(worker_destroy(i), 0);
    }
    CHECK(in_time);
    CHECK_EQUAL(woken_count, 2);
    CHECK_EQUAL(woken[0], 1);
    return NULL;
}

static const char *sleeper_preempts(void)
{
    bool in_time = false;

    for (EACH_LIMIT(limit)) {
        CHECK_EQUAL(worker_create(0, SELECTOR_TASK), 0);
        woken_count = 0;
        worker_utcb(0)->receive_timeout = tsc_begin() + limit;
        CHECK_EQUAL(worker_run(0, sleeper_run, NULL, PRIORITY_ABOVE), 0);
        in_time = woken_count == 0;
        if (in_time)
            break;
        CHECK_EQUAL(worker_destroy(0), 0);
    }
    CHECK(in_time);
    uint64_t end = worker_utcb(0)->receive_timeout + LATE_TICKS;
    while (woken_count == 0 && tsc_begin() < end)
        ;
    CHECK_EQUAL(woken_count, 1);
    return NULL;
}

const struct test tests[] = {
    { "timeout: relative, of the send phase, ends send and call", send_relative },
    { "timeout: absolute, of the send phase, ends send and call, in the past at once", send_absolute },
    { "timeout: relative, of the receive phase, ends open wait and closed receive", receive_relative },
    { "timeout: absolute, of the receive phase, ends an open wait", receive_absolute },
    { "timeout: of a call ends the loan of time to a server that is busy", call_to_a_busy_server },
    { "timeout: a partner in time is served as without one", partner_in_time },
    { "timeout: a server may limit its wait for the next call", server_with_a_limit },
    { "timeout: ex_regs cancels a limited wait, and its limit with it", canceled_before },
    { "timeout: a thread may die in a limited wait", dead_while_limited },
    { "timeout: sleepers wake in the order of their times", sleepers_wake_in_order },
    { "timeout: of two that wake an idle CPU at once the one of higher priority runs first", sleepers_wake_by_priority },
    { "timeout: a sleeper of higher priority preempts when its time comes", sleeper_preempts },
};
const size_t test_count = sizeof tests / sizeof tests[0];
