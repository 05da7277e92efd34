/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Timeouts of IPC and of semaphores: each CPU keeps the threads that wait for a limited time in a heap, ordered by the end of their wait.
 * The timer of the CPU serves its earliest one and the end of the running slice alike (sched.c). Invariant: who is in the heap waits
 * in a way that the fast path does not end (OPEN_WAIT_TIMED, REPLY_FROM_SLOW, or another state).
 * The heap belongs to the CPU: it must be held (lock.h).
 */
#ifndef KERNEL_CORE_TIMEOUT_H
#define KERNEL_CORE_TIMEOUT_H

#include "kernel/core/object.h"

#define TIMEOUT_OVER 0ull              /* a phase that may not wait at all */
#define TIMEOUT_ENDLESS UINT64_MAX

/* When a phase that begins now must end: TSC value, TIMEOUT_OVER or TIMEOUT_ENDLESS. kind: TIMEOUT_*; ticks: what the UTCB said. */
uint64_t timeout_end_limited(unsigned kind, uint64_t ticks);
static inline uint64_t timeout_end(unsigned kind, uint64_t ticks)
{
    return kind == TIMEOUT_NEVER ? TIMEOUT_ENDLESS : timeout_end_limited(kind, ticks);
}

void timeout_insert(struct thread *t, uint64_t end_ticks);
void timeout_remove(struct thread *t);
/* Ends the waits that are over, at most TIMEOUTS_AT_ONCE of them: the timer comes back for the others at once. */
#define TIMEOUTS_AT_ONCE 16
void timeouts_expire(struct cpu *cpu);
/* To another CPU with its thread; both are held. Called while t->cpu is still the old one. */
void timeout_migrate(struct thread *t, struct cpu *to);

static inline unsigned tag_send_timeout(uint64_t tag) { return tag >> TAG_SEND_TIMEOUT_SHIFT & 3; }
static inline unsigned tag_receive_timeout(uint64_t tag) { return tag >> TAG_RECEIVE_TIMEOUT_SHIFT & 3; }

static inline bool timeout_is_armed(const struct thread *t) { return t->timeout_rank != 0; }

/* t, which waits, is told ERR_TIMEOUT at that TSC value. The number of steps is logarithmic, as in all here. */
static inline void timeout_arm(struct thread *t, uint64_t end_ticks)
{
    if (end_ticks != TIMEOUT_ENDLESS)
        timeout_insert(t, end_ticks);
}

/* The wait is over. */
static inline void timeout_disarm(struct thread *t)
{
    if (timeout_is_armed(t))
        timeout_remove(t);
}

/* End of the first wait of that CPU, TIMEOUT_ENDLESS when there is none. */
static inline uint64_t timeout_next(const struct cpu *cpu)
{
    return cpu->timeouts ? cpu->timeouts->timeout_ticks : TIMEOUT_ENDLESS;
}

#endif
