/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A kernel that is wrong now and then: a wait that is over stays in the heap of timeouts.
 */
#include "kernel/core/timeout.h"
#include "kernel/test/planted/planted.h"

void __real_timeout_remove(struct thread *t);
void __wrap_timeout_remove(struct thread *t);

void __wrap_timeout_remove(struct thread *t)
{
    if (!planted_now(50))
        __real_timeout_remove(t);
}
