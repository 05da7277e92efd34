/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What slow entries do so often that a function call would show. kernel/test/local has the same for the host.
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

/* Copies words between UTCBs. */
static inline void arch_words_copy(uint64_t *to, const uint64_t *from, uint64_t words)
{
    __asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words) :: "memory");
}

#endif
