/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The kernel's own page tables. No page is writable and executable, and no frame is writable at one address and executable at
 * another: the linear map has the frames of the image's text and constants read-only, and executes nothing.
 */
#include "kernel/x86_64/kernel_map.h"

#include <stddef.h>

#include "harness/measure/cpuid.h"
#include "kernel/x86_64/arch.h"
#include "kernel/x86_64/cpu.h"
#include "kernel/x86_64/layout.h"
#include "kernel/x86_64/page.h"
#include "kernel/x86_64/stack.h"

#define LEAF_EXTENDED 0x80000001
#define EXTENDED_EDX_1_GIB_PAGES (1u << 26)
#define KERNEL_PAGE (PAGE_PRESENT | PAGE_GLOBAL)
#define DEVICE_PAGE (KERNEL_PAGE | PAGE_WRITE | PAGE_NO_EXECUTE | PAGE_CACHE_DISABLE | PAGE_WRITE_THROUGH)

static uint64_t root, task_root;
static uint64_t tables;            /* frames that the tables took */
static uint64_t device_next = MMIO_BASE;

uint64_t kernel_map_root(void) { return root; }
uint64_t kernel_map_task_root(void) { return task_root ? task_root : root; }
void kernel_map_task_root_set(uint64_t other) { task_root = other; }

static bool map_page(uint64_t address, uint64_t physical, unsigned level, uint64_t flags)
{
    uint64_t *entry = page_entry(root, address, level, PAGE_TABLE_KERNEL, &tables);
    if (!entry)
        return false;
    *entry = physical | flags | (level > 1 ? PAGE_LARGE : 0);
    return true;
}

/* Frames that no alias may write: from the boot code up to the end of the constants. */
static bool overlaps_read_only(uint64_t physical, uint64_t bytes)
{
    return physical < image_physical(rodata_end) && physical + bytes > image_physical(image_start);
}

/* Largest level whose page fits at `physical` and has the same rights all over. */
static unsigned linear_level(uint64_t physical, uint64_t end, unsigned level_max)
{
    unsigned level = level_max;
    while (level > 1) {
        uint64_t bytes = page_level_bytes(level);
        if (physical % bytes == 0 && end - physical >= bytes && !overlaps_read_only(physical, bytes))
            break;
        level--;
    }
    return level;
}

static bool map_linear(const struct range *r, unsigned level_max)
{
    for (uint64_t at = r->start; at < r->end;) {
        unsigned level = linear_level(at, r->end, level_max);
        uint64_t flags = KERNEL_PAGE | PAGE_NO_EXECUTE | (overlaps_read_only(at, page_level_bytes(level)) ? 0 : PAGE_WRITE);
        if (!map_page(LINEAR_BASE + at, at, level, flags))
            return false;
        at += page_level_bytes(level);
    }
    return true;
}

static bool map_image_part(const char *start, const char *end, uint64_t flags)
{
    for (uint64_t at = (uint64_t)start; at < (uint64_t)end; at += PAGE_BYTES)
        if (!stack_of_guard(at) && !map_page(at, at - IMAGE_BASE, 1, KERNEL_PAGE | flags))
            return false;
    return true;
}

static bool map_image(void)
{
    return map_image_part(text_start, text_end, 0) && map_image_part(rodata_start, rodata_end, PAGE_NO_EXECUTE) &&
           map_image_part(data_start, image_end, PAGE_WRITE | PAGE_NO_EXECUTE);
}

/* The tables above capability regions, down to level 2: later additions below them show in every address space. */
static bool make_cap_tables(void)
{
    for (uint64_t at = CAP_BASE; at < CAP_BASE + CAP_WINDOW_BYTES; at += page_level_bytes(3))
        if (!page_entry(root, at, 2, PAGE_TABLE_KERNEL, &tables))
            return false;
    return true;
}

bool kernel_map_init(const struct ranges *ram)
{
    bool large = cpuid_read(LEAF_EXTENDED, 0).edx & EXTENDED_EDX_1_GIB_PAGES;
    void *frame = arch_frame_allocate();
    if (!frame)
        return false;
    root = arch_physical(frame);
    for (unsigned i = 0; i < ram->n; i++)
        if (!map_linear(&ram->range[i], large ? 3 : 2))
            return false;
    if (!map_image() || !make_cap_tables() || !page_entry(root, MMIO_BASE, 1, PAGE_TABLE_KERNEL, &tables))
        return false;
    cr3_write(root);
    return true;
}

bool kernel_map_memory(uint64_t address, uint64_t bytes)
{
    for (uint64_t at = address; at < address + bytes; at += PAGE_BYTES) {
        void *frame = arch_frame_allocate();
        if (!frame || !map_page(at, arch_physical(frame), 1, KERNEL_PAGE | PAGE_WRITE | PAGE_NO_EXECUTE))
            return false;
    }
    return true;
}

volatile void *kernel_map_device(uint64_t physical)
{
    uint64_t offset = physical % PAGE_BYTES, address = device_next + offset;
    if (!map_page(device_next, physical - offset, 1, DEVICE_PAGE))
        return NULL;
    device_next += PAGE_BYTES;
    return (volatile void *)address;
}
