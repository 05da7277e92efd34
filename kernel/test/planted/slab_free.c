/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A kernel that is wrong now and then: memory of an object is not freed.
 */
#include "kernel/core/slab.h"
#include "kernel/test/planted/planted.h"

void __real_slab_free(void *memory);
void __wrap_slab_free(void *memory);

void __wrap_slab_free(void *memory)
{
    if (!planted_now(100))
        __real_slab_free(memory);
}
