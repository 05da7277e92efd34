/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A slab is one frame: this header, then objects of one size. Slabs with room hang on their factory's list; full ones hang
 * nowhere and are found again through the address of an object in them.
 */
#include "kernel/core/slab.h"

#include "kernel/core/factory.h"
#include "kernel/core/ring.h"
#include "kernel/x86_64/arch.h"

static const uint16_t object_bytes[SLAB_KINDS] = {
    [KIND_TASK] = sizeof(struct task),
    [KIND_THREAD] = sizeof(struct thread),
    [KIND_GATE] = sizeof(struct gate),
    [KIND_FACTORY] = sizeof(struct factory),
    [KIND_SEMAPHORE] = sizeof(struct semaphore),
    [KIND_IRQ] = sizeof(struct irq),
    [KIND_SCHEDULER] = sizeof(struct scheduler),
    [SLAB_MAPPING] = sizeof(struct mapping),
    [SLAB_PORTS] = sizeof(struct port_range),
};

/* Objects start on a cache line: cap words and fast path rely on the alignment of gates and threads. */
static inline size_t slab_stride(uint8_t kind)
{
    return ((size_t)object_bytes[kind] + CACHE_LINE_BYTES - 1) / CACHE_LINE_BYTES * CACHE_LINE_BYTES;
}

COLD static struct slab *slab_create(struct factory *f, uint8_t kind)
{
    struct slab *s = factory_frame_allocate(f);
    if (!s)
        return NULL;
    size_t stride = slab_stride(kind);
    s->factory = f;
    s->kind = kind;
    s->capacity = (uint32_t)((PAGE_BYTES - sizeof *s) / stride);
    char *first = (char *)s + sizeof *s;
    for (size_t i = s->capacity; i-- > 0;) {
        void **object = (void **)(void *)(first + i * stride);
        *object = s->free;
        s->free = object;
    }
    RING_ADD(f->slabs[kind], s, next, prev);
    return s;
}

void *slab_allocate(struct factory *f, uint8_t kind)
{
    struct slab *s = f->slabs[kind];
    if (!s)
        s = slab_create(f, kind);
    if (!s)
        return NULL;
    void **object = s->free;
    s->free = *object;
    *object = NULL;
    if (++s->used == s->capacity)
        RING_REMOVE(f->slabs[kind], s, next, prev);
    return object;
}

void slab_free(void *memory)
{
    struct slab *s = (struct slab *)((uintptr_t)memory & ~(uintptr_t)(PAGE_BYTES - 1));
    ASSERT(s->used > 0);
    size_t stride = slab_stride(s->kind);
    uint64_t *word = memory;
    for (size_t i = 0; i < stride / sizeof *word; i++)
        word[i] = 0;
    struct factory *f = s->factory;
    if (s->used-- == s->capacity)
        RING_ADD(f->slabs[s->kind], s, next, prev);
    *(void **)memory = s->free;
    s->free = memory;
    if (s->used)
        return;
    RING_REMOVE(f->slabs[s->kind], s, next, prev);
    factory_frame_free(f, s);
}
