/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Selectors of the one descriptor table, for C and assembly. Their order is dictated by SYSRET: user data, then user code.
 */
#ifndef KERNEL_X86_64_SEGMENT_H
#define KERNEL_X86_64_SEGMENT_H

#define SEGMENT_KERNEL_CODE 0x08
#define SEGMENT_KERNEL_DATA 0x10
#define SEGMENT_USER_DATA 0x1b
#define SEGMENT_USER_CODE 0x23
#define SEGMENT_TASK_STATE 0x28

/* Interrupt stack table entries: stacks of their own for what may hit in any state. */
#define STACK_TABLE_DOUBLE_FAULT 1
#define STACK_TABLE_NMI 2
#define STACK_TABLE_MACHINE_CHECK 3

#ifndef __ASSEMBLER__
struct cpu;

/* Loads descriptor table, task state and the GS base of this CPU; interrupts enter on cpu->kernel_stack_top. */
void segment_init(struct cpu *cpu);
/* In segment_load.S: loads CS with SEGMENT_KERNEL_CODE and every other selector with SEGMENT_KERNEL_DATA or null. */
void segment_load(void);
#endif

#endif
