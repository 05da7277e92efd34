/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Descriptor table, task state and per-CPU base (Intel SDM vol. 3A, 3.4.5, 7.7). There is no I/O permission map and no local
 * descriptor table: user code has no ports and no segments but its two flat ones. No 32-bit code segment exists, so nothing can
 * leave 64-bit mode.
 */
#include "kernel/x86_64/segment.h"

#include "kernel/x86_64/cpu.h"
#include "kernel/x86_64/processor.h"
#include "kernel/x86_64/stack.h"

#define DESCRIPTOR_KERNEL_CODE 0x00af9b000000ffff
#define DESCRIPTOR_KERNEL_DATA 0x00cf93000000ffff
#define DESCRIPTOR_USER_DATA 0x00cff3000000ffff
#define DESCRIPTOR_USER_CODE 0x00affb000000ffff
#define DESCRIPTOR_TASK_STATE 0x0000890000000000

void task_state_descriptor_set(uint64_t *descriptor, const struct task_state *task_state, uint64_t bytes)
{
    uint64_t base = (uint64_t)task_state, limit = bytes - 1;
    descriptor[0] = DESCRIPTOR_TASK_STATE | limit | (base & 0xffffff) << 16 | (base >> 24 & 0xff) << 56;
    descriptor[1] = base >> 32;
}

static void task_state_init(struct task_state *task_state, unsigned area)
{
    task_state->rsp[0] = stack_top(area, STACK_TABLE_EXCEPTION); /* for as long as it takes to get from there to the kernel stack */
    for (unsigned entry = STACK_TABLE_DOUBLE_FAULT; entry <= STACK_TABLE_EXCEPTION; entry++)
        task_state->stack_table[entry - 1] = stack_top(area, entry);
    task_state->io_map = sizeof *task_state; /* beyond the limit: none */
}

void segment_init(struct processor *p)
{
    uint64_t *descriptors = p->tables.descriptors;
    p->cpu.self = &p->cpu;
    p->cpu.kernel_stack_top = stack_top(p->area, STACK_KERNEL);
    p->trap_stack_top = stack_top(p->area, STACK_TABLE_EXCEPTION);
    p->verw_selector = SEGMENT_KERNEL_DATA;
    task_state_init(&p->tables.task_state, p->area);
    descriptors[SEGMENT_KERNEL_CODE / 8] = DESCRIPTOR_KERNEL_CODE;
    descriptors[SEGMENT_KERNEL_DATA / 8] = DESCRIPTOR_KERNEL_DATA;
    descriptors[SEGMENT_USER_DATA / 8] = DESCRIPTOR_USER_DATA;
    descriptors[SEGMENT_USER_CODE / 8] = DESCRIPTOR_USER_CODE;
    task_state_descriptor_set(&descriptors[SEGMENT_TASK_STATE / 8], &p->tables.task_state, sizeof p->tables.task_state);
    struct descriptor_pointer pointer = { sizeof p->tables.descriptors - 1, (uint64_t)descriptors };
    lgdt(&pointer);
    segment_load();
    lldt(0);
    ltr(SEGMENT_TASK_STATE);
    wrmsr(MSR_FS_BASE, 0);
    wrmsr(MSR_GS_BASE, (uint64_t)p);
    wrmsr(MSR_KERNEL_GS_BASE, 0); /* what user code sees: swapped in on the way out */
}
