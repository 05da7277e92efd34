/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the CPU says of its flaws, and the guards that are in force: sites of the guarded build (guarded/crossing.h), and bits that are set once.
 */
#include <stddef.h>

#include "harness/measure/cpuid.h"
#include "kernel/x86_64/arch.h"
#include "kernel/x86_64/cpu.h"
#include "kernel/x86_64/mitigations.h"

#define LEAF_STRUCTURED 7
#define LEAF_EXTENDED_LAST 0x80000000
#define LEAF_EXTENDED_8 0x80000008
#define LEAF_EXTENDED_21 0x80000021
#define STRUCTURED_EDX_MD_CLEAR (1u << 10)
#define STRUCTURED_EDX_SPEC_CTRL (1u << 26)
#define STRUCTURED_EDX_ARCH_CAPABILITIES (1u << 29)
#define STRUCTURED_EDX_SSBD (1u << 31)
#define EXTENDED_8_EBX_IBPB (1u << 12)
#define EXTENDED_8_EBX_IBRS (1u << 14)
#define EXTENDED_8_EBX_IBRS_ALWAYS (1u << 16)
#define EXTENDED_8_EBX_SSBD (1u << 24)
#define EXTENDED_8_EBX_SSB_NO (1u << 26)
#define EXTENDED_21_EAX_AUTOMATIC_IBRS (1u << 8)
#define MSR_SPEC_CTRL 0x48
#define MSR_ARCH_CAPABILITIES 0x10a
#define CAPABILITY_IBRS_ALL (1u << 1)
#define CAPABILITY_SSB_NO (1u << 4)
#define SPEC_CTRL_IBRS 1u
#define SPEC_CTRL_SSBD 4u
#define EFER_AUTOMATIC_IBRS (1u << 21)
#define NOP_BYTES_MAX 9
#define JUMP_SHORT 0xeb
#define JUMP_BYTES 2
#define VENDOR_INTEL_EBX 0x756e6547 /* "Genu" */
#define VENDOR_AMD_EBX 0x68747541   /* "Auth" */
#define VENDOR_HYGON_EBX 0x6f677948 /* "Hygo" */

struct guard_site { uint8_t *begin, *end; uint64_t mask, when; };
extern const struct guard_site guard_sites[], guard_sites_end[];

static bool automatic_ibrs;
static unsigned guards_in_force;

static void intel_read(struct speculation *s)
{
    uint32_t edx = cpuid_read(0, 0).eax >= LEAF_STRUCTURED ? cpuid_read(LEAF_STRUCTURED, 0).edx : 0;
    s->clears_buffers = edx & STRUCTURED_EDX_MD_CLEAR;
    s->has_ibpb = s->has_ibrs = edx & STRUCTURED_EDX_SPEC_CTRL;
    s->has_ssbd = edx & STRUCTURED_EDX_SSBD;
    s->capabilities = edx & STRUCTURED_EDX_ARCH_CAPABILITIES ? rdmsr(MSR_ARCH_CAPABILITIES) : 0;
    s->ibrs_enhanced = s->capabilities & CAPABILITY_IBRS_ALL;
}

static void amd_read(struct speculation *s)
{
    uint32_t last = cpuid_read(LEAF_EXTENDED_LAST, 0).eax;
    uint32_t ebx = last >= LEAF_EXTENDED_8 ? cpuid_read(LEAF_EXTENDED_8, 0).ebx : 0;
    automatic_ibrs = last >= LEAF_EXTENDED_21 && cpuid_read(LEAF_EXTENDED_21, 0).eax & EXTENDED_21_EAX_AUTOMATIC_IBRS;
    s->has_ibpb = ebx & EXTENDED_8_EBX_IBPB;
    s->has_ibrs = ebx & EXTENDED_8_EBX_IBRS;
    s->has_ssbd = ebx & EXTENDED_8_EBX_SSBD;
    s->ibrs_enhanced = automatic_ibrs || (s->has_ibrs && ebx & EXTENDED_8_EBX_IBRS_ALWAYS);
    s->capabilities = ebx & EXTENDED_8_EBX_SSB_NO ? CAPABILITY_SSB_NO : 0;
}

void speculation_read(struct speculation *s)
{
    uint32_t vendor = cpuid_read(0, 0).ebx;
    *s = (struct speculation){ .intel = vendor == VENDOR_INTEL_EBX, .amd = vendor == VENDOR_AMD_EBX || vendor == VENDOR_HYGON_EBX };
    if (s->amd)
        amd_read(s);
    else
        intel_read(s);
}

/* One instruction: a NOP as long as the site (Intel SDM vol. 2B, NOP), or a jump over it. */
static void site_skip(uint8_t *at, const uint8_t *end)
{
    static const uint8_t nops[NOP_BYTES_MAX][NOP_BYTES_MAX] = {
        { 0x90 }, { 0x66, 0x90 }, { 0x0f, 0x1f, 0x00 }, { 0x0f, 0x1f, 0x40, 0x00 }, { 0x0f, 0x1f, 0x44, 0x00, 0x00 },
        { 0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00 }, { 0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00 },
        { 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00 }, { 0x66, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00 },
    };
    size_t bytes = (size_t)(end - at);
    ASSERT(bytes && bytes - JUMP_BYTES <= INT8_MAX);
    if (bytes > NOP_BYTES_MAX) {
        at[0] = JUMP_SHORT;
        at[1] = (uint8_t)(bytes - JUMP_BYTES);
        return;
    }
    for (size_t i = 0; i < bytes; i++)
        at[i] = nops[bytes - 1][i];
}

void guards_set(unsigned in_force)
{
    guards_in_force = in_force;
    for (const struct guard_site *s = guard_sites; s < guard_sites_end; s++)
        if ((in_force & s->mask) != s->when)
            site_skip(s->begin, s->end);
}

void guards_start(void)
{
    unsigned in_force = guards_in_force;
    uint64_t control = (in_force & MITIGATION_IBRS && !automatic_ibrs ? SPEC_CTRL_IBRS : 0) | (in_force & MITIGATION_SSBD ? SPEC_CTRL_SSBD : 0);
    if (control)
        wrmsr(MSR_SPEC_CTRL, control);
    if (in_force & MITIGATION_IBRS && automatic_ibrs)
        wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_AUTOMATIC_IBRS);
}
