/* SPDX-License-Identifier: BSD-2-Clause
 *
 * An unfair kernel: when one limited wait is over, all are.
 */
#include "kernel/core/ipc.h"
#include "kernel/core/timeout.h"
#include "kernel/x86_64/arch.h"

#define UNFAIR_FUNCTION timeouts_expire
#define UNFAIR_TEST "exhaust: exhaustion: limited waits"

void __real_timeouts_expire(struct cpu *cpu);
void __wrap_timeouts_expire(struct cpu *cpu);

void __wrap_timeouts_expire(struct cpu *cpu)
{
    bool is_due = timeout_next(cpu) <= arch_ticks();
    __real_timeouts_expire(cpu);
    while (is_due && cpu->timeouts)
        ipc_cancel(cpu->timeouts, ERR_TIMEOUT);
}
