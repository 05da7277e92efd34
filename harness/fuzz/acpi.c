/* SPDX-License-Identifier: BSD-2-Clause
 *
 * ACPI tables: 36 bytes of a root pointer, then memory from address 0 on. What a table tells must not contradict itself.
 */
#include "harness/fuzz/fuzz.h"

#include "kernel/x86_64/acpi_tables.h"

#define RSDP_BYTES 36

bool fuzz_accepts(const uint8_t *bytes, size_t size)
{
    static struct acpi_information seen;
    if (size < RSDP_BYTES)
        return false;
    acpi_tables_read(bytes + RSDP_BYTES, size - RSDP_BYTES, bytes, RSDP_BYTES, &seen);
    if (seen.power.can_power_off && seen.power.pm1_control[0] == 0)
        fuzz_fail("powers off by no port");
    if (seen.power.sleep_type[0] > 7 || seen.power.sleep_type[1] > 7)
        fuzz_fail("a sleep type of more than three bits");
    if (seen.madt.cpus > MADT_CPUS_MAX || seen.madt.ioapics > MADT_IOAPICS_MAX)
        fuzz_fail("more than there is room for");
    return seen.hpet || seen.mcfg || seen.power.can_power_off || seen.madt.cpus || seen.serial.address;
}
