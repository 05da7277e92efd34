/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A kernel that is wrong now and then: a thread that waits stays in the ready queue.
 */
#include "kernel/core/sched.h"
#include "kernel/test/planted/planted.h"

void __real_sched_stop(struct thread *t);
void __wrap_sched_stop(struct thread *t);

void __wrap_sched_stop(struct thread *t)
{
    if (!planted_now(300))
        __real_sched_stop(t);
}
