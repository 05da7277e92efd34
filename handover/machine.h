/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the boot loader told of the machine, as far as Linux wants to know. Addresses are physical.
 */
#ifndef HANDOVER_MACHINE_H
#define HANDOVER_MACHINE_H

#include <stddef.h>
#include <stdint.h>

#include "kernel/boot/ranges.h"

#define MACHINE_AREAS_MAX 256

struct machine_area { uint64_t start, bytes; uint32_t type; };

struct machine_module {
    uint64_t start, bytes;     /* 0 bytes: there is none */
    const char *options;       /* behind its name */
};

struct machine {
    struct ranges ram;
    unsigned areas;            /* of other memory: types of Multiboot2, which are those of firmware */
    struct machine_area area[MACHINE_AREAS_MAX];
    struct ranges used;        /* what lies in RAM and must stay */
    struct machine_module linux_image, initramfs;
    uint64_t rsdp;             /* copy of the root pointer of the ACPI tables; 0: none */
    uint64_t screen;           /* framebuffer; 0: none */
    uint32_t pitch, width, height;
    uint8_t depth, mask_position[3], mask_bits[3];
    bool text_screen;          /* 80 columns, 25 lines */
};

/* Reads Multiboot2 information of which the kernel has checked that its tags lie within it. Returns NULL, or what is missing. */
const char *machine_read(const void *information, struct machine *out);

#endif
