/* SPDX-License-Identifier: BSD-2-Clause
 *
 * CPUs and interrupt lines by the ACPI table of interrupt controllers (ACPI 6.4, 5.2.12). Pure: for kernel and host tests.
 */
#ifndef KERNEL_X86_64_MADT_H
#define KERNEL_X86_64_MADT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MADT_CPUS_MAX 256
#define MADT_IOAPICS_MAX 16
#define MADT_ISA_LINES 16

struct madt {
    unsigned cpus;             /* that can be started now, in the table's order, each once */
    uint32_t apic_id[MADT_CPUS_MAX];
    unsigned offline;          /* that the firmware has disabled; some could be plugged in later */
    unsigned surplus;          /* beyond MADT_CPUS_MAX */
    unsigned ioapics;          /* of them, at most MADT_IOAPICS_MAX */
    struct { uint32_t address, first_line; } ioapic[MADT_IOAPICS_MAX];
    struct {                   /* where the lines of the ISA bus are connected: as they are numbered, unless overridden */
        uint32_t line;
        bool overridden, level, low;
    } isa[MADT_ISA_LINES];
};

/* Reads a table of n bytes, its head included, whose checksum was good. Entries that are cut or malformed end it. */
void madt_read(const uint8_t *table, size_t n, struct madt *out);

#endif
