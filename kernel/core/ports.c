/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Of two aligned ranges that overlap one contains the other.
 */
#include "kernel/core/ports.h"

#include "kernel/core/factory.h"
#include "kernel/core/lock.h"
#include "kernel/core/slab.h"
#include "kernel/core/thread.h"
#include "kernel/x86_64/arch.h"

#define FRAME_PORTS (PAGE_BYTES * 8)
_Static_assert(PORTS == PORT_FRAMES * FRAME_PORTS && PORTS == 1 << PORTS_SIZE, "the bitmap is whole frames");

static bool overlaps(const struct port_range *r, const struct flexpage *f)
{
    return r->first < f->base + flexpage_bytes(f) && f->base < r->first + r->count;
}

/* A range that overlaps; NULL when there is none. Its place is before the others, so that it is found at once again. */
static struct port_range *range_find(struct task *t, const struct flexpage *f)
{
    struct port_range **at = &t->port_ranges, *r;
    while ((r = *at) != NULL && !overlaps(r, f))
        at = &r->next;
    if (r) {
        *at = r->next;
        r->next = t->port_ranges;
        t->port_ranges = r;
    }
    return r;
}

/* What CPUs have taken over of that task's bitmap is old. */
static void ports_forget(const struct task *t)
{
    cpu_hold_all();
    for (unsigned i = 0; i < arch_cpu_count(); i++)
        if (arch_cpu_at(i)->ports_task == t)
            arch_cpu_at(i)->ports_task = NULL;
}

static void range_set(const struct port_range *r, bool allowed)
{
    unsigned mask = ((1u << r->count % 8) - 1) << r->first % 8;
    for (unsigned port = r->first; port < r->first + r->count; port += FRAME_PORTS) {
        uint8_t *byte = &r->task->ports[port / FRAME_PORTS][port % FRAME_PORTS / 8];
        if (r->count < 8)
            *byte = (uint8_t)(allowed ? *byte & ~mask : *byte | mask);
        else
            __builtin_memset(byte, allowed ? 0 : 0xff, (r->count < FRAME_PORTS ? r->count : FRAME_PORTS) / 8);
    }
    ports_forget(r->task);
}

static void bitmap_free(struct task *t)
{
    if (t->ports[0])
        ports_forget(t);
    for (unsigned i = 0; i < PORT_FRAMES && t->ports[i]; i++) {
        factory_frame_free(t->object.factory, t->ports[i]);
        t->ports[i] = NULL;
    }
}

static bool bitmap_make(struct task *t)
{
    if (t->ports[0])
        return true;
    for (unsigned i = 0; i < PORT_FRAMES; i++) {
        t->ports[i] = factory_frame_allocate(t->object.factory);
        if (!t->ports[i]) {
            bitmap_free(t);
            return false;
        }
        __builtin_memset(t->ports[i], 0xff, PAGE_BYTES);
    }
    cpu_hold_all();
    struct thread *thread = t->threads;
    if (!thread)
        return true;
    do {
        thread_extra_set(thread, EXTRA_PORTS, true);
        thread = thread->task_next;
    } while (thread != t->threads);
    return true;
}

static struct port_range *range_make(struct task *t)
{
    struct port_range *r = t->port_range_count < PORT_RANGES_MAX ? slab_allocate(t->object.factory, SLAB_PORTS) : NULL;
    if (!r)
        return NULL;
    if (!bitmap_make(t)) {
        slab_free(r);
        return NULL;
    }
    r->task = t;
    r->next = t->port_ranges;
    t->port_ranges = r;
    t->port_range_count++;
    return r;
}

static void range_remove(struct port_range *r)
{
    struct port_range **at = &r->task->port_ranges;
    range_set(r, false);
    while (*at != r)
        at = &(*at)->next;
    *at = r->next;
    r->task->port_range_count--;
    derivation_remove(&r->derived);
    slab_free(r);
}

unsigned ports_map(struct task *from, struct task *to, const struct flexpage *f)
{
    if (!flexpage_is_ports(f))
        return ERR_BAD_ARGUMENT;
    unsigned count = (unsigned)flexpage_bytes(f);
    struct port_range *source = range_find(from, f);
    if (source && source->count < count)
        source = NULL;
    if (!source && !from->all_ports)
        return ERR_NO_RIGHT;
    if (f->grant && (!source || source->count != count))
        return ERR_BAD_ARGUMENT;
    if (range_find(to, f))
        return ERR_OCCUPIED;
    struct port_range *r = range_make(to);
    if (!r)
        return ERR_NO_MEMORY;
    derivation_add(source ? &source->derived : NULL, &r->derived);
    r->first = (uint32_t)f->base;
    r->count = count;
    range_set(r, true);
    return 0;
}

void ports_grant(struct task *from, struct task *to, const struct flexpage *f)
{
    struct port_range *source = range_find(from, f), *r = range_find(to, f);
    if (!source || !r || !derivation_below(&source->derived))
        return; /* another item of the message has granted it */
    derivation_replace(&source->derived, &r->derived);
    source->derived = (struct derivation){0};
    range_remove(source);
}

bool ports_unmap(struct task *t, const struct flexpage *f, bool self, unsigned *budget)
{
    struct port_range *next;
    for (struct port_range *r = t->port_ranges; r; r = next) {
        next = r->next;
        if (!overlaps(r, f))
            continue;
        for (struct derivation *d; (d = derivation_below(&r->derived)) != NULL; --*budget) {
            if (!*budget)
                return false;
            range_remove((struct port_range *)(void *)d);
        }
        if (self)
            range_remove(r);
    }
    return true;
}

bool ports_release(struct task *t, unsigned *budget)
{
    const struct flexpage all = {.size = PORTS_SIZE};
    if (!ports_unmap(t, &all, true, budget))
        return false;
    bitmap_free(t);
    return true;
}
