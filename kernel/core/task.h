/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Task: an address space and a capability space, and the threads that live in it.
 */
#ifndef KERNEL_CORE_TASK_H
#define KERNEL_CORE_TASK_H

#include "kernel/core/boot.h"
#include "kernel/core/invoke.h"
#include "kernel/core/object.h"

/* For the reaper; true when it is done. */
bool task_destroy(struct task *t, unsigned *budget);
void task_thread_add(struct task *task, struct thread *t);
/* The capability table has grown: every thread has a copy of the limit in its hot lines. */
void task_cap_limit_changed(struct task *task);
/* OP_TASK_*. */
unsigned task_invoke(struct invocation *i);

#endif
