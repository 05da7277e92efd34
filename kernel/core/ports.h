/* SPDX-License-Identifier: BSD-2-Clause
 *
 * I/O ports that a task may use: a bitmap of two frames, made with the first port that is mapped, paid for by the task's factory. A
 * bit that is set denies. The threads of a task with a bitmap have EXTRA_PORTS; a CPU knows whose bitmap it has taken over.
 */
#ifndef KERNEL_CORE_PORTS_H
#define KERNEL_CORE_PORTS_H

#include "kernel/core/invoke.h"
#include "kernel/core/object.h"

/* OP_TASK_MAP_PORTS, OP_TASK_UNMAP_PORTS on task `there`. */
unsigned ports_map(struct invocation *i, struct task *there);
unsigned ports_unmap(const struct invocation *i, struct task *there);
/* The task dies; all CPUs are held, its threads are gone. */
void ports_release(struct task *t);

#endif
