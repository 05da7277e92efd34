/* SPDX-License-Identifier: BSD-2-Clause
 *
 * An unfair kernel: who waits in a queue of senders does not help who it waits for.
 */
#include "kernel/core/ipc.h"
#include "kernel/core/sched.h"

#define UNFAIR_FUNCTION ipc_queue_insert
#define UNFAIR_TEST "inversion: classic inversion: low holds the server, middle spins"

void __real_ipc_queue_insert(struct thread **head, struct thread *t);
void __wrap_ipc_queue_insert(struct thread **head, struct thread *t);

void __wrap_ipc_queue_insert(struct thread **head, struct thread *t)
{
    __real_ipc_queue_insert(head, t);
    sched_take_off(t->sc);
}
