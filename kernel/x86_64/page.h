/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Page table entries and the walk to them (Intel SDM vol. 3A, 4.5). Levels: 4 is the root, 1 holds the entries of 4 KiB pages.
 */
#ifndef KERNEL_X86_64_PAGE_H
#define KERNEL_X86_64_PAGE_H

#include <stdint.h>

#define PAGE_PRESENT 0x1ull
#define PAGE_WRITE 0x2ull
#define PAGE_USER 0x4ull
#define PAGE_WRITE_THROUGH 0x8ull
#define PAGE_CACHE_DISABLE 0x10ull
#define PAGE_LARGE 0x80ull          /* level 2: 2 MiB, level 3: 1 GiB */
#define PAGE_GLOBAL 0x100ull
#define PAGE_MAY_EXECUTE 0x200ull   /* ours: may be passed on as executable */
#define PAGE_KERNELS_OWN 0x400ull    /* ours: a UTCB */
#define PAGE_NO_EXECUTE (1ull << 63)
#define PAGE_ADDRESS_MASK 0x000ffffffffff000ull

#define PAGE_ENTRIES 512
#define PAGE_ROOT_LEVEL 4
#define PAGE_ROOT_KERNEL_FIRST 256  /* root entries of the kernel's half */

#define PAGE_TABLE_KERNEL (PAGE_PRESENT | PAGE_WRITE)
#define PAGE_TABLE_USER (PAGE_PRESENT | PAGE_WRITE | PAGE_USER)

static inline unsigned page_shift(unsigned level) { return 12 + 9 * (level - 1); }
static inline uint64_t page_level_bytes(unsigned level) { return 1ull << page_shift(level); }

/* The entry of `address` at `level`. Missing tables on the way are made with `table_flags`, and counted in *frames; when
 * table_flags is 0, or memory is out, the answer is NULL. There must be no larger page on the way. */
uint64_t *page_entry(uint64_t root, uint64_t address, unsigned level, uint64_t table_flags, uint64_t *frames);
/* The last entry on the way to `address`: the one that maps it, or the first that is not present. *level: where that is. */
uint64_t *page_deepest(uint64_t root, uint64_t address, unsigned *level);
/* How many tables are missing on the way to the level 1 entry: 0..3. There must be no larger page on the way. */
unsigned page_tables_missing(uint64_t root, uint64_t address);

#endif
