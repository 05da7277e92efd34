/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The mapping database: from whom each task has each page, so that whoever passed a page on can take it back, wherever it went.
 * A mapping is found from its address through the notes beside its page table (arch.h), and the page from its mapping; it is
 * paid for by the factory of the task that received it. The rights of a page are among those of the page it was derived from.
 * What takes long counts *budget down and says false when that is used up: it is then called again (invoke.h).
 */
#ifndef KERNEL_CORE_MAPDB_H
#define KERNEL_CORE_MAPDB_H

#include "kernel/core/object.h"

/* Of the page at an address; NULL when there is none, or it is the kernel's own. */
struct mapping *mapping_find(const struct task *t, uint64_t address);
/* The next one derived from m, directly or not. */
struct mapping *mapping_below(const struct mapping *m);

/* A page of frames that no mapping leads to: the first of a tree, paid for by the task's factory. With KERNELS_OWN among the rights it has no
 * mapping at all. bytes: PAGE_BYTES or LARGE_PAGE_BYTES.
 * Returns ERR_OCCUPIED, ERR_NO_MEMORY or 0. */
unsigned mapdb_map_first(struct task *t, uint64_t address, uint64_t physical, uint64_t bytes, unsigned rights);
/* Unmaps a page with KERNELS_OWN. */
void mapdb_unmap_own(struct task *t, uint64_t address);

/* What is to be passed on: pages of `from` at `source`, to `target` of `to`. */
struct map_request {
    struct task *from, *to;
    uint64_t source, target;   /* whole pages */
    uint64_t bytes;
    unsigned rights;           /* MEMORY_* */
    bool grant;
};
/* Passes the page at offset `done` on: of LARGE_PAGE_BYTES where that is what it is there, it may be so here, and all of it is
 * asked for. *bytes: its size. Returns ERR_BAD_ARGUMENT (not mapped, the kernel's own, or a grant that cannot be), ERR_NO_RIGHT,
 * ERR_OCCUPIED, ERR_NO_MEMORY or 0. A grant is not complete before mapdb_grant. */
unsigned mapdb_map(const struct map_request *r, uint64_t done, uint64_t *bytes);
/* The same for a small page that is not granted, where either task has it in the table that it used last and all is well. False: it is for
 * mapdb_map, nothing was done. */
bool mapdb_map_again(const struct map_request *r, uint64_t done);
/* The page at that offset, which mapdb_map has mapped, takes the place of its source, and what was derived from it. */
void mapdb_grant(const struct map_request *r, uint64_t done);

/* Takes rights away from pages that overlap [*address, end): from all that was derived from them, and with `self` from the pages
 * themselves. `take` with MEMORY_READ unmaps. *address: where to go on; *bytes: pages dealt with are added. `by` keeps its place. */
struct unmap_request {
    struct task *task;
    uint64_t address, end;
    unsigned take;
    bool self;
    struct thread *by;
    uint64_t bytes;
};
bool mapdb_unmap(struct unmap_request *r, unsigned *budget);
/* The thread gives up its place in a tree. */
void mapdb_place_leave(struct thread *t);

#endif
