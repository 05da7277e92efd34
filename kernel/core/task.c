/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Frames that a task maps belong to the root task's memory and are never freed while the system runs; what a task pays for is its
 * tables, and its mappings (mapdb.h).
 */
#include "kernel/core/task.h"

#include "kernel/core/cap.h"
#include "kernel/core/factory.h"
#include "kernel/core/item.h"
#include "kernel/core/lock.h"
#include "kernel/core/mapdb.h"
#include "kernel/core/ports.h"
#include "kernel/core/ring.h"
#include "kernel/core/slab.h"
#include "kernel/core/thread.h"
#include "kernel/x86_64/arch.h"

static bool cap_region_taken[CAP_REGIONS_MAX];
static uint32_t cap_region_next;

/* Round robin, so that stale pointers into a region do not soon point into another task's. One is free: there are as many as seats. */
COLD static void cap_region_take(struct task *t)
{
    _Static_assert(SEATS == CAP_REGIONS_MAX, "each task has a seat");
    uint32_t index = cap_region_next;
    while (cap_region_taken[index])
        index = (index + 1) % CAP_REGIONS_MAX;
    cap_region_taken[index] = true;
    cap_region_next = (index + 1) % CAP_REGIONS_MAX;
    t->cap_region = index;
    t->cap_words = arch_cap_region_words(index);
    t->cap_slots = arch_cap_region_slots(index);
}

COLD struct task *task_create(struct factory *f, struct task *owner)
{
    if (!factory_has_seats(f, 1) || !factory_charge(f, PAGE_BYTES))
        return NULL;
    struct task *t = (struct task *)object_make(f, KIND_TASK);
    if (!t)
        goto refund;
    t->page_table = arch_space_create();
    if (!t->page_table)
        goto free;
    f->seats_used++;
    cap_region_take(t);
    t->owner = owner;
    t->table_frames = 1;
    t->reaped_selector = 1;
    t->reaped_address = USER_BOTTOM;
    t->table_region = TABLE_NONE;
    return t;
free:
    slab_free(t);
refund:
    factory_refund(f, PAGE_BYTES);
    return NULL;
}

static bool threads_kill(struct task *t, unsigned *budget)
{
    while (t->threads)
        if (!*budget || !thread_kill(t->threads, budget))
            return false;
    return true;
}

static bool memory_unmap(struct task *t, unsigned *budget)
{
    struct unmap_request r = {.task = t, .address = t->reaped_address, .end = USER_TOP, .take = MEMORY_READ, .self = true};
    bool done = mapdb_unmap(&r, budget);
    t->reaped_address = r.address;
    return done;
}

/* Page tables, then the capability table; what was paid for each frame is given back with it. */
COLD static bool tables_free(struct task *t, unsigned *budget)
{
    uint64_t frames = 0;
    t->table_region = TABLE_NONE;
    cpu_flush_kernel_all();
    if (t->page_table && arch_space_free(t->page_table, budget, &frames))
        t->page_table = 0;
    bool done = !t->page_table && arch_cap_region_release(t->cap_region, budget, &frames);
    t->table_frames -= frames;
    factory_refund(t->object.factory, frames * PAGE_BYTES);
    return done;
}

COLD bool task_destroy(struct task *t, unsigned *budget)
{
    if (!threads_kill(t, budget) || !cap_remove_all(t, budget) || !memory_unmap(t, budget))
        return false;
    if (!ports_release(t, budget))
        return false;
    arch_space_leave(t->page_table);
    if (!tables_free(t, budget))
        return false;
    ASSERT(!t->table_frames);
    cap_region_taken[t->cap_region] = false;
    t->object.factory->seats_used--;
    slab_free(t);
    return true;
}

COLD void task_thread_add(struct task *task, struct thread *t)
{
    t->task = task;
    t->page_table = task->page_table;
    t->cap_words = task->cap_words;
    t->cap_limit = task->cap_limit;
    if (task->ports[0])
        thread_extra_set(t, EXTRA_PORTS, true);
    RING_ADD(task->threads, t, task_next, task_prev);
}

void task_cap_limit_changed(struct task *task)
{
    struct thread *t = task->threads;
    if (!t)
        return;
    do {
        t->cap_limit = task->cap_limit;
        t = t->task_next;
    } while (t != task->threads);
}

static unsigned map_capability(struct invocation *i, uint64_t from, struct task *there, uint64_t to, uint64_t rights, bool grant)
{
    struct cap_slot *source = cap_find(i->self->task, from);
    if (!source)
        return ERR_NO_CAPABILITY;
    if (rights & ~(uint64_t)RIGHTS_ALL || (grant && source->rights & ~rights && derivation_below(&source->derived)))
        return ERR_BAD_ARGUMENT;
    if (grant && cap_grant_is_circular(source, there))
        return ERR_BAD_ARGUMENT;
    unsigned error = cap_reserve(there, to);
    if (error)
        return error;
    cap_insert(there, to, source->object, source->rights & (unsigned)rights, source);
    if (grant)
        cap_grant(source, cap_find(there, to));
    return 0;
}

/* Both ranges of that length. */
static inline bool ranges_are_user(uint64_t a, uint64_t b, uint64_t bytes)
{
    _Static_assert(MAP_BYTES_MAX < USER_TOP - USER_BOTTOM, "what is left of user space below it is never negative");
    return (a | b | bytes) % PAGE_BYTES == 0 && bytes - 1 < MAP_BYTES_MAX && a - USER_BOTTOM <= USER_TOP - USER_BOTTOM - bytes &&
           b - USER_BOTTOM <= USER_TOP - USER_BOTTOM - bytes;
}

static inline bool rights_are_memory(uint64_t rights)
{
    return rights && !(rights & ~(uint64_t)(MEMORY_READ | MEMORY_WRITE | MEMORY_EXECUTE)) &&
           (rights & (MEMORY_WRITE | MEMORY_EXECUTE)) != (MEMORY_WRITE | MEMORY_EXECUTE);
}

static unsigned map_range(struct invocation *i, const struct map_request *r)
{
    uint64_t done = i->progress[0], bytes = PAGE_BYTES;
    unsigned budget = i->budget;
    if (!ranges_are_user(r->source, r->target, r->bytes) || !rights_are_memory(r->rights))
        return ERR_BAD_ARGUMENT;
    for (; done < r->bytes; done += bytes, bytes = PAGE_BYTES) {
        i->progress[0] = done;
        if (!budget--)
            return INVOKE_AGAIN;
        if (mapdb_map_again(r, done))
            continue;
        unsigned error = mapdb_map(r, done, &bytes);
        if (error && !done)
            return error;
        if (error)
            break;
        if (r->grant)
            mapdb_grant(r, done);
    }
    i->out[0] = done;
    i->out_words = 1;
    return 0;
}

static unsigned op_map_memory(struct invocation *i, struct task *there)
{
    const struct map_request r = {.from = i->self->task, .to = there, .source = i->in[0], .target = i->in[1], .bytes = i->in[2],
                                  .rights = (unsigned)i->in[3]};
    return i->in[3] >> 32 ? ERR_BAD_ARGUMENT : map_range(i, &r);
}

static unsigned unmap_range(struct invocation *i, struct unmap_request *r)
{
    uint64_t start = r->address, bytes = r->end - r->address;
    if (!ranges_are_user(start, start, bytes) || r->take & ~(unsigned)(MEMORY_READ | MEMORY_WRITE | MEMORY_EXECUTE))
        return ERR_BAD_ARGUMENT;
    if (!(i->tag & TAG_AGAIN)) /* the place is that of an operation that was cut short */
        mapdb_place_leave(i->self);
    r->by = i->self;
    r->bytes = i->progress[1];
    r->address += i->progress[0] < bytes ? i->progress[0] & ~(uint64_t)(PAGE_BYTES - 1) : bytes;
    bool done = mapdb_unmap(r, &i->budget);
    i->progress[0] = r->address - start;
    i->progress[1] = r->bytes;
    if (!done)
        return INVOKE_AGAIN;
    i->out[0] = r->bytes;
    i->out_words = 1;
    return 0;
}

static unsigned op_unmap_memory(struct invocation *i, struct task *there)
{
    struct unmap_request r = {.task = there, .address = i->in[0], .end = i->in[0] + i->in[1],
                              .take = i->in[2] ? (unsigned)i->in[2] : MEMORY_READ, .self = !(i->in[3] & UNMAP_DERIVED)};
    if (i->in[2] >> 32 || i->in[3] & ~(uint64_t)UNMAP_DERIVED)
        return ERR_BAD_ARGUMENT;
    return unmap_range(i, &r);
}

static unsigned unmap_capability(struct invocation *i, struct task *there, uint64_t selector, uint64_t flags)
{
    i->destroys = true;
    if (i->progress[0] || flags & ~(uint64_t)UNMAP_DERIVED)
        return i->progress[0] ? 0 : ERR_BAD_ARGUMENT;
    struct cap_slot *slot = cap_find(there, selector);
    if (!slot)
        return ERR_NO_CAPABILITY;
    if (!cap_remove(slot, !(flags & UNMAP_DERIVED), &i->budget))
        return INVOKE_AGAIN;
    i->progress[0] = 1; /* what is left is to wait until what died is gone */
    return 0;
}

static unsigned map_ports(struct task *here, struct task *there, const struct flexpage *f)
{
    unsigned error = ports_map(here, there, f);
    if (!error && f->grant)
        ports_grant(here, there, f);
    return error;
}

COLD static unsigned op_map_flexpage(struct invocation *i, struct task *there)
{
    const struct flexpage f = flexpage_of(i->in[0]);
    if (f.type == FLEXPAGE_CAPABILITY)
        return f.size ? ERR_BAD_ARGUMENT : map_capability(i, f.base, there, i->in[1], f.rights, f.grant);
    if (f.type == FLEXPAGE_PORTS)
        return map_ports(i->self->task, there, &f);
    if (!flexpage_is_memory(&f))
        return ERR_BAD_ARGUMENT;
    const struct map_request r = {.from = i->self->task, .to = there, .source = f.base, .target = i->in[1],
                                  .bytes = flexpage_bytes(&f), .rights = f.rights, .grant = f.grant};
    return map_range(i, &r);
}

COLD static unsigned op_unmap_flexpage(struct invocation *i, struct task *there)
{
    const struct flexpage f = flexpage_of(i->in[0]);
    if (i->in[1] & ~(uint64_t)UNMAP_DERIVED)
        return ERR_BAD_ARGUMENT;
    if (f.type == FLEXPAGE_CAPABILITY)
        return f.size || f.rights != RIGHTS_ALL ? ERR_BAD_ARGUMENT : unmap_capability(i, there, f.base, i->in[1]);
    if (f.type == FLEXPAGE_PORTS && flexpage_is_ports(&f))
        return ports_unmap(there, &f, !(i->in[1] & UNMAP_DERIVED), &i->budget) ? 0 : INVOKE_AGAIN;
    if (!flexpage_is_memory(&f) || !f.rights)
        return ERR_BAD_ARGUMENT;
    struct unmap_request r = {.task = there, .address = f.base, .end = f.base + flexpage_bytes(&f), .take = f.rights,
                              .self = !(i->in[1] & UNMAP_DERIVED)};
    return unmap_range(i, &r);
}

COLD static unsigned op_capability_info(struct invocation *i, const struct task *there)
{
    const struct cap_slot *slot = cap_find(there, i->in[0]);
    if (!slot)
        return ERR_NO_CAPABILITY;
    i->out[0] = slot->object->kind;
    i->out[1] = slot->rights;
    i->out[2] = slot->object->number;
    i->out_words = 3;
    return 0;
}

unsigned task_invoke(struct invocation *i)
{
    struct task *t = (struct task *)i->object;
    if (!(i->rights & RIGHT_MANAGE))
        return ERR_NO_RIGHT;
    if (i->operation == OP_TASK_MAP_MEMORY)
        return op_map_memory(i, t);
    switch (i->operation) {
    case OP_TASK_MAP_CAPABILITY:
        return map_capability(i, i->in[0], t, i->in[1], i->in[2], false);
    case OP_TASK_UNMAP_CAPABILITY:
        return unmap_capability(i, t, i->in[0], i->in[1]);
    case OP_TASK_UNMAP_MEMORY:
        return op_unmap_memory(i, t);
    case OP_TASK_MAP_FLEXPAGE:
        return op_map_flexpage(i, t);
    case OP_TASK_UNMAP_FLEXPAGE:
        return op_unmap_flexpage(i, t);
    case OP_TASK_CAPABILITY_INFO:
        return op_capability_info(i, t);
    default:
        return ERR_BAD_OPERATION;
    }
}
