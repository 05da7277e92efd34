/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A kernel that is wrong now and then: a page of quota is not given back.
 */
#include "kernel/core/factory.h"
#include "kernel/test/planted/planted.h"

void __real_factory_refund(struct factory *f, uint64_t bytes);
void __wrap_factory_refund(struct factory *f, uint64_t bytes);

void __wrap_factory_refund(struct factory *f, uint64_t bytes)
{
    if (bytes != PAGE_BYTES || !planted_now(100))
        __real_factory_refund(f, bytes);
}
