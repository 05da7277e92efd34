/* SPDX-License-Identifier: BSD-2-Clause
 *
 * An unfair kernel: all devices are told the same vector.
 */
#include "kernel/x86_64/arch.h"

#define UNFAIR_FUNCTION arch_irq_message
#define UNFAIR_TEST "exhaust: exhaustion: interrupt vectors"

void __real_arch_irq_message(unsigned vector, struct cpu *cpu, uint64_t *address, uint64_t *data);
void __wrap_arch_irq_message(unsigned vector, struct cpu *cpu, uint64_t *address, uint64_t *data);

void __wrap_arch_irq_message(unsigned vector, struct cpu *cpu, uint64_t *address, uint64_t *data)
{
    (void)vector;
    __real_arch_irq_message(IRQ_VECTOR_FIRST, cpu, address, data);
}
