/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The two questions that every slow entry asks several times, as one load each. kernel/test/local has them for the host.
 */
#ifndef CPU_LOCAL_H
#define CPU_LOCAL_H

#include "kernel/core/object.h"

extern unsigned cpus_running; /* processor.c */

/* GS base is the address of struct cpu as long as the kernel runs. */
static inline struct cpu *arch_cpu(void)
{
    struct cpu *self;
    __asm__("movq %%gs:%c1, %0" : "=r"(self) : "i"(offsetof(struct cpu, self)));
    return self;
}

static inline unsigned arch_cpu_count(void) { return cpus_running; }

#endif
