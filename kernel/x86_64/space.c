/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Address spaces of tasks: four-level tables whose upper half is the kernel's, entry for entry. Pages of 4 KiB and 2 MiB. Every page
 * that can be reached is readable; none is writable and executable at once. A table that holds pages has a companion frame, the
 * notes, with the mapping of each entry at the same index; it hangs on the table's frame (frame.h) and is freed with it.
 */
#include "kernel/x86_64/arch.h"
#include "kernel/x86_64/frame.h"
#include "kernel/x86_64/kernel_map.h"
#include "kernel/x86_64/layout.h"
#include "kernel/x86_64/page.h"
#include "kernel/x86_64/tlb.h"

#define LARGE_LEVEL 2
#define SCANNED_A_UNIT 32

bool arch_address_is_user(uint64_t address) { return address >= USER_BOTTOM && address < USER_TOP; }

COLD uint64_t arch_space_create(void)
{
    uint64_t *root = arch_frame_allocate();
    if (!root)
        return 0;
    const uint64_t *kernel_root = arch_virtual(kernel_map_task_root());
    *frame_note(arch_physical(root)) = NULL;
    for (unsigned i = PAGE_ROOT_KERNEL_FIRST; i < PAGE_ENTRIES; i++)
        root[i] = kernel_root[i];
    return arch_physical(root) | tlb_tag_take();
}

/* Frees the tables below a table of that level, and the table with its notes. At most four levels deep. */
COLD static bool table_free(uint64_t table, unsigned level, unsigned entries, unsigned *budget, uint64_t *frames)
{
    uint64_t *entry = arch_virtual(table & PAGE_ADDRESS_MASK);
    for (unsigned i = 0; level > 1 && i < entries; i++) {
        if (!(entry[i] & PAGE_PRESENT))
            continue;
        if (!table_free(entry[i], level - 1, PAGE_ENTRIES, budget, frames))
            return false;
        entry[i] = 0;
    }
    if (!*budget)
        return false;
    --*budget;
    void *notes = level <= LARGE_LEVEL ? *frame_note(table & PAGE_ADDRESS_MASK) : NULL;
    if (notes)
        arch_frame_free(notes);
    arch_frame_free(entry);
    *frames += notes ? 2 : 1;
    return true;
}

COLD bool arch_space_free(uint64_t page_table, unsigned *budget, uint64_t *frames)
{
    ASSERT((page_table & PAGE_ADDRESS_MASK) != kernel_map_root() && !tlb_space_is_loaded(page_table));
    if (!table_free(page_table, PAGE_ROOT_LEVEL, PAGE_ROOT_KERNEL_FIRST, budget, frames))
        return false;
    tlb_tag_release(page_table);
    return true;
}

/* --- Entries */

static inline uint64_t table_of(const arch_entry *entry) { return ((uint64_t)entry - LINEAR_BASE) & ~(uint64_t)(PAGE_BYTES - 1); }
static inline unsigned level_of(uint64_t bytes) { return bytes == PAGE_BYTES ? 1 : LARGE_LEVEL; }

arch_entry *arch_entry_find(uint64_t page_table, uint64_t address)
{
    unsigned level;
    uint64_t *entry = arch_address_is_user(address) ? page_deepest(page_table, address, &level) : NULL;
    return entry && (*entry & PAGE_PRESENT) ? entry : NULL;
}

/* The notes of the table that an entry is in. */
static inline bool notes_make(const arch_entry *entry, uint64_t *frames)
{
    void **notes = frame_note(table_of(entry));
    if (*notes)
        return true;
    *notes = frames ? arch_frame_allocate() : NULL;
    if (!*notes)
        return false;
    ++*frames;
    return true;
}

enum arch_map_result arch_entry_make(uint64_t page_table, uint64_t address, uint64_t bytes, arch_entry **entry, uint64_t *frames)
{
    unsigned level, wanted = level_of(bytes);
    ASSERT(arch_address_is_user(address) && address % bytes == 0);
    *entry = page_deepest(page_table, address, &level);
    if ((**entry & PAGE_PRESENT) || level < wanted)
        return ARCH_MAP_OCCUPIED;
    if (level > wanted)
        *entry = frames ? page_entry(page_table, address, wanted, PAGE_TABLE_USER, frames) : NULL;
    return *entry && notes_make(*entry, frames) ? ARCH_MAP_OK : ARCH_MAP_NO_MEMORY;
}

uint64_t arch_entry_cost(uint64_t page_table, uint64_t address, uint64_t bytes)
{
    unsigned level, wanted = level_of(bytes);
    const uint64_t *entry = page_deepest(page_table, address, &level);
    if (level < wanted)
        return 0;
    return level - wanted + (level > wanted || !*frame_note(table_of(entry)));
}

COLD uint64_t arch_table_drop(uint64_t page_table, uint64_t address)
{
    uint64_t *directory_entry = page_entry(page_table, address, LARGE_LEVEL, 0, NULL), frames = 0;
    if (!directory_entry || !(*directory_entry & PAGE_PRESENT) || *directory_entry & PAGE_LARGE)
        return 0;
    uint64_t table = *directory_entry & PAGE_ADDRESS_MASK;
    const uint64_t *entries = arch_virtual(table);
    for (unsigned i = 0; i < PAGE_ENTRIES; i++)
        if (entries[i] & PAGE_PRESENT)
            return 0;
    unsigned budget = 1;
    *directory_entry = 0;
    (void)table_free(table, 1, 0, &budget, &frames);
    tlb_space_drop(page_table); /* the entry of the directory may be cached */
    return frames;
}

void arch_entry_set(arch_entry *entry, uint64_t physical, uint64_t bytes, unsigned rights)
{
    ASSERT((rights & (MEMORY_WRITE | MEMORY_EXECUTE)) != (MEMORY_WRITE | MEMORY_EXECUTE) && physical % bytes == 0);
    *entry = physical | PAGE_PRESENT | PAGE_USER | (rights & MEMORY_WRITE ? PAGE_WRITE : 0) |
             (rights & MEMORY_EXECUTE ? 0 : PAGE_NO_EXECUTE) | (rights & MAY_EXECUTE ? PAGE_MAY_EXECUTE : 0) |
             (rights & KERNELS_OWN ? PAGE_KERNELS_OWN : 0) | (bytes == PAGE_BYTES ? 0 : PAGE_LARGE);
}

inline bool arch_entry_copy(arch_entry *entry, const arch_entry *from, unsigned rights)
{
    uint64_t page = *from & (PAGE_ADDRESS_MASK | PAGE_PRESENT | PAGE_USER | PAGE_WRITE | PAGE_NO_EXECUTE | PAGE_MAY_EXECUTE | PAGE_LARGE);
    if (rights & MEMORY_EXECUTE) {
        if (rights & MEMORY_WRITE || (page & (PAGE_NO_EXECUTE | PAGE_MAY_EXECUTE)) == PAGE_NO_EXECUTE)
            return false;
        page &= ~PAGE_NO_EXECUTE;
    } else {
        page |= PAGE_NO_EXECUTE;
    }
    if (!(rights & MEMORY_WRITE))
        page &= ~(PAGE_WRITE | PAGE_MAY_EXECUTE);
    else if (!(page & PAGE_WRITE))
        return false;
    *entry = page;
    return true;
}

uint64_t arch_entry_bytes(const arch_entry *entry) { return *entry & PAGE_LARGE ? LARGE_PAGE_BYTES : PAGE_BYTES; }
uint64_t arch_entry_physical(const arch_entry *entry) { return *entry & PAGE_ADDRESS_MASK; }

unsigned arch_entry_rights(const arch_entry *entry)
{
    return MEMORY_READ | (*entry & PAGE_WRITE ? MEMORY_WRITE : 0u) | (*entry & PAGE_NO_EXECUTE ? 0u : MEMORY_EXECUTE) |
           (*entry & PAGE_MAY_EXECUTE ? MAY_EXECUTE : 0u) | (*entry & PAGE_KERNELS_OWN ? KERNELS_OWN : 0u);
}

void arch_entry_reduce(arch_entry *entry, unsigned rights)
{
    if (rights & MEMORY_WRITE)
        *entry &= ~PAGE_WRITE;
    if (rights & MEMORY_EXECUTE)
        *entry = (*entry & ~PAGE_MAY_EXECUTE) | PAGE_NO_EXECUTE;
}

void arch_entry_clear(arch_entry *entry)
{
    *entry = 0;
    *arch_entry_mapping(entry) = NULL;
}

struct mapping **arch_entry_mapping(const arch_entry *entry)
{
    struct mapping **notes = *frame_note(table_of(entry));
    return &notes[(uint64_t)entry % PAGE_BYTES / sizeof *entry];
}

bool arch_space_next(uint64_t page_table, uint64_t *address, uint64_t end, unsigned *budget)
{
    for (unsigned scanned = 1; *address < end && *budget; scanned++) {
        unsigned level;
        if (*page_deepest(page_table, *address, &level) & PAGE_PRESENT) {
            *address &= ~(page_level_bytes(level) - 1);
            return true;
        }
        *address = (*address & ~(page_level_bytes(level) - 1)) + page_level_bytes(level);
        *budget -= scanned % SCANNED_A_UNIT == 0;
    }
    return false;
}
