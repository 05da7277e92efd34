/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A capability is removed together with all that were derived from it (derivation.h), in steps. Objects that die wait in a list for
 * object_reap; what it costs to destroy one is done in steps, too.
 */
#include "kernel/core/cap.h"

#include "kernel/core/factory.h"
#include "kernel/core/gate.h"
#include "kernel/core/invoke.h"
#include "kernel/core/irq.h"
#include "kernel/core/lock.h"
#include "kernel/core/scheduler.h"
#include "kernel/core/semaphore.h"
#include "kernel/core/slab.h"
#include "kernel/core/task.h"
#include "kernel/core/thread.h"
#include "kernel/x86_64/arch.h"

#define SCANNED_A_UNIT 32
#define GROWN_AT_ONCE 8        /* pages of a table, 512 selectors each */
#define WORDS_PER_FRAME (PAGE_BYTES / sizeof(cap_word))

static struct object *reap_list;
static uint64_t object_number;

void object_init(struct object *o, uint8_t kind, struct factory *f)
{
    o->kind = kind;
    o->factory = f;
    o->number = ++object_number;
}

struct object *object_make(struct factory *f, uint8_t kind)
{
    struct object *o = slab_allocate(f, kind);
    if (o)
        object_init(o, kind, f);
    return o;
}

static void object_put(struct object *o)
{
    ASSERT(o->capabilities > 0);
    if (--o->capabilities)
        return;
    o->dying = true;
    object_reap_later(o);
}

void object_reap_later(struct object *o)
{
    if (o->reap_queued)
        return;
    o->reap_queued = true;
    o->reap_next = reap_list;
    reap_list = o;
}

bool object_reap_pending(void) { return reap_list; }

COLD static bool object_destroy(struct object *o, unsigned *budget)
{
    switch (o->kind) {
    case KIND_TASK:
        return task_destroy((struct task *)o, budget);
    case KIND_THREAD:
        return thread_destroy(thread_of(o), budget);
    case KIND_GATE:
        gate_destroy(gate_of(o));
        return true;
    case KIND_FACTORY:
        factory_destroy((struct factory *)o);
        return true;
    case KIND_IRQ:
        irq_destroy((struct irq *)o);
        return true;
    case KIND_SEMAPHORE:
        return semaphore_destroy((struct semaphore *)o, budget);
    case KIND_SCHEDULER:
        if (o->factory) /* else it was made at boot */
            scheduler_destroy((struct scheduler *)o);
        return true;
    default: /* made at boot: nobody can use it any more, its memory stays */
        return true;
    }
}

bool object_reap(unsigned *budget)
{
    if (!reap_list)
        return true;
    cpu_hold_all(); /* a fast path may still be on its way to one of them */
    while (reap_list) {
        struct object *o = reap_list;
        if (!*budget)
            return false;
        --*budget;
        reap_list = o->reap_next;
        o->reap_queued = false;
        if (object_destroy(o, budget))
            continue;
        o->reap_queued = true; /* to the front again: it is finished first */
        o->reap_next = reap_list;
        reap_list = o;
        return false;
    }
    return true;
}

cap_word cap_word_of(const struct object *object, unsigned rights)
{
    if (object->kind != KIND_GATE)
        return (cap_word)(uintptr_t)object | CAP_NOT_GATE;
    const struct gate *g = (const struct gate *)(const void *)((const char *)object - offsetof(struct gate, object));
    return (cap_word)(uintptr_t)g + ((cap_word)(rights & LABEL_RIGHTS_MASK) << CAP_LABEL_RIGHTS_SHIFT) +
           (rights & RIGHT_SEND ? 0 : CAP_NO_SEND);
}

struct cap_slot *cap_find(const struct task *t, uint64_t selector)
{
    if (selector >= t->cap_limit || t->cap_words[selector] == CAP_EMPTY)
        return NULL;
    return &t->cap_slots[selector];
}

unsigned cap_lookup(const struct task *t, uint64_t selector, uint8_t kind, unsigned rights, struct object **object)
{
    const struct cap_slot *slot = cap_find(t, selector);
    if (!slot)
        return ERR_NO_CAPABILITY;
    if (slot->object->kind != kind)
        return ERR_BAD_ARGUMENT;
    if (rights & ~(unsigned)slot->rights)
        return ERR_NO_RIGHT;
    /* Threads and gates do not begin with their head; callers get what they asked for. */
    if (kind == KIND_THREAD)
        *object = (struct object *)(void *)thread_of(slot->object);
    else if (kind == KIND_GATE)
        *object = (struct object *)(void *)gate_of(slot->object);
    else
        *object = slot->object;
    return 0;
}

/* Backs one page of the table, paid for by the task's factory. */
static bool table_back(struct task *t, void *address)
{
    uint64_t cost = arch_cap_region_cost(address);
    if (!cost)
        return true;
    if (!factory_charge(t->object.factory, cost * PAGE_BYTES))
        return false;
    uint64_t frames = 0;
    bool backed = arch_cap_region_back(address, &frames);
    t->table_frames += frames;
    ASSERT(frames <= cost);
    if (frames < cost)
        factory_refund(t->object.factory, (cost - frames) * PAGE_BYTES);
    return backed;
}

/* What the fast path reads below the limit is always backed. */
COLD static unsigned table_grow(struct task *t, uint64_t selector)
{
    unsigned error = 0;
    for (unsigned page = 0; !error && t->cap_limit <= selector; page++) {
        cap_word *words = t->cap_words + t->cap_limit;
        error = page == GROWN_AT_ONCE ? INVOKE_AGAIN : table_back(t, words) ? 0 : ERR_NO_MEMORY;
        for (size_t i = 0; !error && i < WORDS_PER_FRAME; i++)
            words[i] = CAP_EMPTY;
        t->cap_limit += error ? 0 : WORDS_PER_FRAME;
    }
    task_cap_limit_changed(t);
    return error;
}

unsigned cap_reserve(struct task *t, uint64_t selector)
{
    if (!selector || selector > SELECTOR_MAX)
        return ERR_BAD_ARGUMENT;
    if (cap_find(t, selector))
        return ERR_OCCUPIED;
    /* A slot may lie across the border of two pages. */
    char *first = (char *)&t->cap_slots[selector], *last = first + sizeof(struct cap_slot) - 1;
    unsigned error = t->cap_limit <= selector ? table_grow(t, selector) : 0;
    if (error)
        return error;
    return table_back(t, first) && table_back(t, last) ? 0 : ERR_NO_MEMORY;
}

void cap_insert(struct task *t, uint64_t selector, struct object *object, unsigned rights, struct cap_slot *parent)
{
    struct cap_slot *slot = &t->cap_slots[selector];
    *slot = (struct cap_slot){.object = object, .task = t, .selector = (uint32_t)selector, .rights = (uint8_t)rights};
    derivation_add(parent ? &parent->derived : NULL, &slot->derived);
    object->capabilities++;
    t->cap_words[selector] = cap_word_of(object, rights);
}

static void slot_remove(struct cap_slot *slot)
{
    struct object *object = slot->object;
    derivation_remove(&slot->derived);
    slot->task->cap_words[slot->selector] = CAP_EMPTY;
    *slot = (struct cap_slot){0};
    object_put(object);
}

bool cap_remove(struct cap_slot *slot, bool self, unsigned *budget)
{
    for (struct derivation *d; (d = derivation_below(&slot->derived)) != NULL; --*budget) {
        if (!*budget)
            return false;
        slot_remove((struct cap_slot *)(void *)d);
    }
    if (self)
        slot_remove(slot);
    return true;
}

static struct task *task_first(const struct cap_slot *slot)
{
    return slot->object->kind == KIND_TASK && !slot->derived.depth ? (struct task *)(void *)slot->object : NULL;
}

COLD bool cap_grant_is_circular(const struct cap_slot *slot, const struct task *to)
{
    const struct task *granted = task_first(slot);
    while (granted && to && to != granted)
        to = to->object.dying ? NULL : to->owner;
    return granted && to;
}

COLD void cap_grant(struct cap_slot *slot, struct cap_slot *to)
{
    struct task *granted = task_first(slot);
    if (granted)
        granted->owner = to->task;
    derivation_replace(&slot->derived, &to->derived);
    slot->derived = (struct derivation){0};
    slot_remove(slot);
}

COLD bool cap_remove_all(struct task *t, unsigned *budget)
{
    for (; t->reaped_selector < t->cap_limit; t->reaped_selector++) {
        if (!*budget)
            return false;
        if (t->cap_words[t->reaped_selector] != CAP_EMPTY && !cap_remove(&t->cap_slots[t->reaped_selector], true, budget))
            return false;
        *budget -= *budget > 0 && t->reaped_selector % SCANNED_A_UNIT == 0;
    }
    return true;
}
