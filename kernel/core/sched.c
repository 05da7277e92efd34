/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The timer runs only while another context of the same priority waits for its turn, as nothing else can end a slice, or while some
 * wait is limited: a measured loop that is alone is not disturbed. It may be set for earlier than needed, never for later.
 */
#include "kernel/core/sched.h"

#include "kernel/core/boot.h"
#include "kernel/core/cap.h"
#include "kernel/core/invoke.h"
#include "kernel/core/ipc.h"
#include "kernel/core/irq.h"
#include "kernel/core/lock.h"
#include "kernel/core/thread.h"
#include "kernel/core/timeout.h"
#include "kernel/x86_64/arch.h"

#define PARKS_AT_ONCE 64 /* contexts found stuck before other CPUs and interrupts have their turn */

/* Highest priority with a ring, -1 for none. */
static int queue_top_find(const struct sched_queue *q)
{
    for (int i = PRIORITIES / 64 - 1; i >= 0; i--) {
        if (q->bitmap[i])
            return i * 64 + 63 - __builtin_clzll(q->bitmap[i]);
    }
    return -1;
}

/* Puts the ring that begins with sc behind those of its priority, or before them. */
static inline void ring_insert(struct sched_queue *q, struct sched_context *sc, bool first)
{
    unsigned priority = sc->priority;
    struct sched_context **head = &q->rings[priority], *last = sc->prev;
    if ((int)priority > q->top)
        q->top = (int)priority;
    if (!*head) {
        *head = sc;
        q->bitmap[priority / 64] |= 1ull << priority % 64;
        return;
    }
    last->next = *head;
    sc->prev = (*head)->prev;
    sc->prev->next = sc;
    last->next->prev = last;
    if (first)
        *head = sc;
}

/* No decision depends on it: the caller sees to that. */
static inline void queue_insert_quietly(struct cpu *cpu, struct sched_context *sc, bool first)
{
    sc->next = sc->prev = sc;
    ring_insert(&cpu->ready, sc, first);
}

static void queue_insert(struct cpu *cpu, struct sched_context *sc, bool first)
{
    cpu->attention |= ATTENTION_DECIDE;
    queue_insert_quietly(cpu, sc, first);
}

static void queue_remove(struct cpu *cpu, struct sched_context *sc)
{
    struct sched_queue *q = sc->park_round == cpu->park_round ? cpu->parked : &cpu->ready;
    struct sched_context **head = &q->rings[sc->priority];
    cpu->attention |= ATTENTION_DECIDE;
    if (sc->next == sc) {
        *head = NULL;
        q->bitmap[sc->priority / 64] &= ~(1ull << sc->priority % 64);
        q->top = queue_top_find(q);
    } else {
        sc->next->prev = sc->prev;
        sc->prev->next = sc->next;
        if (*head == sc)
            *head = sc->next;
    }
    sc->next = sc->prev = NULL;
    sc->park_round = 0;
}

static inline bool is_queued(const struct sched_context *sc)
{
    return sc->next != NULL;
}

/* Who is charged for what runs. */
static inline struct sched_context *payer_of(const struct cpu *cpu)
{
    return cpu->helper ? cpu->helper : cpu->sc;
}

static inline uint64_t slice_end_ticks(const struct cpu *cpu)
{
    return cpu->slice_start_ticks + payer_of(cpu)->left_ticks;
}

/* Charges the time up to now. */
static inline void slice_account(struct cpu *cpu)
{
    struct sched_context *payer = payer_of(cpu);
    uint64_t now = arch_ticks(), start = cpu->slice_start_ticks;
    uint64_t used = now > start ? now - start : 0; /* it may be another CPU's clock that is read here */
    cpu->slice_start_ticks = now;
    cpu->sc->thread->consumed_ticks += used;
    payer->left_ticks = used < payer->left_ticks ? payer->left_ticks - used : 0;
}

/* What runs is charged, and another one takes its place; nobody helps that one yet. */
static void current_set(struct cpu *cpu, struct sched_context *sc)
{
    slice_account(cpu);
    cpu->attention |= ATTENTION_DECIDE;
    cpu->sc = sc;
    cpu->helper = NULL;
}

uint64_t sched_consumed_ticks(struct thread *t)
{
    cpu_hold(t->cpu);
    if (t->cpu->sc && t->cpu->current == t)
        slice_account(t->cpu);
    return t->consumed_ticks;
}

void sched_help_ask(struct cpu *cpu)
{
    if (cpu->helper)
        queue_insert(cpu, cpu->helper, true);
}

void sched_take_off(struct sched_context *sc)
{
    struct cpu *cpu = sc->owner->cpu;
    if (cpu->helper == sc)
        current_set(cpu, cpu->sc);
    if (cpu->sc == sc)
        current_set(cpu, NULL);
    else if (is_queued(sc))
        queue_remove(cpu, sc);
}

/* In front when it was preempted, at the end with a fresh slice when its slice is over. */
static void sc_put_back(struct cpu *cpu, struct sched_context *sc)
{
    bool over = !sc->left_ticks;
    if (over)
        sc->left_ticks = sc->quantum_ticks;
    queue_insert_quietly(cpu, sc, !over);
}

/* Takes the CPU from what runs there. The timer is off and stays so. */
__attribute__((noinline)) static void sched_overtake(struct cpu *cpu, struct sched_context *sc)
{
    slice_account(cpu);
    sc_put_back(cpu, cpu->sc);
    cpu->sc = sc;
}

/* What runs is in front of all that is ready. Where nothing else is to be decided, what is less important only has to be queued, and what is
 * more important takes the CPU at once; so it does when nothing runs here and nothing ready is as important. */
void sched_queue(struct cpu *cpu, struct sched_context *sc)
{
    const struct sched_context *running = cpu->sc;
    unsigned priority = sc->priority;
    if (cpu != arch_cpu() || (running && cpu->attention & (ATTENTION_DECIDE | ATTENTION_HELP)))
        queue_insert(cpu, sc, false);
    else if (running && priority < running->priority)
        queue_insert_quietly(cpu, sc, false);
    else if (sc->thread->state != THREAD_RUNNABLE || (int)priority <= (running ? running->priority : cpu->ready.top))
        queue_insert(cpu, sc, false);
    else if (!running)
        cpu->sc = sc;
    else if (!cpu->timer_armed)
        sched_overtake(cpu, sc);
    else
        queue_insert(cpu, sc, false);
}

COLD void sched_queue_helped(struct thread *t)
{
    sched_unpark(t->cpu);
    sched_queue(t->cpu, t->sc);
}

void sched_stop_helping(struct thread *t)
{
    ASSERT(t->cpu->sc == t->sc);
    current_set(t->cpu, NULL);
    sc_put_back(t->cpu, t->sc);
}

void sched_unpark(struct cpu *cpu)
{
    struct sched_queue *q = cpu->parked;
    cpu->park_round += q->top >= 0;
    cpu->attention |= ATTENTION_DECIDE;
    for (; q->top >= 0; q->top = queue_top_find(q)) {
        struct sched_context *first = q->rings[q->top];
        q->rings[q->top] = NULL;
        q->bitmap[q->top / 64] &= ~(1ull << q->top % 64);
        ring_insert(&cpu->ready, first, false);
    }
}

COLD void sched_start(struct thread *t)
{
    if (t->state == THREAD_STOPPED)
        t->state = THREAD_RUNNABLE;
    if (t->state == THREAD_RUNNABLE)
        sched_wake(t);
}

COLD void sched_replace(struct sched_context *from, struct sched_context *to)
{
    struct cpu *cpu = to->owner->cpu;
    if (cpu->helper == from)
        current_set(cpu, cpu->sc);
    if (cpu->sc == from) {
        current_set(cpu, to);
    } else if (is_queued(from)) {
        queue_remove(cpu, from);
        queue_insert(cpu, to, false);
    }
}

COLD void sched_set(struct sched_context *sc, uint8_t priority, uint64_t quantum_ticks)
{
    struct cpu *cpu = sc->owner->cpu;
    bool queued = is_queued(sc);
    if (queued)
        queue_remove(cpu, sc);
    if (cpu->sc && payer_of(cpu) == sc)
        slice_account(cpu); /* the new slice begins now */
    cpu->attention |= ATTENTION_DECIDE;
    sc->priority = priority;
    sc->quantum_ticks = quantum_ticks;
    sc->left_ticks = quantum_ticks;
    if (queued)
        queue_insert(cpu, sc, false);
}

static void timer_update(struct cpu *cpu)
{
    bool contested = cpu->sc && cpu->ready.rings[payer_of(cpu)->priority];
    if (!contested && !cpu->timeouts) {
        if (cpu->timer_armed)
            arch_timer_disarm();
        cpu->timer_armed = false;
        return;
    }
    uint64_t next = timeout_next(cpu);
    if (contested && slice_end_ticks(cpu) < next)
        next = slice_end_ticks(cpu);
    if (!cpu->timer_armed || next < cpu->timer_ticks || (contested && next != cpu->timer_ticks)) {
        arch_timer_arm(next);
        cpu->timer_armed = true;
        cpu->timer_ticks = next;
    }
}

/* What the timer fired for, and what devices want. */
static void events_serve(struct cpu *cpu)
{
    cpu->has_event = false;
    irqs_serve(cpu);
    if (!cpu->timer_fired)
        return;
    cpu->timer_fired = false;
    timeouts_expire(cpu);
    if (cpu->sc && arch_ticks() >= slice_end_ticks(cpu))
        cpu->slice_over = true;
}

bool sched_has_work(const struct cpu *cpu)
{
    return cpu->ready.top >= 0 || (cpu->timeouts && (!cpu->timer_armed || timeout_next(cpu) < cpu->timer_ticks));
}

bool sched_is_at_the_door(const struct thread *t)
{
    const struct cpu *cpu = t->cpu;
    return cpu != arch_cpu() && cpu->current == t && cpu->sc == t->sc && !t->full_context && !cpu->entry_void;
}

COLD void sched_migrate(struct thread *t, struct cpu *to)
{
    cpu_hold(t->cpu);
    cpu_hold(to);
    if (t->cpu == to)
        return;
    ipc_links_localize(t);
    if (sched_is_at_the_door(t)) /* it comes back to its system call there */
        t->rip -= SYSCALL_BYTES;
    if (t->open_wait) /* whatever the fast path left there */
        t->sc = &t->own_sc;
    sched_stop(t);
    sched_unpark(to); /* whoever waits there for t may help it from now on */
    timeout_migrate(t, to);
    t->cpu = to;
    t->cpu_word = to->word;
    if (t->open_wait)
        t->open_wait = to->word | (t->open_wait & OPEN_WAIT_TIMED);
    if (thread_state(t) == THREAD_RUNNABLE || thread_state(t) == THREAD_SENDING)
        sched_wake(t);
}

/* Whom t waits for in the end, on its own CPU and in HELP_STEPS steps; that may be t. */
COLD static struct thread *help_find(struct thread *t)
{
    for (unsigned i = 0; i < HELP_STEPS; i++) {
        struct thread *next = thread_reply_from(t);
        if (!next && (t->state == THREAD_SENDING || t->state == THREAD_EXCEPTION_WAIT))
            next = t->partner;
        if (!next || next->cpu != t->cpu)
            return t;
        t = next;
    }
    return t;
}

/* Whether the context that pays is still the first one, and still leads to the thread that runs. It is no longer queued then. */
static bool help_goes_on(struct cpu *cpu)
{
    struct sched_context *helper = cpu->helper;
    if (!helper || cpu->slice_over || cpu->ready.rings[cpu->ready.top] != helper || help_find(helper->thread) != cpu->sc->thread)
        return false;
    queue_remove(cpu, helper);
    return true;
}

/* The running context goes back into the queue, and the one that has paid for it to its place there. */
static void preempt(struct cpu *cpu)
{
    struct sched_context *sc = cpu->sc, *helper = cpu->helper;
    current_set(cpu, NULL);
    sc_put_back(cpu, sc);
    if (helper && is_queued(helper)) {
        queue_remove(cpu, helper);
        sc_put_back(cpu, helper);
    }
}

/* Chooses the first context that is ready, or parks it when its thread cannot run and helps nobody who can. */
static void choose(struct cpu *cpu)
{
    struct sched_context *first = cpu->ready.rings[cpu->ready.top];
    struct thread *t = first->thread;
    queue_remove(cpu, first);
    if (t->state != THREAD_RUNNABLE) {
        t = help_find(t);
        if (thread_state(t) != THREAD_RUNNABLE) {
            t->help_round = cpu->park_round;
            first->next = first->prev = first;
            first->park_round = cpu->park_round;
            ring_insert(cpu->parked, first, false);
            return;
        }
        ASSERT(is_queued(t->sc));
        queue_remove(cpu, t->sc);
        cpu->helper = first;
    }
    cpu->sc = t->sc;
    cpu->slice_start_ticks = arch_ticks();
}

/* Until there is a context to run. */
COLD static void choose_or_wait(struct cpu *cpu)
{
    for (unsigned turns = 1; !cpu->sc; turns++) {
        if (cpu->ready.top >= 0)
            choose(cpu);
        bool idle = !cpu->sc && cpu->ready.top < 0;
        if (!idle && (cpu->sc || turns % PARKS_AT_ONCE))
            continue;
        cpu->current = &thread_nobody;
        if (idle && object_reap_pending()) { /* there is time for the dead */
            unsigned budget = INVOKE_BUDGET;
            (void)object_reap(&budget);
            idle = false;
        }
        timer_update(cpu);
        kernel_wait(idle);
        cpu->slice_start_ticks = arch_ticks();
        if (cpu->has_event)
            events_serve(cpu);
        if (cpu->sc && cpu->ready.top > cpu->sc->priority) /* the first to wake took the CPU (sched_queue), a later one is more important */
            sched_stop_helping(cpu->sc->thread);
    }
}

void sched_finish(void)
{
    struct cpu *cpu = arch_cpu();
    if (cpu->has_event)
        events_serve(cpu);
    if (cpu->sc && cpu->slice_over)
        payer_of(cpu)->left_ticks = 0;
    if (cpu->sc && (cpu->helper || cpu->ready.top > cpu->sc->priority || cpu->slice_over) && !help_goes_on(cpu))
        preempt(cpu);
    cpu->slice_over = false;
    if (!cpu->sc)
        choose_or_wait(cpu);
    cpu->current = cpu->sc->thread;
    ASSERT(cpu->current->state == THREAD_RUNNABLE && !cpu->current->open_wait && !cpu->current->reply_from);
    timer_update(cpu);
    cpu->attention = (uint8_t)((arch_cpu_count() > 1 ? ATTENTION_LOCK : 0) | (cpu->helper ? ATTENTION_HELP : 0));
}

void scheduler_timer_expired(void)
{
    struct cpu *cpu = arch_cpu();
    cpu->timer_armed = false;
    cpu->timer_fired = cpu->has_event = true;
    cpu->attention |= ATTENTION_DECIDE;
}

COLD void core_init(struct cpu *cpu)
{
    cpu->word = cpu->number + 1;
    cpu->current = &thread_nobody;
    cpu->sc = NULL;
    cpu->attention |= ATTENTION_DECIDE;
    cpu->ready.top = cpu->parked->top = -1;
    cpu->park_round = 1;
}
