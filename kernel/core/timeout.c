/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A leftist heap, its nodes in the threads: the rank of a node is the length of its right spine, which is nowhere longer than the
 * logarithm of the threads below it (Crane 1972; Knuth, volume 3, 5.2.3). Whatever is done touches right spines alone.
 */
#include "kernel/core/timeout.h"

#include "kernel/core/ipc.h"
#include "kernel/x86_64/arch.h"

static unsigned rank_of(const struct thread *t) { return t ? t->timeout_rank : 0; }

COLD uint64_t timeout_end_limited(unsigned kind, uint64_t ticks)
{
    if (kind == TIMEOUT_ZERO || !ticks)
        return TIMEOUT_OVER;
    uint64_t now = arch_ticks();
    if (kind == TIMEOUT_ABSOLUTE)
        return ticks > now ? ticks : TIMEOUT_OVER;
    return ticks < TIMEOUT_ENDLESS - now ? now + ticks : TIMEOUT_ENDLESS;
}

/* The children have changed: the longer right spine goes to the left. Returns whether the rank is another one. */
static bool node_settle(struct thread *t)
{
    unsigned before = t->timeout_rank;
    if (rank_of(t->timeout_left) < rank_of(t->timeout_right)) {
        struct thread *left = t->timeout_left;
        t->timeout_left = t->timeout_right;
        t->timeout_right = left;
    }
    t->timeout_rank = (uint8_t)(rank_of(t->timeout_right) + 1);
    return t->timeout_rank != before;
}

/* One heap of two, without a parent: both right spines are woven into one from the top, and settled from its end. */
static struct thread *heap_merge(struct thread *a, struct thread *b)
{
    struct thread *root = NULL, *parent = NULL, **link = &root;
    while (a && b) {
        struct thread *first = b->timeout_ticks < a->timeout_ticks ? b : a, *rest = first == a ? b : a;
        *link = first;
        first->timeout_parent = parent;
        parent = first;
        link = &first->timeout_right;
        a = first->timeout_right;
        b = rest;
    }
    *link = a ? a : b;
    if (*link)
        (*link)->timeout_parent = parent;
    for (struct thread *t = parent; t; t = t->timeout_parent)
        node_settle(t);
    return root;
}

void timeout_insert(struct thread *t, uint64_t end_ticks)
{
    ASSERT(!timeout_is_armed(t));
    t->timeout_ticks = end_ticks;
    t->timeout_left = t->timeout_right = NULL;
    t->timeout_rank = 1;
    t->cpu->attention |= ATTENTION_DECIDE;
    t->cpu->timeouts = heap_merge(t->cpu->timeouts, t);
}

/* What was below t takes its place. Above it ranks are settled until one stays as it is: each that changes becomes greater than the
 * one before, so that this takes as few steps as ranks go. */
void timeout_remove(struct thread *t)
{
    struct thread *parent = t->timeout_parent, *below;
    t->cpu->attention |= ATTENTION_DECIDE;
    below = heap_merge(t->timeout_left, t->timeout_right);
    if (below)
        below->timeout_parent = parent;
    if (!parent)
        t->cpu->timeouts = below;
    else if (parent->timeout_left == t)
        parent->timeout_left = below;
    else
        parent->timeout_right = below;
    while (parent && node_settle(parent))
        parent = parent->timeout_parent;
    t->timeout_rank = 0;
    t->timeout_left = t->timeout_right = t->timeout_parent = NULL;
}

void timeouts_expire(struct cpu *cpu)
{
    uint64_t now = arch_ticks();
    for (unsigned i = 0; i < TIMEOUTS_AT_ONCE && timeout_next(cpu) <= now; i++)
        ipc_cancel(cpu->timeouts, ERR_TIMEOUT);
}

COLD void timeout_migrate(struct thread *t, struct cpu *to)
{
    struct cpu *from = t->cpu;
    if (!timeout_is_armed(t))
        return;
    timeout_remove(t);
    t->cpu = to;
    timeout_insert(t, t->timeout_ticks);
    t->cpu = from;
}
