/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Descriptor table, task state and per-CPU base (Intel SDM vol. 3A, 3.4.5, 7.7). There is no I/O permission map and no local
 * descriptor table: user code has no ports and no segments but its two flat ones. No 32-bit code segment exists, so nothing can
 * leave 64-bit mode.
 */
#include "kernel/x86_64/segment.h"

#include "kernel/core/object.h"
#include "kernel/x86_64/cpu.h"
#include "kernel/x86_64/stack.h"

#define DESCRIPTOR_KERNEL_CODE 0x00af9b000000ffff
#define DESCRIPTOR_KERNEL_DATA 0x00cf93000000ffff
#define DESCRIPTOR_USER_DATA 0x00cff3000000ffff
#define DESCRIPTOR_USER_CODE 0x00affb000000ffff
#define DESCRIPTOR_TASK_STATE 0x0000890000000000

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

static struct task_state task_state;
static uint64_t descriptors[7];

static void task_state_descriptor_set(uint64_t *descriptor)
{
    uint64_t base = (uint64_t)&task_state, limit = sizeof task_state - 1;
    descriptor[0] = DESCRIPTOR_TASK_STATE | limit | (base & 0xffffff) << 16 | (base >> 24 & 0xff) << 56;
    descriptor[1] = base >> 32;
}

static void task_state_init(const struct cpu *cpu)
{
    task_state.rsp[0] = cpu->kernel_stack_top;
    task_state.stack_table[STACK_TABLE_DOUBLE_FAULT - 1] = (uint64_t)double_fault_stack_top;
    task_state.stack_table[STACK_TABLE_NMI - 1] = (uint64_t)nmi_stack_top;
    task_state.stack_table[STACK_TABLE_MACHINE_CHECK - 1] = (uint64_t)machine_check_stack_top;
    task_state.io_map = sizeof task_state; /* beyond the limit: none */
}

void segment_init(struct cpu *cpu)
{
    cpu->self = cpu;
    cpu->kernel_stack_top = (uint64_t)kernel_stack_top;
    task_state_init(cpu);
    descriptors[SEGMENT_KERNEL_CODE / 8] = DESCRIPTOR_KERNEL_CODE;
    descriptors[SEGMENT_KERNEL_DATA / 8] = DESCRIPTOR_KERNEL_DATA;
    descriptors[SEGMENT_USER_DATA / 8] = DESCRIPTOR_USER_DATA;
    descriptors[SEGMENT_USER_CODE / 8] = DESCRIPTOR_USER_CODE;
    task_state_descriptor_set(&descriptors[SEGMENT_TASK_STATE / 8]);
    struct descriptor_pointer pointer = { sizeof descriptors - 1, (uint64_t)descriptors };
    lgdt(&pointer);
    segment_load();
    lldt(0);
    ltr(SEGMENT_TASK_STATE);
    wrmsr(MSR_FS_BASE, 0);
    wrmsr(MSR_GS_BASE, (uint64_t)cpu);
    wrmsr(MSR_KERNEL_GS_BASE, 0); /* what user code sees: swapped in on the way out */
}
