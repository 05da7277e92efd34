/* SPDX-License-Identifier: BSD-2-Clause */
#include "workloads/lib/fpu.h"

#include "harness/measure/cpuid.h"

#define FEATURES_ECX_OSXSAVE (1u << 27)
#define FEATURES_ECX_AVX (1u << 28)
#define XCR0_AVX 4u

uint32_t fpu_xcr0(void);

bool fpu_has_avx(void)
{
    uint32_t features = cpuid_read(1, 0).ecx;

    return (features & FEATURES_ECX_AVX) && (features & FEATURES_ECX_OSXSAVE) && (fpu_xcr0() & XCR0_AVX);
}
