/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Performance counters of the CPU that boots: the registers behind pmu.c. Whoever asks for them (pmu=on) lets user code read them, which
 * tells programs about each other: the default is that RDPMC faults.
 */
#include "kernel/x86_64/arch.h"
#include "kernel/x86_64/cpu.h"
#include "kernel/x86_64/guarded.h"
#include "kernel/x86_64/pmu.h"

static struct pmu_info info = { .reason = "off: not asked for (kernel option pmu=on)" };

static uint64_t noise_has;

const struct pmu_info *pmu_found(void) { return &info; }

void arch_noise(uint64_t *out)
{
    out[0] = noise_has;
    out[1] = arch_cpu()->number;
    out[2] = arch_cpu()->interrupts;
    out[3] = noise_has & NOISE_SMIS ? rdmsr(MSR_SMI_COUNT) : 0;
    out[4] = noise_has & NOISE_FREQUENCY ? rdmsr(MSR_APERF) : 0;
    out[5] = noise_has & NOISE_FREQUENCY ? rdmsr(MSR_MPERF) : 0;
}

void pmu_init(uint32_t wanted)
{
    static const struct pmu_machine machine = { cpuid_read, guarded_read, guarded_write, guarded_counter, guarded_loop };
    noise_has = pmu_noise_probe(&machine);
    if (wanted)
        pmu_probe(&machine, wanted, &info);
    pmu_policy_probe(&machine, &info);
    if (info.count > 0)
        cr4_write(cr4_read() | CR4_COUNTER_READ);
}
