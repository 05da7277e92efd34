/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What acpi_tables.c, acpi_power.c and madt.c share: looking into tables that nobody vouches for.
 */
#ifndef KERNEL_X86_64_ACPI_READER_H
#define KERNEL_X86_64_ACPI_READER_H

#include "kernel/x86_64/acpi_tables.h"
#include "kernel/x86_64/string.h"

#define ACPI_HEAD_BYTES 36
#define ACPI_NAME(a, b, c, d) ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)

struct acpi_reader {
    const uint8_t *memory;     /* from physical address 0 on */
    uint64_t bytes;
    struct acpi_information *out;
};

static inline uint32_t acpi_read32(const uint8_t *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static inline uint64_t acpi_read64(const uint8_t *at) { return acpi_read32(at) | (uint64_t)acpi_read32(at + 4) << 32; }

/* The table at that address; NULL when it is out of reach or damaged. */
const uint8_t *acpi_table_at(const struct acpi_reader *r, uint64_t physical, uint32_t *bytes);
/* The port that the old field tells (at offset `old`; 0: there is none), or else the generic one. 0: none. */
uint16_t acpi_port_at(const uint8_t *table, uint32_t bytes, uint32_t old, uint32_t generic);
/* How to power off and start anew, by a FADT of at least 116 bytes. */
void acpi_power_read(const struct acpi_reader *r, const uint8_t *fadt, uint32_t bytes);

#endif
