/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/core/semaphore.h"

#include "kernel/core/cap.h"
#include "kernel/core/ipc.h"
#include "kernel/core/lock.h"
#include "kernel/core/sched.h"
#include "kernel/core/slab.h"
#include "kernel/core/timeout.h"

COLD struct object *semaphore_create(struct factory *f, uint64_t count)
{
    struct semaphore *s = (struct semaphore *)object_make(f, KIND_SEMAPHORE);
    if (s)
        s->count = count;
    return (struct object *)s;
}

void semaphore_leave(struct thread *t)
{
    ipc_queue_remove(&t->semaphore->waiters, t);
    t->semaphore = NULL;
    t->state = THREAD_RUNNABLE;
}

COLD bool semaphore_destroy(struct semaphore *s, unsigned *budget)
{
    for (; s->waiters; --*budget) {
        if (!*budget)
            return false;
        ipc_cancel(s->waiters, ERR_CANCELED);
    }
    slab_free(s);
    return true;
}

static unsigned op_up(struct semaphore *s)
{
    struct thread *t = s->waiters;
    if (!t) {
        if (s->count == SEMAPHORE_COUNT_MAX)
            return ERR_OVERFLOW;
        s->count++;
        return 0;
    }
    cpu_hold(t->cpu);
    timeout_disarm(t);
    semaphore_leave(t);
    invocation_succeed(t);
    sched_ready(t);
    return 0;
}

static unsigned op_down(struct invocation *i, struct semaphore *s)
{
    struct thread *self = i->self;
    if (s->count) {
        s->count--;
        return 0;
    }
    i->answered = true;
    uint64_t end = timeout_end(tag_receive_timeout(i->tag), self->utcb->receive_timeout);
    if (end == TIMEOUT_OVER) {
        invocation_fail(self, ERR_TIMEOUT, true);
        return 0;
    }
    sched_stop(self);
    self->state = THREAD_SEMAPHORE_WAIT;
    self->semaphore = s;
    ipc_queue_insert(&s->waiters, self);
    timeout_arm(self, end);
    return 0;
}

unsigned semaphore_invoke(struct invocation *i)
{
    struct semaphore *s = (struct semaphore *)i->object;
    switch (i->operation) {
    case OP_SEMAPHORE_UP:
        return i->rights & RIGHT_W ? op_up(s) : ERR_NO_RIGHT;
    case OP_SEMAPHORE_DOWN:
        return i->rights & RIGHT_X ? op_down(i, s) : ERR_NO_RIGHT;
    default:
        return ERR_BAD_OPERATION;
    }
}
