/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A kernel that is wrong now and then: a thread dies in the midst of an IPC, and its partner is not told.
 */
#include "kernel/core/ipc.h"
#include "kernel/test/planted/planted.h"

void __real_ipc_sever(struct thread *t);
void __wrap_ipc_sever(struct thread *t);

void __wrap_ipc_sever(struct thread *t)
{
    if (!planted_now(3))
        __real_ipc_sever(t);
}
