/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The other CPUs at the end: they are told by NMI, which nothing holds off. The last steps are the boot CPU's, as Linux expects it, and what
 * powers off or resets may, too: another CPU that ends the session leaves them to it, if it has come here.
 */
#include "kernel/x86_64/smp.h"

#include "kernel/x86_64/apic.h"
#include "kernel/x86_64/arch.h"
#include "kernel/x86_64/cpu.h"
#include "kernel/x86_64/exit.h"
#include "kernel/x86_64/processor.h"

#define STOP_POLLS_MAX 100000

static uint32_t stopping;
static uint32_t end_left;      /* to the boot CPU: 1 + status */

bool smp_is_stopping(void) { return __atomic_load_n(&stopping, __ATOMIC_ACQUIRE); }

void smp_stop_others(void)
{
    const struct processor *self = processor_of(arch_cpu());
    __atomic_store_n(&stopping, 1, __ATOMIC_SEQ_CST);
    for (unsigned i = 0; i < processors_added(); i++) {
        struct processor *p = processor_of(arch_cpu_at(i));
        if (p == self || p->state != PROCESSOR_RUNS)
            continue;
        apic_send(p->apic_id, APIC_SEND_NMI);
        for (unsigned poll = 0; poll < STOP_POLLS_MAX && __atomic_load_n(&p->state, __ATOMIC_ACQUIRE) == PROCESSOR_RUNS; poll++)
            cpu_pause();
    }
}

void smp_park_others(void)
{
    for (unsigned i = 0; i < processors_added(); i++) {
        const struct processor *p = processor_of(arch_cpu_at(i));
        if (p != processor_of(arch_cpu()))
            apic_send(p->apic_id, APIC_SEND_INIT);
    }
    smp_delay(SMP_INIT_DELAY_US);
}

void exit_leave(unsigned status)
{
    if (arch_cpu() == &processor_boot.cpu || __atomic_load_n(&processor_boot.state, __ATOMIC_ACQUIRE) != PROCESSOR_STOPPED)
        return;
    __atomic_store_n(&end_left, status + 1, __ATOMIC_SEQ_CST);
    smp_stop();
}

_Noreturn void smp_stop(void)
{
    struct processor *p = processor_of(arch_cpu());
    uint32_t end = 0;
    if (p->state == PROCESSOR_RUNS)
        __atomic_store_n(&p->state, PROCESSOR_STOPPED, __ATOMIC_SEQ_CST);
    for (; p == &processor_boot && !end; end = __atomic_load_n(&end_left, __ATOMIC_ACQUIRE))
        cpu_pause();
    if (end)
        exit_finish(end - 1);
    for (;;) {
        interrupts_disable();
        cpu_halt();
    }
}
