/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The I/O permission map of the task state (Intel SDM vol. 1, 19.5.2): each CPU has room for one behind a task state of its own, which
 * takes the place of the first one when a task with ports runs there for the first time.
 */
#ifndef KERNEL_X86_64_PORTS_H
#define KERNEL_X86_64_PORTS_H

#include "kernel/core/object.h"

/* Room for all CPUs. Returns NULL, or what went wrong. */
const char *ports_init(void);
/* The task state of a CPU from its first use of ports on: address; bytes in pages. */
uint64_t ports_area(unsigned cpu, uint64_t *bytes);
/* The ports of that task, NULL for none, are what user mode may use on this CPU. */
void ports_switch(struct cpu *cpu, struct task *t);

#endif
