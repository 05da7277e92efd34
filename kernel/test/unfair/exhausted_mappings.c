/* SPDX-License-Identifier: BSD-2-Clause
 *
 * An unfair kernel: who cannot pay for a mapping has it paid for by the factory above.
 */
#include "kernel/core/slab.h"

#define UNFAIR_FUNCTION slab_allocate
#define UNFAIR_TEST "exhaust: exhaustion: mapping database"

void *__real_slab_allocate(struct factory *f, uint8_t kind);
void *__wrap_slab_allocate(struct factory *f, uint8_t kind);

void *__wrap_slab_allocate(struct factory *f, uint8_t kind)
{
    void *object = __real_slab_allocate(f, kind);
    return object || kind != SLAB_MAPPING || !f->object.factory ? object : __real_slab_allocate(f->object.factory, kind);
}
