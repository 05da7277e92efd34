/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The few facts that the kernel wants of the ACPI tables (ACPI 6.4, chapter 5). Pure: for kernel and host tests. No table is believed
 * without a good checksum, nothing outside of the memory at hand is looked at, and every walk has an end.
 */
#ifndef KERNEL_X86_64_ACPI_TABLES_H
#define KERNEL_X86_64_ACPI_TABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/x86_64/acpi_power.h"
#include "kernel/x86_64/madt.h"

/* A register; kind as in a generic address. */
struct acpi_register {
    uint64_t address;          /* 0: none */
    uint8_t kind;              /* ACPI_MEMORY or ACPI_PORTS */
};
#define ACPI_MEMORY 0
#define ACPI_PORTS 1

struct acpi_information {
    uint16_t pm_timer_port;    /* 0: none */
    uint64_t hpet, mcfg;       /* physical addresses: registers, configuration space of PCI segment 0 from bus 0; 0: none */
    struct acpi_register serial; /* a 16550 that the firmware uses as its console */
    struct madt madt;          /* the CPUs */
    struct acpi_power power;
    bool is_bochs;             /* the tables were made by the Bochs BIOS, or by QEMU, which kept the name */
};

/* memory: what lies from physical address 0 on, `bytes` of it. rsdp: copy of the root pointer, n bytes; when it is none (n = 0), it is
 * looked for where a BIOS puts it. What is missing, malformed or out of reach stays 0. */
void acpi_tables_read(const uint8_t *memory, uint64_t bytes, const uint8_t *rsdp, size_t n, struct acpi_information *out);

#endif
