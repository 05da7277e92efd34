/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Switching the machine off, or starting it anew, by what its tables tell.
 */
#ifndef KERNEL_X86_64_ACPI_POWER_H
#define KERNEL_X86_64_ACPI_POWER_H

#include <stdbool.h>
#include <stdint.h>

struct acpi_power {
    uint16_t pm1_control[2];   /* ports; 0: none */
    uint16_t sleep_type[2];    /* of S5, power off, for each */
    bool can_power_off;
    uint16_t smi_command;      /* port to switch the machine to ACPI mode; 0: it is in it */
    uint8_t acpi_enable;       /* what to write there */
    uint16_t reset_port;       /* 0: none */
    uint8_t reset_value;
};

#endif
