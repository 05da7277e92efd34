/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Threads and their tasks are destroyed at every stage of an IPC, by another thread on their own or another CPU, their partner
 * being on either. Whoever dealt with them is told or goes on, and every quota is what it was.
 */
#include "workloads/lib/object.h"
#include "workloads/lib/program.h"
#include "workloads/lib/remote.h"
#include "workloads/lib/test.h"
#include "workloads/lib/text.h"

#define VICTIM 0
#define PARTNER 1
#define GATE_PARTNER SELECTOR_TEST(0)
#define GATE_VICTIM SELECTOR_TEST(1)
#define SEMAPHORE SELECTOR_TEST(2)
#define IRQ SELECTOR_TEST(3)
#define STATE_SEMAPHORE_WAIT 8
#define STATE_IRQ_WAIT 9
#define SETTLE_TICKS 20000
#define SETTLE_TURNS 100
#define LIMIT_TICKS 1000000000
#define SEND_LIMITED (ABI_CONST(uint64_t, TIMEOUT_RELATIVE) << TAG_SEND_TIMEOUT_SHIFT)
#define RECEIVE_LIMITED (ABI_CONST(uint64_t, TIMEOUT_RELATIVE) << TAG_RECEIVE_TIMEOUT_SHIFT)
#define NO_MATTER (-1)         /* the partner is not told anything */

enum manner { PARKED, INVOKES, INVOKES_AND_HOLDS, SPINS, FAULTS, BREAKS };

struct stage {
    const char *name;
    enum manner victim;
    uint64_t victim_selector, victim_tag;
    enum manner partner;       /* PARKED: there, but does nothing */
    uint64_t partner_selector, partner_tag;
    bool partner_first;
    uint64_t victim_state, partner_state;
    int partner_error;         /* ERR_* that ends its invocation, 0: a message came, NO_MATTER */
};

#define TAG(flags) TAG_INVOKE(flags)
#define OPERATION(label) ((uint64_t)(label) << TAG_LABEL_SHIFT | TAG_INVOKE(INVOKE_CALL))
static const struct stage stages[] = {
    { "stopped", PARKED, 0, 0, PARKED, 0, 0, false, STATE_STOPPED, STATE_STOPPED, NO_MATTER },
    { "in user mode", SPINS, 0, 0, PARKED, 0, 0, false, STATE_RUNNABLE, STATE_STOPPED, NO_MATTER },
    { "waiting", INVOKES, 0, TAG(INVOKE_WAIT), PARKED, 0, 0, false, STATE_OPEN_WAIT, STATE_STOPPED, NO_MATTER },
    { "waiting, limited", INVOKES, 0, TAG(INVOKE_WAIT) | RECEIVE_LIMITED, PARKED, 0, 0, false, STATE_OPEN_WAIT, STATE_STOPPED, NO_MATTER },
    { "sending", INVOKES, GATE_PARTNER, TAG(INVOKE_SEND), PARKED, 0, 0, false, STATE_SENDING, STATE_STOPPED, NO_MATTER },
    { "sending, limited", INVOKES, GATE_PARTNER, TAG(INVOKE_SEND) | SEND_LIMITED, PARKED, 0, 0, false, STATE_SENDING, STATE_STOPPED, NO_MATTER },
    { "sending a call", INVOKES, GATE_PARTNER, TAG(INVOKE_CALL), PARKED, 0, 0, false, STATE_SENDING, STATE_STOPPED, NO_MATTER },
    { "sending before an open wait", INVOKES, GATE_PARTNER, TAG(INVOKE_SEND_AND_WAIT), PARKED, 0, 0, false, STATE_SENDING, STATE_STOPPED, NO_MATTER },
    { "waiting for a reply", INVOKES, GATE_PARTNER, TAG(INVOKE_CALL), INVOKES_AND_HOLDS, 0, TAG(INVOKE_WAIT), true, STATE_REPLY_WAIT, STATE_RUNNABLE, 0 },
    { "waiting for a reply, limited", INVOKES, GATE_PARTNER, TAG(INVOKE_CALL) | RECEIVE_LIMITED, INVOKES_AND_HOLDS, 0, TAG(INVOKE_WAIT), true,
      STATE_REPLY_WAIT, STATE_RUNNABLE, 0 },
    { "receiving from its partner", INVOKES, SELECTOR_WORKER(PARTNER), TAG(INVOKE_RECV), PARKED, 0, 0, false, STATE_RECEIVING, STATE_STOPPED, NO_MATTER },
    { "receiving from its partner, limited", INVOKES, SELECTOR_WORKER(PARTNER), TAG(INVOKE_RECV) | RECEIVE_LIMITED, PARKED, 0, 0, false,
      STATE_RECEIVING, STATE_STOPPED, NO_MATTER },
    { "at a semaphore", INVOKES, SEMAPHORE, OPERATION(OP_SEMAPHORE_DOWN), PARKED, 0, 0, false, STATE_SEMAPHORE_WAIT, STATE_STOPPED, NO_MATTER },
    { "at a semaphore, limited", INVOKES, SEMAPHORE, OPERATION(OP_SEMAPHORE_DOWN) | RECEIVE_LIMITED, PARKED, 0, 0, false,
      STATE_SEMAPHORE_WAIT, STATE_STOPPED, NO_MATTER },
    { "waiting for an Irq", INVOKES, IRQ, TAG(INVOKE_RECV), PARKED, 0, 0, false, STATE_IRQ_WAIT, STATE_STOPPED, NO_MATTER },
    { "serving a call", INVOKES_AND_HOLDS, 0, TAG(INVOKE_WAIT), INVOKES, GATE_VICTIM, TAG(INVOKE_CALL), false, STATE_RUNNABLE, STATE_REPLY_WAIT, ERR_CANCELED },
    { "serving a limited call", INVOKES_AND_HOLDS, 0, TAG(INVOKE_WAIT), INVOKES, GATE_VICTIM, TAG(INVOKE_CALL) | RECEIVE_LIMITED, false,
      STATE_RUNNABLE, STATE_REPLY_WAIT, ERR_CANCELED },
    { "with a sender in its queue", SPINS, 0, 0, INVOKES, GATE_VICTIM, TAG(INVOKE_SEND), false, STATE_RUNNABLE, STATE_SENDING, ERR_NO_PARTNER },
    { "with a limited sender in its queue", SPINS, 0, 0, INVOKES, GATE_VICTIM, TAG(INVOKE_SEND) | SEND_LIMITED, false, STATE_RUNNABLE, STATE_SENDING, ERR_NO_PARTNER },
    { "with a caller in its queue", SPINS, 0, 0, INVOKES, GATE_VICTIM, TAG(INVOKE_CALL), false, STATE_RUNNABLE, STATE_SENDING, ERR_NO_PARTNER },
    { "with one who receives from it", SPINS, 0, 0, INVOKES, SELECTOR_WORKER(VICTIM), TAG(INVOKE_RECV), false, STATE_RUNNABLE, STATE_RECEIVING, ERR_NO_PARTNER },
    { "with its exception in a queue", BREAKS, 0, 0, PARKED, 0, 0, false, STATE_SENDING, STATE_STOPPED, NO_MATTER },
    { "with its exception being handled", BREAKS, 0, 0, INVOKES_AND_HOLDS, 0, TAG(INVOKE_WAIT), true, STATE_EXCEPTION_WAIT, STATE_RUNNABLE, 0 },
    { "with its page fault in a queue", FAULTS, 0, 0, PARKED, 0, 0, false, STATE_SENDING, STATE_STOPPED, NO_MATTER },
    { "with its page fault at the pager", FAULTS, 0, 0, INVOKES_AND_HOLDS, 0, TAG(INVOKE_WAIT), true, STATE_EXCEPTION_WAIT, STATE_RUNNABLE, 0 },
};

struct actor {
    struct script script;
    enum manner manner;
    unsigned worker;
};
static struct actor actors[2];

static void actor_run(void *arg)
{
    struct actor *a = arg;

    worker_utcb(a->worker)->send_timeout = worker_utcb(a->worker)->receive_timeout = LIMIT_TICKS;
    if (a->manner == INVOKES || a->manner == INVOKES_AND_HOLDS)
        script_run(&a->script);
    if (a->manner == FAULTS)
        *(volatile uint64_t *)PROGRAM_FREE_ADDRESS = 1;
    if (a->manner == BREAKS)
        program_trap();
    while (a->manner == SPINS || a->manner == INVOKES_AND_HOLDS)
        cpu_relax();
}

static void settle(void)
{
    ((struct utcb *)PROGRAM_UTCB_ADDRESS)->receive_timeout = SETTLE_TICKS;
    (void)ipc_wait(RECEIVE_LIMITED);
}

/* Others run until the worker is in that state. */
static bool settled(unsigned worker, uint64_t state, bool crosses)
{
    if (crosses && state == STATE_REPLY_WAIT)
        state = STATE_REMOTE_REPLY_WAIT;
    for (unsigned turn = 0; turn < SETTLE_TURNS; turn++) {
        settle();
        if (worker_state(worker) == state)
            return true;
    }
    return false;
}

static const char *actor_start(unsigned worker, enum manner manner, uint64_t selector, uint64_t tag, uint64_t cpu)
{
    struct actor *a = &actors[worker];

    script_init(&a->script, selector, tag, MESSAGE_EMPTY);
    a->manner = manner;
    a->worker = worker;
    if (manner != PARKED)
        CHECK_EQUAL(remote_run(worker, actor_run, a, PRIORITY_BELOW + worker, cpu), 0);
    return NULL;
}

static const char *objects_make(const struct stage *s, uint64_t task)
{
    static const uint64_t shared[] = { GATE_PARTNER, SEMAPHORE, IRQ, SELECTOR_WORKER(PARTNER) };

    CHECK_EQUAL(worker_create(VICTIM, task), 0);
    CHECK_EQUAL(worker_create(PARTNER, SELECTOR_TASK), 0);
    CHECK_EQUAL(gate_create(GATE_PARTNER, PARTNER, 0x10), 0);
    CHECK_EQUAL(gate_create(GATE_VICTIM, VICTIM, 0x20), 0);
    CHECK_EQUAL(factory_create_semaphore(SELECTOR_FACTORY, SEMAPHORE, 0), 0);
    CHECK_EQUAL(factory_create_irq(SELECTOR_FACTORY, IRQ), 0);
    CHECK_EQUAL(irq_bind(IRQ, SELECTOR_WORKER(VICTIM), 0x30), 0);
    for (unsigned i = 0; i < sizeof shared / sizeof shared[0] && task != SELECTOR_TASK; i++)
        CHECK_EQUAL(task_map_capability(task, shared[i], shared[i], RIGHTS_ALL), 0);
    if (s->victim == BREAKS)
        CHECK_EQUAL(thread_set_exception_gate(SELECTOR_WORKER(VICTIM), GATE_PARTNER), 0);
    if (s->victim == FAULTS)
        CHECK_EQUAL(thread_set_pager(SELECTOR_WORKER(VICTIM), GATE_PARTNER), 0);
    return NULL;
}

static const char *both_start(const struct stage *s, uint64_t victim_cpu, uint64_t partner_cpu)
{
    if (!s->partner_first)
        CHECK_NESTED(actor_start(VICTIM, s->victim, s->victim_selector, s->victim_tag, victim_cpu));
    settle();
    CHECK_NESTED(actor_start(PARTNER, s->partner, s->partner_selector, s->partner_tag, partner_cpu));
    settle();
    if (s->partner_first)
        CHECK_NESTED(actor_start(VICTIM, s->victim, s->victim_selector, s->victim_tag, victim_cpu));
    CHECK(settled(VICTIM, s->victim_state, victim_cpu != partner_cpu));
    CHECK(settled(PARTNER, s->partner_state, victim_cpu != partner_cpu));
    return NULL;
}

static const char *partner_check(const struct stage *s)
{
    const struct script *p = &actors[PARTNER].script;

    if (s->partner_error == NO_MATTER)
        return NULL;
    for (unsigned turn = 0; turn < SETTLE_TURNS && !p->done; turn++)
        settle();
    CHECK_EQUAL(p->done, 1);
    CHECK_EQUAL(tag_error(p->out.rsi), s->partner_error);
    return NULL;
}

static const char *one_destroy(const struct stage *s, bool with_task, uint64_t victim_cpu, uint64_t partner_cpu)
{
    CHECK_NESTED(objects_make(s, with_task ? SELECTOR_PEER_TASK : SELECTOR_TASK));
    CHECK_NESTED(both_start(s, victim_cpu, partner_cpu));
    if (with_task)
        CHECK_EQUAL(peer_destroy(), 0);
    else
        CHECK_EQUAL(worker_destroy(VICTIM), 0);
    CHECK_NESTED(partner_check(s));
    for (uint64_t selector = GATE_PARTNER; selector <= IRQ; selector++)
        CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, selector), 0);
    CHECK_EQUAL(worker_destroy(PARTNER), 0);
    if (with_task)
        CHECK_EQUAL(worker_destroy(VICTIM), 0);
    return NULL;
}

static const char *failed_stage;

static const char *all_destroy(bool with_task, uint64_t victim_cpu, uint64_t partner_cpu)
{
    uint64_t quota, before, after;

    for (unsigned i = 0; i < sizeof stages / sizeof stages[0]; i++) {
        failed_stage = stages[i].name;
        for (unsigned again = 0; again < 2; again++) { /* page tables of a first time stay with their task */
            CHECK_EQUAL(factory_info(SELECTOR_FACTORY, &quota, &before), 0);
            if (with_task)
                CHECK_EQUAL(peer_create(), 0);
            CHECK_NESTED(one_destroy(&stages[i], with_task, victim_cpu, partner_cpu));
            CHECK_EQUAL(factory_info(SELECTOR_FACTORY, &quota, &after), 0);
        }
        CHECK_EQUAL(after, before);
    }
    return NULL;
}

/* A failure names the stage. */
static const char *named(const char *failure)
{
    static struct text t;

    if (failure == NULL)
        return NULL;
    text_init(&t);
    text_add(&t, failed_stage);
    text_add(&t, ": ");
    text_add(&t, failure);
    return t.bytes;
}

static const char *thread_same_cpu(void) { return named(all_destroy(false, 0, 0)); }
static const char *task_same_cpu(void) { return named(all_destroy(true, 0, 0)); }

static const char *others(bool with_task, uint64_t victim_cpu, uint64_t partner_cpu)
{
    NEEDS_CPUS(2);
    return named(all_destroy(with_task, victim_cpu, partner_cpu));
}

static const char *thread_other_cpu(void) { return others(false, 1, 1); }
static const char *thread_partner_here(void) { return others(false, 1, 0); }
static const char *thread_partner_there(void) { return others(false, 0, 1); }
static const char *task_other_cpu(void) { return others(true, 1, 1); }
static const char *task_partner_here(void) { return others(true, 1, 0); }
static const char *task_partner_there(void) { return others(true, 0, 1); }

const struct test tests[] = {
    { "destroy: a thread at every stage of an IPC, on its CPU", thread_same_cpu },
    { "destroy: a thread at every stage of an IPC, it and its partner on another CPU", thread_other_cpu },
    { "destroy: a thread at every stage of an IPC, on another CPU than its partner and the destroyer", thread_partner_here },
    { "destroy: a thread at every stage of an IPC, its partner on another CPU", thread_partner_there },
    { "destroy: a task with a thread at every stage of an IPC, on its CPU", task_same_cpu },
    { "destroy: a task with a thread at every stage of an IPC, it and its partner on another CPU", task_other_cpu },
    { "destroy: a task with a thread at every stage of an IPC, on another CPU than its partner and the destroyer", task_partner_here },
    { "destroy: a task with a thread at every stage of an IPC, its partner on another CPU", task_partner_there },
};
const size_t test_count = sizeof tests / sizeof tests[0];
