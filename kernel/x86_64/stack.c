/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Which stack, or guard page of a stack, does an address belong to?
 */
#include "kernel/x86_64/stack.h"

#include <stddef.h>

#include "kernel/x86_64/arch.h"
#include "kernel/x86_64/kernel_map.h"
#include "kernel/x86_64/layout.h"

#define STACK_STEP (PAGE_BYTES + STACK_BYTES)

static unsigned areas = 1;

/* Guard page of a stack of an area other than the boot CPU's. */
static uint64_t guard_address(unsigned area, unsigned stack)
{
    return STACK_BASE + ((uint64_t)(area - 1) * STACKS + stack) * STACK_STEP;
}

uint64_t stack_top(unsigned area, unsigned stack)
{
    return area == 0 ? kernel_stacks[stack].top : guard_address(area, stack) + STACK_STEP;
}

unsigned stack_area_create(void)
{
    for (unsigned stack = 0; stack < STACKS; stack++)
        if (!kernel_map_memory(guard_address(areas, stack) + PAGE_BYTES, STACK_BYTES))
            return 0;
    return areas++;
}

const struct kernel_stack *stack_around(uint64_t address)
{
    static struct kernel_stack found;
    for (const struct kernel_stack *s = kernel_stacks; s < kernel_stacks_end; s++)
        if (address - s->guard < STACK_STEP)
            return s;
    if (address < STACK_BASE || address >= guard_address(areas, 0))
        return NULL;
    uint64_t index = (address - STACK_BASE) / STACK_STEP;
    found.guard = STACK_BASE + index * STACK_STEP;
    found.top = found.guard + STACK_STEP;
    found.name = kernel_stacks[index % STACKS].name;
    return &found;
}

const struct kernel_stack *stack_of_guard(uint64_t address)
{
    const struct kernel_stack *s = stack_around(address);
    return s && address - s->guard < PAGE_BYTES ? s : NULL;
}
