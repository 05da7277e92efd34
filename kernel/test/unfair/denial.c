/* SPDX-License-Identifier: BSD-2-Clause
 *
 * An unfair kernel: the limit of a call does not end it while the server runs.
 */
#include "kernel/core/ipc.h"
#include "kernel/core/timeout.h"

#define UNFAIR_FUNCTION ipc_cancel
#define UNFAIR_TEST "inversion: denial of service: a callee loops on its client's time: a timeout ends it"

void __real_ipc_cancel(struct thread *t, unsigned error);
void __wrap_ipc_cancel(struct thread *t, unsigned error);

void __wrap_ipc_cancel(struct thread *t, unsigned error)
{
    if (error == ERR_TIMEOUT && t->reply_from)
        timeout_disarm(t);
    else
        __real_ipc_cancel(t, error);
}
