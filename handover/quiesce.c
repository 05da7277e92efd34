/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Performance counters off, speculation as after a reset; each only where CPUID tells of the register. Not exercised on hardware.
 */
#include "handover/quiesce.h"

#include "harness/measure/cpuid.h"
#include "kernel/x86_64/cpu.h"

#define LEAF_STRUCTURED 7
#define LEAF_COUNTERS 0xa
#define LEAF_EXTENDED_8 0x80000008
#define STRUCTURED_EDX_SPEC_CTRL (1u << 26)
#define EXTENDED_8_EBX_IBRS (1u << 14)
#define MSR_SPEC_CTRL 0x48
#define MSR_FIXED_COUNTER_CONTROL 0x38d
#define MSR_GLOBAL_CONTROL 0x38f
#define EFER_AUTOMATIC_IBRS (1u << 21)

void quiesce(void)
{
    uint32_t last = cpuid_read(0, 0).eax, extended = cpuid_read(0x80000000, 0).eax;
    if (last >= LEAF_COUNTERS && (cpuid_read(LEAF_COUNTERS, 0).eax & 0xff) >= 2) {
        wrmsr(MSR_GLOBAL_CONTROL, 0);
        wrmsr(MSR_FIXED_COUNTER_CONTROL, 0);
    }
    if ((last >= LEAF_STRUCTURED && cpuid_read(LEAF_STRUCTURED, 0).edx & STRUCTURED_EDX_SPEC_CTRL) ||
        (extended >= LEAF_EXTENDED_8 && cpuid_read(LEAF_EXTENDED_8, 0).ebx & EXTENDED_8_EBX_IBRS))
        wrmsr(MSR_SPEC_CTRL, 0);
    uint64_t efer = rdmsr(MSR_EFER);
    if (efer & EFER_AUTOMATIC_IBRS)
        wrmsr(MSR_EFER, efer & ~(uint64_t)EFER_AUTOMATIC_IBRS);
}
