/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The few facts that the kernel wants of the ACPI tables: timers to calibrate the TSC with, and how to power off. Tables are
 * believed only with a good checksum and within the first 4 GiB. The S5 sleep type sits in AML code; as is common in small
 * kernels it is found by its name instead of by an interpreter.
 */
#include "kernel/x86_64/acpi.h"

#include "kernel/x86_64/cpu.h"
#include "kernel/x86_64/layout.h"
#include "kernel/x86_64/string.h"

#define TABLE_HEAD_BYTES 36
#define TABLE_BYTES_MAX 0x400000
#define BIOS_AREA 0xe0000
#define BIOS_AREA_END 0x100000
#define RSDP_CHECKED_BYTES 20
#define PM1_SCI_ENABLE 1u
#define PM1_SLEEP_ENABLE (1u << 13)
#define PM1_SLEEP_TYPE_SHIFT 10
#define ENABLE_POLLS_MAX 1000000

/* Offsets within tables. */
enum {
    RSDP_REVISION = 15, RSDP_RSDT = 16, RSDP_XSDT = 24,
    TABLE_LENGTH = 4, TABLE_OEM = 10,
    FADT_DSDT = 40, FADT_SMI_COMMAND = 48, FADT_ACPI_ENABLE = 52, FADT_PM1A_CONTROL = 64, FADT_PM1B_CONTROL = 68,
    FADT_PM_TIMER = 76, FADT_PM_TIMER_LENGTH = 91, FADT_BYTES_MIN = 116,
    HPET_SPACE = 40, HPET_ADDRESS = 44, HPET_BYTES_MIN = 56,
};

static struct acpi_information found;

const struct acpi_information *acpi_information(void) { return &found; }

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
static const uint8_t *table_at(uint64_t physical, uint32_t *bytes)
{
    if (physical == 0 || physical > EARLY_LINEAR_BYTES - TABLE_HEAD_BYTES)
        return NULL;
    const uint8_t *table = linear_address(physical);
    *bytes = read32(table + TABLE_LENGTH);
    if (*bytes < TABLE_HEAD_BYTES || *bytes > TABLE_BYTES_MAX || *bytes > EARLY_LINEAR_BYTES - physical)
        return NULL;
    return checksum_is_good(table, *bytes) ? table : NULL;
}

/* \_S5 is Name(_S5_, Package(){type a, type b, ...}): 08 "_S5_" 12 length count, then each a byte (0a xx), zero (00) or one (01). */
static void read_sleep_type(const uint8_t *dsdt, uint32_t bytes)
{
    for (uint32_t i = TABLE_HEAD_BYTES; i + 16 < bytes; i++) {
        if (memcmp(dsdt + i, "_S5_\x12", 5) != 0)
            continue;
        const uint8_t *at = dsdt + i + 5;
        at += (*at >> 6) + 2; /* package length (1 to 4 bytes), count */
        for (unsigned k = 0; k < 2 && at + 1 < dsdt + bytes; k++) {
            at += *at == 0x0a;
            found.sleep_type[k] = *at++ & 7;
        }
        found.can_power_off = found.pm1_control[0] != 0;
        return;
    }
}

static void read_fadt(const uint8_t *fadt, uint32_t bytes)
{
    uint32_t dsdt_bytes;
    if (bytes < FADT_BYTES_MIN)
        return;
    if (fadt[FADT_PM_TIMER_LENGTH] == 4)
        found.pm_timer_port = (uint16_t)read32(fadt + FADT_PM_TIMER);
    found.pm1_control[0] = (uint16_t)read32(fadt + FADT_PM1A_CONTROL);
    found.pm1_control[1] = (uint16_t)read32(fadt + FADT_PM1B_CONTROL);
    found.smi_command = (uint16_t)read32(fadt + FADT_SMI_COMMAND);
    found.acpi_enable = fadt[FADT_ACPI_ENABLE];
    const uint8_t *dsdt = table_at(read32(fadt + FADT_DSDT), &dsdt_bytes);
    if (dsdt)
        read_sleep_type(dsdt, dsdt_bytes);
}

static void read_table(uint64_t physical)
{
    uint32_t bytes;
    const uint8_t *table = table_at(physical, &bytes);
    if (!table)
        return;
    if (memcmp(table, "FACP", 4) == 0)
        read_fadt(table, bytes);
    if (memcmp(table, "APIC", 4) == 0)
        madt_read(table, bytes, &found.madt);
    if (memcmp(table, "HPET", 4) == 0 && bytes >= HPET_BYTES_MIN && table[HPET_SPACE] == 0)
        found.hpet = read64(table + HPET_ADDRESS);
}

static const uint8_t *rsdp_search(void)
{
    for (uint64_t at = BIOS_AREA; at < BIOS_AREA_END; at += 16) {
        const uint8_t *rsdp = linear_address(at);
        if (memcmp(rsdp, "RSD PTR ", 8) == 0 && checksum_is_good(rsdp, RSDP_CHECKED_BYTES))
            return rsdp;
    }
    return NULL;
}

void acpi_init(const uint8_t *rsdp, size_t n)
{
    uint32_t bytes;
    if (n < RSDP_CHECKED_BYTES || memcmp(rsdp, "RSD PTR ", 8) != 0 || !checksum_is_good(rsdp, RSDP_CHECKED_BYTES)) {
        rsdp = rsdp_search();
        n = RSDP_CHECKED_BYTES;
    }
    if (!rsdp)
        return;
    bool extended = rsdp[RSDP_REVISION] >= 2 && n >= RSDP_XSDT + 8;
    const uint8_t *root = extended ? table_at(read64(rsdp + RSDP_XSDT), &bytes) : NULL;
    if (!root) {
        extended = false;
        root = table_at(read32(rsdp + RSDP_RSDT), &bytes);
    }
    if (!root)
        return;
    found.is_bochs = memcmp(root + TABLE_OEM, "BOCHS", 5) == 0;
    uint32_t step = extended ? 8 : 4;
    for (uint32_t at = TABLE_HEAD_BYTES; at + step <= bytes; at += step)
        read_table(extended ? read64(root + at) : read32(root + at));
}

static void acpi_mode_enter(void)
{
    if (found.smi_command == 0 || found.acpi_enable == 0 || (in16(found.pm1_control[0]) & PM1_SCI_ENABLE))
        return;
    out8(found.smi_command, found.acpi_enable);
    for (unsigned i = 0; i < ENABLE_POLLS_MAX && !(in16(found.pm1_control[0]) & PM1_SCI_ENABLE); i++)
        cpu_pause();
}

void acpi_power_off(void)
{
    if (!found.can_power_off)
        return;
    acpi_mode_enter();
    for (unsigned k = 0; k < 2; k++)
        if (found.pm1_control[k] != 0)
            out16(found.pm1_control[k], (uint16_t)((unsigned)found.sleep_type[k] << PM1_SLEEP_TYPE_SHIFT | PM1_SLEEP_ENABLE));
}
