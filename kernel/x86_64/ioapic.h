/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The interrupt controllers that devices are wired to (Intel 82093AA), as the ACPI tables list them.
 */
#ifndef KERNEL_X86_64_IOAPIC_H
#define KERNEL_X86_64_IOAPIC_H

/* Finds them and masks every line. A machine may have none: it has no lines then. Returns NULL, or what went wrong. */
const char *ioapic_init(void);
/* No line interrupts anybody any more. */
void ioapic_mask_all(void);

#endif
