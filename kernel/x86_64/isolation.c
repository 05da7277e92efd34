/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/x86_64/isolation.h"

#include "kernel/x86_64/arch.h"
#include "kernel/x86_64/kernel_map.h"
#include "kernel/x86_64/ports.h"
#include "kernel/x86_64/processor.h"
#include "kernel/x86_64/segment.h"
#include "kernel/x86_64/stack.h"
#include "kernel/x86_64/trap.h"

extern const char guarded_text_start[], guarded_text_end[];

static bool processor_share(const struct processor *p)
{
    uint64_t bytes, ports = ports_area(p->cpu.number, &bytes);
    if (!kernel_map_share((uint64_t)p, PAGE_BYTES) || !kernel_map_share(ports, bytes))
        return false;
    for (unsigned stack = STACK_TABLE_DOUBLE_FAULT; stack <= STACK_TABLE_EXCEPTION; stack++)
        if (!kernel_map_share(stack_top(p->area, stack) - PAGE_BYTES, PAGE_BYTES))
            return false;
    return true;
}

const char *isolation_init(void)
{
    bool shared = kernel_map_isolate() && kernel_map_share((uint64_t)guarded_text_start, (uint64_t)(guarded_text_end - guarded_text_start)) &&
                  kernel_map_share(interrupt_table(), PAGE_BYTES);
    for (unsigned i = 0; shared && i < processors_added(); i++)
        shared = processor_share(processor_of(arch_cpu_at(i)));
    return shared ? NULL : "not enough memory for the page table of tasks";
}
