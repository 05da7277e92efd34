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
#define STACK_TABLE_EXCEPTION 4 /* all other exceptions: the fast path runs with a thread's address in rsp, its first
                                 * instructions with the user's */

#ifndef __ASSEMBLER__
#include <stdint.h>

struct processor;

struct task_state {
    uint32_t reserved0;
    uint64_t rsp[3];           /* on entry to ring 0, 1, 2 */
    uint64_t reserved1;
    uint64_t stack_table[7];   /* STACK_TABLE_* - 1 */
    uint64_t reserved2;
    uint16_t reserved3;
    uint16_t io_map;
} __attribute__((packed));
_Static_assert(sizeof(struct task_state) == 104, "as the processor has it");

struct segment_tables {
    uint64_t descriptors[7];
    struct task_state task_state;
};

/* Loads descriptor table, task state and the GS base of this CPU, which is `p`; its stacks are those of p->area. */
void segment_init(struct processor *p);
/* Descriptor (two words) of a task state with what lies behind it, `bytes` in all: ready to be loaded. */
void task_state_descriptor_set(uint64_t *descriptor, const struct task_state *task_state, uint64_t bytes);
/* In segment_load.S: loads CS with SEGMENT_KERNEL_CODE and every other selector with SEGMENT_KERNEL_DATA or null. */
void segment_load(void);
#endif

#endif
