/* SPDX-License-Identifier: BSD-2-Clause
 *
 * An unfair kernel: of the senders of one priority the last to come is taken first.
 */
#include "kernel/core/ipc.h"

#define UNFAIR_FUNCTION ipc_queue_insert
#define UNFAIR_TEST "inversion: starvation: of clients that flood a server none is passed by one that queued after it"

void __real_ipc_queue_insert(struct thread **head, struct thread *t);
void __wrap_ipc_queue_insert(struct thread **head, struct thread *t);

void __wrap_ipc_queue_insert(struct thread **head, struct thread *t)
{
    __real_ipc_queue_insert(head, t);
    /* Its ring turns until it is the first. */
    while (!t->queue_first) {
        struct thread *first = t->queue_next;
        while (!first->queue_first)
            first = first->queue_next;
        ipc_queue_remove(head, first);
        __real_ipc_queue_insert(head, first);
    }
}
