/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Pure: from what is known of machine and image to what Linux is told; see linux.h. Nothing of an image is believed before it is checked
 * against its size.
 */
#include "handover/linux.h"

#include <stdbool.h>
#include <stddef.h>

#include "handover/text.h"

#define HEADER_OFFSET 0x1f1
#define HEADER_MAGIC 0x53726448 /* "HdrS" */
#define HEADER_END_OFFSET 0x201 /* the byte that tells where the header ends, from 0x202 on */
#define VERSION_64_BIT 0x020c
#define SECTOR_BYTES 512
#define SECTORS_DEFAULT 4
#define PARAGRAPH_BYTES 16
#define LOADER_UNDEFINED 0xff
#define OPTIONS_MIN 255
#define VIDEO_TEXT 0x01
#define VIDEO_FIRMWARE 0x70    /* framebuffer by UEFI: Linux's driver for it takes any, the one for VESA only those below 4 GiB */
#define VIDEO_64_BIT 0x02
#define SCREEN_MODE_NONE 0xffff
#define PLACE_END 0x100000000ull
#define AREA_RAM 1
#define AREA_RESERVED 2

const char *linux_check(const void *image, uint64_t bytes, struct linux_image *out)
{
    const uint8_t *at = image;
    if (bytes < 0x400)
        return "linux: the image is cut short";
    const struct setup_header *h = (const struct setup_header *)(const void *)(at + HEADER_OFFSET);
    if (h->header != HEADER_MAGIC || h->boot_flag != 0xaa55)
        return "linux: the module is no bzImage";
    if (h->version < VERSION_64_BIT || !(h->xloadflags & XLF_KERNEL_64) || !h->relocatable_kernel)
        return "linux: the image has no 64-bit entry point, or cannot be moved";
    if (!h->kernel_alignment || h->kernel_alignment & (h->kernel_alignment - 1))
        return "linux: the image asks for a bad alignment";
    uint64_t code = ((h->setup_sects ? h->setup_sects : SECTORS_DEFAULT) + 1ull) * SECTOR_BYTES, code_bytes = (uint64_t)h->syssize * PARAGRAPH_BYTES;
    if (code >= bytes || code_bytes > bytes - code)
        return "linux: the image is cut short";
    if (h->init_size < code_bytes || code_bytes <= 0x200)
        return "linux: the image asks for less memory than it has";
    uint64_t end = 0x202ull + at[HEADER_END_OFFSET];
    end = end < HEADER_OFFSET + sizeof *h ? end : HEADER_OFFSET + sizeof *h;
    *out = (struct linux_image){ h, end - HEADER_OFFSET, code, code_bytes };
    return NULL;
}

static bool is_checksum(const char *word, size_t n) { return text_starts(word, n, "crc32="); }

const char *linux_module_check(const struct machine_module *m, const void *bytes)
{
    uint32_t crc;
    for (const char *word = m->options; *word; word += *word == ' ' || *word == '\t') {
        size_t n = text_word(word);
        if (is_checksum(word, n) && (!text_crc32(word + 6, n - 6, &crc) || crc != crc32_of(bytes, m->bytes)))
            return "is corrupt: its bytes do not give its checksum (crc32=)";
        word += n;
    }
    return NULL;
}

uint64_t linux_place(const struct linux_image *image, const struct machine *m)
{
    static struct ranges free_ram;
    const struct setup_header *h = image->header;
    free_ram = m->ram;
    for (unsigned i = 0; i < m->used.n; i++)
        if (!ranges_remove(&free_ram, m->used.range[i].start, m->used.range[i].end))
            return 0;
    for (unsigned i = 0; i < free_ram.n; i++) {
        struct range r = free_ram.range[i];
        uint64_t start = r.start > h->pref_address ? r.start : h->pref_address;
        start = (start + h->kernel_alignment - 1) & ~((uint64_t)h->kernel_alignment - 1);
        r.end = r.end < PLACE_END ? r.end : PLACE_END;
        if (start < r.end && h->init_size <= r.end - start)
            return start;
    }
    return 0;
}

bool linux_options(const struct linux_image *image, const char *options, uint64_t log, uint64_t log_bytes, char *out)
{
    uint64_t most = image->header->cmdline_size ? image->header->cmdline_size : OPTIONS_MIN;
    struct text t = { out, most + 1 < LINUX_OPTIONS_BYTES ? most + 1 : LINUX_OPTIONS_BYTES, 0, false };
    for (const char *word = options; *word; word += *word == ' ' || *word == '\t') {
        size_t n = text_word(word);
        if (n > 0 && !is_checksum(word, n)) {
            text_add(&t, word, n);
            text_add(&t, " ", 1);
        }
        word += n;
    }
    text_add(&t, "tollgate.result=", 16);
    text_add_hexadecimal(&t, log);
    text_add(&t, ",", 1);
    text_add_hexadecimal(&t, log_bytes);
    return !t.full;
}

static void screen_fill(struct screen_info *s, const struct machine *m)
{
    s->orig_video_isVGA = VIDEO_TEXT;
    s->orig_video_mode = 3;
    s->orig_video_cols = 80;
    s->orig_video_lines = 25;
    s->orig_video_points = 16;
    if (!m->screen) {
        s->orig_video_isVGA = m->text_screen ? VIDEO_TEXT : 0;
        return;
    }
    s->orig_video_isVGA = VIDEO_FIRMWARE;
    s->lfb_base = (uint32_t)m->screen;
    s->ext_lfb_base = (uint32_t)(m->screen >> 32);
    s->capabilities = VIDEO_64_BIT;
    s->lfb_size = m->pitch * m->height;
    s->lfb_linelength = (uint16_t)m->pitch;
    s->lfb_width = (uint16_t)m->width;
    s->lfb_height = (uint16_t)m->height;
    s->lfb_depth = m->depth;
    s->red_pos = m->mask_position[0];
    s->red_size = m->mask_bits[0];
    s->green_pos = m->mask_position[1];
    s->green_size = m->mask_bits[1];
    s->blue_pos = m->mask_position[2];
    s->blue_size = m->mask_bits[2];
    if (m->depth == 32) {
        s->rsvd_pos = (uint8_t)(48 - m->mask_position[0] - m->mask_position[1] - m->mask_position[2]);
        s->rsvd_size = 8;
    }
}

_Static_assert(offsetof(struct linux_more_areas, type) == offsetof(struct setup_data, type), "setup_data");
_Static_assert(offsetof(struct linux_more_areas, len) == offsetof(struct setup_data, len), "setup_data");
_Static_assert(offsetof(struct linux_more_areas, area) == offsetof(struct setup_data, data), "setup_data");

static void area_add(struct boot_params *p, struct linux_more_areas *more, uint64_t start, uint64_t bytes, uint32_t type)
{
    struct boot_e820_entry e = { start, bytes, type };
    if (p->e820_entries < E820_MAX_ENTRIES_ZEROPAGE) {
        p->e820_table[p->e820_entries++] = e;
        return;
    }
    more->area[more->len++] = e;
}

static void areas_fill(struct boot_params *p, const struct machine *m, const struct range kept[2], struct linux_more_areas *more)
{
    static struct ranges ram;
    ram = m->ram;
    more->next = 0;
    more->type = SETUP_E820_EXT;
    more->len = 0;
    for (unsigned i = 0; i < 2; i++) {
        /* A set that is full already leaves it to Linux: of two areas that overlap the one that is not RAM holds. */
        (void)ranges_remove(&ram, kept[i].start, kept[i].end);
        area_add(p, more, kept[i].start, kept[i].end - kept[i].start, AREA_RESERVED);
    }
    for (unsigned i = 0; i < ram.n; i++)
        area_add(p, more, ram.range[i].start, ram.range[i].end - ram.range[i].start, AREA_RAM);
    for (unsigned i = 0; i < m->areas; i++)
        area_add(p, more, m->area[i].start, m->area[i].bytes, m->area[i].type);
    more->len *= (uint32_t)sizeof more->area[0];
    if (more->len)
        p->hdr.setup_data = (uint64_t)more;
}

void linux_fill(struct boot_params *p, const struct linux_image *image, const struct machine *m, const struct range kept[2],
                const char *options, struct linux_more_areas *more)
{
    uint8_t *to = (uint8_t *)p;
    for (size_t i = 0; i < sizeof *p; i++)
        to[i] = 0;
    for (size_t i = 0; i < image->header_bytes; i++)
        to[HEADER_OFFSET + i] = ((const uint8_t *)image->header)[i];
    p->hdr.type_of_loader = LOADER_UNDEFINED;
    p->hdr.loadflags |= LOADED_HIGH;
    p->hdr.vid_mode = SCREEN_MODE_NONE;
    p->hdr.ramdisk_image = (uint32_t)m->initramfs.start;
    p->hdr.ramdisk_size = (uint32_t)m->initramfs.bytes;
    p->hdr.cmd_line_ptr = (uint32_t)(uint64_t)options;
    p->hdr.setup_data = 0;
    p->acpi_rsdp_addr = m->rsdp;
    screen_fill(&p->screen_info, m);
    areas_fill(p, m, kept, more);
}
