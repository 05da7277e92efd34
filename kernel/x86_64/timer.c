/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One-shot interrupts at a value of the TSC: by the APIC's TSC deadline mode, or by its counter, whose rate against the TSC is
 * measured. A counter that is too short or too fast interrupts early; the rest is then armed again, and the core hears nothing.
 */
#include "kernel/x86_64/timer.h"

#include "harness/measure/cpuid.h"
#include "kernel/core/sched.h"
#include "kernel/x86_64/apic.h"
#include "kernel/x86_64/arch.h"
#include "kernel/x86_64/cpu.h"
#include "kernel/x86_64/processor.h"
#include "kernel/x86_64/trap.h"

#define CPUID_ECX_TSC_DEADLINE (1u << 24)
#define LOCAL_TIMER_DEADLINE (2u << 17)
#define DIVISOR_1 0xb
#define COUNT_MAX 0xffffffffu
#define CALIBRATIONS_A_SECOND 200 /* share of a second that calibrating takes */
#define RATIO_SHIFT 32

static bool has_deadline;
static uint64_t counts_per_tick;  /* APIC counts per TSC tick, << RATIO_SHIFT */

/* Counts of the APIC over a span of the TSC. */
static const char *counter_calibrate(void)
{
    apic_write(APIC_TIMER_DIVISOR, DIVISOR_1);
    apic_write(APIC_TIMER_INITIAL, COUNT_MAX);
    uint64_t span = arch_ticks_hz() / CALIBRATIONS_A_SECOND;
    uint64_t start = arch_ticks(), now;
    uint32_t first = apic_read(APIC_TIMER_CURRENT);
    while ((now = arch_ticks()) - start < span)
        cpu_pause();
    uint64_t counts = first - apic_read(APIC_TIMER_CURRENT);
    apic_write(APIC_TIMER_INITIAL, 0);
    counts_per_tick = (counts << RATIO_SHIFT) / (now - start);
    return counts == 0 || counts_per_tick == 0 ? "local APIC timer does not count" : NULL;
}

const char *timer_init(void)
{
    const char *error = NULL;
    has_deadline = cpuid_read(1, 0).ecx & CPUID_ECX_TSC_DEADLINE;
    if (!has_deadline)
        error = counter_calibrate();
    timer_start();
    return error;
}

void timer_start(void)
{
    if (!has_deadline)
        apic_write(APIC_TIMER_DIVISOR, DIVISOR_1);
    apic_write(APIC_LOCAL_TIMER, VECTOR_TIMER | (has_deadline ? LOCAL_TIMER_DEADLINE : 0));
    mfence(); /* writes of the deadline MSR do not wait for this one (SDM 10.5.4.1) */
}

/* Rounds up: an interrupt a little late, rather than early and once more. */
static uint32_t counts_of_ticks(uint64_t ticks)
{
    unsigned __int128 counts = (((unsigned __int128)ticks * counts_per_tick) >> RATIO_SHIFT) + 1;
    return counts > COUNT_MAX ? COUNT_MAX : (uint32_t)counts;
}

void arch_timer_arm(uint64_t ticks)
{
    struct processor *p = processor_of(arch_cpu());
    p->timer_armed = true;
    p->deadline_ticks = ticks;
    if (has_deadline) {
        wrmsr(MSR_TSC_DEADLINE, ticks != 0 ? ticks : 1);
        return;
    }
    uint64_t now = arch_ticks();
    apic_write(APIC_TIMER_INITIAL, counts_of_ticks(ticks > now ? ticks - now : 0));
}

void arch_timer_disarm(void)
{
    processor_of(arch_cpu())->timer_armed = false;
    if (has_deadline)
        wrmsr(MSR_TSC_DEADLINE, 0);
    else
        apic_write(APIC_TIMER_INITIAL, 0);
}

void timer_expired(void)
{
    struct processor *p = processor_of(arch_cpu());
    if (!p->timer_armed) /* was on its way when disarmed */
        return;
    if (arch_ticks() < p->deadline_ticks) {
        arch_timer_arm(p->deadline_ticks);
        return;
    }
    p->timer_armed = false;
    scheduler_timer_expired();
}
