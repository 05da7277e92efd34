/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The walk to a page table entry.
 */
#include "kernel/x86_64/page.h"

#include <stddef.h>

#include "kernel/x86_64/arch.h"
#include "kernel/x86_64/frame.h"
#include "kernel/x86_64/layout.h"

static inline uint64_t *entry_in(uint64_t table, uint64_t address, unsigned level)
{
    uint64_t *entries = linear_address(table & PAGE_ADDRESS_MASK);
    return &entries[address >> page_shift(level) & (PAGE_ENTRIES - 1)];
}

uint64_t *page_entry(uint64_t root, uint64_t address, unsigned level, uint64_t table_flags, uint64_t *frames)
{
    uint64_t *entry = entry_in(root, address, PAGE_ROOT_LEVEL);
    for (unsigned at = PAGE_ROOT_LEVEL; at > level; at--) {
        if (!(*entry & PAGE_PRESENT)) {
            void *table = table_flags ? arch_frame_allocate() : NULL;
            if (!table)
                return NULL;
            ++*frames;
            if (table_flags & PAGE_USER)
                *frame_note(arch_physical(table)) = NULL;
            *entry = arch_physical(table) | table_flags;
        }
        ASSERT(!(*entry & PAGE_LARGE));
        entry = entry_in(*entry, address, at - 1);
    }
    return entry;
}

uint64_t *page_deepest(uint64_t root, uint64_t address, unsigned *level)
{
    uint64_t *entry = entry_in(root, address, PAGE_ROOT_LEVEL);
#pragma GCC unroll 3
    for (unsigned at = PAGE_ROOT_LEVEL; at > 1; at--) {
        if ((*entry & (PAGE_PRESENT | PAGE_LARGE)) != PAGE_PRESENT) {
            *level = at;
            return entry;
        }
        entry = entry_in(*entry, address, at - 1);
    }
    *level = 1;
    return entry;
}

unsigned page_tables_missing(uint64_t root, uint64_t address)
{
    unsigned level;
    (void)page_deepest(root, address, &level);
    return level - 1;
}
