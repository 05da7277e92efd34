/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Senders of one priority form a ring; the first threads of the rings form a list in descending order of priority. Inserting
 * therefore takes at most as many steps as there are priorities, however many senders wait.
 */
#include "kernel/core/ipc.h"

static uint8_t priority_of(const struct thread *t)
{
    return t->queue_priority;
}

/* Puts `ring`, first of a new ring, between its neighbours. */
static void ring_link(struct thread *receiver, struct thread *higher, struct thread *ring, struct thread *lower)
{
    ring->queue_higher = higher;
    ring->queue_lower = lower;
    if (higher)
        higher->queue_lower = ring;
    else
        receiver->senders = ring;
    if (lower)
        lower->queue_higher = ring;
}

void ipc_queue_insert(struct thread *receiver, struct thread *sender)
{
    struct thread *higher = NULL, *ring = receiver->senders;
    sender->queue_priority = sender->sc->priority;
    while (ring && priority_of(ring) > priority_of(sender)) {
        higher = ring;
        ring = ring->queue_lower;
    }
    if (ring && priority_of(ring) == priority_of(sender)) {
        sender->queue_next = ring;
        sender->queue_prev = ring->queue_prev;
        sender->queue_prev->queue_next = sender->queue_next->queue_prev = sender;
        sender->queue_first = false;
        return;
    }
    sender->queue_next = sender->queue_prev = sender;
    sender->queue_first = true;
    ring_link(receiver, higher, sender, ring);
}

void ipc_queue_remove(struct thread *receiver, struct thread *sender)
{
    struct thread *next = sender->queue_next;
    next->queue_prev = sender->queue_prev;
    sender->queue_prev->queue_next = next;
    if (!sender->queue_first)
        return;
    struct thread *higher = sender->queue_higher, *lower = sender->queue_lower;
    if (next != sender) {
        next->queue_first = true;
        ring_link(receiver, higher, next, lower);
        return;
    }
    if (higher)
        higher->queue_lower = lower;
    else
        receiver->senders = lower;
    if (lower)
        lower->queue_higher = higher;
}
