/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Memory of kernel objects. Each factory has frames of its own for each kind of object, so that what it is charged for is what
 * it really takes, whatever the order in which objects come and go.
 */
#ifndef KERNEL_CORE_SLAB_H
#define KERNEL_CORE_SLAB_H

#include "kernel/core/object.h"

struct slab {
    alignas(CACHE_LINE_BYTES) struct factory *factory;
    struct slab *next, *prev; /* slabs of that factory and kind with room, circular */
    void *free;               /* free objects, linked through their first word */
    uint32_t used;
    uint32_t capacity;
    uint8_t kind;
};

/* Zeroed memory for one object of that kind, paid for by `f` when it takes another frame; NULL: quota or memory is out. */
void *slab_allocate(struct factory *f, uint8_t kind);
/* The same, where no slab is to be made or becomes full. */
static inline void *slab_take(struct factory *f, uint8_t kind)
{
    struct slab *s = f->slabs[kind];
    if (!s || s->used + 1 == s->capacity)
        return slab_allocate(f, kind);
    void **object = (void **)s->free;
    s->used++;
    s->free = *object;
    *object = NULL;
    return object;
}
/* Gives it back; a frame that becomes empty is freed and refunded. */
void slab_free(void *memory);

#endif
