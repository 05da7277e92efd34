/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Control registers (Intel SDM vol. 3A, 2.5) and the SYSCALL registers. What user code must not do is off here:
 *   FSGSBASE, PCE     it cannot change its FS or GS base, nor read performance counters
 *   CR0.TS            x87, MMX, SSE and AVX raise #NM, but for threads that own FPU state (extras.c)
 *   UMIP              it cannot read the kernel's descriptor table addresses
 */
#include "kernel/x86_64/features.h"

#include <stddef.h>

#include "harness/measure/cpuid.h"
#include "kernel/abi/abi.h"
#include "kernel/x86_64/cpu.h"
#include "kernel/x86_64/entry.h"
#include "kernel/x86_64/extras.h"
#include "kernel/x86_64/segment.h"

#define LEAF_FEATURES 1
#define LEAF_STRUCTURED 7
#define LEAF_EXTENDED 0x80000001
#define LEAF_EXTENDED_LAST 0x80000000
#define LEAF_EXTENDED_2 0x80000021
#define STRUCTURED_EBX_SMEP (1u << 7)
#define STRUCTURED_EBX_INVPCID (1u << 10)
#define STRUCTURED_EBX_SMAP (1u << 20)
#define STRUCTURED_ECX_UMIP (1u << 2)
#define EXTENDED_EDX_SYSCALL (1u << 11)
#define EXTENDED_EDX_NO_EXECUTE (1u << 20)
#define EXTENDED_EDX_RDTSCP (1u << 27)
#define EXTENDED_2_EAX_LFENCE_SERIALIZES (1u << 2)
#define FEATURES_ECX_PROCESS_CONTEXT (1u << 17)
#define FEATURES_EDX_GLOBAL_PAGES (1u << 13)
#define FEATURES_EDX_MACHINE_CHECK (1u << 7)
#define VENDOR_AMD_EBX 0x68747541 /* "Auth" */
#define VENDOR_HYGON_EBX 0x6f677948 /* "Hygo" */
#define DE_CFG_LFENCE_SERIALIZES 2u

static uint64_t in_force, cr4_boot, cr4_refused;

uint64_t features_in_force(void) { return in_force; }
void features_add(uint64_t features) { in_force |= features; }

/* CR4 is written whole: what a loader left in it does not count. */
static uint64_t cr4_wanted(void)
{
    struct cpuid_registers f = cpuid_read(LEAF_FEATURES, 0);
    struct cpuid_registers s = { 0 };
    if (cpuid_read(0, 0).eax >= LEAF_STRUCTURED)
        s = cpuid_read(LEAF_STRUCTURED, 0);
    bool tags = f.ecx & FEATURES_ECX_PROCESS_CONTEXT && s.ebx & STRUCTURED_EBX_INVPCID && f.edx & FEATURES_EDX_GLOBAL_PAGES;
    uint64_t wanted =
           CR4_PHYSICAL_ADDRESS_EXTENSION | CR4_FXSAVE | (tags ? CR4_PROCESS_CONTEXT : 0) |
           (f.edx & FEATURES_EDX_GLOBAL_PAGES ? CR4_GLOBAL_PAGES : 0) |
           (f.edx & FEATURES_EDX_MACHINE_CHECK ? CR4_MACHINE_CHECK : 0) |
           (s.ebx & STRUCTURED_EBX_SMEP ? CR4_SMEP : 0) | (s.ebx & STRUCTURED_EBX_SMAP ? CR4_SMAP : 0) |
           (s.ecx & STRUCTURED_ECX_UMIP ? CR4_UMIP : 0);
    return wanted & ~cr4_refused;
}

/* On AMD, LFENCE orders instructions only when told so; measuring relies on it. The register exists from family 10h on. */
static void lfence_serialize(void)
{
    struct cpuid_registers vendor = cpuid_read(0, 0);
    uint32_t eax = cpuid_read(LEAF_FEATURES, 0).eax;
    uint32_t family = (eax >> 8 & 0xf) + (eax >> 20 & 0xff);
    if (vendor.ebx != VENDOR_AMD_EBX && vendor.ebx != VENDOR_HYGON_EBX)
        return;
    if (family < 0x10 || family == 0x11)
        return;
    if (cpuid_read(LEAF_EXTENDED_LAST, 0).eax >= LEAF_EXTENDED_2 &&
        (cpuid_read(LEAF_EXTENDED_2, 0).eax & EXTENDED_2_EAX_LFENCE_SERIALIZES))
        return;
    wrmsr(MSR_AMD_DE_CFG, rdmsr(MSR_AMD_DE_CFG) | DE_CFG_LFENCE_SERIALIZES);
}

static const char *feature_missing(void)
{
    struct cpuid_registers e = cpuid_read(LEAF_EXTENDED, 0);
    if (!(e.edx & EXTENDED_EDX_NO_EXECUTE))
        return "NX";
    if (!(e.edx & EXTENDED_EDX_SYSCALL))
        return "SYSCALL";
    return e.edx & EXTENDED_EDX_RDTSCP ? NULL : "RDTSCP";
}

static void registers_init(uint32_t number)
{
    wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_NO_EXECUTE | EFER_SYSCALL);
    uint64_t cr0 = cr0_read();
    cr0 &= ~(uint64_t)(CR0_EMULATION | CR0_ALIGNMENT_MASK | CR0_NOT_WRITE_THROUGH | CR0_CACHE_DISABLE);
    cr0_write(cr0 | CR0_WRITE_PROTECT | CR0_MONITOR_COPROCESSOR | CR0_TASK_SWITCHED | CR0_NUMERIC_ERROR);
    cr4_write(cr4_boot);
    fpu_init();
    dr7_write(0);
    wrmsr(MSR_TSC_AUX, number); /* what RDTSCP gives */
    lfence_serialize();
}

const char *features_init(bool address_space_tags, bool global_pages)
{
    const char *missing = feature_missing();
    if (missing)
        return missing;
    cr4_refused = (address_space_tags ? 0 : CR4_PROCESS_CONTEXT) | (global_pages ? 0 : CR4_GLOBAL_PAGES);
    cr4_boot = cr4_wanted();
    in_force |= (cr4_boot & CR4_SMEP ? CPU_FEATURE_SMEP : 0) | (cr4_boot & CR4_SMAP ? CPU_FEATURE_SMAP : 0) |
                (cr4_boot & CR4_UMIP ? CPU_FEATURE_UMIP : 0) | (cr4_boot & CR4_PROCESS_CONTEXT ? CPU_FEATURE_PCID : 0);
    registers_init(0);
    return NULL;
}

const char *features_init_secondary(uint32_t number)
{
    const char *missing = feature_missing();
    if (!missing && (cr4_boot & ~cr4_wanted()))
        missing = "a feature that the boot CPU has";
    if (!missing)
        registers_init(number);
    return missing;
}

/* SYSRET takes CS and SS from bits 63..48, plus 16 and plus 8; SYSCALL from bits 47..32. */
#define STAR_VALUE ((uint64_t)(SEGMENT_USER_CODE - 16) << 48 | (uint64_t)SEGMENT_KERNEL_CODE << 32)
_Static_assert(SEGMENT_USER_CODE - 16 + 8 == SEGMENT_USER_DATA, "SYSRET's order");
_Static_assert(SEGMENT_KERNEL_CODE + 8 == SEGMENT_KERNEL_DATA, "SYSCALL's order");

void syscall_init(int fast_path)
{
    uint64_t entry = (uint64_t)(fast_path ? entry_points()->syscall_fast : entry_points()->syscall_slow);
    wrmsr(MSR_STAR, STAR_VALUE);
    extras_entries_set(entry, (uint64_t)entry_points()->syscall_alien);
    wrmsr(MSR_LSTAR, entry);
    wrmsr(MSR_CSTAR, 0); /* unreachable: there is no 32-bit code segment */
    wrmsr(MSR_FMASK, RFLAGS_INTERRUPT | RFLAGS_DIRECTION | RFLAGS_TRAP | RFLAGS_ALIGNMENT_CHECK | RFLAGS_NESTED_TASK |
                     RFLAGS_RESUME | RFLAGS_IO_PRIVILEGE);
    wrmsr(MSR_SYSENTER_CS, 0); /* SYSENTER faults */
}
