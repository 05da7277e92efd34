/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What few threads have beside registers: FPU state, I/O ports, a system call entry of their own. Each CPU knows what is in force on it, and
 * changes it when a thread with or after one with extras is resumed (extras_switch, called by entry.S). FPU state is in the
 * registers exactly while its owner is the CPU's current thread; whenever another CPU may look it is in memory.
 */
#ifndef KERNEL_X86_64_EXTRAS_H
#define KERNEL_X86_64_EXTRAS_H

#include "kernel/core/object.h"

/* Turns the FPU of the CPU on for those who may use it; the boot CPU comes first. */
void fpu_init(void);
/* How ordinary threads and aliens enter the kernel, on every CPU. */
void extras_entries_set(uint64_t ordinary, uint64_t alien);
/* Puts in force what `to` has, FS base included: it is about to be resumed. */
void extras_switch(struct thread *to);

#endif
