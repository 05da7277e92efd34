/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Multiboot2's tags once more (kernel/boot/multiboot2.c has checked them), for what the kernel has no use for: names of modules, memory
 * that is not RAM, the colours of the screen.
 */
#include "handover/machine.h"

#include <stdbool.h>

#include "handover/text.h"
#include "kernel/abi/abi.h"
#include "kernel/boot/multiboot2.h"

struct tag { uint32_t type, bytes; };
struct tag_module { struct tag head; uint32_t start, end; char name[]; };
struct tag_map { struct tag head; uint32_t entry_bytes, entry_version; };
struct map_entry { uint64_t start, bytes; uint32_t type, reserved; };
struct tag_screen {
    struct tag head;
    uint64_t address;
    uint32_t pitch, width, height;
    uint8_t depth, type;
    uint16_t reserved;
    uint8_t colours[6];        /* position and bits of red, green, blue */
};
#define SCREEN_RGB 1
#define SCREEN_TEXT 2
#define AREA_RESERVED 2
#define AREA_TYPE_MAX 5

static const char *module_read(const struct tag_module *t, struct machine *m)
{
    const char *name = t->name;
    size_t n = text_word(name);
    struct machine_module module = { t->start, (uint64_t)t->end - t->start, name + n };
    if (text_is(name, n, "linux"))
        m->linux_image = module;
    else if (text_is(name, n, "initramfs"))
        m->initramfs = module;
    return ranges_add_pages(&m->used, t->start, t->end, PAGE_BYTES) ? NULL : "too many modules";
}

static const char *map_read(const struct tag_map *t, struct machine *m, bool ram)
{
    const uint8_t *at = (const uint8_t *)(t + 1), *end = (const uint8_t *)t + t->head.bytes;
    for (; (size_t)(end - at) >= t->entry_bytes; at += t->entry_bytes) {
        const struct map_entry *e = (const struct map_entry *)(const void *)at;
        uint64_t last = e->bytes > UINT64_MAX - e->start ? UINT64_MAX : e->start + e->bytes;
        if (e->bytes == 0 || (e->type == MULTIBOOT2_MEMORY_AVAILABLE) != ram)
            continue;
        bool fits = ram ? ranges_add(&m->ram, e->start, last) : ranges_remove(&m->ram, e->start, last) && m->areas < MACHINE_AREAS_MAX;
        if (!fits)
            return "the memory map has too many ranges";
        if (!ram)
            m->area[m->areas++] = (struct machine_area){ e->start, last - e->start, e->type > AREA_TYPE_MAX ? AREA_RESERVED : e->type };
    }
    return NULL;
}

static void screen_read(const struct tag_screen *t, struct machine *m)
{
    m->text_screen = t->type == SCREEN_TEXT;
    if (t->type != SCREEN_RGB || t->head.bytes < offsetof(struct tag_screen, colours) + sizeof t->colours)
        return;
    m->screen = t->address;
    m->pitch = t->pitch;
    m->width = t->width;
    m->height = t->height;
    m->depth = t->depth;
    for (unsigned i = 0; i < 3; i++) {
        m->mask_position[i] = t->colours[2 * i];
        m->mask_bits[i] = t->colours[2 * i + 1];
    }
}

static const char *tag_read(const struct tag *t, struct machine *m)
{
    switch (t->type) {
    case MULTIBOOT2_TAG_MODULE:
        return module_read((const struct tag_module *)(const void *)t, m);
    case MULTIBOOT2_TAG_MEMORY_MAP:
        return map_read((const struct tag_map *)(const void *)t, m, true);
    case MULTIBOOT2_TAG_FRAMEBUFFER:
        screen_read((const struct tag_screen *)(const void *)t, m);
        return NULL;
    case MULTIBOOT2_TAG_ACPI_OLD:
        m->rsdp = m->rsdp ? m->rsdp : (uint64_t)(t + 1);
        return NULL;
    case MULTIBOOT2_TAG_ACPI_NEW:
        m->rsdp = (uint64_t)(t + 1);
        return NULL;
    default:
        return NULL;
    }
}

const char *machine_read(const void *information, struct machine *out)
{
    const uint8_t *first = information, *end = first + *(const uint32_t *)information;
    const struct tag *t, *map = NULL;
    const char *error = NULL;
    for (const uint8_t *at = first + 8; at < end && !error; at += (t->bytes + 7u) & ~7u) {
        t = (const struct tag *)(const void *)at;
        if (t->type == MULTIBOOT2_TAG_END)
            break;
        map = t->type == MULTIBOOT2_TAG_MEMORY_MAP ? t : map;
        error = tag_read(t, out);
    }
    if (!error && map) /* what anything but RAM overlaps is not RAM */
        error = map_read((const struct tag_map *)(const void *)map, out, false);
    if (!error && !ranges_add_pages(&out->used, (uint64_t)first, (uint64_t)end, PAGE_BYTES))
        error = "too many modules";
    return error;
}
