/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Reader of user programs: static ELF64 executables for x86-64 (System V gABI, chapters 4 and 5). Freestanding, without
 * allocation, for kernel, root server and host alike. Whatever the bytes are, nothing outside of them is read.
 */
#ifndef KERNEL_BOOT_ELF_H
#define KERNEL_BOOT_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ELF_SEGMENTS_MAX 16                /* that are loaded */
#define ELF_MEMORY_BYTES_MAX 0x4000000ull  /* of all segments together: 64 MiB */

struct elf_segment {
    uint64_t address;          /* where it goes; [address, address + memory_bytes) lies in user space */
    uint64_t memory_bytes;     /* > 0, >= file_bytes; the rest is zero */
    const uint8_t *data;
    uint64_t file_bytes;
    unsigned rights;           /* MEMORY_*, readable always, never writable and executable at once */
};

/* Whether the bytes are a program that can be loaded as it is. If not, *error says why. A good program's segments share no
 * page with one another, and its entry lies in an executable one. */
bool elf_check(const void *bytes, size_t n, const char **error);

/* All that follow want bytes that elf_check has found good. */
uint64_t elf_entry(const void *bytes);
/* Walks the segments: start with *index = 0; false at the end. Empty ones are left out. */
bool elf_segment_next(const void *bytes, unsigned *index, struct elf_segment *out);

#endif
