/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Gate: the end of a channel to a thread; its label tells the thread which one a message came through.
 */
#ifndef KERNEL_CORE_GATE_H
#define KERNEL_CORE_GATE_H

#include "kernel/core/invoke.h"
#include "kernel/core/object.h"

static inline struct gate *gate_of(struct object *o)
{
    return (struct gate *)(void *)((char *)o - offsetof(struct gate, object));
}

/* A gate that leads nowhere yet, with that label (low two bits 0); NULL when the quota is out. */
struct gate *gate_create(struct factory *f, uint64_t label);
/* Messages go to t from now on, with that label (low two bits 0). */
void gate_bind(struct gate *g, struct thread *t, uint64_t label);
/* Messages go nowhere. */
void gate_unbind(struct gate *g);
void gate_destroy(struct gate *g);
/* OP_GATE_*, on the gate itself (TAG_OBJECT). */
unsigned gate_invoke(struct invocation *i);

#endif
