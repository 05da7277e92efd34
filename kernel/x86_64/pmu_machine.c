/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Performance counters of the CPU that boots: the registers behind pmu.c. Whoever asks for them (pmu=on) lets user code read them, which
 * tells programs about each other: the default is that RDPMC faults.
 */
#include "kernel/x86_64/cpu.h"
#include "kernel/x86_64/guarded.h"
#include "kernel/x86_64/pmu.h"

static struct pmu_info info = { .reason = "off: not asked for (kernel option pmu=on)" };

const struct pmu_info *pmu_found(void) { return &info; }

void pmu_init(void)
{
    static const struct pmu_machine machine = { cpuid_read, guarded_read, guarded_write, guarded_counter, guarded_loop };
    pmu_probe(&machine, &info);
    if (info.count > 0)
        cr4_write(cr4_read() | CR4_COUNTER_READ);
}
