/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The scheduler chooses scheduling contexts, not threads: 256 priorities, round robin within one. A context is lent along a chain
 * of calls, so that a server works at its client's priority and on its client's time, and an IPC that follows the chain neither
 * touches a queue nor compares priorities: the context that runs was the highest ready one and stays so.
 * This lowers a server that is more important by itself, too: the work is the client's, and who suffers from that lends it more by waiting.
 *
 * Helping: the context of a thread that waits in a queue of senders stays ready. When it is chosen, the CPU goes to whoever the
 * sender waits for in the end: from the receiver along its call, its own wait in a queue and so on, at most HELP_STEPS of them. That
 * chain runs then as before, but `helper` pays and lends its priority. Nothing is written down that would have to be undone:
 * each slow entry asks again. A helper that leads nowhere (to a thread that waits otherwise, to another CPU, in a circle) is parked,
 * until the thread that it led to wakes or any wait of the CPU is cut short. Nobody helps across CPUs: a context stays on its own.
 *
 * An entry that changes no queue, context or timeout leaves what the last decision was made of as it was: `attention` says whether
 * it has to be made again.
 *
 * Invariants at the end of each entry to the kernel: cpu->sc is not queued, and no ready context has a higher priority than it or
 * its helper; the thread of each queued context is runnable, or sending. Functions that take a thread or a context
 * need its CPU held (lock.h). The fast path changes cpu->current alone: sc->thread and thread->sc are brought up to date by
 * sched_sync at the next slow entry. It cannot leave the part of a chain that is helped: whoever has senders replies slowly.
 */
#ifndef KERNEL_CORE_SCHED_H
#define KERNEL_CORE_SCHED_H

#include "kernel/core/object.h"

/* Start of each slow entry: records that self, which is cpu->current, runs on cpu->sc. */
static inline void sched_sync(struct cpu *cpu, struct thread *self)
{
    cpu->sc->thread = self;
    self->sc = cpu->sc;
}
/* Thereafter: what happens in this entry may end the help, sched_finish asks again. */
void sched_help_ask(struct cpu *cpu);
/* A wait on that CPU was cut short, or somebody came: contexts that led nowhere may lead somewhere now. At most 256 steps. */
void sched_unpark(struct cpu *cpu);
/* t goes on: whatever contexts wait for that are ready again. */
static inline void sched_help_check(const struct thread *t)
{
    if (t->help_round == t->cpu->park_round)
        sched_unpark(t->cpu);
}
/* Makes a context of that CPU ready that is in no queue. */
void sched_queue(struct cpu *cpu, struct sched_context *sc);
/* The same of one for whom contexts are parked. */
void sched_queue_helped(struct thread *t);
/* t, which waited, and lent its context to nobody, is ready. */
static inline void sched_ready(struct thread *t)
{
    t->sc->thread = t;
    if (t->help_round == t->cpu->park_round)
        sched_queue_helped(t);
    else
        sched_queue(t->cpu, t->sc);
}
/* Makes sure that a runnable thread's context is queued or running. */
static inline void sched_wake(struct thread *t)
{
    struct sched_context *sc = t->sc;
    sc->thread = t;
    sched_help_check(t);
    if (t->cpu->sc != sc && !sc->next)
        sched_queue(t->cpu, sc);
}
/* Takes a context off its CPU or out of its queue. */
void sched_take_off(struct sched_context *sc);
/* The thread does not run any more: its context leaves CPU and queue. */
static inline void sched_stop(struct thread *t)
{
    struct sched_context *sc = t->sc;
    if (sc->thread == t && (t->cpu->sc == sc || sc->next || t->cpu->helper == sc))
        sched_take_off(sc);
}
/* Nor does one that waits for a receiver to take its message: its context stays ready, to help. */
#define HELP_STEPS 32
void sched_stop_helping(struct thread *t);
/* Time on CPU, up to now when it runs. */
uint64_t sched_consumed_ticks(struct thread *t);
/* A stopped thread becomes runnable; others are woken. */
void sched_start(struct thread *t);
/* `to` takes the place of `from` on the CPU or in the queue; if `from` has none, neither gets one. */
void sched_replace(struct sched_context *from, struct sched_context *to);
/* Sets priority (0..255) and quantum of a context, wherever it is. */
void sched_set(struct sched_context *sc, uint8_t priority, uint64_t quantum_ticks);
/* Whether that CPU has anything to do: somebody to run, or a timer to set. */
bool sched_has_work(const struct cpu *cpu);
/* End of each slow entry that asks for attention: decides who runs, waits if nobody can. Without, whoever runs goes on. */
void sched_finish(void);
/* The timer fired, for the running slice or for a timeout; sched_finish does the rest. May come while the CPU idles without the lock. */
void scheduler_timer_expired(void);
/* Whether another CPU has come with this thread's system call to the door of the kernel: it waits for the lock, nothing is done yet. */
bool sched_is_at_the_door(const struct thread *t);
/* Moves a thread to another CPU, whatever it does. */
void sched_migrate(struct thread *t, struct cpu *to);

#endif
