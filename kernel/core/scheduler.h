/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Scheduler: the object through which user space sets priorities and quanta. The mechanism is in sched.h.
 */
#ifndef KERNEL_CORE_SCHEDULER_H
#define KERNEL_CORE_SCHEDULER_H

#include "kernel/core/invoke.h"
#include "kernel/core/object.h"

void scheduler_destroy(struct scheduler *s);
/* OP_SCHEDULER_*. */
unsigned scheduler_invoke(struct invocation *i);

#endif
