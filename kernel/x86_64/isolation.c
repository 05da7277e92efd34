/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/x86_64/isolation.h"

#include "kernel/x86_64/arch.h"
#include "kernel/x86_64/kernel_map.h"
#include "kernel/x86_64/page.h"
#include "kernel/x86_64/ports.h"
#include "kernel/x86_64/processor.h"
#include "kernel/x86_64/segment.h"
#include "kernel/x86_64/stack.h"
#include "kernel/x86_64/trap.h"

extern const char guarded_text_start[], guarded_text_end[];

static uint64_t tables;            /* frames that the tables took */

static bool root_create(void)
{
    void *frame = arch_frame_allocate();
    if (frame)
        kernel_map_task_root_set(arch_physical(frame));
    return frame;
}

/* Tasks map these pages of the kernel, with the rights that it has itself: page by page, whatever the size of the page that it has there. Each is
 * mapped. False when memory is out. */
static bool share(uint64_t address, uint64_t bytes)
{
    for (uint64_t at = address & ~(uint64_t)(PAGE_BYTES - 1); at < address + bytes; at += PAGE_BYTES) {
        unsigned level;
        uint64_t own = *page_deepest(kernel_map_root(), at, &level);
        ASSERT(own & PAGE_PRESENT);
        uint64_t *entry = page_entry(kernel_map_task_root(), at, 1, PAGE_TABLE_KERNEL, &tables);
        if (!entry)
            return false;
        *entry = ((own & PAGE_ADDRESS_MASK & ~(page_level_bytes(level) - 1)) + at % page_level_bytes(level)) |
                 (own & (PAGE_PRESENT | PAGE_WRITE | PAGE_NO_EXECUTE));
    }
    return true;
}

static bool processor_share(const struct processor *p)
{
    uint64_t bytes, ports = ports_area(p->cpu.number, &bytes);
    if (!share((uint64_t)p, PAGE_BYTES) || !share(ports, bytes))
        return false;
    for (unsigned stack = STACK_TABLE_DOUBLE_FAULT; stack <= STACK_TABLE_EXCEPTION; stack++)
        if (!share(stack_top(p->area, stack) - PAGE_BYTES, PAGE_BYTES))
            return false;
    return true;
}

const char *isolation_init(void)
{
    bool shared = root_create() && share((uint64_t)guarded_text_start, (uint64_t)(guarded_text_end - guarded_text_start)) &&
                  share(interrupt_table(), PAGE_BYTES);
    for (unsigned i = 0; shared && i < processors_added(); i++)
        shared = processor_share(processor_of(arch_cpu_at(i)));
    return shared ? NULL : "not enough memory for the page table of tasks";
}
