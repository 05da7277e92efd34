/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Reader of the Multiboot2 information (specification 2.0, section 3.6): a total size, then tags of type, size, payload, each
 * aligned to 8 bytes. Nothing in it is believed before it is checked against the size.
 */
#include "kernel/boot/multiboot2.h"

#include <stdbool.h>

#include "kernel/abi/handover.h"

struct tag {
    uint32_t type, bytes;      /* with this head, without padding */
};

struct tag_module {
    struct tag head;
    uint32_t start, end;
    char name[];               /* up to a NUL */
};

struct tag_memory_map {
    struct tag head;
    uint32_t entry_bytes, entry_version;
};

struct memory_map_entry {
    uint64_t start, bytes;
    uint32_t type, reserved;
};

#define FRAMEBUFFER_RGB 1
#define FRAMEBUFFER_BYTES_MAX 0x8000000
#define FRAMEBUFFER_ADDRESS_MAX 0x8000000000000
struct tag_framebuffer {
    struct tag head;
    uint32_t address_low, address_high, pitch, width, height;
    uint8_t depth, type;
    uint16_t reserved;
};

static bool is_handover(const struct tag_module *module)
{
    static const char name[] = HANDOVER_MODULE;
    size_t i = 0, n = module->head.bytes - sizeof *module;
    while (i < sizeof name && i < n && module->name[i] == name[i])
        i++;
    return i == sizeof name;
}

static const char *read_module(const struct tag *tag, struct boot_information *out)
{
    const struct tag_module *module = (const struct tag_module *)tag;
    if (tag->bytes < sizeof *module)
        return "Multiboot2: module tag is too short";
    if (module->end <= module->start)
        return "Multiboot2: module is empty";
    if (out->archive_bytes != 0) {
        if (is_handover(module))
            out->handover = module->start;
        return ranges_add_pages(&out->kept, module->start, module->end, PAGE_BYTES) ? NULL : "Multiboot2: too many modules";
    }
    out->archive = module->start;
    out->archive_bytes = module->end - module->start;
    return NULL;
}

static const char *read_memory_map(const struct tag *tag, struct boot_information *out, bool available)
{
    const struct tag_memory_map *map = (const struct tag_memory_map *)tag;
    if (tag->bytes < sizeof *map || map->entry_bytes < sizeof(struct memory_map_entry) || map->entry_bytes % 8 != 0)
        return "Multiboot2: memory map tag is malformed";
    uint32_t n = (tag->bytes - (uint32_t)sizeof *map) / map->entry_bytes;
    const uint8_t *at = (const uint8_t *)(map + 1);
    for (uint32_t i = 0; i < n; i++, at += map->entry_bytes) {
        const struct memory_map_entry *e = (const struct memory_map_entry *)at;
        uint64_t end = e->bytes > UINT64_MAX - e->start ? UINT64_MAX : e->start + e->bytes;
        if ((e->type == MULTIBOOT2_MEMORY_AVAILABLE) != available)
            continue;
        if (!(available ? ranges_add : ranges_remove)(&out->ram, e->start, end))
            return "Multiboot2: memory map has too many ranges";
    }
    return NULL;
}

/* One whose format or size is not understood is not used. */
static void read_framebuffer(const struct tag *tag, struct boot_information *out)
{
    const struct tag_framebuffer *f = (const struct tag_framebuffer *)tag;
    if (tag->bytes < sizeof *f || f->type != FRAMEBUFFER_RGB || (f->depth != 15 && f->depth != 16 && f->depth != 24 && f->depth != 32))
        return;
    uint8_t pixel_bytes = (uint8_t)((f->depth + 7) / 8);
    uint64_t bytes = (uint64_t)f->pitch * f->height, address = (uint64_t)f->address_high << 32 | f->address_low;
    if ((uint64_t)f->width * pixel_bytes > f->pitch || bytes > FRAMEBUFFER_BYTES_MAX || address > FRAMEBUFFER_ADDRESS_MAX)
        return;
    out->framebuffer = (struct framebuffer){ address, bytes, f->pitch, f->width, f->height, pixel_bytes };
}

static void read_rsdp(const struct tag *tag, struct boot_information *out)
{
    size_t n = tag->bytes - sizeof *tag;
    n = n > RSDP_BYTES ? RSDP_BYTES : n;
    if (n < out->rsdp_bytes) /* the new form wins over the old one */
        return;
    for (size_t i = 0; i < n; i++)
        out->rsdp[i] = ((const uint8_t *)(tag + 1))[i];
    out->rsdp_bytes = n;
}

static const char *read_tag(const struct tag *tag, struct boot_information *out)
{
    switch (tag->type) {
    case MULTIBOOT2_TAG_COMMAND_LINE:
        return boot_command_line_copy(out, (const char *)(tag + 1), tag->bytes - sizeof *tag);
    case MULTIBOOT2_TAG_MODULE:
        return read_module(tag, out);
    case MULTIBOOT2_TAG_MEMORY_MAP:
        return read_memory_map(tag, out, true);
    case MULTIBOOT2_TAG_FRAMEBUFFER:
        read_framebuffer(tag, out);
        return NULL;
    case MULTIBOOT2_TAG_ACPI_OLD:
    case MULTIBOOT2_TAG_ACPI_NEW:
        read_rsdp(tag, out);
        return NULL;
    default:
        return NULL;
    }
}

/* The tag at `offset`, checked to lie within `total`; NULL with *error set otherwise. */
static const struct tag *tag_at(const uint8_t *bytes, uint64_t offset, uint64_t total, const char **error)
{
    *error = "Multiboot2: information is truncated";
    if (total - offset < sizeof(struct tag))
        return NULL;
    const struct tag *tag = (const struct tag *)(bytes + offset);
    if (tag->bytes < sizeof *tag || tag->bytes > total - offset)
        return NULL;
    *error = NULL;
    return tag;
}

const char *multiboot2_read(const void *information, uint64_t limit, struct boot_information *out)
{
    const uint8_t *bytes = information;
    const struct tag *tag, *memory_map = NULL;
    const char *error;
    if (limit < 8)
        return "Multiboot2: information is truncated";
    uint64_t total = *(const uint32_t *)bytes;
    if (total < 8 + sizeof(struct tag) || total > limit || total % 8 != 0)
        return "Multiboot2: information has a bad size";
    for (uint64_t offset = 8;; offset += (tag->bytes + 7u) & ~7u) {
        if (!(tag = tag_at(bytes, offset, total, &error))) /* offset <= total: a checked tag ends within, and total is aligned */
            return error;
        if (tag->type == MULTIBOOT2_TAG_END)
            break;
        if ((error = read_tag(tag, out)) != NULL)
            return error;
        if (tag->type == MULTIBOOT2_TAG_MEMORY_MAP)
            memory_map = tag;
    }
    if (!memory_map)
        return "Multiboot2: no memory map";
    out->protocol = "multiboot2";
    return read_memory_map(memory_map, out, false); /* what anything but RAM overlaps is not RAM */
}
