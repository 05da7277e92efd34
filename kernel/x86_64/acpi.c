/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/x86_64/acpi.h"

#include "kernel/x86_64/cpu.h"
#include "kernel/x86_64/layout.h"

#define PM1_SCI_ENABLE 1u
#define PM1_SLEEP_ENABLE (1u << 13)
#define PM1_SLEEP_TYPE_SHIFT 10
#define ENABLE_POLLS_MAX 1000000

static struct acpi_information found;

const struct acpi_information *acpi_information(void) { return &found; }

void acpi_init(const uint8_t *rsdp, size_t n) { acpi_tables_read(linear_address(0), EARLY_LINEAR_BYTES, rsdp, n, &found); }

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

void acpi_reset(void)
{
    if (found.reset_port)
        out8(found.reset_port, found.reset_value);
}
