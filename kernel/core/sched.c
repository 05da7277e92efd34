/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The timer runs only while another context of the same priority waits for its turn, as nothing else can end a slice, or while some
 * wait is limited: a measured loop that is alone is not disturbed. It may be set for earlier than needed, never for later.
 */
#include "kernel/core/sched.h"

#include "kernel/core/boot.h"
#include "kernel/core/ipc.h"
#include "kernel/core/irq.h"
#include "kernel/core/lock.h"
#include "kernel/core/thread.h"
#include "kernel/core/timeout.h"
#include "kernel/x86_64/arch.h"

/* Highest priority that is ready, -1 for none. */
static int ready_top_find(const struct cpu *cpu)
{
    for (int i = PRIORITIES / 64 - 1; i >= 0; i--) {
        if (cpu->ready_bitmap[i])
            return i * 64 + 63 - __builtin_clzll(cpu->ready_bitmap[i]);
    }
    return -1;
}

static void queue_insert(struct cpu *cpu, struct sched_context *sc, bool first)
{
    struct sched_context **head = &cpu->ready[sc->priority];
    if (sc->priority > cpu->ready_top)
        cpu->ready_top = sc->priority;
    if (!*head) {
        sc->next = sc->prev = sc;
        *head = sc;
        cpu->ready_bitmap[sc->priority / 64] |= 1ull << sc->priority % 64;
        return;
    }
    sc->next = *head;
    sc->prev = (*head)->prev;
    sc->prev->next = sc->next->prev = sc;
    if (first)
        *head = sc;
}

static void queue_remove(struct cpu *cpu, struct sched_context *sc)
{
    struct sched_context **head = &cpu->ready[sc->priority];
    if (sc->next == sc) {
        *head = NULL;
        cpu->ready_bitmap[sc->priority / 64] &= ~(1ull << sc->priority % 64);
        cpu->ready_top = ready_top_find(cpu);
    } else {
        sc->next->prev = sc->prev;
        sc->prev->next = sc->next;
        if (*head == sc)
            *head = sc->next;
    }
    sc->next = sc->prev = NULL;
}

static bool is_queued(const struct sched_context *sc)
{
    return sc->next != NULL;
}

static uint64_t slice_end_ticks(const struct cpu *cpu)
{
    return cpu->slice_start_ticks + cpu->sc->left_ticks;
}

/* Charges the running context for its time up to now. */
static void slice_account(struct cpu *cpu)
{
    struct sched_context *sc = cpu->sc;
    uint64_t now = arch_ticks(), start = cpu->slice_start_ticks;
    uint64_t used = now > start ? now - start : 0; /* it may be another CPU's clock that is read here */
    cpu->slice_start_ticks = now;
    sc->thread->consumed_ticks += used;
    sc->left_ticks = used < sc->left_ticks ? sc->left_ticks - used : 0;
}

void sched_sync(void)
{
    struct cpu *cpu = arch_cpu();
    if (!cpu->sc)
        return;
    cpu->sc->thread = cpu->current;
    cpu->current->sc = cpu->sc;
}

void sched_wake(struct thread *t)
{
    struct cpu *cpu = t->cpu;
    t->sc->thread = t;
    if (cpu->sc != t->sc && !is_queued(t->sc))
        queue_insert(cpu, t->sc, false);
}

void sched_stop(struct thread *t)
{
    struct cpu *cpu = t->cpu;
    struct sched_context *sc = t->sc;
    if (sc->thread != t)
        return;
    if (cpu->sc == sc) {
        slice_account(cpu);
        cpu->sc = NULL;
    } else if (is_queued(sc)) {
        queue_remove(cpu, sc);
    }
}

void sched_start(struct thread *t)
{
    if (t->state == THREAD_STOPPED)
        t->state = THREAD_RUNNABLE;
    if (t->state == THREAD_RUNNABLE)
        sched_wake(t);
}

void sched_replace(struct sched_context *from, struct sched_context *to)
{
    struct cpu *cpu = to->owner->cpu;
    if (cpu->sc == from) {
        slice_account(cpu);
        cpu->sc = to;
    } else if (is_queued(from)) {
        queue_remove(cpu, from);
        queue_insert(cpu, to, false);
    }
}

void sched_set(struct sched_context *sc, uint8_t priority, uint64_t quantum_ticks)
{
    struct cpu *cpu = sc->owner->cpu;
    bool queued = is_queued(sc);
    if (queued)
        queue_remove(cpu, sc);
    if (cpu->sc == sc)
        slice_account(cpu); /* the new slice begins now */
    sc->priority = priority;
    sc->quantum_ticks = quantum_ticks;
    sc->left_ticks = quantum_ticks;
    if (queued)
        queue_insert(cpu, sc, false);
}

/* Puts the running context back: in front when it was preempted, at the end with a fresh slice when its slice is over. */
static void sc_put_back(struct cpu *cpu)
{
    struct sched_context *sc = cpu->sc;
    slice_account(cpu);
    bool over = !sc->left_ticks;
    if (over)
        sc->left_ticks = sc->quantum_ticks;
    cpu->sc = NULL;
    queue_insert(cpu, sc, !over);
}

static void timer_update(struct cpu *cpu)
{
    bool contested = cpu->sc && cpu->ready[cpu->sc->priority];
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
    return cpu->ready_top >= 0 || (cpu->timeouts && (!cpu->timer_armed || timeout_next(cpu) < cpu->timer_ticks));
}

bool sched_is_at_the_door(const struct thread *t)
{
    const struct cpu *cpu = t->cpu;
    return cpu != arch_cpu() && cpu->current == t && cpu->sc == t->sc && !t->full_context && !cpu->entry_void;
}

void sched_migrate(struct thread *t, struct cpu *to)
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
    timeout_migrate(t, to);
    t->cpu = to;
    t->cpu_word = to->word;
    if (t->open_wait)
        t->open_wait = to->word | (t->open_wait & OPEN_WAIT_TIMED);
    if (thread_state(t) == THREAD_RUNNABLE)
        sched_wake(t);
}

void sched_finish(void)
{
    struct cpu *cpu = arch_cpu();
    if (cpu->has_event)
        events_serve(cpu);
    if (cpu->sc && cpu->slice_over)
        cpu->sc->left_ticks = 0;
    if (cpu->sc && (cpu->ready_top > cpu->sc->priority || cpu->slice_over))
        sc_put_back(cpu);
    cpu->slice_over = false;
    while (!cpu->sc) {
        if (cpu->ready_top >= 0) {
            cpu->sc = cpu->ready[cpu->ready_top];
            queue_remove(cpu, cpu->sc);
            cpu->slice_start_ticks = arch_ticks();
        } else {
            cpu->current = &thread_nobody;
            timer_update(cpu);
            kernel_idle();
            if (cpu->has_event)
                events_serve(cpu);
        }
    }
    cpu->current = cpu->sc->thread;
    ASSERT(cpu->current->state == THREAD_RUNNABLE && !cpu->current->open_wait && !cpu->current->reply_from);
    timer_update(cpu);
}

void scheduler_timer_expired(void)
{
    struct cpu *cpu = arch_cpu();
    cpu->timer_armed = false;
    cpu->timer_fired = cpu->has_event = true;
}

void core_init(struct cpu *cpu)
{
    cpu->word = cpu->number + 1;
    cpu->current = &thread_nobody;
    cpu->sc = NULL;
    cpu->ready_top = -1;
}
