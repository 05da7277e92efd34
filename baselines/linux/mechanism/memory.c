/* SPDX-License-Identifier: BSD-2-Clause
 *
 * workload: linux.vm.fault_zero | first write to a page of anonymous memory: the kernel takes, clears and maps one; per page | lmbench lat_pagefault
 * workload: linux.vm.fault_mapped | first read of a page that lies in the page cache (memfd) and has no neighbours there that the kernel would map with it: from before the instruction to after it; per page | SPIN Fault, Härtig 1997 Table 5 Fault
 * workload: linux.vm.mmap_munmap | mmap of `bytes` of anonymous memory and munmap, nothing touched | Härtig 1997 Table 3
 * workload: linux.vm.mmap_touch_munmap | mmap of `bytes`, a write to each page, munmap | lmbench lat_mmap
 * workload: linux.vm.mprotect | mprotect of one present page, alternately to read-only and back | SPIN Prot1
 *
 * A region of pages is emptied outside of the clock before each sample. Huge pages are off for it. Each unit is one page fault, counted
 * over the samples of the row: another number fails it.
 */
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "baselines/linux/baseline.h"

#define PAGE_BYTES 4096u
#define PAGES 128 /* at least a batch */
/* A fault on a mapped file maps with it what the page cache holds of so many bytes around (fault_around_bytes; madvise does not stop it):
 * with one page of the file in each such window it finds no other. Windows are aligned in memory, not in the file: pages that lie k pages
 * behind the border of a window take 2,267 (k = 0) to 2,454 (k = 15) instructions, of looking k pages further back in the file. */
#define FAULT_AROUND_BYTES 65536u
#define REGION_ALIGN 2097152u /* what one page table maps: as many tables, and the same place in a window, wherever the region comes to lie */

static const size_t payload_mappings[] = { 4096, 65536, 1048576, BYTES_END };

/* An aligned address below which and above which nothing was mapped a moment ago; NULL when there is none. */
static void *region_place(size_t bytes)
{
    unsigned char *free = mmap(NULL, bytes + REGION_ALIGN, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (free == MAP_FAILED || munmap(free, bytes + REGION_ALIGN) != 0)
        return NULL;
    return free + (REGION_ALIGN - (uintptr_t)free % REGION_ALIGN) % REGION_ALIGN;
}

/* turn[0]: next page, turn[1]: bytes from page to page. */
static bool region_map(struct channel *c, size_t stride, int flags)
{
    c->turn[1] = stride;
    c->memory_bytes = PAGES * stride;
    void *place = region_place(c->memory_bytes);
    if (place == NULL)
        return false;
    c->memory = mmap(place, c->memory_bytes, PROT_READ | PROT_WRITE, flags | MAP_FIXED_NOREPLACE, c->fd[0], 0);
    if (c->memory == MAP_FAILED) {
        c->memory = NULL;
        return false;
    }
    madvise(c->memory, c->memory_bytes, MADV_NOHUGEPAGE); /* a kernel without huge pages refuses, and needs it not */
    return true;
}

static bool anonymous_setup(struct channel *c)
{
    return region_map(c, PAGE_BYTES, MAP_PRIVATE | MAP_ANONYMOUS);
}

/* A file of holes but for the pages that are read. */
static bool mapped_setup(struct channel *c)
{
    c->fd[0] = memfd_create("linux-baselines", 0);
    if (c->fd[0] < 0 || ftruncate(c->fd[0], PAGES * FAULT_AROUND_BYTES) != 0)
        return false;
    for (unsigned page = 0; page < PAGES; page++)
        if (pwrite(c->fd[0], "", 1, (off_t)page * FAULT_AROUND_BYTES) != 1)
            return false;
    return region_map(c, FAULT_AROUND_BYTES, MAP_SHARED);
}

static bool region_empty(struct channel *c)
{
    c->turn[0] = 0;
    return madvise(c->memory, c->memory_bytes, MADV_DONTNEED) == 0;
}

static volatile unsigned char *page_next(struct channel *c)
{
    return (unsigned char *)c->memory + c->turn[0]++ % PAGES * c->turn[1];
}

static bool page_write(struct channel *c)
{
    *page_next(c) = 1;
    return true;
}

static bool page_read(struct channel *c)
{
    return *page_next(c) == 0;
}

static bool mapping_turn(struct channel *c, bool touch)
{
    unsigned char *memory = mmap(NULL, c->bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED)
        return false;
    for (size_t at = 0; touch && at < c->bytes; at += PAGE_BYTES)
        *(volatile unsigned char *)(memory + at) = 1;
    return munmap(memory, c->bytes) == 0;
}

static bool mmap_munmap(struct channel *c) { return mapping_turn(c, false); }
static bool mmap_touch_munmap(struct channel *c) { return mapping_turn(c, true); }

static bool mprotect_setup(struct channel *c)
{
    return region_map(c, PAGE_BYTES, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE);
}

static bool mprotect_call(struct channel *c)
{
    return mprotect(c->memory, PAGE_BYTES, c->turn[0]++ % 2 == 0 ? PROT_READ : PROT_READ | PROT_WRITE) == 0;
}

static const struct baseline fault_zero = {
    .id = "linux.vm.fault_zero", .faults = true, .page_faults = 1, .setup = anonymous_setup,
    .before = region_empty, .operation = page_write,
};
BASELINE_REGISTER(fault_zero);

static const struct baseline fault_mapped = {
    .id = "linux.vm.fault_mapped", .faults = true, .page_faults = 1, .setup = mapped_setup, .before = region_empty,
    .operation = page_read,
};
BASELINE_REGISTER(fault_mapped);

static const struct baseline mmap_baseline = {
    .id = "linux.vm.mmap_munmap", .bytes = payload_mappings, .client_calls = 2, .faults = true, .operation = mmap_munmap,
};
BASELINE_REGISTER(mmap_baseline);

static const struct baseline mmap_touch_baseline = {
    .id = "linux.vm.mmap_touch_munmap", .bytes = payload_mappings, .client_calls = 2, .faults = true, .page_faults = 1, .faults_by_page = true,
    .operation = mmap_touch_munmap,
};
BASELINE_REGISTER(mmap_touch_baseline);

static const struct baseline mprotect_baseline = {
    .id = "linux.vm.mprotect", .client_calls = 1, .faults = true, .setup = mprotect_setup, .operation = mprotect_call,
};
BASELINE_REGISTER(mprotect_baseline);
