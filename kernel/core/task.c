/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Frames that a task maps belong to the root task's memory and are never freed while the system runs; what a task pays for is its
 * tables. A page may be mapped onwards with at most the rights it is mapped with, and never writable and executable at once.
 */
#include "kernel/core/task.h"

#include "kernel/core/cap.h"
#include "kernel/core/factory.h"
#include "kernel/core/lock.h"
#include "kernel/core/ports.h"
#include "kernel/core/slab.h"
#include "kernel/core/thread.h"
#include "kernel/x86_64/arch.h"

static struct task *cap_region_owner[CAP_REGIONS_MAX];
static uint32_t cap_region_next;

/* Round robin, so that stale pointers into a region do not soon point into another task's. */
static bool cap_region_take(struct task *t)
{
    for (uint32_t tried = 0; tried < CAP_REGIONS_MAX; tried++) {
        uint32_t index = (cap_region_next + tried) % CAP_REGIONS_MAX;
        if (cap_region_owner[index])
            continue;
        cap_region_owner[index] = t;
        cap_region_next = index + 1;
        t->cap_region = index;
        t->cap_words = arch_cap_region_words(index);
        t->cap_slots = arch_cap_region_slots(index);
        return true;
    }
    return false;
}

struct task *task_create(struct factory *f)
{
    if (!factory_charge(f, PAGE_BYTES))
        return NULL;
    struct task *t = slab_allocate(f, KIND_TASK);
    if (!t)
        goto refund;
    if (!cap_region_take(t))
        goto free;
    t->page_table = arch_space_create();
    if (!t->page_table)
        goto release;
    object_init(&t->object, KIND_TASK, f);
    t->table_frames = 1;
    return t;
release:
    cap_region_owner[t->cap_region] = NULL;
free:
    slab_free(t);
refund:
    factory_refund(f, PAGE_BYTES);
    return NULL;
}

void task_destroy(struct task *t)
{
    while (t->threads)
        thread_kill(t->threads);
    cap_remove_all(t);
    ports_release(t);
    arch_space_leave(t->page_table);
    uint64_t frames = arch_space_destroy(t->page_table) + arch_cap_region_release(t->cap_region);
    cpu_flush_kernel_all();
    ASSERT(frames == t->table_frames);
    cap_region_owner[t->cap_region] = NULL;
    struct factory *f = t->object.factory;
    slab_free(t);
    factory_refund(f, frames * PAGE_BYTES);
}

void task_thread_add(struct task *task, struct thread *t)
{
    t->task = task;
    t->page_table = task->page_table;
    t->cap_words = task->cap_words;
    t->cap_limit = task->cap_limit;
    if (task->ports[0])
        thread_extra_set(t, EXTRA_PORTS, true);
    if (task->threads) {
        t->task_next = task->threads;
        t->task_prev = task->threads->task_prev;
        t->task_prev->task_next = t->task_next->task_prev = t;
    } else {
        t->task_next = t->task_prev = t;
        task->threads = t;
    }
}

void task_thread_remove(struct task *task, struct thread *t)
{
    if (task->threads == t)
        task->threads = t->task_next == t ? NULL : t->task_next;
    t->task_next->task_prev = t->task_prev;
    t->task_prev->task_next = t->task_next;
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

unsigned task_map_frame(struct task *t, uint64_t address, uint64_t physical, unsigned rights, bool may_execute)
{
    struct factory *f = t->object.factory;
    uint64_t cost = arch_space_map_cost(t->page_table, address);
    if (!factory_charge(f, cost * PAGE_BYTES))
        return ERR_NO_MEMORY;
    uint64_t frames = 0;
    enum arch_map_result result = arch_space_map(t->page_table, address, physical, rights, may_execute, &frames);
    ASSERT(frames <= cost);
    t->table_frames += frames;
    if (frames < cost)
        factory_refund(f, (cost - frames) * PAGE_BYTES);
    if (result == ARCH_MAP_OCCUPIED)
        return ERR_OCCUPIED;
    return result == ARCH_MAP_OK ? 0 : ERR_NO_MEMORY;
}

bool task_unmap_page(struct task *t, uint64_t address)
{
    cpu_hold_all();
    return arch_space_unmap(t->page_table, address);
}

bool task_map_frame_boot(struct task *t, uint64_t address, void *frame, unsigned rights, bool may_execute)
{
    return !task_map_frame(t, address, arch_physical(frame), rights, may_execute);
}

bool cap_insert_boot(struct task *t, uint32_t selector, struct object *o, unsigned rights)
{
    if (cap_reserve(t, selector))
        return false;
    cap_insert(t, selector, o, rights, NULL);
    return true;
}

static unsigned op_map_capability(struct invocation *i, struct task *there)
{
    struct cap_slot *source = cap_find(i->self->task, i->in[0]);
    if (!source)
        return ERR_NO_CAPABILITY;
    if (i->in[2] & ~(uint64_t)RIGHTS_ALL)
        return ERR_BAD_ARGUMENT;
    unsigned error = cap_reserve(there, i->in[1]);
    if (error)
        return error;
    cap_insert(there, i->in[1], source->object, source->rights & (unsigned)i->in[2], source);
    return 0;
}

static bool range_is_user(uint64_t address, uint64_t bytes)
{
    return address % PAGE_BYTES == 0 && bytes % PAGE_BYTES == 0 && bytes && bytes <= MAP_BYTES_MAX &&
           arch_address_is_user(address) && arch_address_is_user(address + bytes - 1);
}

static bool page_is_utcb(const struct task *t, uint64_t address)
{
    const struct thread *first = t->threads, *thread = first;
    if (!first)
        return false;
    do {
        if (thread->utcb_address == address)
            return true;
        thread = thread->task_next;
    } while (thread != first);
    return false;
}

static unsigned map_one(struct task *here, struct task *there, uint64_t from, uint64_t to, unsigned rights)
{
    uint64_t physical;
    unsigned have;
    bool may_execute;
    if (!arch_space_lookup(here->page_table, from, &physical, &have, &may_execute) || page_is_utcb(here, from))
        return ERR_BAD_ARGUMENT;
    if (may_execute)
        have |= MEMORY_EXECUTE;
    if (rights & ~have)
        return ERR_NO_RIGHT;
    return task_map_frame(there, to, physical, rights, may_execute && rights & MEMORY_WRITE);
}

static unsigned op_map_memory(struct invocation *i, struct task *there)
{
    uint64_t from = i->in[0], to = i->in[1], bytes = i->in[2], rights = i->in[3];
    if (!range_is_user(from, bytes) || !range_is_user(to, bytes))
        return ERR_BAD_ARGUMENT;
    if (!rights || rights & ~(uint64_t)(MEMORY_READ | MEMORY_WRITE | MEMORY_EXECUTE) ||
        (rights & MEMORY_WRITE && rights & MEMORY_EXECUTE))
        return ERR_BAD_ARGUMENT;
    for (uint64_t done = 0; done < bytes; done += PAGE_BYTES) {
        unsigned error = map_one(i->self->task, there, from + done, to + done, (unsigned)rights);
        if (error && !done)
            return error;
        if (error)
            break;
        i->out[0] = done + PAGE_BYTES;
    }
    i->out_words = 1;
    return 0;
}

static unsigned op_unmap_memory(struct invocation *i, struct task *there)
{
    uint64_t address = i->in[0], bytes = i->in[1];
    if (!range_is_user(address, bytes))
        return ERR_BAD_ARGUMENT;
    for (uint64_t done = 0; done < bytes; done += PAGE_BYTES) {
        /* A UTCB is the kernel's: it goes with its thread. */
        if (!page_is_utcb(there, address + done) && task_unmap_page(there, address + done))
            i->out[0] += PAGE_BYTES;
    }
    i->out_words = 1;
    return 0;
}

static unsigned op_unmap_capability(struct invocation *i, struct task *there)
{
    struct cap_slot *slot = cap_find(there, i->in[0]);
    if (!slot)
        return ERR_NO_CAPABILITY;
    cap_remove(slot);
    return 0;
}

static unsigned op_capability_info(struct invocation *i, const struct task *there)
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
    switch (i->operation) {
    case OP_TASK_MAP_CAPABILITY:
        return op_map_capability(i, t);
    case OP_TASK_MAP_MEMORY:
        return op_map_memory(i, t);
    case OP_TASK_UNMAP_CAPABILITY:
        return op_unmap_capability(i, t);
    case OP_TASK_UNMAP_MEMORY:
        return op_unmap_memory(i, t);
    case OP_TASK_MAP_PORTS:
        return ports_map(i, t);
    case OP_TASK_UNMAP_PORTS:
        return ports_unmap(i, t);
    case OP_TASK_CAPABILITY_INFO:
        return op_capability_info(i, t);
    default:
        return ERR_BAD_OPERATION;
    }
}
