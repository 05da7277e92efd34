/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Regions of kernel address space for capability tables: 4 MiB for each task, words first, then slots. The tables of levels 4 to
 * 2 above them are made at boot and shared by all page tables (kernel_map.c); the two of level 1 belong to the region.
 */
#include "kernel/x86_64/arch.h"
#include "kernel/x86_64/kernel_map.h"
#include "kernel/x86_64/layout.h"
#include "kernel/x86_64/page.h"

#define REGION_BYTES 0x400000ull
#define WORDS_BYTES ((SELECTOR_MAX + 1) * sizeof(cap_word))
#define REGION_FLAGS (PAGE_PRESENT | PAGE_WRITE | PAGE_GLOBAL | PAGE_NO_EXECUTE)

_Static_assert(WORDS_BYTES % PAGE_BYTES == 0, "slots start on a page");
_Static_assert(WORDS_BYTES + (SELECTOR_MAX + 1) * sizeof(struct cap_slot) <= REGION_BYTES, "a full table fits");
_Static_assert(CAP_REGIONS_MAX * REGION_BYTES == CAP_WINDOW_BYTES, "kernel_map.c makes tables for all of them");

static uint64_t region_address(uint32_t index)
{
    ASSERT(index < CAP_REGIONS_MAX);
    return CAP_BASE + index * REGION_BYTES;
}

cap_word *arch_cap_region_words(uint32_t index) { return (cap_word *)region_address(index); }
struct cap_slot *arch_cap_region_slots(uint32_t index) { return (struct cap_slot *)(region_address(index) + WORDS_BYTES); }

static uint64_t page_of(const void *address)
{
    uint64_t page = (uint64_t)address & ~(uint64_t)(PAGE_BYTES - 1);
    ASSERT(page - CAP_BASE < CAP_WINDOW_BYTES);
    return page;
}

bool arch_cap_region_back(void *address, uint64_t *frames)
{
    uint64_t *entry = page_entry(kernel_map_root(), page_of(address), 1, PAGE_TABLE_KERNEL, frames);
    if (!entry)
        return false;
    if (*entry & PAGE_PRESENT)
        return true;
    void *frame = arch_frame_allocate();
    if (!frame)
        return false;
    ++*frames;
    *entry = arch_physical(frame) | REGION_FLAGS;
    return true;
}

uint64_t arch_cap_region_cost(const void *address)
{
    uint64_t page = page_of(address);
    unsigned tables = page_tables_missing(kernel_map_root(), page);
    if (tables > 0)
        return tables + 1;
    return *page_entry(kernel_map_root(), page, 1, 0, NULL) & PAGE_PRESENT ? 0 : 1;
}

/* Frees the pages of one level 1 table and the table itself. */
static bool table_release(uint64_t *directory_entry, unsigned *budget, uint64_t *frames)
{
    uint64_t *entries = arch_virtual(*directory_entry & PAGE_ADDRESS_MASK);
    for (unsigned i = 0; i < PAGE_ENTRIES; i++) {
        if (!(entries[i] & PAGE_PRESENT))
            continue;
        if (!*budget)
            return false;
        --*budget;
        arch_frame_free(arch_virtual(entries[i] & PAGE_ADDRESS_MASK));
        entries[i] = 0;
        ++*frames;
    }
    *directory_entry = 0;
    arch_frame_free(entries);
    ++*frames;
    return true;
}

static bool tables_release(uint32_t index, unsigned *budget, uint64_t *frames)
{
    uint64_t first = region_address(index);
    for (uint64_t at = first; at < first + REGION_BYTES; at += page_level_bytes(2)) {
        uint64_t *entry = page_entry(kernel_map_root(), at, 2, 0, NULL);
        if (entry && (*entry & PAGE_PRESENT) && !table_release(entry, budget, frames))
            return false;
    }
    return true;
}

/* Entries of the directory may be cached under any tag: INVLPG would not reach them. */
bool arch_cap_region_release(uint32_t index, unsigned *budget, uint64_t *frames)
{
    bool done = tables_release(index, budget, frames);
    arch_kernel_tlb_flush();
    return done;
}
