/* SPDX-License-Identifier: BSD-2-Clause
 *
 * An unfair kernel: a scheduler that was made with a ceiling lets one take any priority.
 */
#include "kernel/core/invoke.h"
#include "kernel/core/scheduler.h"

#define UNFAIR_FUNCTION scheduler_invoke
#define UNFAIR_TEST "priorities: scheduler with a ceiling: no thread above it"

unsigned __real_scheduler_invoke(struct invocation *i);
unsigned __wrap_scheduler_invoke(struct invocation *i);

unsigned __wrap_scheduler_invoke(struct invocation *i)
{
    struct scheduler *s = (struct scheduler *)(void *)i->object;
    uint8_t ceiling = s->ceiling;
    if (i->operation == OP_SCHEDULER_RUN_THREAD)
        s->ceiling = PRIORITY_MAX;
    unsigned error = __real_scheduler_invoke(i);
    s->ceiling = ceiling;
    return error;
}
