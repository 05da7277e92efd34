/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Task: an address space and a capability space, and the threads that live in it.
 */
#ifndef KERNEL_CORE_TASK_H
#define KERNEL_CORE_TASK_H

#include "kernel/core/boot.h"
#include "kernel/core/invoke.h"
#include "kernel/core/object.h"

void task_destroy(struct task *t);
/* Maps one frame; page tables are charged to the task's factory. Returns ERR_OCCUPIED, ERR_NO_MEMORY or 0. */
unsigned task_map_frame(struct task *t, uint64_t address, uint64_t physical, unsigned rights, bool may_execute);
bool task_unmap_page(struct task *t, uint64_t address);
void task_thread_add(struct task *task, struct thread *t);
void task_thread_remove(struct task *task, struct thread *t);
/* The capability table has grown: every thread has a copy of the limit in its hot lines. */
void task_cap_limit_changed(struct task *task);
/* OP_TASK_*. */
unsigned task_invoke(struct invocation *i);

#endif
