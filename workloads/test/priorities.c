/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Who runs when: priorities, the order of senders, lending of time along calls, round robin.
 */
#include "harness/measure/tsc.h"
#include "workloads/lib/remote.h"
#include "workloads/lib/test.h"

#define GATE SELECTOR_TEST(0)

/* Order of events, as told by whoever runs. */
static volatile uint64_t trace[16];
static volatile uint64_t traced;

static void trace_add(uint64_t event)
{
    if (traced < sizeof trace / sizeof trace[0])
        trace[traced] = event;
    traced++;
}

static void trace_run(void *arg)
{
    trace_add((uint64_t)arg);
}

static const char *trace_check(const uint64_t *events, uint64_t n)
{
    CHECK_EQUAL(traced, n);
    for (uint64_t i = 0; i < n; i++)
        CHECK_EQUAL(trace[i], events[i]);
    return NULL;
}

static const char *higher_preempts(void)
{
    traced = 0;
    CHECK_EQUAL(worker_start(0, SELECTOR_TASK, trace_run, (void *)1, PROGRAM_PRIORITY + 1), 0);
    CHECK_EQUAL(traced, 1);
    CHECK_EQUAL(worker_start(1, SELECTOR_TASK, trace_run, (void *)2, PROGRAM_PRIORITY), 0);
    CHECK_EQUAL(worker_start(2, SELECTOR_TASK, trace_run, (void *)3, PROGRAM_PRIORITY - 1), 0);
    CHECK_EQUAL(traced, 1);
    return NULL;
}

static const char *lower_runs_when_higher_waits(void)
{
    static const uint64_t want[] = { 9, 5, 1 };
    struct script s;

    /* Main waits for the lowest one; all that are above it run before, in order of priority. */
    traced = 0;
    CHECK_EQUAL(gate_create_main(GATE, 0), 0);
    CHECK_EQUAL(worker_start(0, SELECTOR_TASK, trace_run, (void *)1, 10), 0);
    CHECK_EQUAL(worker_start(1, SELECTOR_TASK, trace_run, (void *)5, 50), 0);
    CHECK_EQUAL(worker_start(2, SELECTOR_TASK, trace_run, (void *)9, 90), 0);
    script_init(&s, GATE, TAG_INVOKE(INVOKE_SEND), MESSAGE_EMPTY);
    CHECK_EQUAL(script_start(3, SELECTOR_TASK, &s, 0), 0);
    CHECK_EQUAL(tag_error(ipc_wait(0).tag), 0);
    return trace_check(want, 3);
}

static const char *priority_changed_takes_effect(void)
{
    static const uint64_t want[] = { 2, 1 };

    traced = 0;
    CHECK_EQUAL(worker_start(0, SELECTOR_TASK, trace_run, (void *)1, 20), 0);
    CHECK_EQUAL(worker_start(1, SELECTOR_TASK, trace_run, (void *)2, 10), 0);
    CHECK_EQUAL(scheduler_run_thread(SELECTOR_SCHEDULER, SELECTOR_WORKER(1), 30, PROGRAM_QUANTUM_US), 0);
    /* Lowering oneself lets the others run. */
    CHECK_EQUAL(scheduler_run_thread(SELECTOR_SCHEDULER, SELECTOR_THREAD, 1, PROGRAM_QUANTUM_US), 0);
    CHECK_NESTED(trace_check(want, 2));
    CHECK_EQUAL(scheduler_run_thread(SELECTOR_SCHEDULER, SELECTOR_THREAD, PROGRAM_PRIORITY, PROGRAM_QUANTUM_US), 0);
    return NULL;
}

static const char *run_thread_arguments(void)
{
    CHECK_EQUAL(worker_create(0, SELECTOR_TASK), 0);
    CHECK_EQUAL(scheduler_run_thread(SELECTOR_SCHEDULER, SELECTOR_WORKER(0), PRIORITY_MAX + 1, 1000), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(scheduler_run_thread(SELECTOR_SCHEDULER, SELECTOR_WORKER(0), (uint64_t)-1, 1000), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(scheduler_run_thread(SELECTOR_SCHEDULER, SELECTOR_WORKER(0), 1, 99), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(scheduler_run_thread(SELECTOR_SCHEDULER, SELECTOR_WORKER(0), 1, 0), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(scheduler_run_thread(SELECTOR_SCHEDULER, SELECTOR_WORKER(0), 1, 10000001), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(scheduler_run_thread(SELECTOR_SCHEDULER, SELECTOR_WORKER(0), 1, (uint64_t)-1), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(scheduler_run_thread(SELECTOR_SCHEDULER, SELECTOR_TASK, 1, 1000), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(scheduler_run_thread(SELECTOR_SCHEDULER, SELECTOR_TEST(9), 1, 1000), ERR_NO_CAPABILITY);
    CHECK_EQUAL(task_map_capability(SELECTOR_TASK, SELECTOR_WORKER(0), SELECTOR_TEST(1), RIGHTS_ALL & ~RIGHT_MANAGE), 0);
    CHECK_EQUAL(scheduler_run_thread(SELECTOR_SCHEDULER, SELECTOR_TEST(1), 1, 1000), ERR_NO_RIGHT);
    CHECK_EQUAL(task_map_capability(SELECTOR_TASK, SELECTOR_SCHEDULER, SELECTOR_TEST(2), RIGHT_SEND), 0);
    CHECK_EQUAL(scheduler_run_thread(SELECTOR_TEST(2), SELECTOR_WORKER(0), 1, 1000), ERR_NO_RIGHT);
    return NULL;
}

static const char *ceiling_limits(void)
{
    struct message_words w = MESSAGE_EMPTY;

    CHECK_EQUAL(worker_create(0, SELECTOR_TASK), 0);
    CHECK_EQUAL(scheduler_limit(SELECTOR_SCHEDULER, SELECTOR_FACTORY, SELECTOR_TEST(0), 50), 0);
    CHECK_EQUAL(object_call(SELECTOR_TEST(0), OP_SCHEDULER_INFO, 0, &w), 0);
    CHECK_EQUAL(w.w3, 50);
    CHECK_EQUAL(scheduler_run_thread(SELECTOR_TEST(0), SELECTOR_WORKER(0), 50, 1000), 0);
    CHECK_EQUAL(scheduler_run_thread(SELECTOR_TEST(0), SELECTOR_WORKER(0), 51, 1000), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(scheduler_run_thread(SELECTOR_TEST(0), SELECTOR_WORKER(0), PRIORITY_MAX, 1000), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(scheduler_run_thread(SELECTOR_SCHEDULER, SELECTOR_WORKER(0), PROGRAM_PRIORITY_MAX, 1000), 0);
    CHECK_EQUAL(scheduler_run_thread(SELECTOR_SCHEDULER, SELECTOR_WORKER(0), PROGRAM_PRIORITY_MAX + 1, 1000), ERR_BAD_ARGUMENT);
    return NULL;
}

static const char *ceiling_is_passed_on(void)
{
    CHECK_EQUAL(worker_create(0, SELECTOR_TASK), 0);
    CHECK_EQUAL(scheduler_limit(SELECTOR_SCHEDULER, SELECTOR_FACTORY, SELECTOR_TEST(0), 50), 0);
    CHECK_EQUAL(scheduler_limit(SELECTOR_TEST(0), SELECTOR_FACTORY, SELECTOR_TEST(1), 51), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(scheduler_limit(SELECTOR_TEST(0), SELECTOR_FACTORY, SELECTOR_TEST(1), (uint64_t)-1), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(scheduler_limit(SELECTOR_TEST(0), SELECTOR_FACTORY, SELECTOR_TEST(0), 5), ERR_OCCUPIED);
    CHECK_EQUAL(scheduler_limit(SELECTOR_TEST(0), SELECTOR_TASK, SELECTOR_TEST(1), 5), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(task_map_capability(SELECTOR_TASK, SELECTOR_TEST(0), SELECTOR_TEST(2), RIGHT_SEND), 0);
    CHECK_EQUAL(scheduler_limit(SELECTOR_TEST(2), SELECTOR_FACTORY, SELECTOR_TEST(1), 5), ERR_NO_RIGHT);
    CHECK_EQUAL(scheduler_limit(SELECTOR_TEST(0), SELECTOR_FACTORY, SELECTOR_TEST(1), 5), 0);
    CHECK_EQUAL(scheduler_run_thread(SELECTOR_TEST(1), SELECTOR_WORKER(0), 6, 1000), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, SELECTOR_TEST(0)), 0);
    CHECK_EQUAL(scheduler_run_thread(SELECTOR_TEST(1), SELECTOR_WORKER(0), 5, 1000), ERR_NO_CAPABILITY);
    return NULL;
}

/* --- queue of senders --- */

#define QUEUE_TURNS_MAX 10000

static const char *senders_taken_in_order(bool call)
{
    /* priority of the n-th to queue, and the order in which they are taken: highest first, then first come first served */
    static const uint64_t priorities[] = { 110, 130, 120, 130, 110, 120, 130 };
    static const uint64_t want[] = { 1, 3, 6, 2, 5, 0, 4 };
    static struct script s[7];

    CHECK_EQUAL(gate_create_main(GATE, 0), 0);
    CHECK_EQUAL(factory_create_semaphore(SELECTOR_FACTORY, SELECTOR_TEST(1), 0), 0);
    for (unsigned i = 0; i < 7; i++) {
        script_init(&s[i], GATE, tag_make(call ? INVOKE_CALL : INVOKE_SEND, (int32_t)i, 0), MESSAGE_EMPTY);
        CHECK_EQUAL(script_start(i, SELECTOR_TASK, &s[i], priorities[i]), 0);
        CHECK(!s[i].done);
        /* Those that wait already help us: this one comes to its call while we wait, too. */
        for (unsigned turn = 0; turn < QUEUE_TURNS_MAX && worker_state(i) != STATE_SENDING; turn++) {
            ((struct utcb *)PROGRAM_UTCB_ADDRESS)->receive_timeout = 100000;
            CHECK_EQUAL(semaphore_down(SELECTOR_TEST(1), TIMEOUT_RELATIVE), ERR_TIMEOUT);
        }
        CHECK_EQUAL(worker_state(i), STATE_SENDING);
    }
    struct message m = ipc_wait(0);
    for (unsigned i = 0; i < 7; i++) {
        CHECK_EQUAL(m.tag, tag_make(call ? INVOKE_CALL : INVOKE_SEND, (int32_t)want[i], 0));
        m = call ? ipc_reply_and_wait(0, TIMEOUT_RECEIVE_ZERO, MESSAGE_EMPTY) : ipc_wait(TIMEOUT_RECEIVE_ZERO);
    }
    CHECK_EQUAL(tag_error(m.tag), ERR_TIMEOUT);
    /* Not sooner: those that still wait help us with priorities as high as those of who has been served, and take turns with them. */
    for (unsigned i = 0; i < 7; i++)
        CHECK(await_asleep(&s[i].done, 1));
    return NULL;
}

static const char *senders_by_priority(void) { return senders_taken_in_order(false); }
static const char *callers_by_priority(void) { return senders_taken_in_order(true); }

static const char *callers_by_priority_never(void)
{
    static struct script low, high;

    /* The same through a reply_and_wait with no timeouts: the fast path must see that somebody is queued. */
    CHECK_EQUAL(gate_create_main(GATE, 0), 0);
    script_init(&low, GATE, tag_make(INVOKE_CALL, 1, 0), MESSAGE_EMPTY);
    script_init(&high, GATE, tag_make(INVOKE_CALL, 2, 0), MESSAGE_EMPTY);
    CHECK_EQUAL(script_start(0, SELECTOR_TASK, &low, PRIORITY_ABOVE), 0);
    CHECK_EQUAL(script_start(1, SELECTOR_TASK, &high, PRIORITY_ABOVE + 1), 0);
    CHECK_EQUAL(ipc_wait(0).tag, tag_make(INVOKE_CALL, 2, 0));
    CHECK_EQUAL(ipc_reply_and_wait(0, 0, MESSAGE_EMPTY).tag, tag_make(INVOKE_CALL, 1, 0));
    CHECK(high.done && !low.done);
    CHECK_EQUAL(tag_error(ipc_reply(0, MESSAGE_EMPTY).tag), 0);
    CHECK(low.done);
    return NULL;
}

/* --- direct switch and lending --- */

static const char *send_to_higher_runs_it_first(void)
{
    struct script above, below;

    script_init(&above, 0, TAG_INVOKE(INVOKE_WAIT), MESSAGE_EMPTY);
    CHECK_EQUAL(script_start(0, SELECTOR_TASK, &above, PRIORITY_ABOVE), 0);
    CHECK_EQUAL(gate_create(GATE, 0, 0), 0);
    CHECK_EQUAL(tag_error(ipc_send(GATE, 0, MESSAGE_EMPTY).tag), 0);
    CHECK(above.done);
    /* A lower one gets the message, but the CPU only later. */
    script_init(&below, 0, TAG_INVOKE(INVOKE_WAIT), MESSAGE_EMPTY);
    CHECK_EQUAL(script_start(1, SELECTOR_TASK, &below, PRIORITY_ABOVE), 0);
    CHECK_EQUAL(scheduler_run_thread(SELECTOR_SCHEDULER, SELECTOR_WORKER(1), PRIORITY_BELOW, 1000), 0);
    CHECK_EQUAL(gate_create(SELECTOR_TEST(1), 1, 0), 0);
    CHECK_EQUAL(tag_error(ipc_send(SELECTOR_TEST(1), 0, MESSAGE_EMPTY).tag), 0);
    CHECK(!below.done);
    return NULL;
}

/* A server of low priority that wakes a thread between its priority and its client's, then replies. */
static void lending_server_run(void *arg)
{
    (void)arg;
    ipc_wait(0);
    for (;;) {
        trace_add(1);
        ipc_send(SELECTOR_TEST(1), 0, MESSAGE_EMPTY);
        trace_add(2);
        ipc_reply_and_wait(0, 0, MESSAGE_EMPTY);
    }
}

static void between_run(void *arg)
{
    (void)arg;
    for (;;) {
        ipc_wait(0);
        trace_add(3);
    }
}

static const char *lending_check(uint64_t timeouts)
{
    static const uint64_t want[] = { 1, 2, 4 };

    traced = 0;
    CHECK_EQUAL(worker_start(0, SELECTOR_TASK, lending_server_run, NULL, PRIORITY_ABOVE), 0);
    CHECK_EQUAL(scheduler_run_thread(SELECTOR_SCHEDULER, SELECTOR_WORKER(0), PRIORITY_BELOW, 1000), 0);
    CHECK_EQUAL(worker_start(1, SELECTOR_TASK, between_run, NULL, PRIORITY_ABOVE), 0);
    CHECK_EQUAL(scheduler_run_thread(SELECTOR_SCHEDULER, SELECTOR_WORKER(1), PRIORITY_BELOW + 5, 1000), 0);
    CHECK_EQUAL(gate_create(GATE, 0, 0), 0);
    CHECK_EQUAL(gate_create(SELECTOR_TEST(1), 1, 0), 0);
    CHECK_EQUAL(tag_error(ipc_call(GATE, timeouts, MESSAGE_EMPTY).tag), 0);
    trace_add(4);
    return trace_check(want, 3);
}

static const char *call_lends_priority(void) { return lending_check(0); }
static const char *call_lends_priority_slow(void) { return lending_check(TIMEOUT_SEND_ZERO); }

static const char *server_preempted_on_lent_time(void)
{
    static struct script client;
    static struct script urgent;

    /* Main, on a client's time, is still preempted by who is above the client. */
    CHECK_EQUAL(gate_create_main(GATE, 0), 0);
    script_init(&client, GATE, TAG_INVOKE(INVOKE_CALL), MESSAGE_EMPTY);
    CHECK_EQUAL(script_start(0, SELECTOR_TASK, &client, PRIORITY_ABOVE), 0);
    CHECK_EQUAL(tag_error(ipc_wait(0).tag), 0);
    script_init(&urgent, 0, 0, MESSAGE_EMPTY);
    CHECK_EQUAL(script_start(1, SELECTOR_TASK, &urgent, PRIORITY_ABOVE), 0);
    CHECK(!urgent.done);
    CHECK_EQUAL(script_start(2, SELECTOR_TASK, &urgent, PRIORITY_ABOVE + 1), 0);
    CHECK(urgent.done);
    CHECK_EQUAL(tag_error(ipc_reply(0, MESSAGE_EMPTY).tag), 0);
    CHECK(client.done);
    return NULL;
}

/* --- round robin --- */

static volatile uint64_t spins[2];

static void spin_run(void *arg)
{
    uint64_t i = (uint64_t)arg;

    for (;;)
        spins[i]++;
}

/* Time limit of a test that waits for the timer: some seconds, as the host may have others to run than this machine. */
#define TIMER_LIMIT_TICKS 20000000000

static const char *equals_take_turns(void)
{
    spins[0] = spins[1] = 0;
    CHECK_EQUAL(worker_create(0, SELECTOR_TASK), 0);
    CHECK_EQUAL(worker_create(1, SELECTOR_TASK), 0);
    CHECK_EQUAL(worker_run(0, spin_run, (void *)0, PROGRAM_PRIORITY), 0);
    CHECK_EQUAL(worker_run(1, spin_run, (void *)1, PROGRAM_PRIORITY), 0);
    CHECK_EQUAL(scheduler_run_thread(SELECTOR_SCHEDULER, SELECTOR_WORKER(0), PROGRAM_PRIORITY, 500), 0);
    CHECK_EQUAL(scheduler_run_thread(SELECTOR_SCHEDULER, SELECTOR_WORKER(1), PROGRAM_PRIORITY, 500), 0);
    CHECK_EQUAL(scheduler_run_thread(SELECTOR_SCHEDULER, SELECTOR_THREAD, PROGRAM_PRIORITY, 500), 0);
    uint64_t start = rdtsc(), seen[2] = { 0, 0 };
    unsigned turns = 0;
    /* Three turns of each: the timer ends our slice, theirs, and ours again. */
    while (turns < 3 && rdtsc() - start < TIMER_LIMIT_TICKS) {
        if (spins[0] == seen[0] || spins[1] == seen[1])
            continue;
        seen[0] = spins[0];
        seen[1] = spins[1];
        turns++;
    }
    CHECK_EQUAL(scheduler_run_thread(SELECTOR_SCHEDULER, SELECTOR_THREAD, PROGRAM_PRIORITY, PROGRAM_QUANTUM_US), 0);
    CHECK_EQUAL(turns, 3);
    return NULL;
}

static const char *lower_never_preempts(void)
{
    spins[0] = 0;
    CHECK_EQUAL(worker_start(0, SELECTOR_TASK, spin_run, (void *)0, PRIORITY_BELOW), 0);
    CHECK_EQUAL(scheduler_run_thread(SELECTOR_SCHEDULER, SELECTOR_THREAD, PROGRAM_PRIORITY, 200), 0);
    uint64_t start = rdtsc();
    while (rdtsc() - start < 3000000)
        CHECK_EQUAL(spins[0], 0);
    CHECK_EQUAL(scheduler_run_thread(SELECTOR_SCHEDULER, SELECTOR_THREAD, PROGRAM_PRIORITY, PROGRAM_QUANTUM_US), 0);
    return NULL;
}

static void release_run(void *arg)
{
    (void)arg;
    for (;;)
        spin_released = 1;
}

static const char *registers_survive_preemption(void)
{
    static struct registers in, out;
    struct script s;

    script_init(&s, 0x1d, 0x151, (struct message_words){ 1, 2, 3, 4, 5, 6 });
    in = s.in;
    /* Main spins in assembly, every register known, until the timer gives its turn to the worker, which releases it. */
    CHECK_EQUAL(worker_start(0, SELECTOR_TASK, release_run, NULL, PROGRAM_PRIORITY), 0);
    CHECK_EQUAL(scheduler_run_thread(SELECTOR_SCHEDULER, SELECTOR_WORKER(0), PROGRAM_PRIORITY, 200), 0);
    CHECK_EQUAL(scheduler_run_thread(SELECTOR_SCHEDULER, SELECTOR_THREAD, PROGRAM_PRIORITY, 200), 0);
    spin_released = 0;
    spin_record(&in, &out);
    CHECK_EQUAL(scheduler_run_thread(SELECTOR_SCHEDULER, SELECTOR_THREAD, PROGRAM_PRIORITY, PROGRAM_QUANTUM_US), 0);
    in.rsp = 0;
    const uint64_t *want = &in.rax, *got = &out.rax;
    for (size_t i = 0; i < sizeof in / sizeof(uint64_t); i++)
        CHECK_EQUAL(got[i], want[i]);
    return NULL;
}

const struct test tests[] = {
    { "run_thread: a higher priority preempts, an equal or lower one does not", higher_preempts },
    { "scheduling: when the highest one waits, the others run in order of priority", lower_runs_when_higher_waits },
    { "run_thread: changes the priority of a thread that is ready, and the caller's own", priority_changed_takes_effect },
    { "run_thread: priority, quantum, thread and rights are checked", run_thread_arguments },
    { "scheduler with a ceiling: no thread above it", ceiling_limits },
    { "scheduler with a ceiling: makes none with a higher one, and goes with what it was derived from", ceiling_is_passed_on },
    { "senders: taken highest priority first, then in order of arrival", senders_by_priority },
    { "callers: taken highest priority first, then in order of arrival", callers_by_priority },
    { "callers: reply_and_wait takes who is queued", callers_by_priority_never },
    { "send: to a higher priority runs the receiver first, to a lower one does not", send_to_higher_runs_it_first },
    { "call: lends its priority to the server until the reply", call_lends_priority },
    { "call: lends its priority to the server until the reply, slow path", call_lends_priority_slow },
    { "call: a server on lent time is preempted by who is above its client", server_preempted_on_lent_time },
    { "round robin: threads of equal priority take turns when their quantum is over", equals_take_turns },
    { "round robin: a lower priority never preempts", lower_never_preempts },
    { "preemption: leaves every register as it was", registers_survive_preemption },
};
const size_t test_count = sizeof tests / sizeof tests[0];
