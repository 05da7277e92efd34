/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The CPU that booted, and fresh threads.
 */
#include "kernel/x86_64/cpu_boot.h"

#include "kernel/x86_64/arch.h"
#include "kernel/x86_64/cpu.h"

struct cpu cpu_boot;

/* GS base is the address of struct cpu as long as the kernel runs. */
struct cpu *arch_cpu(void)
{
    struct cpu *self;
    __asm__("movq %%gs:%c1, %0" : "=r"(self) : "i"(offsetof(struct cpu, self)));
    return self;
}

void arch_thread_init(struct thread *t)
{
    for (unsigned i = 0; i < SAVED_REGISTERS; i++)
        t->regs[i] = 0;
    t->rip = t->rsp = t->rbp = t->fs_base = 0;
    t->rflags = RFLAGS_ALWAYS_1 | RFLAGS_INTERRUPT;
    t->full_context = true;
}
