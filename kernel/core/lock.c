/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/core/lock.h"

#include <stdatomic.h>

#include "kernel/core/sched.h"
#include "kernel/x86_64/arch.h"

static atomic_uint next_ticket, now_serving;
static bool any_touched;           /* some CPU is held */

static void quiescent_set(struct cpu *cpu, uint32_t value)
{
    __atomic_store_n(&cpu->quiescent, value, __ATOMIC_SEQ_CST);
}

static bool lock_try(void)
{
    unsigned serving = atomic_load_explicit(&now_serving, memory_order_acquire);
    return atomic_compare_exchange_strong(&next_ticket, &serving, serving + 1);
}

/* In turn, so that no CPU starves. */
static void lock_wait(void)
{
    unsigned ticket = atomic_fetch_add(&next_ticket, 1);
    while (atomic_load_explicit(&now_serving, memory_order_acquire) != ticket)
        arch_cpu_relax();
}

/* Other CPUs may take hold of this one between the two stores to `quiescent`. */
static void lock_quiescently(struct cpu *cpu)
{
    arch_space_leave_any();
    quiescent_set(cpu, 1);
    lock_wait();
    quiescent_set(cpu, 0);
    if (cpu->flush_spaces) {
        cpu->flush_spaces = false;
        arch_spaces_tlb_flush();
    }
    if (cpu->flush_kernel) {
        cpu->flush_kernel = false;
        arch_kernel_tlb_flush();
    }
}

void lock_take(void)
{
    if (!lock_try())
        lock_quiescently(arch_cpu());
}

void lock_give_back(void)
{
    for (unsigned i = 0; any_touched && i < arch_cpu_count(); i++) {
        struct cpu *cpu = arch_cpu_at(i);
        if (cpu->touched && cpu->idle && sched_has_work(cpu))
            arch_cpu_interrupt(cpu);
        cpu->touched = false;
    }
    any_touched = false;
    atomic_fetch_add_explicit(&now_serving, 1, memory_order_release);
}

void kernel_wait(bool idle)
{
    struct cpu *cpu = arch_cpu();
    arch_space_leave_any();
    cpu->idle = idle;
    quiescent_set(cpu, 1);
    kernel_unlock();
    if (idle)
        arch_idle();
    else
        arch_interrupts_take();
    if (arch_cpu_count() > 1)
        lock_quiescently(cpu);
    quiescent_set(cpu, 0);
    cpu->idle = false;
}

void lock_hold(struct cpu *cpu)
{
    if (cpu->touched)
        return;
    if (!__atomic_load_n(&cpu->quiescent, __ATOMIC_SEQ_CST))
        arch_cpu_interrupt(cpu);
    while (!__atomic_load_n(&cpu->quiescent, __ATOMIC_SEQ_CST))
        arch_cpu_relax();
    cpu->touched = true;
    any_touched = true;
}

void cpu_hold_all(void)
{
    for (unsigned i = 0; i < arch_cpu_count(); i++)
        cpu_hold(arch_cpu_at(i));
}

void cpu_flush_kernel_all(void)
{
    cpu_hold_all();
    for (unsigned i = 0; i < arch_cpu_count(); i++) {
        if (arch_cpu_at(i) != arch_cpu())
            arch_cpu_at(i)->flush_kernel = true;
    }
}
