/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Multiboot2 (specification 2.0): numbers shared with the header in headers.S, and the reader of what the loader hands over.
 */
#ifndef KERNEL_BOOT_MULTIBOOT2_H
#define KERNEL_BOOT_MULTIBOOT2_H

#define MULTIBOOT2_HEADER_MAGIC 0xe85250d6
#define MULTIBOOT2_LOADER_MAGIC 0x36d76289
#define MULTIBOOT2_ARCHITECTURE_I386 0

#define MULTIBOOT2_HEADER_END 0
#define MULTIBOOT2_HEADER_INFORMATION_REQUEST 1
#define MULTIBOOT2_HEADER_FRAMEBUFFER 5
#define MULTIBOOT2_HEADER_MODULE_ALIGNMENT 6
#define MULTIBOOT2_HEADER_OPTIONAL 1

#define MULTIBOOT2_TAG_END 0
#define MULTIBOOT2_TAG_COMMAND_LINE 1
#define MULTIBOOT2_TAG_MODULE 3
#define MULTIBOOT2_TAG_MEMORY_MAP 6
#define MULTIBOOT2_TAG_FRAMEBUFFER 8
#define MULTIBOOT2_TAG_ACPI_OLD 14
#define MULTIBOOT2_TAG_ACPI_NEW 15

#define MULTIBOOT2_MEMORY_AVAILABLE 1

#ifndef __ASSEMBLER__
#include "kernel/boot/boot_information.h"

/* Reads the information at `bytes`, of which `limit` bytes may be looked at. Returns NULL, or what is wrong with it. */
const char *multiboot2_read(const void *bytes, uint64_t limit, struct boot_information *out);
#endif

#endif
