/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The kernel's stacks, STACKS for each CPU. Below each lies an unmapped guard page. Those of the boot CPU, area 0, are in the image;
 * the others lie side by side at STACK_BASE (layout.h), a page and STACK_BYTES each.
 */
#ifndef KERNEL_X86_64_STACK_H
#define KERNEL_X86_64_STACK_H

#define STACK_BYTES 16384

/* Which one; from 1 on the STACK_TABLE_* of segment.h. */
#define STACK_KERNEL 0
#define STACKS 5

#ifndef __ASSEMBLER__
#include <stdint.h>

struct kernel_stack {
    uint64_t guard;            /* address of the guard page */
    uint64_t top;
    const char *name;
};

extern const struct kernel_stack kernel_stacks[], kernel_stacks_end[];

/* First address above a stack. */
uint64_t stack_top(unsigned area, unsigned stack);
/* Makes another area; 0 when memory is out. */
unsigned stack_area_create(void);

/* The stack that holds that address, itself or its guard page; NULL when none does. Valid until the next call of one of the two. */
const struct kernel_stack *stack_around(uint64_t address);
/* The same for its guard page alone. */
const struct kernel_stack *stack_of_guard(uint64_t address);
#endif

#endif
