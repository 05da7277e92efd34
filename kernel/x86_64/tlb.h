/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Address space tags: process-context identifiers (Intel SDM vol. 3A, 4.10.1). A tagged CR3 value keeps what the TLB knows of its space
 * over loads, so each change of a page must reach every CPU that ever ran the space: this one at once, the others, which are held
 * meanwhile (lock.h), before they go on.
 */
#ifndef KERNEL_X86_64_TLB_H
#define KERNEL_X86_64_TLB_H

#include <stdbool.h>
#include <stdint.h>

#define CR3_TAG_MASK 0xfffull
#define CR3_KEEP (1ull << 63)      /* in a value to load, and in no value read: translations of that tag stay */

/* From now on spaces get tags. Once, at boot, with CR4.PCIDE set on every CPU that will run. */
void tlb_tags_use(void);
/* CR3 value of the kernel's own table. */
uint64_t tlb_kernel_table(void);
/* A tag that no TLB knows, and CR3_KEEP; 0 when there are no tags, or none is left: loads of that space flush. */
uint64_t tlb_tag_take(void);
/* Gives the tag of a CR3 value back. Every CPU was held since a thread of its space could run. */
void tlb_tag_release(uint64_t page_table);
/* Forgets a whole space, as arch_tlb_drop does a page: tables of it change. */
void tlb_space_drop(uint64_t page_table);
/* Whether CR3 holds it. */
bool tlb_space_is_loaded(uint64_t page_table);

#endif
