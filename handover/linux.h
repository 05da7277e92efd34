/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Linux's boot protocol (Documentation/arch/x86/boot.rst of its sources), as far as the 64-bit entry point needs it. The layout of what it
 * is told comes from Linux's own header.
 */
#ifndef HANDOVER_LINUX_H
#define HANDOVER_LINUX_H

#include <asm/bootparam.h>

#include "handover/machine.h"

#define LINUX_OPTIONS_BYTES 2048

/* An image that was checked. */
struct linux_image {
    const struct setup_header *header;
    uint64_t header_bytes;
    uint64_t code;             /* offset of what runs */
    uint64_t code_bytes;
};

/* More memory areas than boot_params takes: a struct setup_data with what follows it, which C does not let a structure hold. */
struct linux_more_areas {
    uint64_t next;
    uint32_t type;
    uint32_t len;              /* of area, in bytes */
    struct boot_e820_entry area[RANGES_MAX + MACHINE_AREAS_MAX + 2];
};

/* NULL, or why it is no kernel that can be started so. */
const char *linux_check(const void *image, uint64_t bytes, struct linux_image *out);
/* NULL, or what of the module is not as its options say (crc32=). */
const char *linux_module_check(const struct machine_module *m, const void *bytes);
/* Where in RAM it can run: 0, nowhere. */
uint64_t linux_place(const struct linux_image *image, const struct machine *m);
/* The module's options without crc32=, and where the log is. False: too long. */
bool linux_options(const struct linux_image *image, const char *options, uint64_t log, uint64_t log_bytes, char *out);
/* Fills what Linux is told; the log and what the loader told are kept out of its memory. `options`, `more`: where they are and stay. */
void linux_fill(struct boot_params *p, const struct linux_image *image, const struct machine *m, const struct range kept[2],
                const char *options, struct linux_more_areas *more);

#endif
