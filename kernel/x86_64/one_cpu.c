/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A machine of one CPU.
 */
#include "kernel/x86_64/arch.h"
#include "kernel/x86_64/cpu.h"
#include "kernel/x86_64/kernel_map.h"

unsigned arch_cpu_count(void) { return 1; }

struct cpu *arch_cpu_at(unsigned number)
{
    ASSERT(number == 0);
    return arch_cpu();
}

void arch_cpu_interrupt(struct cpu *cpu) { (void)cpu; }
void arch_cpu_relax(void) { cpu_pause(); }
void arch_space_leave_any(void) { cr3_write(kernel_map_root()); }
void arch_kernel_tlb_flush(void) {}
