/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the ACPI tables of this machine tell.
 */
#ifndef KERNEL_X86_64_ACPI_H
#define KERNEL_X86_64_ACPI_H

#include "kernel/x86_64/acpi_tables.h"

/* Reads the tables below 4 GiB through the linear map; needs the early page tables, as the final ones map RAM alone.
 * rsdp: copy of the root pointer, n bytes; n = 0: looks for it where a BIOS puts it. */
void acpi_init(const uint8_t *rsdp, size_t n);
const struct acpi_information *acpi_information(void);

#endif
