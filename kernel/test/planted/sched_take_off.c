/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A kernel that is wrong now and then: a thread that waits stays in the ready queue.
 */
#include "kernel/core/sched.h"
#include "kernel/test/planted/planted.h"

void __real_sched_take_off(struct sched_context *sc);
void __wrap_sched_take_off(struct sched_context *sc);

void __wrap_sched_take_off(struct sched_context *sc)
{
    if (!planted_now(300))
        __real_sched_take_off(sc);
}
