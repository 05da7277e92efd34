/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Threads of one priority form a ring; the first threads of the rings form a list in descending order of priority. Inserting
 * therefore takes at most as many steps as there are priorities, however many threads wait.
 */
#include "kernel/core/ipc.h"

/* Puts `ring`, first of a new ring, between its neighbours. */
static void ring_link(struct thread **head, struct thread *higher, struct thread *ring, struct thread *lower)
{
    ring->queue_higher = higher;
    ring->queue_lower = lower;
    if (higher)
        higher->queue_lower = ring;
    else
        *head = ring;
    if (lower)
        lower->queue_higher = ring;
}

void ipc_queue_insert(struct thread **head, struct thread *t)
{
    struct thread *higher = NULL, *ring = *head;
    t->queue_priority = t->sc->priority;
    while (ring && ring->queue_priority > t->queue_priority) {
        higher = ring;
        ring = ring->queue_lower;
    }
    if (ring && ring->queue_priority == t->queue_priority) {
        t->queue_next = ring;
        t->queue_prev = ring->queue_prev;
        t->queue_prev->queue_next = t->queue_next->queue_prev = t;
        t->queue_first = false;
        return;
    }
    t->queue_next = t->queue_prev = t;
    t->queue_first = true;
    ring_link(head, higher, t, ring);
}

void ipc_queue_remove(struct thread **head, struct thread *t)
{
    struct thread *next = t->queue_next;
    next->queue_prev = t->queue_prev;
    t->queue_prev->queue_next = next;
    if (!t->queue_first)
        return;
    struct thread *higher = t->queue_higher, *lower = t->queue_lower;
    if (next != t) {
        next->queue_first = true;
        ring_link(head, higher, next, lower);
        return;
    }
    if (higher)
        higher->queue_lower = lower;
    else
        *head = lower;
    if (lower)
        lower->queue_higher = higher;
}
