/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Machine primitives that only the kernel can time: the floor under an IPC. Interrupts are off throughout. Each loop does its operation
 * an even number of times; the twin is the same loop without it.
 */
#include "harness/measure/cpuid.h"
#include "harness/measure/tsc.h"
#include "kernel/x86_64/arch.h"
#include "kernel/x86_64/cpu.h"
#include "kernel/x86_64/kernel_map.h"
#include "kernel/x86_64/layout.h"
#include "kernel/x86_64/probe_entry.h"
#include "kernel/x86_64/segment.h"
#include "kernel/x86_64/tlb.h"
#include "kernel/x86_64/trap.h"

#define LEAF_STRUCTURED 7
#define LEAF_AMD_FEATURES 0x80000008
#define FEATURES_ECX_PCID (1u << 17)
#define STRUCTURED_EBX_INVPCID (1u << 10)
#define STRUCTURED_EDX_MD_CLEAR (1u << 10)
#define STRUCTURED_EDX_IBPB (1u << 26)
#define AMD_EBX_IBPB (1u << 12)
#define PREDICTION_BARRIER 1

#define PROBE_LOOP(name, operation, other) \
    static uint64_t probe_##name(unsigned n, uint64_t a, uint64_t b) \
    { \
        (void)a; \
        (void)b; \
        uint64_t start = tsc_begin(); \
        for (unsigned i = 0; i < n; i += 2) { \
            operation; \
            other; \
        } \
        return tsc_end() - start; \
    }

PROBE_LOOP(twin, compiler_barrier(), (void)0)
PROBE_LOOP(page_table, cr3_write(a), cr3_write(b))
PROBE_LOOP(invlpg, invlpg(a), invlpg(a))
PROBE_LOOP(invpcid, invpcid(INVPCID_ADDRESS, 0, a), invpcid(INVPCID_ADDRESS, 0, a))
PROBE_LOOP(fs_base, wrmsr(MSR_FS_BASE, a), wrmsr(MSR_FS_BASE, a))
PROBE_LOOP(gs_base, wrmsr(MSR_KERNEL_GS_BASE, a), wrmsr(MSR_KERNEL_GS_BASE, a))
PROBE_LOOP(swapgs, swapgs(), swapgs())
PROBE_LOOP(iretq_frame, probe_iretq(), probe_iretq())
PROBE_LOOP(interrupt, interrupt_raise(VECTOR_PROBE), interrupt_raise(VECTOR_PROBE))
PROBE_LOOP(verw, verw(a), verw(a))
PROBE_LOOP(tlb_flush, cr4_write(a), cr4_write(b))
PROBE_LOOP(cache_flush, wbinvd(), wbinvd())
PROBE_LOOP(ibpb, wrmsr(MSR_PREDICTION_COMMAND, PREDICTION_BARRIER), wrmsr(MSR_PREDICTION_COMMAND, PREDICTION_BARRIER))

static struct cpuid_registers structured(void)
{
    struct cpuid_registers none = { 0 };
    return cpuid_read(0, 0).eax >= LEAF_STRUCTURED ? cpuid_read(LEAF_STRUCTURED, 0) : none;
}

static bool has_ibpb(void)
{
    return (structured().edx & STRUCTURED_EDX_IBPB) ||
           (cpuid_read(0x80000000, 0).eax >= LEAF_AMD_FEATURES && (cpuid_read(LEAF_AMD_FEATURES, 0).ebx & AMD_EBX_IBPB));
}

/* With tags of address spaces (tlb.h), which are turned on for as long as that takes where the kernel runs without. Then nobody else
 * has one; the kernel's own table has tag 0 otherwise. */
static uint64_t page_table_keeping(unsigned n, uint64_t other, uint64_t own)
{
    uint64_t cr4 = cr4_read(), tag = cr4 & CR4_PROCESS_CONTEXT ? 0 : 1;
    cr4_write(cr4 | CR4_PROCESS_CONTEXT);
    uint64_t ticks = probe_page_table(n, other | tag | CR3_KEEP, own | CR3_KEEP);
    cr3_write(own);
    cr4_write(cr4);
    return ticks;
}

/* The loop itself is in assembly: it leaves the kernel for the user's own system call instruction, n times. */
static uint64_t system_calls(unsigned n, uint64_t instruction)
{
    uint64_t entry = rdmsr(MSR_LSTAR);
    wrmsr(MSR_LSTAR, (uint64_t)probe_landing);
    uint64_t start = tsc_begin();
    probe_sysret(n, instruction);
    uint64_t ticks = tsc_end() - start;
    wrmsr(MSR_LSTAR, entry);
    return ticks;
}

static uint64_t system_calls_twin(unsigned n)
{
    uint64_t start = tsc_begin();
    probe_sysret_twin(n);
    return tsc_end() - start;
}

typedef uint64_t probe_fn(unsigned n, uint64_t a, uint64_t b);

/* The loop of a kind and its arguments; NULL: this CPU has no such thing. */
static probe_fn *probe_find(unsigned kind, uint64_t *a, uint64_t *b)
{
    switch (kind) {
    case PROBE_PAGE_TABLE:
    case PROBE_PAGE_TABLE_PCID:
        *a = kernel_map_root();
        *b = cr3_read();
        if (kind == PROBE_PAGE_TABLE)
            return probe_page_table;
        return cpuid_read(1, 0).ecx & FEATURES_ECX_PCID ? page_table_keeping : NULL;
    case PROBE_INVLPG: *a = LINEAR_BASE; return probe_invlpg;
    case PROBE_INVPCID: *a = LINEAR_BASE; return structured().ebx & STRUCTURED_EBX_INVPCID ? probe_invpcid : NULL;
    case PROBE_FS_BASE: *a = rdmsr(MSR_FS_BASE); return probe_fs_base;
    case PROBE_GS_BASE: *a = rdmsr(MSR_KERNEL_GS_BASE); return probe_gs_base;
    case PROBE_SWAPGS: return probe_swapgs;
    case PROBE_IRETQ: return probe_iretq_frame;
    case PROBE_INT: return probe_interrupt;
    case PROBE_VERW: *a = SEGMENT_KERNEL_DATA; return structured().edx & STRUCTURED_EDX_MD_CLEAR ? probe_verw : NULL;
    case PROBE_IBPB: return has_ibpb() ? probe_ibpb : NULL;
    case PROBE_TLB_FLUSH: /* a change of the bit for global pages drops everything */
        *b = cr4_read();
        *a = *b ^ CR4_GLOBAL_PAGES;
        return probe_tlb_flush;
    case PROBE_CACHE_FLUSH: return probe_cache_flush;
    default: return NULL;
    }
}

bool arch_probe(unsigned kind, unsigned n, uint64_t user_rip, uint64_t *ticks, uint64_t *empty_ticks)
{
    uint64_t a = 0, b = 0;
    if (kind == PROBE_SYSCALL) {
        if ((cr3_read() & -(uint64_t)PAGE_BYTES) == kernel_map_root())
            return false; /* page-table isolation: the instruction of user space is not mapped here, and would fault for ever */
        *ticks = system_calls(n, user_rip - SYSCALL_BYTES);
        *empty_ticks = system_calls_twin(n);
        return true;
    }
    probe_fn *fn = probe_find(kind, &a, &b);
    if (!fn)
        return false;
    *ticks = fn(n, a, b);
    *empty_ticks = probe_twin(n, 0, 0);
    return true;
}
