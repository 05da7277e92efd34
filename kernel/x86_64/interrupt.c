/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Interrupt descriptor table and dispatch of interrupts (Intel SDM vol. 3A, 6.14). All gates are interrupt gates: the kernel runs
 * with interrupts off. User code may raise only the two that are meant for it.
 */
#include <stdbool.h>

#include "kernel/core/irq.h"
#include "kernel/x86_64/apic.h"
#include "kernel/x86_64/arch.h"
#include "kernel/x86_64/cpu.h"
#include "kernel/x86_64/entry.h"
#include "kernel/x86_64/probe_entry.h"
#include "kernel/x86_64/segment.h"
#include "kernel/x86_64/timer.h"
#include "kernel/x86_64/trap.h"

#define GATE_INTERRUPT 0x8e
#define GATE_USER 0x60

struct interrupt_gate {
    uint16_t offset_low, selector;
    uint8_t stack_table, type;
    uint16_t offset_middle;
    uint32_t offset_high, reserved;
};
_Static_assert(sizeof(struct interrupt_gate) == 16, "as the processor has it");

static _Alignas(PAGE_BYTES) struct interrupt_gate gates[VECTORS];
_Static_assert(sizeof gates == PAGE_BYTES, "it shares its page with nothing: tasks map it under page-table isolation");
static uint64_t unknown_count;

static uint8_t gate_stack_table(unsigned vector)
{
    switch (vector) {
    case VECTOR_DOUBLE_FAULT:
        return STACK_TABLE_DOUBLE_FAULT;
    case VECTOR_NMI:
        return STACK_TABLE_NMI;
    case VECTOR_MACHINE_CHECK:
        return STACK_TABLE_MACHINE_CHECK;
    default:
        return vector < VECTOR_INTERRUPTS ? STACK_TABLE_EXCEPTION : 0;
    }
}

void interrupt_init(void)
{
    for (unsigned vector = 0; vector < VECTORS; vector++) {
        unsigned shared = vector < INTERRUPT_STUBS ? vector : VECTOR_UNUSED;
        uint64_t stub = vector == VECTOR_PROBE ? (uint64_t)probe_interrupt_handler :
                                                 (uint64_t)(entry_points()->interrupt_stubs + shared * INTERRUPT_STUB_BYTES);
        bool user = vector == VECTOR_BREAKPOINT || vector == VECTOR_OVERFLOW;
        gates[vector] = (struct interrupt_gate){
            .offset_low = (uint16_t)stub,
            .selector = SEGMENT_KERNEL_CODE,
            .stack_table = gate_stack_table(vector),
            .type = (uint8_t)(GATE_INTERRUPT | (user ? GATE_USER : 0)),
            .offset_middle = (uint16_t)(stub >> 16),
            .offset_high = (uint32_t)(stub >> 32),
        };
    }
    interrupt_load();
}

void interrupt_load(void)
{
    struct descriptor_pointer pointer = { sizeof gates - 1, (uint64_t)gates };
    lidt(&pointer);
}

uint64_t interrupt_table(void) { return (uint64_t)gates; }
uint64_t interrupt_unknown_count(void) { return unknown_count; }

void interrupt_handle(unsigned vector)
{
    arch_cpu()->interrupts++;
    switch (vector) {
    case VECTOR_TIMER:
        arch_irq_end();
        timer_expired();
        return;
    case VECTOR_ATTENTION: /* that it came is all */
        arch_irq_end();
        return;
    case VECTOR_SPURIOUS: /* by definition without end of interrupt */
        return;
    default:
        if (irq_arrived(vector)) /* its end comes when it is served */
            return;
        unknown_count++;
        if (vector >= VECTOR_LEGACY_PIC + 16) /* not one of the masked PICs' spurious ones */
            arch_irq_end();
    }
}
