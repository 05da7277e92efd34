/* SPDX-License-Identifier: BSD-2-Clause
 *
 * An unfair kernel: a quota is counted, and holds nobody up.
 */
#include "kernel/core/factory.h"

#define UNFAIR_FUNCTION factory_charge
#define UNFAIR_TEST "exhaust: exhaustion: memory of a factory"

bool __real_factory_charge(struct factory *f, uint64_t bytes);
bool __wrap_factory_charge(struct factory *f, uint64_t bytes);

bool __wrap_factory_charge(struct factory *f, uint64_t bytes)
{
    if (!__real_factory_charge(f, bytes))
        f->used_bytes += bytes;
    return true;
}
