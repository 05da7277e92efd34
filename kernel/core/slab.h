/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Memory of kernel objects. Each factory has frames of its own for each kind of object, so that what it is charged for is what
 * it really takes, whatever the order in which objects come and go.
 */
#ifndef KERNEL_CORE_SLAB_H
#define KERNEL_CORE_SLAB_H

#include "kernel/core/object.h"

/* Zeroed memory for one object of that kind, paid for by `f` when it takes another frame; NULL: quota or memory is out. */
void *slab_allocate(struct factory *f, uint8_t kind);
/* Gives it back; a frame that becomes empty is freed and refunded. */
void slab_free(void *memory);

#endif
