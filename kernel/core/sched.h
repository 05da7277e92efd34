/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The scheduler chooses scheduling contexts, not threads: 256 priorities, round robin within one. A context is lent along a chain
 * of calls, so that a server works at its client's priority and on its client's time, and an IPC that follows the chain neither
 * touches a queue nor compares priorities: the context that runs was the highest ready one and stays so.
 *
 * Invariants at the end of each entry to the kernel: cpu->sc is not queued, and no queued context has a higher priority; the
 * thread of each queued context is runnable. A context is lent on its own CPU only. Functions that take a thread or a context
 * need its CPU held (lock.h). The fast path changes cpu->current alone: sc->thread and thread->sc are brought
 * up to date by sched_sync at the next slow entry.
 */
#ifndef KERNEL_CORE_SCHED_H
#define KERNEL_CORE_SCHED_H

#include "kernel/core/object.h"

/* Start of each slow entry: records that cpu->current runs on cpu->sc. */
void sched_sync(void);
/* Makes sure that a runnable thread's context is queued or running. */
void sched_wake(struct thread *t);
/* The thread does not run any more: its context leaves CPU and queue. */
void sched_stop(struct thread *t);
/* A stopped thread becomes runnable; others are woken. */
void sched_start(struct thread *t);
/* `to` takes the place of `from` on the CPU or in the queue; if `from` has none, neither gets one. */
void sched_replace(struct sched_context *from, struct sched_context *to);
/* Sets priority (0..255) and quantum of a context, wherever it is. */
void sched_set(struct sched_context *sc, uint8_t priority, uint64_t quantum_ticks);
/* Whether that CPU has anything to do: somebody to run, or a timer to set. */
bool sched_has_work(const struct cpu *cpu);
/* End of each slow entry: decides who runs, waits if nobody can. */
void sched_finish(void);
/* The timer fired, for the running slice or for a timeout; sched_finish does the rest. May come while the CPU idles without the lock. */
void scheduler_timer_expired(void);
/* Whether another CPU has come with this thread's system call to the door of the kernel: it waits for the lock, nothing is done yet. */
bool sched_is_at_the_door(const struct thread *t);
/* Moves a thread to another CPU, whatever it does. */
void sched_migrate(struct thread *t, struct cpu *to);

#endif
