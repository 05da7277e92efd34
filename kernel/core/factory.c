/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A factory whose last capability is gone lives on, unreachable, until all that it paid for is gone: objects keep a pointer to it.
 */
#include "kernel/core/factory.h"

#include "kernel/core/boot.h"
#include "kernel/core/cap.h"
#include "kernel/core/gate.h"
#include "kernel/core/irq.h"
#include "kernel/core/semaphore.h"
#include "kernel/core/slab.h"
#include "kernel/core/task.h"
#include "kernel/core/thread.h"
#include "kernel/x86_64/arch.h"

static struct factory factory_root;

bool factory_charge(struct factory *f, uint64_t bytes)
{
    if (bytes > f->quota_bytes - f->used_bytes)
        return false;
    f->used_bytes += bytes;
    return true;
}

void factory_refund(struct factory *f, uint64_t bytes)
{
    ASSERT(f->used_bytes >= bytes);
    f->used_bytes -= bytes;
    /* Freed by the reaper and not here: a chain of factories would be as many frames on the stack. */
    if (f->object.dying && !f->used_bytes)
        object_reap_later(&f->object);
}

void *factory_frame_allocate(struct factory *f)
{
    if (!factory_charge(f, PAGE_BYTES))
        return NULL;
    void *frame = arch_frame_allocate();
    if (!frame)
        factory_refund(f, PAGE_BYTES);
    return frame;
}

void factory_frame_free(struct factory *f, void *frame)
{
    arch_frame_free(frame);
    factory_refund(f, PAGE_BYTES);
}

unsigned factory_prepare(struct invocation *i, bool valid, struct factory **f)
{
    struct object *factory;
    unsigned error = cap_lookup(i->self->task, i->in[0], KIND_FACTORY, RIGHT_SEND | RIGHT_MANAGE, &factory);
    if (error)
        return error;
    *f = (struct factory *)factory;
    return valid ? cap_reserve(i->self->task, i->in[1]) : ERR_BAD_ARGUMENT;
}

void factory_destroy(struct factory *f)
{
    if (f == &factory_root || f->used_bytes)
        return;
    struct factory *parent = f->object.factory;
    uint64_t quota_bytes = f->quota_bytes;
    parent->seats_used -= f->seats;
    slab_free(f);
    factory_refund(parent, quota_bytes);
}

static struct object *factory_create(struct factory *parent, uint64_t quota_bytes, uint64_t seats)
{
    if (!factory_has_seats(parent, seats) || !factory_charge(parent, quota_bytes))
        return NULL;
    struct factory *f = (struct factory *)object_make(parent, KIND_FACTORY);
    if (!f) {
        factory_refund(parent, quota_bytes);
        return NULL;
    }
    f->quota_bytes = quota_bytes;
    f->seats = (uint32_t)seats;
    parent->seats_used += f->seats;
    return &f->object;
}

struct factory *factory_root_create(uint64_t quota_bytes)
{
    object_init(&factory_root.object, KIND_FACTORY, NULL);
    factory_root.quota_bytes = quota_bytes / PAGE_BYTES * PAGE_BYTES;
    factory_root.seats = SEATS;
    return &factory_root;
}

static unsigned create_thread(struct invocation *i, struct factory *f, struct object **made)
{
    struct object *task;
    unsigned error = cap_lookup(i->self->task, i->in[2], KIND_TASK, RIGHT_MANAGE, &task);
    if (error)
        return error;
    struct thread *t;
    error = thread_make(f, (struct task *)task, i->in[3], &t);
    if (error)
        return error;
    t->own_sc.priority = i->self->own_sc.priority;
    *made = &t->object;
    return 0;
}

static unsigned create_gate(struct invocation *i, struct factory *f, struct object **made)
{
    struct object *thread = NULL;
    if (i->in[3] & LABEL_RIGHTS_MASK)
        return ERR_BAD_ARGUMENT;
    if (i->in[2]) {
        unsigned error = cap_lookup(i->self->task, i->in[2], KIND_THREAD, RIGHT_MANAGE, &thread);
        if (error)
            return error;
        if (((struct thread *)thread)->state == THREAD_DEAD)
            return ERR_NO_PARTNER;
    }
    struct gate *g = gate_create(f, i->in[3]);
    if (!g)
        return ERR_NO_MEMORY;
    if (thread)
        gate_bind(g, (struct thread *)thread, i->in[3]);
    *made = &g->object;
    return 0;
}

static unsigned create_object(struct invocation *i, struct factory *f, struct object **made)
{
    switch (i->in[0]) {
    case KIND_TASK:
        *made = (struct object *)task_create(f, i->self->task);
        break;
    case KIND_THREAD:
        return create_thread(i, f, made);
    case KIND_GATE:
        return create_gate(i, f, made);
    case KIND_FACTORY:
        if (i->in[2] % PAGE_BYTES)
            return ERR_BAD_ARGUMENT;
        *made = factory_create(f, i->in[2], i->in[3]);
        break;
    case KIND_IRQ:
        *made = irq_create(f);
        break;
    case KIND_SEMAPHORE:
        if (i->in[2] > SEMAPHORE_COUNT_MAX)
            return ERR_BAD_ARGUMENT;
        *made = semaphore_create(f, i->in[2]);
        break;
    default:
        return ERR_BAD_ARGUMENT;
    }
    return *made ? 0 : ERR_NO_MEMORY;
}

static unsigned factory_op_create(struct invocation *i)
{
    if (!(i->rights & RIGHT_MANAGE))
        return ERR_NO_RIGHT;
    /* The place first: it may fail for want of memory, and an object without a place would have to be destroyed again. */
    unsigned error = cap_reserve(i->self->task, i->in[1]);
    if (error)
        return error;
    struct object *made;
    error = create_object(i, (struct factory *)i->object, &made);
    if (error)
        return error;
    cap_insert(i->self->task, i->in[1], made, RIGHTS_ALL, NULL);
    return 0;
}

unsigned factory_invoke(struct invocation *i)
{
    struct factory *f = (struct factory *)i->object;
    switch (i->operation) {
    case OP_FACTORY_CREATE:
        return factory_op_create(i);
    case OP_FACTORY_INFO:
        i->out[0] = f->quota_bytes;
        i->out[1] = f->used_bytes;
        i->out[2] = f->seats;
        i->out[3] = f->seats_used;
        i->out_words = 4;
        return 0;
    default:
        return ERR_BAD_OPERATION;
    }
}
