/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A CPU that another one started, until it enters the core. Interrupts are off throughout. It does what the boot CPU did for itself
 * and takes over what that one found out.
 */
#include "kernel/core/boot.h"
#include "kernel/x86_64/apic.h"
#include "kernel/x86_64/arch.h"
#include "kernel/x86_64/cpu.h"
#include "kernel/x86_64/features.h"
#include "kernel/x86_64/kernel_map.h"
#include "kernel/x86_64/mitigations.h"
#include "kernel/x86_64/processor.h"
#include "kernel/x86_64/segment.h"
#include "kernel/x86_64/smp.h"
#include "kernel/x86_64/timer.h"
#include "kernel/x86_64/trap.h"

static void clock_tell(void)
{
    for (uint32_t round = 1; round <= SMP_CLOCK_ROUNDS; round++) {
        while (__atomic_load_n(&smp_handshake.round, __ATOMIC_ACQUIRE) != round)
            cpu_pause();
        smp_handshake.ticks = arch_ticks();
        __atomic_store_n(&smp_handshake.answered, round, __ATOMIC_SEQ_CST);
    }
}

_Noreturn void secondary_main(struct processor *p)
{
    cr3_write(kernel_map_root());
    segment_init(p);
    interrupt_load();
    apic_init_secondary();
    p->refusal = apic_id() != p->apic_id ? "another one came in its place" : features_init_secondary(p->cpu.number);
    if (p->refusal) {
        __atomic_store_n(&p->state, PROCESSOR_REFUSED, __ATOMIC_SEQ_CST);
        smp_stop();
    }
    guards_start();
    timer_start();
    syscall_init(smp_handshake.fast_path);
    core_init(&p->cpu);
    __atomic_store_n(&p->state, PROCESSOR_RUNS, __ATOMIC_SEQ_CST);
    clock_tell();
    while (!__atomic_load_n(&smp_handshake.released, __ATOMIC_ACQUIRE))
        cpu_pause();
    core_run();
}
