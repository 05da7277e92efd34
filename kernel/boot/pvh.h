/* SPDX-License-Identifier: BSD-2-Clause
 *
 * PVH direct boot (Xen's public/arch-x86/hvm/start_info.h): how `qemu -kernel` hands over.
 */
#ifndef KERNEL_BOOT_PVH_H
#define KERNEL_BOOT_PVH_H

#include "kernel/boot/boot_information.h"

#define PVH_MAGIC 0x336ec578

struct pvh_start_info {
    uint32_t magic, version;
    uint32_t flags, modules;
    uint64_t module_list;      /* physical addresses */
    uint64_t command_line;
    uint64_t rsdp;
    uint64_t memory_map;       /* from version 1 on */
    uint32_t memory_map_entries, reserved;
};

/* Reads the information; every address in it must lie below `limit` and is reached at virtual_base + address.
 * Returns NULL, or what is wrong with it. */
const char *pvh_read(const struct pvh_start_info *info, const uint8_t *virtual_base, uint64_t limit, struct boot_information *out);

#endif
