/* SPDX-License-Identifier: BSD-2-Clause
 *
 * CPUID, the one instruction that asks the processor who it is (Intel SDM vol. 2A). Never inside a measured region: it traps
 * to the hypervisor.
 */
#ifndef HARNESS_MEASURE_CPUID_H
#define HARNESS_MEASURE_CPUID_H

#include <stdint.h>

struct cpuid_registers {
    uint32_t eax, ebx, ecx, edx;
};

static inline struct cpuid_registers cpuid_read(uint32_t leaf, uint32_t subleaf)
{
    struct cpuid_registers r;
    __asm__ volatile("cpuid" : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx) : "a"(leaf), "c"(subleaf));
    return r;
}

#endif
