/* SPDX-License-Identifier: BSD-2-Clause
 *
 * FPU state (Intel SDM vol. 1, chapter 13): saved when its owner stops running, before anybody else runs; in its place the clean
 * state is loaded, so that nothing is left in registers that another thread could get at, be it by speculation, and CR0.TS is set.
 */
#include "kernel/x86_64/extras.h"

#include "harness/measure/cpuid.h"
#include "kernel/x86_64/arch.h"
#include "kernel/x86_64/cpu.h"
#include "kernel/x86_64/ports.h"

#define LEAF_FEATURES 1
#define LEAF_STATE 0xd
#define FEATURES_ECX_XSAVE (1u << 26)
#define STATE_EAX_XSAVEOPT 1u
#define STATE_X87_SSE 3u
#define STATE_AVX 4u
#define STATE_AVX512 0xe0u
#define CONTROL_WORD_DEFAULT 0x37f
#define MXCSR_DEFAULT 0x1f80
#define MXCSR_OFFSET 24
#define AREA_ALIGN 64

static enum { WAY_FXSAVE, WAY_XSAVE, WAY_XSAVEOPT } way;
static uint32_t components;    /* of XCR0 */
static uint64_t entry_ordinary, entry_alien;
static _Alignas(AREA_ALIGN) uint8_t area_clean[PAGE_BYTES];

/* Components as many as fit into a page. */
static uint32_t components_choose(void)
{
    uint32_t all = cpuid_read(LEAF_STATE, 0).eax;
    uint32_t wanted = STATE_X87_SSE | (all & STATE_AVX);
    if ((all & STATE_AVX) && (all & STATE_AVX512) == STATE_AVX512)
        wanted |= STATE_AVX512;
    xcr0_write(wanted);
    if (cpuid_read(LEAF_STATE, 0).ebx > PAGE_BYTES)
        wanted = STATE_X87_SSE | (all & STATE_AVX);
    return wanted;
}

void fpu_init(void)
{
    if (cpuid_read(LEAF_FEATURES, 0).ecx & FEATURES_ECX_XSAVE) {
        cr4_write(cr4_read() | CR4_XSAVE);
        if (!components)
            components = components_choose();
        xcr0_write(components);
        way = cpuid_read(LEAF_STATE, 1).eax & STATE_EAX_XSAVEOPT ? WAY_XSAVEOPT : WAY_XSAVE;
    }
    arch_fpu_clear(area_clean);
}

void arch_fpu_clear(void *area)
{
    *(uint16_t *)area = CONTROL_WORD_DEFAULT;
    *(uint32_t *)(void *)((char *)area + MXCSR_OFFSET) = MXCSR_DEFAULT;
}

static void fpu_save(void *area)
{
    if (way == WAY_XSAVEOPT)
        xsaveopt(area);
    else if (way == WAY_XSAVE)
        xsave(area);
    else
        fxsave(area);
}

static void fpu_load(const void *area)
{
    if (way == WAY_FXSAVE)
        fxrstor(area);
    else
        xrstor(area);
}

/* The registers' owner, if they have one, has its state in memory; they are open for use by the kernel. */
static void fpu_take_out(struct cpu *cpu)
{
    if (cpu->fpu_owner)
        fpu_save(cpu->fpu_owner->fpu);
    else
        cr0_write(cr0_read() & ~(uint64_t)CR0_TASK_SWITCHED);
    cpu->fpu_owner = NULL;
}

void arch_extras_leave(void)
{
    struct cpu *cpu = arch_cpu();
    if (!cpu->fpu_owner)
        return;
    fpu_take_out(cpu);
    fpu_load(area_clean);
    cr0_write(cr0_read() | CR0_TASK_SWITCHED);
}

void extras_entries_set(uint64_t ordinary, uint64_t alien)
{
    entry_ordinary = ordinary;
    entry_alien = alien;
}

static void entry_switch(struct cpu *cpu, bool alien)
{
    if (cpu->alien_entry == alien)
        return;
    cpu->alien_entry = alien;
    wrmsr(MSR_LSTAR, alien ? entry_alien : entry_ordinary);
}

void extras_switch(struct thread *to)
{
    struct cpu *cpu = arch_cpu();
    wrmsr(MSR_FS_BASE, to->fs_base & ~THREAD_HAS_EXTRAS);
    if (!(to->extras & EXTRA_FPU)) {
        arch_extras_leave();
    } else if (cpu->fpu_owner != to) {
        fpu_take_out(cpu);
        fpu_load(to->fpu);
        cpu->fpu_owner = to;
    }
    if (cpu->ports_open || to->extras & EXTRA_PORTS)
        ports_switch(cpu, to->extras & EXTRA_PORTS ? to->task : NULL);
    entry_switch(cpu, to->extras & EXTRA_ALIEN);
}
