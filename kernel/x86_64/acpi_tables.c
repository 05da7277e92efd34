/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The S5 sleep type sits in AML code; it is found by its name instead of by an interpreter, where only its definition can stand:
 * NameOp "_S5_" PackageOp.
 */
#include "kernel/x86_64/acpi_tables.h"

#include "kernel/x86_64/string.h"

#define TABLE_HEAD_BYTES 36
#define TABLE_BYTES_MAX 0x400000
#define TABLES_MAX 256
#define BIOS_AREA 0xe0000
#define BIOS_AREA_END 0x100000
#define RSDP_CHECKED_BYTES 20
#define RSDP_EXTENDED_BYTES 36
#define NAME_OP 8
#define BYTE_PREFIX 10
#define SERIAL_16550_KINDS 0x40007u /* interface types 0, 1 (16450), 2; 18: a 16550 with a generic address */

/* Offsets within tables. */
enum {
    RSDP_REVISION = 15, RSDP_RSDT = 16, RSDP_XSDT = 24,
    TABLE_LENGTH = 4, TABLE_OEM = 10,
    FADT_DSDT = 40, FADT_SMI_COMMAND = 48, FADT_ACPI_ENABLE = 52, FADT_PM1A_CONTROL = 64, FADT_PM1B_CONTROL = 68,
    FADT_PM_TIMER = 76, FADT_PM_TIMER_LENGTH = 91, FADT_FLAGS = 112, FADT_RESET = 116, FADT_BYTES_MIN = 116, FADT_RESET_VALUE = 128,
    FADT_X_DSDT = 140, FADT_X_PM1A_CONTROL = 172, FADT_X_PM1B_CONTROL = 184, FADT_X_PM_TIMER = 208,
    HPET_REGISTERS = 40, HPET_BYTES_MIN = 56,
    MCFG_BASE = 44, MCFG_SEGMENT = 52, MCFG_BYTES_MIN = 60,
    SPCR_KIND = 36, SPCR_REGISTERS = 40, SPCR_BYTES_MIN = 52,
    GENERIC_ADDRESS = 4, GENERIC_BYTES = 12,
};
#define NAME(a, b, c, d) ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)
#define FADT_FLAG_RESET (1u << 10)

struct reader {
    const uint8_t *memory;
    uint64_t bytes;
    struct acpi_information *out;
};

static uint32_t read32(const uint8_t *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static uint64_t read64(const uint8_t *at) { return read32(at) | (uint64_t)read32(at + 4) << 32; }

static bool checksum_is_good(const uint8_t *at, size_t n)
{
    uint8_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum = (uint8_t)(sum + at[i]);
    return sum == 0;
}

/* The table at that address; NULL when it is out of reach or damaged. */
static __attribute__((noinline)) const uint8_t *table_at(const struct reader *r, uint64_t physical, uint32_t *bytes)
{
    if (physical == 0 || r->bytes < TABLE_HEAD_BYTES || physical > r->bytes - TABLE_HEAD_BYTES)
        return NULL;
    const uint8_t *table = r->memory + physical;
    *bytes = read32(table + TABLE_LENGTH);
    if (*bytes < TABLE_HEAD_BYTES || *bytes > TABLE_BYTES_MAX || *bytes > r->bytes - physical)
        return NULL;
    return checksum_is_good(table, *bytes) ? table : NULL;
}

/* A generic address of a table of that many bytes; what lies beyond its end is none. */
static struct acpi_register register_at(const uint8_t *table, uint32_t bytes, uint32_t offset)
{
    if (offset + GENERIC_BYTES > bytes || table[offset] > ACPI_PORTS)
        return (struct acpi_register){ 0 };
    return (struct acpi_register){ read64(table + offset + GENERIC_ADDRESS), table[offset] };
}

/* The port that the old field tells, or else the new one. */
static uint16_t port_at(const uint8_t *table, uint32_t bytes, uint32_t old, uint32_t generic)
{
    struct acpi_register r = register_at(table, bytes, generic);
    uint64_t port = old && read32(table + old) ? read32(table + old) : r.kind == ACPI_PORTS ? r.address : 0;
    return port <= UINT16_MAX ? (uint16_t)port : 0;
}

/* Package(){type a, type b, ...}: 12 length count, then each a byte (0a xx), zero (00) or one (01). */
static void read_sleep_type(const uint8_t *dsdt, uint32_t bytes, struct acpi_information *out)
{
    for (uint32_t i = TABLE_HEAD_BYTES + 1; i + 12 < bytes; i++) {
        if (memcmp(dsdt + i, "_S5_\x12", 5) != 0 || (dsdt[i - 1] != NAME_OP && !(dsdt[i - 1] == '\\' && dsdt[i - 2] == NAME_OP)))
            continue;
        uint32_t at = i + 5;
        at += (uint32_t)(dsdt[at] >> 6) + 2; /* package length (1 to 4 bytes), count */
        for (unsigned k = 0; k < 2 && at + 1 < bytes; k++) {
            at += dsdt[at] == BYTE_PREFIX;
            out->sleep_type[k] = dsdt[at++] & 7;
        }
        out->can_power_off = out->pm1_control[0] != 0;
        return;
    }
}

static void read_fadt(const struct reader *r, const uint8_t *fadt, uint32_t bytes)
{
    struct acpi_information *out = r->out;
    uint32_t dsdt_bytes;
    if (bytes < FADT_BYTES_MIN)
        return;
    out->can_power_off = false; /* of several, the last is believed, and as a whole */
    if (fadt[FADT_PM_TIMER_LENGTH] == 4)
        out->pm_timer_port = port_at(fadt, bytes, FADT_PM_TIMER, FADT_X_PM_TIMER);
    out->pm1_control[0] = port_at(fadt, bytes, FADT_PM1A_CONTROL, FADT_X_PM1A_CONTROL);
    out->pm1_control[1] = port_at(fadt, bytes, FADT_PM1B_CONTROL, FADT_X_PM1B_CONTROL);
    out->smi_command = port_at(fadt, 0, FADT_SMI_COMMAND, 0);
    out->acpi_enable = fadt[FADT_ACPI_ENABLE];
    if (read32(fadt + FADT_FLAGS) & FADT_FLAG_RESET && bytes > FADT_RESET_VALUE) {
        out->reset_port = port_at(fadt, bytes, 0, FADT_RESET);
        out->reset_value = fadt[FADT_RESET_VALUE];
    }
    const uint8_t *dsdt = table_at(r, read32(fadt + FADT_DSDT), &dsdt_bytes);
    if (!dsdt && bytes >= FADT_X_DSDT + 8)
        dsdt = table_at(r, read64(fadt + FADT_X_DSDT), &dsdt_bytes);
    if (dsdt && read32(dsdt) == NAME('D', 'S', 'D', 'T'))
        read_sleep_type(dsdt, dsdt_bytes, out);
}

static void read_table(const struct reader *r, uint64_t physical)
{
    uint32_t bytes;
    const uint8_t *table = table_at(r, physical, &bytes);
    if (!table)
        return;
    switch (read32(table)) {
    case NAME('F', 'A', 'C', 'P'):
        read_fadt(r, table, bytes);
        return;
    case NAME('A', 'P', 'I', 'C'):
        madt_read(table, bytes, &r->out->madt);
        return;
    case NAME('H', 'P', 'E', 'T'):
        if (bytes >= HPET_BYTES_MIN && table[HPET_REGISTERS] == ACPI_MEMORY)
            r->out->hpet = register_at(table, bytes, HPET_REGISTERS).address;
        return;
    case NAME('M', 'C', 'F', 'G'):
        if (bytes >= MCFG_BYTES_MIN && !(read32(table + MCFG_SEGMENT) & 0xffffff)) /* segment 0, from bus 0 */
            r->out->mcfg = read64(table + MCFG_BASE);
        return;
    case NAME('S', 'P', 'C', 'R'):
        if (bytes >= SPCR_BYTES_MIN && table[SPCR_KIND] < 32 && SERIAL_16550_KINDS >> table[SPCR_KIND] & 1)
            r->out->serial = register_at(table, bytes, SPCR_REGISTERS);
    }
}

static bool rsdp_is_good(const uint8_t *rsdp)
{
    return memcmp(rsdp, "RSD PTR ", 8) == 0 && checksum_is_good(rsdp, RSDP_CHECKED_BYTES);
}

static const uint8_t *rsdp_search(const struct reader *r)
{
    for (uint64_t at = BIOS_AREA; at < BIOS_AREA_END && at + RSDP_EXTENDED_BYTES <= r->bytes; at += 16)
        if (rsdp_is_good(r->memory + at))
            return r->memory + at;
    return NULL;
}

void acpi_tables_read(const uint8_t *memory, uint64_t bytes, const uint8_t *rsdp, size_t n, struct acpi_information *out)
{
    const struct reader r = { memory, bytes, out };
    uint32_t root_bytes;
    *out = (struct acpi_information){ 0 };
    if (n < RSDP_CHECKED_BYTES || !rsdp_is_good(rsdp)) {
        rsdp = rsdp_search(&r);
        n = RSDP_EXTENDED_BYTES;
    }
    if (!rsdp)
        return;
    bool extended = rsdp[RSDP_REVISION] >= 2 && n >= RSDP_EXTENDED_BYTES && checksum_is_good(rsdp, RSDP_EXTENDED_BYTES);
    const uint8_t *root = extended ? table_at(&r, read64(rsdp + RSDP_XSDT), &root_bytes) : NULL;
    if (!root || read32(root) != NAME('X', 'S', 'D', 'T')) {
        extended = false;
        root = table_at(&r, read32(rsdp + RSDP_RSDT), &root_bytes);
    }
    if (!root || read32(root) != (extended ? NAME('X', 'S', 'D', 'T') : NAME('R', 'S', 'D', 'T')))
        return;
    out->is_bochs = memcmp(root + TABLE_OEM, "BOCHS", 5) == 0;
    uint32_t step = extended ? 8 : 4, end = TABLE_HEAD_BYTES + TABLES_MAX * step;
    end = end < root_bytes ? end : root_bytes;
    for (uint32_t at = TABLE_HEAD_BYTES; at + step <= end; at += step)
        read_table(&r, extended ? read64(root + at) : read32(root + at));
}
