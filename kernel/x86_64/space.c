/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Address spaces of tasks: four-level tables whose upper half is the kernel's, entry for entry. Pages of 4 KiB. Every page that
 * can be reached is readable; a page is never writable and executable at once.
 */
#include "kernel/x86_64/arch.h"
#include "kernel/x86_64/cpu.h"
#include "kernel/x86_64/kernel_map.h"
#include "kernel/x86_64/page.h"

bool arch_address_is_user(uint64_t address) { return address >= USER_BOTTOM && address < USER_TOP; }

uint64_t arch_space_create(void)
{
    uint64_t *root = arch_frame_allocate();
    if (!root)
        return 0;
    const uint64_t *kernel_root = arch_virtual(kernel_map_root());
    for (unsigned i = PAGE_ROOT_KERNEL_FIRST; i < PAGE_ENTRIES; i++)
        root[i] = kernel_root[i];
    return arch_physical(root);
}

/* Frees the tables below a table of that level, and the table; returns how many frames. At most four levels deep. */
static uint64_t table_free(uint64_t table, unsigned level, unsigned entries)
{
    uint64_t *entry = arch_virtual(table & PAGE_ADDRESS_MASK);
    uint64_t frames = 1;
    if (level > 1)
        for (unsigned i = 0; i < entries; i++)
            if (entry[i] & PAGE_PRESENT)
                frames += table_free(entry[i], level - 1, PAGE_ENTRIES);
    arch_frame_free(entry);
    return frames;
}

uint64_t arch_space_destroy(uint64_t page_table)
{
    ASSERT(page_table != kernel_map_root());
    arch_space_leave(page_table);
    return table_free(page_table, PAGE_ROOT_LEVEL, PAGE_ROOT_KERNEL_FIRST);
}

static uint64_t page_flags(unsigned rights, bool may_execute)
{
    return PAGE_PRESENT | PAGE_USER | (rights & MEMORY_WRITE ? PAGE_WRITE : 0) |
           (rights & MEMORY_EXECUTE ? 0 : PAGE_NO_EXECUTE) | (may_execute ? PAGE_MAY_EXECUTE : 0);
}

enum arch_map_result arch_space_map(uint64_t page_table, uint64_t address, uint64_t physical, unsigned rights, bool may_execute,
                                    uint64_t *table_frames)
{
    ASSERT(arch_address_is_user(address) && address % PAGE_BYTES == 0 && physical % PAGE_BYTES == 0);
    ASSERT((rights & (MEMORY_WRITE | MEMORY_EXECUTE)) != (MEMORY_WRITE | MEMORY_EXECUTE));
    uint64_t *entry = page_entry(page_table, address, 1, PAGE_TABLE_USER, table_frames);
    if (!entry)
        return ARCH_MAP_NO_MEMORY;
    if (*entry & PAGE_PRESENT)
        return ARCH_MAP_OCCUPIED;
    *entry = physical | page_flags(rights, may_execute);
    return ARCH_MAP_OK;
}

uint64_t arch_space_map_cost(uint64_t page_table, uint64_t address) { return page_tables_missing(page_table, address); }

/* The entry of a mapped page; NULL when there is none. */
static uint64_t *mapped_entry(uint64_t page_table, uint64_t address)
{
    uint64_t *entry = arch_address_is_user(address) ? page_entry(page_table, address, 1, 0, NULL) : NULL;
    return entry && (*entry & PAGE_PRESENT) ? entry : NULL;
}

bool arch_space_lookup(uint64_t page_table, uint64_t address, uint64_t *physical, unsigned *rights, bool *may_execute)
{
    const uint64_t *entry = mapped_entry(page_table, address);
    if (!entry)
        return false;
    *physical = *entry & PAGE_ADDRESS_MASK;
    *rights = MEMORY_READ | (*entry & PAGE_WRITE ? MEMORY_WRITE : 0u) | (*entry & PAGE_NO_EXECUTE ? 0u : MEMORY_EXECUTE);
    *may_execute = *entry & PAGE_MAY_EXECUTE;
    return true;
}

bool arch_space_unmap(uint64_t page_table, uint64_t address)
{
    uint64_t *entry = mapped_entry(page_table, address);
    if (!entry)
        return false;
    *entry = 0;
    if (cr3_read() == page_table)
        invlpg(address);
    return true;
}

void arch_space_leave(uint64_t page_table)
{
    if (cr3_read() == page_table)
        cr3_write(kernel_map_root());
}

void arch_space_leave_any(void)
{
    arch_extras_leave();
    if (cr3_read() != kernel_map_root())
        cr3_write(kernel_map_root());
}

/* Global pages outlive a load of CR3; turning them off does not spare them. */
void arch_kernel_tlb_flush(void)
{
    uint64_t cr4 = cr4_read();
    cr4_write(cr4 & ~(uint64_t)CR4_GLOBAL_PAGES);
    cr4_write(cr4);
}
