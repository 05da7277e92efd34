/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Waits that end on another CPU than they are ended from: limits of both phases, semaphores, Irqs. Main is on CPU 0, workers where it is
 * said; who waits there has gone to sleep before anything is done to it.
 */
#include "harness/measure/tsc.h"
#include "workloads/lib/remote.h"
#include "workloads/lib/test.h"

#define GATE SELECTOR_TEST(0)
#define SEMAPHORE SELECTOR_TEST(1)
#define IRQ SELECTOR_TEST(2)
#define LABEL 0x500
#define LIMIT_TICKS 200000ull
#define ROUNDS 20

#define SEND_FOR (ABI_CONST(uint64_t, TIMEOUT_RELATIVE) << TAG_SEND_TIMEOUT_SHIFT)
#define RECEIVE_FOR (ABI_CONST(uint64_t, TIMEOUT_RELATIVE) << TAG_RECEIVE_TIMEOUT_SHIFT)
#define RECEIVE_UNTIL (ABI_CONST(uint64_t, TIMEOUT_ABSOLUTE) << TAG_RECEIVE_TIMEOUT_SHIFT)
#define DOWN tag_make(INVOKE_CALL, OP_SEMAPHORE_DOWN, 0)
#define OVER(error, phase) (tag_make(0, error, 0) | TAG_ERROR | (phase))

/* One invocation on another CPU, and when and where it came back. */
static struct waiter {
    struct script s;
    volatile uint64_t cpu, end_ticks;
} waiters[4];

static void waiter_run(void *arg)
{
    struct waiter *w = arg;

    syscall_record(&w->s.in, &w->s.out);
    w->end_ticks = tsc_end();
    w->cpu = cpu_number();
    w->s.done = 1;
}

/* Worker i makes it on that CPU; its limits, where it has some, are in its UTCB already. */
static const char *wait_start(unsigned i, uint64_t selector, uint64_t tag, uint64_t priority, uint64_t cpu)
{
    script_init(&waiters[i].s, selector, tag, MESSAGE_EMPTY);
    CHECK_EQUAL(remote_run(i, waiter_run, &waiters[i], priority, cpu), 0);
    return NULL;
}

static const char *wait_ended(unsigned i, uint64_t cpu, uint64_t tag)
{
    CHECK(await_asleep(&waiters[i].s.done, 1));
    CHECK_EQUAL(waiters[i].s.out.rsi, tag);
    CHECK_EQUAL(waiters[i].cpu, cpu);
    return script_contract_check(&waiters[i].s);
}

static const char *wait_again(unsigned i)
{
    CHECK_EQUAL(worker_destroy(i), 0);
    CHECK_EQUAL(worker_create(i, SELECTOR_TASK), 0);
    return NULL;
}

/* --- limits --- */

/* Whoever it is that does not come: one that never runs, on this CPU or on that of the sender. */
static const char *send_limit(void)
{
    NEEDS_CPUS(2);
    CHECK_EQUAL(worker_create(0, SELECTOR_TASK), 0);
    CHECK_EQUAL(worker_create(1, SELECTOR_TASK), 0);
    CHECK_EQUAL(gate_create(GATE, 1, LABEL), 0);
    for (uint64_t cpu = 0; cpu < 2; cpu++) {
        static const uint64_t flags[] = { INVOKE_SEND, INVOKE_CALL };
        CHECK_EQUAL(worker_move(1, PRIORITY_ABOVE, cpu), 0);
        for (unsigned i = 0; i < 2; i++) {
            uint64_t begin_ticks = tsc_begin();
            worker_utcb(0)->send_timeout = LIMIT_TICKS;
            CHECK_NESTED(wait_start(0, GATE, TAG_INVOKE(flags[i]) | SEND_FOR, PRIORITY_ABOVE, 1));
            CHECK_NESTED(wait_ended(0, 1, OVER(ERR_TIMEOUT, 0)));
            CHECK(waiters[0].end_ticks >= begin_ticks + LIMIT_TICKS);
            CHECK_NESTED(wait_again(0));
        }
    }
    return NULL;
}

/* A server on another CPU keeps its caller waiting, and finds nobody to reply to. */
static const char *reply_limit(void)
{
    NEEDS_CPUS(2);
    CHECK_EQUAL(worker_create(0, SELECTOR_TASK), 0);
    CHECK_EQUAL(gate_create_main(GATE, LABEL), 0);
    for (unsigned i = 0; i < 3; i++) {
        worker_utcb(0)->receive_timeout = LIMIT_TICKS;
        CHECK_NESTED(wait_start(0, GATE, TAG_INVOKE(INVOKE_CALL) | RECEIVE_FOR, PRIORITY_ABOVE, 1));
        CHECK_EQUAL(tag_error(ipc_wait(0).tag), 0);
        CHECK(await(&waiters[0].s.done, 1)); /* awake: a wait of ours would drop the caller */
        CHECK_EQUAL(tag_error(ipc_reply(0, MESSAGE_EMPTY).tag), ERR_NO_REPLY);
        CHECK_NESTED(wait_ended(0, 1, OVER(ERR_TIMEOUT, TAG_RECEIVE_PHASE)));
        CHECK_NESTED(wait_again(0));
    }
    return NULL;
}

static volatile uint64_t busy_turns;

static void busy_run(void *arg)
{
    (void)arg;
    ipc_wait(0);
    for (;;) {
        busy_turns++;
        cpu_relax();
    }
}

/* The server has taken the call and is busy with it on its own CPU: that goes on, the caller does not wait for it. */
static const char *call_limit_busy(void)
{
    uint64_t begin_ticks = tsc_begin();

    NEEDS_CPUS(2);
    busy_turns = 0;
    CHECK_EQUAL(remote_start(0, SELECTOR_TASK, busy_run, NULL, PRIORITY_ABOVE, 1), 0);
    CHECK_EQUAL(gate_create(GATE, 0, LABEL), 0);
    CHECK(await_state(0, STATE_OPEN_WAIT));
    ((struct utcb *)PROGRAM_UTCB_ADDRESS)->receive_timeout = LIMIT_TICKS;
    CHECK_EQUAL(ipc_call(GATE, RECEIVE_FOR, MESSAGE_EMPTY).tag, OVER(ERR_TIMEOUT, TAG_RECEIVE_PHASE));
    CHECK(tsc_end() >= begin_ticks + LIMIT_TICKS);
    uint64_t turns = busy_turns;
    CHECK(await_at_least(&busy_turns, turns + 3));
    return NULL;
}

/* What ends a limited wait in time takes its limit away: the next wait, which has none, lasts. */
static const char *limit_goes_with_its_wait(void)
{
    NEEDS_CPUS(2);
    CHECK_EQUAL(worker_create(0, SELECTOR_TASK), 0);
    CHECK_EQUAL(gate_create(GATE, 0, LABEL), 0);
    for (uint64_t limit = LIMIT_TICKS; limit < LIMIT_TICKS << 16; limit *= 4) {
        worker_utcb(0)->receive_timeout = limit;
        CHECK_NESTED(wait_start(0, 0, TAG_INVOKE(INVOKE_WAIT) | RECEIVE_FOR, PRIORITY_ABOVE, 1));
        bool came = tag_error(ipc_send(GATE, tag_make(0, 7, 0), MESSAGE_EMPTY).tag) == 0;
        CHECK(came && await(&waiters[0].s.done, 1));
        bool in_time = waiters[0].s.out.rsi == tag_make(INVOKE_SEND, 7, 0);
        if (in_time) {
            CHECK(await_state(0, STATE_OPEN_WAIT)); /* of its end */
            main_sleep(2 * limit);
            CHECK_EQUAL(worker_state(0), STATE_OPEN_WAIT);
            return NULL;
        }
        CHECK_NESTED(wait_again(0)); /* the host was slow: a longer one */
        CHECK_EQUAL(thread_bind_gate(SELECTOR_WORKER(0), GATE, LABEL), 0);
    }
    return "no message came within its limit";
}

/* A thread that sleeps is moved: its limit goes along. */
static const char *limit_moves(void)
{
    uint64_t n = cpu_count(), limit_ticks = 2 * LIMIT_TICKS;

    NEEDS_CPUS(2);
    CHECK_EQUAL(worker_create(0, SELECTOR_TASK), 0);
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint64_t from = round % n, to = (round + 1) % n, end_ticks = tsc_begin() + limit_ticks;
        worker_utcb(0)->receive_timeout = end_ticks;
        CHECK_NESTED(wait_start(0, 0, TAG_INVOKE(INVOKE_WAIT) | RECEIVE_UNTIL, PRIORITY_ABOVE, from));
        CHECK_EQUAL(worker_move(0, PRIORITY_ABOVE, to), 0);
        if (tsc_end() >= end_ticks) { /* the kernel was slower than the limit, which may have ended where it began: once more, with a longer one */
            CHECK(await_asleep(&waiters[0].s.done, 1));
            limit_ticks *= 2;
            round--;
        } else {
            CHECK_NESTED(wait_ended(0, to, OVER(ERR_TIMEOUT, TAG_RECEIVE_PHASE)));
            CHECK(waiters[0].end_ticks >= end_ticks);
        }
        CHECK_NESTED(wait_again(0));
    }
    return NULL;
}

/* --- semaphores --- */

static const char *semaphore_wakes(void)
{
    NEEDS_CPUS(2);
    CHECK_EQUAL(factory_create_semaphore(SELECTOR_FACTORY, SEMAPHORE, 0), 0);
    CHECK_EQUAL(worker_create(0, SELECTOR_TASK), 0);
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint64_t cpu = round % cpu_count();
        CHECK_NESTED(wait_start(0, SEMAPHORE, DOWN, PRIORITY_ABOVE, cpu));
        CHECK(await_state(0, STATE_SEMAPHORE_WAIT));
        CHECK(!waiters[0].s.done);
        CHECK_EQUAL(semaphore_up(SEMAPHORE), 0);
        CHECK_NESTED(wait_ended(0, cpu, 0));
        CHECK_NESTED(wait_again(0));
    }
    CHECK_EQUAL(semaphore_down(SEMAPHORE, TIMEOUT_ZERO), ERR_TIMEOUT);
    return NULL;
}

static const char *semaphore_order(void)
{
    static const unsigned order[] = { 1, 2, 3, 0 };

    NEEDS_CPUS(2);
    CHECK_EQUAL(factory_create_semaphore(SELECTOR_FACTORY, SEMAPHORE, 0), 0);
    for (unsigned i = 0; i < 4; i++) {
        CHECK_EQUAL(worker_create(i, SELECTOR_TASK), 0);
        CHECK_NESTED(wait_start(i, SEMAPHORE, DOWN, PRIORITY_ABOVE + (i * 3) % 4, i % cpu_count()));
        CHECK(await_state(i, STATE_SEMAPHORE_WAIT));
    }
    for (unsigned n = 0; n < 4; n++) {
        CHECK_EQUAL(semaphore_up(SEMAPHORE), 0);
        CHECK_NESTED(wait_ended(order[n], order[n] % cpu_count(), 0));
        for (unsigned later = n + 1; later < 4; later++)
            CHECK(!waiters[order[later]].s.done);
    }
    return NULL;
}

/* Its limit, its end, its abort: all of them tell who waits on another CPU, and leave no place in the queue. */
static const char *semaphore_gives_up(void)
{
    uint64_t rip = 0, rsp = 0, begin_ticks = tsc_begin();

    NEEDS_CPUS(2);
    CHECK_EQUAL(factory_create_semaphore(SELECTOR_FACTORY, SEMAPHORE, 0), 0);
    CHECK_EQUAL(worker_create(0, SELECTOR_TASK), 0);
    worker_utcb(0)->receive_timeout = LIMIT_TICKS;
    CHECK_NESTED(wait_start(0, SEMAPHORE, DOWN | RECEIVE_FOR, PRIORITY_ABOVE, 1));
    CHECK_NESTED(wait_ended(0, 1, OVER(ERR_TIMEOUT, TAG_RECEIVE_PHASE)));
    CHECK(waiters[0].end_ticks >= begin_ticks + LIMIT_TICKS);
    CHECK_NESTED(wait_again(0));
    CHECK_NESTED(wait_start(0, SEMAPHORE, DOWN, PRIORITY_ABOVE, 1));
    CHECK(await_state(0, STATE_SEMAPHORE_WAIT));
    CHECK_EQUAL(thread_ex_regs(SELECTOR_WORKER(0), &rip, &rsp, 0), 0);
    CHECK_NESTED(wait_ended(0, 1, OVER(ERR_CANCELED, TAG_RECEIVE_PHASE)));
    CHECK_EQUAL(semaphore_up(SEMAPHORE), 0);
    CHECK_EQUAL(semaphore_down(SEMAPHORE, TIMEOUT_ZERO), 0);
    CHECK_NESTED(wait_again(0));
    CHECK_NESTED(wait_start(0, SEMAPHORE, DOWN, PRIORITY_ABOVE, 1));
    CHECK(await_state(0, STATE_SEMAPHORE_WAIT));
    CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, SEMAPHORE), 0);
    return wait_ended(0, 1, OVER(ERR_CANCELED, TAG_RECEIVE_PHASE));
}

static const char *semaphore_waiter_moves(void)
{
    NEEDS_CPUS(2);
    CHECK_EQUAL(factory_create_semaphore(SELECTOR_FACTORY, SEMAPHORE, 0), 0);
    CHECK_EQUAL(worker_create(0, SELECTOR_TASK), 0);
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint64_t from = round % cpu_count(), to = (round + 1) % cpu_count();
        CHECK_NESTED(wait_start(0, SEMAPHORE, DOWN, PRIORITY_ABOVE, from));
        CHECK(await_state(0, STATE_SEMAPHORE_WAIT));
        CHECK_EQUAL(worker_move(0, PRIORITY_ABOVE, to), 0);
        CHECK_EQUAL(worker_state(0), STATE_SEMAPHORE_WAIT);
        CHECK_EQUAL(semaphore_up(SEMAPHORE), 0);
        CHECK_NESTED(wait_ended(0, to, 0));
        CHECK_NESTED(wait_again(0));
    }
    return NULL;
}

/* --- two CPUs at the same time --- */

#define UPS 500
static struct {
    int32_t (*operation)(uint64_t selector);
    uint64_t selector;
    volatile uint64_t done;
} both;

static void repeat_run(void *arg)
{
    (void)arg;
    for (unsigned i = 0; i < UPS; i++)
        both.operation(both.selector);
    __atomic_fetch_add(&both.done, 1, __ATOMIC_SEQ_CST);
}

/* UPS times each, on this CPU and on the last. */
static const char *both_repeat(int32_t (*operation)(uint64_t selector), uint64_t selector)
{
    both.operation = operation;
    both.selector = selector;
    both.done = 0;
    CHECK_EQUAL(remote_start(1, SELECTOR_TASK, repeat_run, NULL, PRIORITY_BELOW, 0), 0);
    CHECK_EQUAL(remote_start(2, SELECTOR_TASK, repeat_run, NULL, PRIORITY_BELOW, cpu_count() - 1), 0);
    CHECK(await_asleep(&both.done, 2));
    return NULL;
}

static volatile uint64_t taken;

static void taker_run(void *arg)
{
    (void)arg;
    while (semaphore_down(SEMAPHORE, TIMEOUT_NEVER) == 0)
        taken++;
}

/* Two CPUs give at the same time, one takes: nothing is lost, nothing is taken twice. */
static const char *semaphore_counts(void)
{
    NEEDS_CPUS(2);
    taken = 0;
    CHECK_EQUAL(factory_create_semaphore(SELECTOR_FACTORY, SEMAPHORE, 0), 0);
    CHECK_EQUAL(remote_start(0, SELECTOR_TASK, taker_run, NULL, PRIORITY_ABOVE, 1), 0);
    CHECK_NESTED(both_repeat(semaphore_up, SEMAPHORE));
    CHECK(await_asleep(&taken, 2 * UPS));
    CHECK(await_state_asleep(0, STATE_SEMAPHORE_WAIT));
    CHECK_EQUAL(taken, 2 * UPS);
    return NULL;
}

/* --- Irqs --- */

static const char *irq_wakes(bool closed)
{
    NEEDS_CPUS(2);
    CHECK_EQUAL(factory_create_irq(SELECTOR_FACTORY, IRQ), 0);
    CHECK_EQUAL(worker_create(0, SELECTOR_TASK), 0);
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint64_t cpu = round % cpu_count();
        CHECK_EQUAL(irq_bind(IRQ, SELECTOR_WORKER(0), LABEL), 0);
        CHECK_NESTED(wait_start(0, closed ? IRQ : 0, TAG_INVOKE(closed ? INVOKE_RECV : INVOKE_WAIT), PRIORITY_ABOVE, cpu));
        CHECK(await_state(0, closed ? STATE_IRQ_WAIT : STATE_OPEN_WAIT));
        CHECK_EQUAL(irq_trigger(IRQ), 0);
        CHECK_NESTED(wait_ended(0, cpu, tag_make(INVOKE_SEND, PROTO_IRQ, 1)));
        CHECK_EQUAL(waiters[0].s.out.rdi, LABEL);
        CHECK_EQUAL(waiters[0].s.out.rdx, 1);
        CHECK_NESTED(wait_again(0));
    }
    return NULL;
}

static const char *irq_wakes_open(void) { return irq_wakes(false); }
static const char *irq_wakes_closed(void) { return irq_wakes(true); }

static const char *irq_bound_elsewhere(void)
{
    NEEDS_CPUS(2);
    CHECK_EQUAL(factory_create_irq(SELECTOR_FACTORY, IRQ), 0);
    for (unsigned i = 0; i < 2; i++)
        CHECK_EQUAL(worker_create(i, SELECTOR_TASK), 0);
    CHECK_EQUAL(irq_bind(IRQ, SELECTOR_WORKER(0), LABEL), 0);
    CHECK_NESTED(wait_start(0, IRQ, TAG_INVOKE(INVOKE_RECV), PRIORITY_ABOVE, 1));
    CHECK(await_state(0, STATE_IRQ_WAIT));
    CHECK_EQUAL(irq_bind(IRQ, SELECTOR_WORKER(1), LABEL + 4), 0);
    CHECK_NESTED(wait_ended(0, 1, OVER(ERR_NO_PARTNER, TAG_RECEIVE_PHASE)));
    CHECK_NESTED(wait_start(1, IRQ, TAG_INVOKE(INVOKE_RECV), PRIORITY_ABOVE, 0));
    CHECK_EQUAL(irq_trigger(IRQ), 0);
    CHECK_NESTED(wait_ended(1, 0, tag_make(INVOKE_SEND, PROTO_IRQ, 1)));
    CHECK_EQUAL(waiters[1].s.out.rdi, LABEL + 4);
    return NULL;
}

static volatile uint64_t counted;

static void counter_run(void *arg)
{
    (void)arg;
    for (;;)
        counted += ipc_wait(0).w.w0;
}

static const char *irq_counts(void)
{
    NEEDS_CPUS(2);
    counted = 0;
    CHECK_EQUAL(factory_create_irq(SELECTOR_FACTORY, IRQ), 0);
    CHECK_EQUAL(remote_start(0, SELECTOR_TASK, counter_run, NULL, PRIORITY_ABOVE, 1), 0);
    CHECK(await_state(0, STATE_OPEN_WAIT));
    CHECK_EQUAL(irq_bind(IRQ, SELECTOR_WORKER(0), 0), 0);
    CHECK_NESTED(both_repeat(irq_trigger, IRQ));
    CHECK(await_asleep(&counted, 2 * UPS));
    CHECK(await_state_asleep(0, STATE_OPEN_WAIT));
    CHECK_EQUAL(counted, 2 * UPS);
    return NULL;
}

const struct test tests[] = {
    { "limits and CPUs: the send phase ends on the sender's CPU, whoever it is that does not come", send_limit },
    { "limits and CPUs: a call to another one ends when no reply comes, and the server finds nobody", reply_limit },
    { "limits and CPUs: a call to a server that is busy on another one ends", call_limit_busy },
    { "limits and CPUs: a message from another one takes the limit away with the wait", limit_goes_with_its_wait },
    { "limits and CPUs: a thread that is moved takes its limit along", limit_moves },
    { "semaphores and CPUs: up wakes who waits on another one, there", semaphore_wakes },
    { "semaphores and CPUs: who waits on several is woken in order of priority", semaphore_order },
    { "semaphores and CPUs: limit, abort and the semaphore's end are told on another one", semaphore_gives_up },
    { "semaphores and CPUs: who is moved keeps its place in the queue", semaphore_waiter_moves },
    { "semaphores and CPUs: ups of two at the same time are all counted, each once", semaphore_counts },
    { "irq and CPUs: a trigger wakes a thread that waits openly on another one", irq_wakes_open },
    { "irq and CPUs: a trigger wakes a thread of another one that waits for that Irq", irq_wakes_closed },
    { "irq and CPUs: bound to another thread, who waited for it elsewhere is told", irq_bound_elsewhere },
    { "irq and CPUs: triggers of two at the same time are all counted, each once", irq_counts },
};
const size_t test_count = sizeof tests / sizeof tests[0];
