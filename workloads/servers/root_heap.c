/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Root's memory for programs. Invariant: pages handed out since the last reset lie below `used_pages` and are zero when handed
 * out. Reset only when no program has any of them mapped any more.
 */
#include "workloads/lib/text.h"
#include "workloads/servers/root.h"

static uint64_t used_pages, kept_pages;

void heap_reset(void)
{
    used_pages = 0;
}

void *heap_pages(uint64_t pages)
{
    uint64_t whole = LARGE_PAGE_BYTES / PAGE_BYTES, heap_pages_all = root_info()->heap_bytes / PAGE_BYTES - kept_pages;

    /* What is as large as a large page begins with one, so that it can be mapped as such. */
    if (pages >= whole)
        used_pages = (used_pages + whole - 1) / whole * whole;
    uint64_t free_pages = heap_pages_all > used_pages ? heap_pages_all - used_pages : 0;

    if (pages == 0 || pages > free_pages)
        return NULL;
    void *start = (void *)(ROOT_HEAP_ADDRESS + used_pages * PAGE_BYTES);
    used_pages += pages;
    memset(start, 0, pages * PAGE_BYTES);
    return start;
}

void *heap_keep(uint64_t pages)
{
    uint64_t all = root_info()->heap_bytes / PAGE_BYTES - kept_pages;

    if (pages == 0 || pages > all || used_pages > all - pages)
        return NULL;
    kept_pages += pages;
    return (void *)(ROOT_HEAP_ADDRESS + (all - pages) * PAGE_BYTES);
}
