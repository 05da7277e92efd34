/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Sets of physical memory: at most RANGES_MAX disjoint ranges in ascending order.
 */
#ifndef KERNEL_BOOT_RANGES_H
#define KERNEL_BOOT_RANGES_H

#include <stdbool.h>
#include <stdint.h>

#define RANGES_MAX 256

struct range {
    uint64_t start, end;       /* bytes [start, end) */
};

struct ranges {
    unsigned n;
    struct range range[RANGES_MAX];
};

/* Both return false when the set would need more than RANGES_MAX ranges; the set is then unchanged. */
bool ranges_add(struct ranges *set, uint64_t start, uint64_t end);
bool ranges_remove(struct ranges *set, uint64_t start, uint64_t end);
/* The same, of all pages that the range touches. */
bool ranges_add_pages(struct ranges *set, uint64_t start, uint64_t end, uint64_t page_bytes);
/* Shrinks every range to whole pages. */
void ranges_align(struct ranges *set, uint64_t page_bytes);
uint64_t ranges_bytes(const struct ranges *set);

#endif
