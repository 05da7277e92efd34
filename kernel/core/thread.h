/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Thread: making, destroying, registers, and what a thread does at the moment.
 */
#ifndef KERNEL_CORE_THREAD_H
#define KERNEL_CORE_THREAD_H

#include "kernel/core/invoke.h"
#include "kernel/core/object.h"

static inline struct thread *thread_of(struct object *o)
{
    return (struct thread *)(void *)((char *)o - offsetof(struct thread, object));
}

/* Whose reply it waits for; NULL: nobody's on this CPU. */
static inline struct thread *thread_reply_from(const struct thread *t)
{
    return (struct thread *)((uintptr_t)t->reply_from & ~REPLY_FROM_SLOW);
}

static inline void thread_inbox_update(struct thread *t)
{
    t->inbox = t->senders || t->irqs_pending;
}

/* What the thread does: `state`, and the two waits that are told by fields of their own (object.h). */
static inline enum thread_state thread_state(const struct thread *t)
{
    if (t->open_wait)
        return THREAD_OPEN_WAIT;
    if (t->reply_from && t->state == THREAD_RUNNABLE)
        return THREAD_REPLY_WAIT;
    return (enum thread_state)t->state;
}

/* A stopped thread in `task` with its UTCB there. Returns ERR_BAD_ARGUMENT (address), ERR_OCCUPIED, ERR_NO_MEMORY or 0. */
unsigned thread_make(struct factory *f, struct task *task, uint64_t utcb_address, struct thread **made);
/* Takes a thread out of whatever IPC it is in, and everyone out of IPC with it; it will never run again. True when it is done. */
bool thread_kill(struct thread *t, unsigned *budget);
bool thread_destroy(struct thread *t, unsigned *budget);
/* Gives it one of EXTRA_*, or takes it away; its CPU is held. */
void thread_extra_set(struct thread *t, unsigned extra, bool on);
/* OP_THREAD_*. */
unsigned thread_invoke(struct invocation *i);

#endif
