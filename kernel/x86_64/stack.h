/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The kernel's stacks. Below each lies an unmapped guard page.
 */
#ifndef KERNEL_X86_64_STACK_H
#define KERNEL_X86_64_STACK_H

#define STACK_BYTES 16384

#ifndef __ASSEMBLER__
#include <stdint.h>

struct kernel_stack {
    uint64_t guard;            /* address of the guard page */
    uint64_t top;
    const char *name;
};

extern const struct kernel_stack kernel_stacks[], kernel_stacks_end[];
extern char kernel_stack_top[], double_fault_stack_top[], nmi_stack_top[], machine_check_stack_top[];

/* The stack whose guard page holds that address; NULL when it is in none. */
const struct kernel_stack *stack_of_guard(uint64_t address);
/* The stack that holds that address; NULL when none does. */
const struct kernel_stack *stack_of_address(uint64_t address);
#endif

#endif
