/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Page-table isolation: what tasks map of the kernel, instead of all of it. That is what the CPU and the guarded build of the entries touch between
 * user mode and the load of the other page table, and nothing else: their text, the interrupt descriptors, and of each CPU its struct
 * processor (descriptors, task state, scratch words), its task state with ports, and the top pages of the stacks that exceptions come on.
 */
#ifndef KERNEL_X86_64_ISOLATION_H
#define KERNEL_X86_64_ISOLATION_H

/* When all CPUs that will run are known, and no task is made yet. Returns NULL, or what is missing. */
const char *isolation_init(void);

#endif
