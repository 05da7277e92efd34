/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the boot loader told, whichever protocol it spoke. All of it is copied: nothing points into the loader's memory but the
 * archive. Addresses are physical.
 */
#ifndef KERNEL_BOOT_BOOT_INFORMATION_H
#define KERNEL_BOOT_BOOT_INFORMATION_H

#include <stddef.h>
#include <stdint.h>

#include "kernel/abi/abi.h"
#include "kernel/boot/ranges.h"
#include "kernel/x86_64/framebuffer.h"

#define RSDP_BYTES 36

struct boot_information {
    const char *protocol;      /* "multiboot2", "pvh" */
    char command_line[ROOT_COMMAND_LINE_BYTES];
    struct ranges ram;         /* usable, as told: unsorted edges and holes are dealt with by ranges.c */
    uint64_t archive;          /* the first module */
    uint64_t archive_bytes;    /* 0: there is none */
    uint64_t handover;         /* the module that takes the machine over at the end (kernel/abi/handover.h); 0: none */
    uint64_t information;      /* the loader's own words, where they are; kept for that module */
    struct ranges kept;        /* that and all modules but the first, in whole pages: memory that is not the kernel's */
    uint8_t rsdp[RSDP_BYTES];  /* copy of the root pointer of the ACPI tables */
    size_t rsdp_bytes;         /* 0: not told */
    struct framebuffer framebuffer;
};

/* Copies a command line of at most `limit` bytes. Returns NULL, or why not. */
const char *boot_command_line_copy(struct boot_information *out, const char *line, uint64_t limit);

/* Reads what the loader left at that physical address. protocol: BOOT_PROTOCOL_*. Refuses to boot (boot_refuse) when it cannot. */
void boot_information_read(uint32_t protocol, uint64_t address, struct boot_information *out);

/* Says why and leaves with EXIT_BAD_BOOT. */
_Noreturn void boot_refuse(const char *what, const char *why);

#endif
