/* SPDX-License-Identifier: BSD-2-Clause
 *
 * An unfair kernel: an exception of a thread on another CPU is raised, although the thread was given other registers on its way in. (A system
 * call is harmless then: its error tag in the place of the tag decodes as the null system call.)
 */
#include "kernel/core/ipc.h"

#define UNFAIR_FUNCTION ipc_cancel
#define UNFAIR_TEST "redirect: redirect: an exception at the door, on another CPU, is not raised any more"
#define UNFAIR_CPUS 2

void __real_ipc_cancel(struct thread *t, unsigned error);
void __wrap_ipc_cancel(struct thread *t, unsigned error);

void __wrap_ipc_cancel(struct thread *t, unsigned error)
{
    t->cpu->entry_void = false; /* ex_regs has just set it */
    __real_ipc_cancel(t, error);
}
