/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Which tables there are, and what of them says where clocks, CPUs, buses and the console are; how to end is acpi_power.c's.
 */
#include "kernel/x86_64/acpi_reader.h"


#define TABLE_BYTES_MAX 0x400000
#define TABLES_MAX 256
#define BIOS_AREA 0xe0000
#define BIOS_AREA_END 0x100000
#define RSDP_CHECKED_BYTES 20
#define RSDP_EXTENDED_BYTES 36
#define SERIAL_16550_KINDS 0x40007u /* interface types 0, 1 (16450), 2; 18: a 16550 with a generic address */

/* Offsets within tables. */
enum {
    RSDP_REVISION = 15, RSDP_RSDT = 16, RSDP_XSDT = 24,
    TABLE_LENGTH = 4, TABLE_OEM = 10,
    FADT_PM_TIMER = 76, FADT_PM_TIMER_LENGTH = 91, FADT_BYTES_MIN = 116, FADT_X_PM_TIMER = 208,
    HPET_REGISTERS = 40, HPET_BYTES_MIN = 56,
    MCFG_BASE = 44, MCFG_SEGMENT = 52, MCFG_BYTES_MIN = 60,
    SPCR_KIND = 36, SPCR_REGISTERS = 40, SPCR_BYTES_MIN = 52,
    GENERIC_ADDRESS = 4, GENERIC_BYTES = 12,
};

static bool checksum_is_good(const uint8_t *at, size_t n)
{
    uint8_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum = (uint8_t)(sum + at[i]);
    return sum == 0;
}

/* The table at that address; NULL when it is out of reach or damaged. */
const uint8_t *acpi_table_at(const struct acpi_reader *r, uint64_t physical, uint32_t *bytes)
{
    if (physical == 0 || r->bytes < ACPI_HEAD_BYTES || physical > r->bytes - ACPI_HEAD_BYTES)
        return NULL;
    const uint8_t *table = r->memory + physical;
    *bytes = acpi_read32(table + TABLE_LENGTH);
    if (*bytes < ACPI_HEAD_BYTES || *bytes > TABLE_BYTES_MAX || *bytes > r->bytes - physical)
        return NULL;
    return checksum_is_good(table, *bytes) ? table : NULL;
}

/* A generic address of a table of that many bytes; what lies beyond its end is none. */
static struct acpi_register register_at(const uint8_t *table, uint32_t bytes, uint32_t offset)
{
    if (offset + GENERIC_BYTES > bytes || table[offset] > ACPI_PORTS)
        return (struct acpi_register){ 0 };
    return (struct acpi_register){ acpi_read64(table + offset + GENERIC_ADDRESS), table[offset] };
}

/* The port that the old field tells, or else the new one. */
uint16_t acpi_port_at(const uint8_t *table, uint32_t bytes, uint32_t old, uint32_t generic)
{
    struct acpi_register r = register_at(table, bytes, generic);
    uint64_t port = old && acpi_read32(table + old) ? acpi_read32(table + old) : r.kind == ACPI_PORTS ? r.address : 0;
    return port <= UINT16_MAX ? (uint16_t)port : 0;
}

static void read_fadt(const struct acpi_reader *r, const uint8_t *fadt, uint32_t bytes)
{
    if (bytes < FADT_BYTES_MIN)
        return;
    if (fadt[FADT_PM_TIMER_LENGTH] == 4)
        r->out->pm_timer_port = acpi_port_at(fadt, bytes, FADT_PM_TIMER, FADT_X_PM_TIMER);
    acpi_power_read(r, fadt, bytes);
}

static void read_table(const struct acpi_reader *r, uint64_t physical)
{
    uint32_t bytes;
    const uint8_t *table = acpi_table_at(r, physical, &bytes);
    if (!table)
        return;
    switch (acpi_read32(table)) {
    case ACPI_NAME('F', 'A', 'C', 'P'):
        read_fadt(r, table, bytes);
        return;
    case ACPI_NAME('A', 'P', 'I', 'C'):
        madt_read(table, bytes, &r->out->madt);
        return;
    case ACPI_NAME('H', 'P', 'E', 'T'):
        if (bytes >= HPET_BYTES_MIN && table[HPET_REGISTERS] == ACPI_MEMORY)
            r->out->hpet = register_at(table, bytes, HPET_REGISTERS).address;
        return;
    case ACPI_NAME('M', 'C', 'F', 'G'):
        if (bytes >= MCFG_BYTES_MIN && !(acpi_read32(table + MCFG_SEGMENT) & 0xffffff)) /* segment 0, from bus 0 */
            r->out->mcfg = acpi_read64(table + MCFG_BASE);
        return;
    case ACPI_NAME('S', 'P', 'C', 'R'):
        if (bytes >= SPCR_BYTES_MIN && table[SPCR_KIND] < 32 && SERIAL_16550_KINDS >> table[SPCR_KIND] & 1)
            r->out->serial = register_at(table, bytes, SPCR_REGISTERS);
    }
}

static bool rsdp_is_good(const uint8_t *rsdp)
{
    return memcmp(rsdp, "RSD PTR ", 8) == 0 && checksum_is_good(rsdp, RSDP_CHECKED_BYTES);
}

static const uint8_t *rsdp_search(const struct acpi_reader *r)
{
    for (uint64_t at = BIOS_AREA; at < BIOS_AREA_END && at + RSDP_EXTENDED_BYTES <= r->bytes; at += 16)
        if (rsdp_is_good(r->memory + at))
            return r->memory + at;
    return NULL;
}

void acpi_tables_read(const uint8_t *memory, uint64_t bytes, const uint8_t *rsdp, size_t n, struct acpi_information *out)
{
    const struct acpi_reader r = { memory, bytes, out };
    uint32_t root_bytes;
    *out = (struct acpi_information){ 0 };
    if (n < RSDP_CHECKED_BYTES || !rsdp_is_good(rsdp)) {
        rsdp = rsdp_search(&r);
        n = RSDP_EXTENDED_BYTES;
    }
    if (!rsdp)
        return;
    bool extended = rsdp[RSDP_REVISION] >= 2 && n >= RSDP_EXTENDED_BYTES && checksum_is_good(rsdp, RSDP_EXTENDED_BYTES);
    const uint8_t *root = extended ? acpi_table_at(&r, acpi_read64(rsdp + RSDP_XSDT), &root_bytes) : NULL;
    if (!root || acpi_read32(root) != ACPI_NAME('X', 'S', 'D', 'T')) {
        extended = false;
        root = acpi_table_at(&r, acpi_read32(rsdp + RSDP_RSDT), &root_bytes);
    }
    if (!root || acpi_read32(root) != (extended ? ACPI_NAME('X', 'S', 'D', 'T') : ACPI_NAME('R', 'S', 'D', 'T')))
        return;
    out->is_bochs = memcmp(root + TABLE_OEM, "BOCHS", 5) == 0;
    uint32_t step = extended ? 8 : 4, end = ACPI_HEAD_BYTES + TABLES_MAX * step;
    end = end < root_bytes ? end : root_bytes;
    for (uint32_t at = ACPI_HEAD_BYTES; at + step <= end; at += step)
        read_table(&r, extended ? acpi_read64(root + at) : acpi_read32(root + at));
}
