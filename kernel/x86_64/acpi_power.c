/* SPDX-License-Identifier: BSD-2-Clause
 *
 * How a machine is switched off and started anew, by its fixed table (FADT). Pure, as acpi_tables.c, and as distrustful. The S5 sleep type
 * sits in AML code; it is found by its name instead of by an interpreter, where only its definition can stand: NameOp "_S5_" PackageOp.
 */
#include "kernel/x86_64/acpi_reader.h"

#define NAME_OP 8
#define BYTE_PREFIX 10
#define FADT_FLAG_RESET (1u << 10)

enum {
    FADT_DSDT = 40, FADT_SMI_COMMAND = 48, FADT_ACPI_ENABLE = 52, FADT_PM1A_CONTROL = 64, FADT_PM1B_CONTROL = 68, FADT_FLAGS = 112,
    FADT_RESET = 116, FADT_RESET_VALUE = 128, FADT_X_DSDT = 140, FADT_X_PM1A_CONTROL = 172, FADT_X_PM1B_CONTROL = 184,
};

/* Package(){type a, type b, ...}: 12 length count, then each a byte (0a xx), zero (00) or one (01). */
static void read_sleep_type(const uint8_t *dsdt, uint32_t bytes, struct acpi_power *out)
{
    for (uint32_t i = ACPI_HEAD_BYTES + 1; i + 12 < bytes; i++) {
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

/* Of several tables, the last is believed, and as a whole. */
void acpi_power_read(const struct acpi_reader *r, const uint8_t *fadt, uint32_t bytes)
{
    struct acpi_power *out = &r->out->power;
    uint32_t dsdt_bytes;
    *out = (struct acpi_power){ 0 };
    out->pm1_control[0] = acpi_port_at(fadt, bytes, FADT_PM1A_CONTROL, FADT_X_PM1A_CONTROL);
    out->pm1_control[1] = acpi_port_at(fadt, bytes, FADT_PM1B_CONTROL, FADT_X_PM1B_CONTROL);
    out->smi_command = acpi_port_at(fadt, 0, FADT_SMI_COMMAND, 0);
    out->acpi_enable = fadt[FADT_ACPI_ENABLE];
    if (acpi_read32(fadt + FADT_FLAGS) & FADT_FLAG_RESET && bytes > FADT_RESET_VALUE) {
        out->reset_port = acpi_port_at(fadt, bytes, 0, FADT_RESET);
        out->reset_value = fadt[FADT_RESET_VALUE];
    }
    const uint8_t *dsdt = acpi_table_at(r, acpi_read32(fadt + FADT_DSDT), &dsdt_bytes);
    if (!dsdt && bytes >= FADT_X_DSDT + 8)
        dsdt = acpi_table_at(r, acpi_read64(fadt + FADT_X_DSDT), &dsdt_bytes);
    if (dsdt && acpi_read32(dsdt) == ACPI_NAME('D', 'S', 'D', 'T'))
        read_sleep_type(dsdt, dsdt_bytes, out);
}
