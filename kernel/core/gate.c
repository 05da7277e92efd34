/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Label and thread stand four times in a gate, once for each combination of the two rights that are delivered: a capability's
 * word points at its column (object.h). The copies never differ in more than those two bits.
 */
#include "kernel/core/gate.h"

#include "kernel/core/cap.h"
#include "kernel/core/factory.h"
#include "kernel/core/lock.h"
#include "kernel/core/ring.h"
#include "kernel/core/slab.h"

/* Nobody may read one column's label and another one's thread. */
static void gate_columns_set(struct gate *g, struct thread *t, uint64_t label)
{
    cpu_hold_all();
    for (unsigned rights = 0; rights <= LABEL_RIGHTS_MASK; rights++) {
        g->labels[rights] = label | rights;
        g->threads[rights] = t;
    }
}

struct gate *gate_create(struct factory *f, uint64_t label)
{
    struct gate *g = slab_allocate(f, KIND_GATE);
    if (!g)
        return NULL;
    object_init(&g->object, KIND_GATE, f);
    gate_columns_set(g, &thread_nobody, label);
    return g;
}

void gate_bind(struct gate *g, struct thread *t, uint64_t label)
{
    gate_unbind(g);
    gate_columns_set(g, t, label);
    RING_ADD(t->gates, g, next_bound, prev_bound);
}

void gate_unbind(struct gate *g)
{
    struct thread *t = g->threads[0];
    if (t == &thread_nobody)
        return;
    RING_REMOVE(t->gates, g, next_bound, prev_bound);
    g->next_bound = g->prev_bound = NULL;
    gate_columns_set(g, &thread_nobody, g->labels[0]);
}

void gate_destroy(struct gate *g)
{
    gate_unbind(g);
    slab_free(g);
}

static unsigned op_mint(struct invocation *i, const struct gate *g)
{
    struct factory *f;
    unsigned error = factory_prepare(i, !(i->in[2] & LABEL_RIGHTS_MASK) && !(i->in[3] & ~(uint64_t)RIGHTS_ALL), &f);
    if (error)
        return error;
    struct gate *minted = gate_create(f, i->in[2]);
    if (!minted)
        return ERR_NO_MEMORY;
    if (g->threads[0] != &thread_nobody)
        gate_bind(minted, g->threads[0], i->in[2]);
    cap_insert(i->self->task, i->in[1], &minted->object, i->rights & (unsigned)i->in[3], i->slot);
    return 0;
}

unsigned gate_invoke(struct invocation *i)
{
    struct gate *g = gate_of(i->object);
    if (!(i->rights & RIGHT_MANAGE))
        return ERR_NO_RIGHT;
    if (i->operation == OP_GATE_MINT)
        return op_mint(i, g);
    if (i->operation != OP_GATE_INFO)
        return ERR_BAD_OPERATION;
    i->out[0] = g->labels[0];
    i->out[1] = g->threads[0] != &thread_nobody;
    i->out_words = 2;
    return 0;
}
