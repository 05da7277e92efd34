/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Every slot knows its parent and its children, so that a capability is removed together with all that were derived from it.
 * Nothing here recurses: trees are taken down leaf by leaf, and objects that die wait in a list for object_reap.
 */
#include "kernel/core/cap.h"

#include "kernel/core/factory.h"
#include "kernel/core/gate.h"
#include "kernel/core/irq.h"
#include "kernel/core/lock.h"
#include "kernel/core/semaphore.h"
#include "kernel/core/task.h"
#include "kernel/core/thread.h"
#include "kernel/x86_64/arch.h"

#define WORDS_PER_FRAME (PAGE_BYTES / sizeof(cap_word))

static struct object *reap_list;
static uint64_t object_number;

void object_init(struct object *o, uint8_t kind, struct factory *f)
{
    o->kind = kind;
    o->factory = f;
    o->number = ++object_number;
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

void object_reap(void)
{
    if (reap_list) /* a fast path may still be on its way to one of them */
        cpu_hold_all();
    while (reap_list) {
        struct object *o = reap_list;
        reap_list = o->reap_next;
        o->reap_queued = false;
        switch (o->kind) {
        case KIND_TASK:
            task_destroy((struct task *)o);
            break;
        case KIND_THREAD:
            thread_destroy(thread_of(o));
            break;
        case KIND_GATE:
            gate_destroy(gate_of(o));
            break;
        case KIND_FACTORY:
            factory_destroy((struct factory *)o);
            break;
        case KIND_IRQ:
            irq_destroy((struct irq *)o);
            break;
        case KIND_SEMAPHORE:
            semaphore_destroy((struct semaphore *)o);
            break;
        default: /* made at boot: nobody can use it any more, its memory stays */
            break;
        }
    }
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

/* Raises the limit page by page, so that what the fast path reads below it is always backed. */
static bool table_grow(struct task *t, uint64_t selector)
{
    while (t->cap_limit <= selector) {
        cap_word *words = t->cap_words + t->cap_limit;
        if (!table_back(t, words))
            return false;
        for (size_t i = 0; i < WORDS_PER_FRAME; i++)
            words[i] = CAP_EMPTY;
        t->cap_limit += WORDS_PER_FRAME;
        task_cap_limit_changed(t);
    }
    return true;
}

unsigned cap_reserve(struct task *t, uint64_t selector)
{
    if (!selector || selector > SELECTOR_MAX)
        return ERR_BAD_ARGUMENT;
    if (cap_find(t, selector))
        return ERR_OCCUPIED;
    /* A slot may lie across the border of two pages. */
    char *first = (char *)&t->cap_slots[selector], *last = first + sizeof(struct cap_slot) - 1;
    if (!table_grow(t, selector) || !table_back(t, first) || !table_back(t, last))
        return ERR_NO_MEMORY;
    return 0;
}

void cap_insert(struct task *t, uint64_t selector, struct object *object, unsigned rights, struct cap_slot *parent)
{
    struct cap_slot *slot = &t->cap_slots[selector];
    *slot = (struct cap_slot){
        .object = object, .parent = parent, .next = slot, .prev = slot,
        .task = t, .selector = (uint32_t)selector, .rights = (uint8_t)rights,
    };
    if (parent) {
        if (parent->child) {
            slot->next = parent->child;
            slot->prev = parent->child->prev;
            slot->prev->next = slot->next->prev = slot;
        }
        parent->child = slot;
    }
    object->capabilities++;
    t->cap_words[selector] = cap_word_of(object, rights);
}

static void slot_remove(struct cap_slot *slot)
{
    struct cap_slot *parent = slot->parent;
    ASSERT(!slot->child);
    if (parent && parent->child == slot)
        parent->child = slot->next == slot ? NULL : slot->next;
    slot->next->prev = slot->prev;
    slot->prev->next = slot->next;
    slot->task->cap_words[slot->selector] = CAP_EMPTY;
    struct object *object = slot->object;
    *slot = (struct cap_slot){0};
    object_put(object);
}

void cap_remove(struct cap_slot *slot)
{
    struct cap_slot *leaf = slot;
    for (;;) {
        while (leaf->child)
            leaf = leaf->child;
        struct cap_slot *parent = leaf->parent;
        bool last = leaf == slot;
        slot_remove(leaf);
        if (last)
            return;
        leaf = parent;
    }
}

void cap_remove_all(struct task *t)
{
    for (uint64_t selector = 1; selector < t->cap_limit; selector++) {
        if (t->cap_words[selector] != CAP_EMPTY)
            cap_remove(&t->cap_slots[selector]);
    }
}
