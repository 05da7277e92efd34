/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Which stack, or guard page of a stack, does an address belong to?
 */
#include "kernel/x86_64/stack.h"

#include <stddef.h>

#include "kernel/abi/abi.h"

const struct kernel_stack *stack_of_guard(uint64_t address)
{
    for (const struct kernel_stack *s = kernel_stacks; s < kernel_stacks_end; s++)
        if (address - s->guard < PAGE_BYTES)
            return s;
    return NULL;
}

const struct kernel_stack *stack_of_address(uint64_t address)
{
    for (const struct kernel_stack *s = kernel_stacks; s < kernel_stacks_end; s++)
        if (address - (s->guard + PAGE_BYTES) < STACK_BYTES)
            return s;
    return NULL;
}
