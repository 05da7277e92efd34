/* SPDX-License-Identifier: BSD-2-Clause
 *
 * An unfair kernel: more records of a ring can be given back than there are.
 */
#include "kernel/core/scheduler.h"
#include "kernel/x86_64/arch.h"

#define UNFAIR_FUNCTION scheduler_invoke
#define UNFAIR_TEST "exhaust: exhaustion: ring of tracepoints"
#define UNFAIR_OPTIONS "trace=on"

unsigned __real_scheduler_invoke(struct invocation *i);
unsigned __wrap_scheduler_invoke(struct invocation *i);

unsigned __wrap_scheduler_invoke(struct invocation *i)
{
    unsigned error = __real_scheduler_invoke(i);
    return i->operation == OP_SCHEDULER_TRACE ? 0 : error;
}
