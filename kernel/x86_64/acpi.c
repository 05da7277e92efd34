/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/x86_64/acpi.h"

#include "kernel/x86_64/layout.h"

static struct acpi_information found;

const struct acpi_information *acpi_information(void) { return &found; }

void acpi_init(const uint8_t *rsdp, size_t n) { acpi_tables_read(linear_address(0), EARLY_LINEAR_BYTES, rsdp, n, &found); }
