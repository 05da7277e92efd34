/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What CPUs know of address spaces, and making them forget it. Without tags a CPU knows the loaded space alone, and loses it by loading
 * another; with them it knows all that it ever loaded.
 */
#include "kernel/x86_64/tlb.h"

#include "kernel/x86_64/arch.h"
#include "kernel/x86_64/cpu.h"
#include "kernel/x86_64/kernel_map.h"
#include "kernel/x86_64/page.h"

#define TAGS 4096                  /* 0 is the kernel's own table, and spaces without one */
#define TAG_WORDS (TAGS / 64)
_Static_assert(TAGS >= SEATS, "tags are never used up: one seat at least is a thread's");

static bool tagged;
static uint64_t tags_taken[TAG_WORDS];
static unsigned word_next;

void tlb_tags_use(void)
{
    tagged = true;
    tags_taken[0] = 1;
}

/* Round robin by words. */
uint64_t tlb_tag_take(void)
{
    for (unsigned i = 0; tagged && i < TAG_WORDS; i++) {
        unsigned word = (word_next + i) % TAG_WORDS;
        if (!~tags_taken[word])
            continue;
        unsigned bit = (unsigned)__builtin_ctzll(~tags_taken[word]);
        tags_taken[word] |= 1ull << bit;
        word_next = word;
        return CR3_KEEP | (word * 64 + bit);
    }
    return 0;
}

void tlb_tag_release(uint64_t page_table)
{
    unsigned tag = (unsigned)(page_table & CR3_TAG_MASK);
    if (!tag)
        return;
    tlb_space_drop(page_table);
    tags_taken[tag / 64] &= ~(1ull << tag % 64);
}

bool tlb_space_is_loaded(uint64_t page_table) { return cr3_read() == (page_table & ~CR3_KEEP); }

/* The other CPUs, all held. */
static void others_forget(void)
{
    for (unsigned i = 0; i < arch_cpu_count(); i++)
        arch_cpu_at(i)->flush_spaces = arch_cpu_at(i) != arch_cpu();
}

void arch_tlb_drop(uint64_t page_table, uint64_t address)
{
    if (tlb_space_is_loaded(page_table))
        invlpg(address);
    else if (page_table & CR3_KEEP)
        invpcid(INVPCID_ADDRESS, page_table & CR3_TAG_MASK, address);
    if (tagged)
        others_forget();
}

void tlb_space_drop(uint64_t page_table)
{
    if (page_table & CR3_KEEP)
        invpcid(INVPCID_SPACE, page_table & CR3_TAG_MASK, 0);
    else if (tlb_space_is_loaded(page_table))
        cr3_write(page_table);
    if (tagged)
        others_forget();
}

void arch_spaces_tlb_flush(void) { invpcid(INVPCID_ALL_SPACES, 0, 0); }

/* Loading the kernel's own table forgets nothing when it is tagged: it has no page of user space. */
uint64_t tlb_kernel_table(void) { return kernel_map_root() | (tagged ? CR3_KEEP : 0); }

void arch_space_leave(uint64_t page_table)
{
    if (tlb_space_is_loaded(page_table))
        cr3_write(tlb_kernel_table());
}

void arch_space_leave_any(void)
{
    arch_extras_leave();
    if (cr3_read() != kernel_map_root())
        cr3_write(tlb_kernel_table());
}

/* Global pages outlive a load of CR3; turning them off or on spares nothing, under any tag. */
void arch_kernel_tlb_flush(void)
{
    uint64_t cr4 = cr4_read();
    cr4_write(cr4 ^ CR4_GLOBAL_PAGES);
    cr4_write(cr4);
}
