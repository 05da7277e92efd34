/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Several CPUs in the kernel: one lock, and CPUs that hold still.
 *
 * The kernel lock is held from entry to exit of everything but the fast path. It protects all that is not a CPU's own.
 * A CPU's own are: its struct cpu, its ready queue, and the IPC and scheduling state of the threads that live on it. They may be
 * touched by that CPU, in the fast path without any lock, and by another one that has the lock while the owner is *quiescent*:
 * while it waits for the lock or idles. cpu_hold makes it so and keeps it so until the lock is given back; a CPU in user mode is
 * interrupted for that, one on the fast path (interrupts off, some fifty instructions) is waited for.
 *
 * A quiescent CPU uses the kernel's page table, and forgets what it must before it goes on, so that holding one is at the same time the
 * shootdown of its TLB entries for user space; objects are freed with every CPU held, so that the fast path needs no protection against memory that goes away.
 * Order: there is one lock, and only its holder waits for other CPUs. The same-CPU fast path takes no lock and executes no
 * atomic instruction.
 */
#ifndef KERNEL_CORE_LOCK_H
#define KERNEL_CORE_LOCK_H

#include "kernel/core/object.h"
#include "kernel/x86_64/arch.h"

/* The same when there are several CPUs, or another one. */
void lock_take(void);
void lock_give_back(void);
void lock_hold(struct cpu *cpu);

/* Takes the kernel lock. The CPU's own state may have been changed by another one before it returns. */
static inline void kernel_lock(void)
{
    if (arch_cpu_count() > 1)
        lock_take();
}

/* Wakes the idle CPUs that were given work and gives the lock back. */
static inline void kernel_unlock(void)
{
    if (arch_cpu_count() > 1)
        lock_give_back();
}

/* Lets interrupts and other CPUs have their turn while nobody runs here, without the lock; idle: halts until an interrupt. */
void kernel_wait(bool idle);

/* Makes that CPU's own state ours until kernel_unlock. */
static inline void cpu_hold(struct cpu *cpu)
{
    if (cpu != arch_cpu())
        lock_hold(cpu);
}

/* All of them: no TLB but this CPU's is used for user space, nor will it be before arch_tlb_drop has reached it. */
void cpu_hold_all(void);
/* Every CPU forgets what it knows of kernel addresses before it goes on. */
void cpu_flush_kernel_all(void);

#endif
