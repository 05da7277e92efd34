/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Redirection entries are written with the kernel lock held, so that nobody comes between the two accesses of a register.
 */
#include "kernel/x86_64/ioapic.h"

#include "kernel/x86_64/acpi.h"
#include "kernel/x86_64/apic.h"
#include "kernel/x86_64/arch.h"
#include "kernel/x86_64/kernel_map.h"
#include "kernel/x86_64/madt.h"
#include "kernel/x86_64/processor.h"

#define SELECT 0               /* indices of 32-bit words in the page */
#define WINDOW 4
#define REGISTER_VERSION 1
#define REGISTER_REDIRECTION 0x10
#define ENTRY_LOW_ACTIVE (1u << 13)
#define ENTRY_LEVEL (1u << 15)
#define ENTRY_MASKED (1u << 16)
#define ENTRY_TARGET_SHIFT 24
#define ISA_LINES_END 16
#define MESSAGE_ADDRESS 0xfee00000u
#define MESSAGE_TARGET_SHIFT 12

static struct {
    volatile uint32_t *registers;
    unsigned first, count;     /* lines */
} controllers[MADT_IOAPICS_MAX];
static unsigned controller_count, line_count;

static uint32_t register_read(volatile uint32_t *registers, uint32_t index)
{
    registers[SELECT] = index;
    return registers[WINDOW];
}

static void register_write(volatile uint32_t *registers, uint32_t index, uint32_t value)
{
    registers[SELECT] = index;
    registers[WINDOW] = value;
}

const char *ioapic_init(void)
{
    const struct madt *madt = &acpi_information()->madt;
    for (unsigned i = 0; i < madt->ioapics; i++) {
        volatile uint32_t *registers = kernel_map_device(madt->ioapic[i].address);
        if (!registers)
            return "no memory to map an I/O APIC";
        unsigned first = madt->ioapic[i].first_line, count = (register_read(registers, REGISTER_VERSION) >> 16 & 0xff) + 1;
        if (first >= IRQ_LINES_MAX || count > IRQ_LINES_MAX - first)
            continue;
        controllers[controller_count].registers = registers;
        controllers[controller_count].first = first;
        controllers[controller_count++].count = count;
        if (first + count > line_count)
            line_count = first + count;
    }
    ioapic_mask_all();
    return NULL;
}

void ioapic_mask_all(void)
{
    for (unsigned line = 0; line < line_count; line++)
        arch_irq_line_set(line, 0, 0, true, &processor_boot.cpu);
}

unsigned arch_irq_lines(void) { return line_count; }

unsigned arch_irq_line_mode(unsigned line)
{
    const struct madt *madt = &acpi_information()->madt;
    for (unsigned isa = 0; isa < ISA_LINES_END; isa++)
        if (madt->isa[isa].line == line && madt->isa[isa].overridden)
            return (madt->isa[isa].level ? ICU_MODE_LEVEL : 0) | (madt->isa[isa].low ? ICU_MODE_LOW : 0);
    return line < ISA_LINES_END ? 0 : ICU_MODE_LEVEL | ICU_MODE_LOW;
}

unsigned arch_irq_line_of_isa(unsigned isa) { return acpi_information()->madt.isa[isa].line; }

/* Interrupts of devices carry 8 bits of APIC id, of which the last value means all CPUs. */
bool arch_irq_reaches(struct cpu *cpu) { return processor_of(cpu)->apic_id <= APIC_XAPIC_ID_MAX; }

void arch_irq_line_set(unsigned line, unsigned vector, unsigned mode, bool masked, struct cpu *cpu)
{
    for (unsigned i = 0; i < controller_count; i++) {
        unsigned first = controllers[i].first;
        if (line < first || line >= first + controllers[i].count)
            continue;
        uint32_t index = REGISTER_REDIRECTION + 2 * (line - first);
        uint32_t low = vector | (mode & ICU_MODE_LOW ? ENTRY_LOW_ACTIVE : 0) | (mode & ICU_MODE_LEVEL ? ENTRY_LEVEL : 0) |
                       (masked ? ENTRY_MASKED : 0);
        register_write(controllers[i].registers, index + 1, processor_of(cpu)->apic_id << ENTRY_TARGET_SHIFT);
        register_write(controllers[i].registers, index, low);
    }
}

void arch_irq_message(unsigned vector, struct cpu *cpu, uint64_t *address, uint64_t *data)
{
    *address = MESSAGE_ADDRESS | (uint64_t)processor_of(cpu)->apic_id << MESSAGE_TARGET_SHIFT;
    *data = vector;
}
