/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A kernel that is wrong now and then: a thread that has left a queue is still found there.
 */
#include "kernel/core/ipc.h"
#include "kernel/test/planted/planted.h"

void __real_ipc_queue_remove(struct thread **head, struct thread *t);
void __wrap_ipc_queue_remove(struct thread **head, struct thread *t);

void __wrap_ipc_queue_remove(struct thread **head, struct thread *t)
{
    if (!planted_now(50))
        __real_ipc_queue_remove(head, t);
}
