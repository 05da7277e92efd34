/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Label and thread stand four times in a gate, once for each combination of the two rights that are delivered: a capability's
 * word points at its column (object.h). The copies never differ in more than those two bits.
 */
#include "kernel/core/gate.h"

#include "kernel/core/cap.h"
#include "kernel/core/lock.h"
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
    if (t->gates) {
        g->next_bound = t->gates;
        g->prev_bound = t->gates->prev_bound;
        g->prev_bound->next_bound = g->next_bound->prev_bound = g;
    } else {
        g->next_bound = g->prev_bound = g;
    }
    t->gates = g;
}

void gate_unbind(struct gate *g)
{
    struct thread *t = g->threads[0];
    if (t == &thread_nobody)
        return;
    if (t->gates == g)
        t->gates = g->next_bound == g ? NULL : g->next_bound;
    g->next_bound->prev_bound = g->prev_bound;
    g->prev_bound->next_bound = g->next_bound;
    g->next_bound = g->prev_bound = NULL;
    gate_columns_set(g, &thread_nobody, g->labels[0]);
}

void gate_destroy(struct gate *g)
{
    gate_unbind(g);
    slab_free(g);
}

unsigned gate_invoke(struct invocation *i)
{
    struct gate *g = gate_of(i->object);
    if (!(i->rights & RIGHT_MANAGE))
        return ERR_NO_RIGHT;
    if (i->operation != OP_GATE_INFO)
        return ERR_BAD_OPERATION;
    i->out[0] = g->labels[0];
    i->out[1] = g->threads[0] != &thread_nobody;
    i->out_words = 2;
    return 0;
}
