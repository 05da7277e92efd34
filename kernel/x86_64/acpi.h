/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The few facts that the kernel wants of the ACPI tables (ACPI 6.4, chapter 5).
 */
#ifndef KERNEL_X86_64_ACPI_H
#define KERNEL_X86_64_ACPI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/x86_64/madt.h"

struct acpi_information {
    uint16_t pm_timer_port;    /* 0: none */
    uint64_t hpet;             /* physical address; 0: none */
    uint16_t pm1_control[2];   /* ports; 0: none */
    uint16_t sleep_type[2];    /* of S5, power off, for each */
    bool can_power_off;
    uint16_t smi_command;      /* port to switch the machine to ACPI mode; 0: it is in it */
    uint8_t acpi_enable;       /* what to write there */
    struct madt madt;          /* the CPUs */
    bool is_bochs;             /* the tables were made by the Bochs BIOS, or by QEMU, which kept the name */
};

/* Reads the tables below 4 GiB through the linear map; needs the early page tables, as the final ones map RAM alone.
 * rsdp: copy of the root pointer, n bytes; n = 0: looks for it where a BIOS puts it. What is missing or malformed stays 0. */
void acpi_init(const uint8_t *rsdp, size_t n);
const struct acpi_information *acpi_information(void);
/* Powers the machine off if it can; returns if not. */
void acpi_power_off(void);

#endif
