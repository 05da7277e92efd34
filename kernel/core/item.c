/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Three passes: what is to be done is read from both UTCBs, once; everything is mapped, and taken back when something fails;
 * grants are completed and the receiver's items written, which cannot fail. A message has little enough in it to do this at once.
 */
#include "kernel/core/item.h"

#include "kernel/core/cap.h"
#include "kernel/core/invoke.h"
#include "kernel/core/mapdb.h"
#include "kernel/core/ports.h"
#include "kernel/x86_64/arch.h"

#define TYPE_MASK 3
#define SIZE_MASK 0x3f
#define RIGHTS_MASK 15
#define BASE_MASK (((uint64_t)1 << 51) - 1)

struct item {
    struct flexpage what;
    uint64_t target;           /* address or selector in the receiver's task */
    uint64_t done;             /* bytes or selectors mapped */
    unsigned rights;           /* of the capability that arrived */
};

struct transfer {
    struct thread *sender, *receiver;
    unsigned n;
    unsigned pages_left;
    struct item item[ITEMS_MAX];
};

struct flexpage flexpage_of(uint64_t word)
{
    struct flexpage f = {
        .type = word >> FLEXPAGE_TYPE_SHIFT & TYPE_MASK, .size = word >> FLEXPAGE_SIZE_SHIFT & SIZE_MASK,
        .rights = word & RIGHTS_MASK, .grant = word & FLEXPAGE_GRANT, .base = word >> FLEXPAGE_BASE_SHIFT & BASE_MASK,
    };
    if (f.type == FLEXPAGE_MEMORY)
        f.base <<= FLEXPAGE_BASE_SHIFT;
    return f;
}

static uint64_t word_of(const struct item *i)
{
    const struct flexpage *f = &i->what;
    uint64_t base = f->type == FLEXPAGE_MEMORY ? i->target : i->target << FLEXPAGE_BASE_SHIFT;
    unsigned rights = f->type == FLEXPAGE_MEMORY ? f->rights : i->rights;
    return base | (uint64_t)f->size << FLEXPAGE_SIZE_SHIFT | f->type << FLEXPAGE_TYPE_SHIFT | rights;
}

bool flexpage_is_memory(const struct flexpage *f)
{
    return f->type == FLEXPAGE_MEMORY && f->size >= FLEXPAGE_BASE_SHIFT && f->size <= FLEXPAGE_ALL_MEMORY_SIZE &&
           f->base % flexpage_bytes(f) == 0;
}

bool flexpage_is_ports(const struct flexpage *f)
{
    return f->size <= PORTS_SIZE && f->base < PORTS && f->base % flexpage_bytes(f) == 0;
}

/* --- First pass: what there is to do */

static uint64_t window_of(const struct transfer *t, unsigned type, bool to_fault)
{
    const volatile struct utcb *utcb = t->receiver->utcb;
    if (to_fault)
        return type == FLEXPAGE_MEMORY ? FLEXPAGE_ALL_MEMORY_SIZE << FLEXPAGE_SIZE_SHIFT | FLEXPAGE_MEMORY << FLEXPAGE_TYPE_SHIFT : 0;
    if (type == FLEXPAGE_PORTS)
        return utcb->window_ports;
    return type == FLEXPAGE_MEMORY ? utcb->window_memory : utcb->window_capabilities;
}

/* The target: the item at its offset must lie in the window. */
static unsigned item_place(struct item *i, uint64_t window_word, uint64_t offset)
{
    struct flexpage window = flexpage_of(window_word);
    if (window.type != i->what.type || window.size > FLEXPAGE_ALL_MEMORY_SIZE || window.base % flexpage_bytes(&window))
        return ERR_NO_WINDOW;
    if (i->what.size > window.size || offset > flexpage_bytes(&window) - flexpage_bytes(&i->what))
        return ERR_NO_WINDOW;
    i->target = window.base + offset;
    return 0;
}

static unsigned item_read(struct transfer *t, struct item *i, unsigned index, bool to_fault)
{
    const volatile struct utcb_item *from = &t->sender->utcb->items[index];
    i->what = flexpage_of(from->flexpage);
    i->done = 0;
    uint64_t offset = from->offset;
    uint64_t window = window_of(t, i->what.type, to_fault);
    switch (i->what.type) {
    case FLEXPAGE_MEMORY:
        if (!flexpage_is_memory(&i->what) || offset % PAGE_BYTES)
            return ERR_BAD_ARGUMENT;
        break;
    case FLEXPAGE_CAPABILITY:
        if (i->what.size)
            return ERR_BAD_ARGUMENT;
        break;
    case FLEXPAGE_PORTS: /* each is the same everywhere */
        if (!flexpage_is_ports(&i->what))
            return ERR_BAD_ARGUMENT;
        offset = i->what.base - flexpage_of(window).base;
        break;
    default:
        return 0;
    }
    return item_place(i, window, offset);
}

/* --- Second pass */

static struct map_request request_of(const struct transfer *t, const struct item *i)
{
    return (struct map_request){.from = t->sender->task, .to = t->receiver->task, .source = i->what.base, .target = i->target,
                                .bytes = flexpage_bytes(&i->what), .rights = i->what.rights, .grant = i->what.grant};
}

static bool flexpage_is_user(uint64_t address, uint64_t bytes)
{
    return arch_address_is_user(address) && arch_address_is_user(address + bytes - 1);
}

static unsigned memory_map(struct transfer *t, struct item *i)
{
    const struct map_request r = request_of(t, i);
    if (!flexpage_is_user(r.source, r.bytes) || !flexpage_is_user(r.target, r.bytes) || !r.rights || r.rights > MEMORY_EXECUTE + MEMORY_READ ||
        (r.rights & MEMORY_WRITE && r.rights & MEMORY_EXECUTE))
        return ERR_BAD_ARGUMENT;
    while (i->done < r.bytes) {
        uint64_t bytes;
        if (!t->pages_left)
            return ERR_BAD_ARGUMENT;
        t->pages_left--;
        unsigned error = mapdb_map(&r, i->done, &bytes);
        if (error)
            return error;
        i->done += bytes;
    }
    return 0;
}

static unsigned capability_map(struct transfer *t, struct item *i)
{
    struct cap_slot *source = cap_find(t->sender->task, i->what.base);
    if (!source)
        return ERR_NO_CAPABILITY;
    unsigned error;
    while ((error = cap_reserve(t->receiver->task, i->target)) == INVOKE_AGAIN)
        ; /* a table grows once in its life */
    if (error)
        return error;
    i->rights = source->rights & i->what.rights;
    if (i->what.grant && ((i->rights != source->rights && derivation_below(&source->derived)) ||
                          cap_grant_is_circular(source, t->receiver->task)))
        return ERR_BAD_ARGUMENT;
    cap_insert(t->receiver->task, i->target, source->object, i->rights, source);
    i->done = 1;
    return 0;
}

/* What an earlier item of the message grants is not the sender's any more. */
static bool is_granted_already(const struct transfer *t, const struct item *i)
{
    for (const struct item *earlier = t->item; earlier < i; earlier++) {
        const struct flexpage *a = &earlier->what, *b = &i->what;
        if (a->grant && a->type == b->type && a->base < b->base + flexpage_bytes(b) && b->base < a->base + flexpage_bytes(a))
            return true;
    }
    return false;
}

static unsigned item_map(struct transfer *t, struct item *i)
{
    if (i->what.type == FLEXPAGE_VOID)
        return 0;
    if (is_granted_already(t, i))
        return ERR_BAD_ARGUMENT;
    if (i->what.type == FLEXPAGE_MEMORY)
        return memory_map(t, i);
    if (i->what.type == FLEXPAGE_CAPABILITY)
        return capability_map(t, i);
    i->rights = 0;
    unsigned error = ports_map(t->sender->task, t->receiver->task, &i->what);
    i->done = !error;
    return error;
}

/* Nothing was derived in between: each takes one step for what was mapped. */
COLD static void take_back(struct transfer *t, struct item *i)
{
    unsigned budget = UINT32_MAX;
    if (!i->done)
        return;
    if (i->what.type == FLEXPAGE_CAPABILITY) {
        (void)cap_remove(cap_find(t->receiver->task, i->target), true, &budget);
        return;
    }
    if (i->what.type == FLEXPAGE_PORTS) {
        (void)ports_unmap(t->receiver->task, &i->what, true, &budget);
        return;
    }
    struct unmap_request r = {.task = t->receiver->task, .address = i->target, .end = i->target + i->done, .take = MEMORY_READ,
                              .self = true, .by = t->sender};
    (void)mapdb_unmap(&r, &budget);
}

/* --- Third pass */

COLD static void grant(struct transfer *t, struct item *i)
{
    if (i->what.type == FLEXPAGE_CAPABILITY) {
        cap_grant(cap_find(t->sender->task, i->what.base), cap_find(t->receiver->task, i->target));
        return;
    }
    if (i->what.type == FLEXPAGE_PORTS) {
        ports_grant(t->sender->task, t->receiver->task, &i->what);
        return;
    }
    const struct map_request r = request_of(t, i);
    for (uint64_t done = 0; done < i->done;) {
        uint64_t bytes = arch_entry_bytes(mapping_find(r.to, r.target + done)->entry);
        mapdb_grant(&r, done);
        done += bytes;
    }
}

unsigned items_transfer(struct thread *sender, struct thread *receiver, unsigned n, bool to_fault)
{
    struct transfer t = {.sender = sender, .receiver = receiver, .n = n, .pages_left = ITEM_PAGES_MAX};
    unsigned error = n > ITEMS_MAX ? ERR_BAD_ARGUMENT : 0, index;
    for (index = 0; index < n && !error; index++)
        error = item_read(&t, &t.item[index], index, to_fault);
    for (index = 0; index < n && !error; index++) {
        error = item_map(&t, &t.item[index]);
    }
    while (error && index > 0)
        take_back(&t, &t.item[--index]);
    if (error)
        return error;
    for (index = 0; index < n; index++) {
        struct item *i = &t.item[index];
        if (i->what.type != FLEXPAGE_VOID && i->what.grant)
            grant(&t, i);
        if (!to_fault)
            receiver->utcb->items[index].flexpage = i->what.type == FLEXPAGE_VOID ? 0 : word_of(i);
    }
    return 0;
}
