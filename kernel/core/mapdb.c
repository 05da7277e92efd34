/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Entries of page tables change here alone. Before one loses a right every CPU is held, which empties the others' TLBs (lock.h).
 */
#include "kernel/core/mapdb.h"

#include "kernel/core/factory.h"
#include "kernel/core/lock.h"
#include "kernel/core/slab.h"
#include "kernel/x86_64/arch.h"

static uint64_t serial_last;

static inline struct mapping *mapping_of(struct derivation *d) { return (struct mapping *)(void *)d; }

/* Places of threads in the tree are no mappings. */
static struct mapping *below(const struct derivation *at, uint32_t depth)
{
    struct derivation *d = at->next;
    while (d && !mapping_of(d)->task)
        d = d->next;
    return d && d->depth > depth ? mapping_of(d) : NULL;
}

struct mapping *mapping_below(const struct mapping *m) { return below(&m->derived, m->derived.depth); }

struct mapping *mapping_find(const struct task *t, uint64_t address)
{
    const arch_entry *entry = arch_entry_find(t->page_table, address);
    return entry ? *arch_entry_mapping(entry) : NULL;
}

/* --- Mapping --------------------------------------------------------------------------------------------------------------------------- */

static inline unsigned error_of(enum arch_map_result result)
{
    if (result == ARCH_MAP_OCCUPIED)
        return ERR_OCCUPIED;
    return result == ARCH_MAP_OK ? 0 : ERR_NO_MEMORY;
}

/* The place of a page; tables that are missing are paid for. */
static unsigned entry_make(struct task *t, uint64_t address, uint64_t bytes, arch_entry **entry)
{
    enum arch_map_result result = arch_entry_make(t->page_table, address, bytes, entry, NULL);
    if (result != ARCH_MAP_NO_MEMORY)
        return error_of(result);
    struct factory *f = t->object.factory;
    uint64_t cost = arch_entry_cost(t->page_table, address, bytes), frames = 0;
    if (!factory_charge(f, cost * PAGE_BYTES))
        return ERR_NO_MEMORY;
    result = arch_entry_make(t->page_table, address, bytes, entry, &frames);
    ASSERT(frames <= cost);
    t->table_frames += frames;
    if (frames < cost)
        factory_refund(f, (cost - frames) * PAGE_BYTES);
    return error_of(result);
}

static inline void mapping_init(struct mapping *m, struct task *t, uint64_t address, arch_entry *entry, struct mapping *parent)
{
    derivation_add(parent ? &parent->derived : NULL, &m->derived);
    m->task = t;
    m->address = address;
    m->entry = entry;
    m->serial = ++serial_last;
}

/* Fills a free entry. */
static unsigned page_put(struct task *t, uint64_t address, arch_entry *entry, struct mapping *parent)
{
    struct mapping *m = slab_allocate(t->object.factory, SLAB_MAPPING);
    if (!m)
        return ERR_NO_MEMORY;
    mapping_init(m, t, address, entry, parent);
    *arch_entry_mapping(entry) = m;
    return 0;
}

COLD unsigned mapdb_map_first(struct task *t, uint64_t address, uint64_t physical, uint64_t bytes, unsigned rights)
{
    arch_entry *entry;
    unsigned error = entry_make(t, address, bytes, &entry);
    if (!error && !(rights & KERNELS_OWN))
        error = page_put(t, address, entry, NULL);
    if (!error)
        arch_entry_set(entry, physical, bytes, rights);
    return error;
}

void mapdb_unmap_own(struct task *t, uint64_t address)
{
    arch_entry *entry = arch_entry_find(t->page_table, address);
    ASSERT(entry && arch_entry_rights(entry) & KERNELS_OWN);
    cpu_hold_all();
    arch_entry_clear(entry);
    arch_tlb_drop(t->page_table, address);
}

/* An empty table of small pages makes room for a large one. */
COLD static bool table_drop(struct task *t, uint64_t address)
{
    cpu_hold_all();
    t->table_region = TABLE_NONE;
    uint64_t frames = arch_table_drop(t->page_table, address);
    t->table_frames -= frames;
    factory_refund(t->object.factory, frames * PAGE_BYTES);
    return frames;
}

/* A large page where all is aligned and nothing of its range is in use; else small ones. */
static unsigned target_make(const struct map_request *r, uint64_t done, const arch_entry *source, arch_entry **entry, uint64_t *bytes)
{
    uint64_t size = arch_entry_bytes(source), target = r->target + done;
    if (size > PAGE_BYTES && !((r->source + done) % size) && !(target % size) && r->bytes - done >= size) {
        unsigned error = entry_make(r->to, target, size, entry);
        *bytes = size;
        if (error == ERR_OCCUPIED && table_drop(r->to, target))
            error = entry_make(r->to, target, size, entry);
        if (error != ERR_OCCUPIED)
            return error;
    }
    *bytes = PAGE_BYTES;
    return entry_make(r->to, target, PAGE_BYTES, entry);
}

/* Rights that a page can be given onwards. */
static inline unsigned rights_reachable(unsigned rights) { return rights | (rights & MAY_EXECUTE ? MEMORY_EXECUTE : 0); }

static inline uint64_t table_region(uint64_t address) { return address / (TABLE_PAGES * PAGE_BYTES); }

/* The entry is that of a small page: others near it will be asked for. */
static void table_note(struct task *t, uint64_t address, const arch_entry *entry)
{
    size_t i = address / PAGE_BYTES % TABLE_PAGES;
    t->table_region = table_region(address);
    t->table_entries = (arch_entry *)entry - i;
    t->table_mappings = arch_entry_mapping(entry) - i;
}

bool mapdb_map_again(const struct map_request *r, uint64_t done)
{
    struct task *from = r->from, *to = r->to;
    uint64_t source = r->source + done, target = r->target + done;
    if (table_region(source) != from->table_region || table_region(target) != to->table_region || r->grant)
        return false;
    size_t s = source / PAGE_BYTES % TABLE_PAGES, d = target / PAGE_BYTES % TABLE_PAGES;
    arch_entry *entry = &to->table_entries[d];
    struct mapping *parent = from->table_mappings[s];
    if (!parent || *entry) /* nothing, or the kernel's own; occupied */
        return false;
    struct mapping *m = slab_take(to->object.factory, SLAB_MAPPING);
    if (!m)
        return false;
    if (!arch_entry_copy(entry, &from->table_entries[s], r->rights)) {
        slab_free(m);
        return false;
    }
    mapping_init(m, to, target, entry, parent);
    to->table_mappings[d] = m;
    return true;
}

unsigned mapdb_map(const struct map_request *r, uint64_t done, uint64_t *bytes)
{
    uint64_t source = r->source + done;
    const arch_entry *from = arch_entry_find(r->from->page_table, source);
    unsigned have = from ? arch_entry_rights(from) : 0;
    if (!from || have & KERNELS_OWN)
        return ERR_BAD_ARGUMENT;
    if (r->rights & ~rights_reachable(have))
        return ERR_NO_RIGHT;
    unsigned rights = MEMORY_READ | r->rights | (r->rights & MEMORY_WRITE ? have & MAY_EXECUTE : 0);
    struct mapping *parent = *arch_entry_mapping(from);
    if (r->grant && mapping_below(parent) && rights_reachable(have) & ~rights_reachable(rights))
        return ERR_BAD_ARGUMENT;
    arch_entry *entry;
    unsigned error = target_make(r, done, from, &entry, bytes);
    if (!error && r->grant && *bytes != arch_entry_bytes(from))
        error = ERR_BAD_ARGUMENT;
    if (!error)
        error = page_put(r->to, r->target + done, entry, parent);
    if (error)
        return error;
    arch_entry_set(entry, arch_entry_physical(from) + (source & (arch_entry_bytes(from) - *bytes)), *bytes, rights);
    if (arch_entry_bytes(from) == PAGE_BYTES) {
        table_note(r->from, source, from);
        table_note(r->to, r->target + done, entry);
    }
    return 0;
}

/* --- Taking back --------------------------------------------------------------------------------------------------------------------------- */

static void mapping_remove(struct mapping *m)
{
    cpu_hold_all();
    arch_entry_clear(m->entry);
    arch_tlb_drop(m->task->page_table, m->address);
    derivation_remove(&m->derived);
    slab_free(m);
}

static void mapping_reduce(struct mapping *m, unsigned take)
{
    if (!(rights_reachable(arch_entry_rights(m->entry)) & take))
        return;
    cpu_hold_all();
    arch_entry_reduce(m->entry, take);
    arch_tlb_drop(m->task->page_table, m->address);
}

COLD void mapdb_grant(const struct map_request *r, uint64_t done)
{
    struct mapping *old = mapping_find(r->from, r->source + done), *m = mapping_find(r->to, r->target + done);
    if (!old || !m || mapping_below(old) == NULL || arch_entry_physical(old->entry) != arch_entry_physical(m->entry))
        return; /* another item of the message has granted it */
    derivation_replace(&old->derived, &m->derived);
    old->derived = (struct derivation){0};
    mapping_remove(old);
}

void mapdb_place_leave(struct thread *t)
{
    if (!t->place_linked)
        return;
    derivation_remove(&t->place.derived);
    t->place_linked = false;
}

static bool derived_remove(struct mapping *m, unsigned *budget)
{
    for (struct mapping *d = mapping_below(m); d; --*budget) {
        if (!*budget)
            return false;
        const struct derivation *at = d->derived.prev; /* behind places, each of which is passed once */
        mapping_remove(d);
        d = below(at, m->derived.depth);
    }
    return true;
}

/* The tree may change while the thread is interrupted: it keeps its place by an entry of its own, behind what is done. Whatever
 * is derived anew behind its back comes from what was dealt with, or lies ahead. */
COLD static bool derived_reduce(struct mapping *m, unsigned take, struct thread *by, unsigned *budget)
{
    struct mapping *place = &by->place;
    if (!by->place_linked || place->serial != m->serial) {
        mapdb_place_leave(by);
        place->derived.depth = UINT32_MAX;
        place->serial = m->serial;
        derivation_link(&m->derived, &place->derived);
        by->place_linked = true;
    }
    for (struct mapping *d; (d = below(&place->derived, m->derived.depth)) != NULL; --*budget) {
        if (!*budget)
            return false;
        mapping_reduce(d, take);
        derivation_remove(&place->derived);
        derivation_link(&d->derived, &place->derived);
    }
    mapdb_place_leave(by);
    return true;
}

static bool page_unmap(struct unmap_request *r, struct mapping *m, unsigned *budget)
{
    bool all = r->take & MEMORY_READ;
    if (r->self && !all) /* first: what is derived from it in the meantime has no more rights */
        mapping_reduce(m, r->take);
    if (all ? !derived_remove(m, budget) : !derived_reduce(m, r->take, r->by, budget))
        return false;
    if (r->self && all)
        mapping_remove(m);
    return true;
}

bool mapdb_unmap(struct unmap_request *r, unsigned *budget)
{
    while (arch_space_next(r->task->page_table, &r->address, r->end, budget)) {
        const arch_entry *entry = arch_entry_find(r->task->page_table, r->address);
        uint64_t bytes = arch_entry_bytes(entry);
        struct mapping *m = *arch_entry_mapping(entry);
        if (m) {
            if (!page_unmap(r, m, budget))
                return false;
            r->bytes += bytes;
        }
        r->address += bytes;
        *budget -= *budget > 0;
    }
    return r->address >= r->end;
}
