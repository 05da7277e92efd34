/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Reader of the PVH start information: module 0 is the boot archive.
 */
#include "kernel/boot/pvh.h"

#include <stdbool.h>

#define PVH_MEMORY_RAM 1

struct pvh_module {
    uint64_t start, bytes, command_line, reserved;
};

struct pvh_memory_map_entry {
    uint64_t start, bytes;
    uint32_t type, reserved;
};

static bool range_is_below(uint64_t start, uint64_t bytes, uint64_t limit)
{
    return start != 0 && start < limit && bytes <= limit - start;
}

static const char *read_memory_map(const struct pvh_memory_map_entry *e, uint32_t n, bool ram, struct boot_information *out)
{
    for (uint32_t i = 0; i < n; i++, e++) {
        uint64_t end = e->bytes > UINT64_MAX - e->start ? UINT64_MAX : e->start + e->bytes;
        if ((e->type == PVH_MEMORY_RAM) == ram && !(ram ? ranges_add : ranges_remove)(&out->ram, e->start, end))
            return "PVH: memory map has too many ranges";
    }
    return NULL;
}

static const char *read_module(const struct pvh_start_info *info, const uint8_t *base, uint64_t limit, struct boot_information *out)
{
    if (info->modules == 0)
        return NULL;
    if (info->modules > 1)
        return "PVH: more than one module";
    if (!range_is_below(info->module_list, sizeof(struct pvh_module), limit))
        return "PVH: module list is out of reach";
    const struct pvh_module *module = (const struct pvh_module *)(base + info->module_list);
    out->archive = module->start;
    out->archive_bytes = module->bytes;
    return NULL;
}

const char *pvh_read(const struct pvh_start_info *info, const uint8_t *base, uint64_t limit, struct boot_information *out)
{
    const char *error;
    if (info->magic != PVH_MAGIC)
        return "PVH: start information has a bad magic number";
    uint64_t map_bytes = (uint64_t)info->memory_map_entries * sizeof(struct pvh_memory_map_entry);
    if (info->version < 1 || map_bytes == 0 || !range_is_below(info->memory_map, map_bytes, limit))
        return "PVH: no memory map";
    const struct pvh_memory_map_entry *map = (const struct pvh_memory_map_entry *)(base + info->memory_map);
    if ((error = read_memory_map(map, info->memory_map_entries, true, out)) != NULL ||
        (error = read_memory_map(map, info->memory_map_entries, false, out)) != NULL ||
        (error = read_module(info, base, limit, out)) != NULL)
        return error;
    if (info->command_line != 0 && info->command_line < limit) {
        const char *line = (const char *)base + info->command_line;
        if ((error = boot_command_line_copy(out, line, limit - info->command_line)) != NULL)
            return error;
    }
    if (range_is_below(info->rsdp, RSDP_BYTES, limit)) {
        for (size_t i = 0; i < RSDP_BYTES; i++)
            out->rsdp[i] = (base + info->rsdp)[i];
        out->rsdp_bytes = RSDP_BYTES;
    }
    out->protocol = "pvh";
    return NULL;
}
