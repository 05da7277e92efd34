/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Finding and proving performance counters; see pmu.h. Invariant: what is left counting has passed all three steps, and everything else is
 * turned off again. Runs once, at boot. Not exercised on hardware.
 */
#include "kernel/x86_64/pmu.h"

#include <stddef.h>

#include "kernel/abi/abi.h"

/* Intel. */
#define MSR_PMC 0xc1
#define MSR_EVENT_SELECT 0x186
#define MSR_FIXED_COUNTER 0x309
#define MSR_FIXED_CONTROL 0x38d
#define MSR_GLOBAL_CONTROL 0x38f
#define INDEX_FIXED (1u << 30)
/* AMD: the four counters of old, the six of the core extension, and the one switch of PerfMonV2. */
#define MSR_AMD_SELECT 0xc0010000
#define MSR_AMD_COUNTER 0xc0010004
#define MSR_AMD_CORE_SELECT 0xc0010200 /* selects and counters by turns */
#define MSR_AMD_GLOBAL_CONTROL 0xc0000301
#define AMD_WIDTH 48

#define SELECT_USER (1ull << 16)
#define SELECT_KERNEL (1ull << 17)
#define SELECT_ENABLE (1ull << 22)
#define SELECT_INSTRUCTIONS 0xc0 /* the same number with both vendors */

#define LEAF_POWER 6
#define POWER_ECX_FREQUENCY 1u
#define LEAF_COUNTERS 0xa
#define LEAF_CORE_TYPE 0x1a
#define LEAF_STRUCTURED 7
#define STRUCTURED_EDX_HYBRID (1u << 15)
#define LEAF_AMD_EXTENDED 0x80000001
#define AMD_ECX_CORE_COUNTERS (1u << 23)
#define LEAF_AMD_COUNTERS 0x80000022
#define CORE_TYPE_EFFICIENT 0x20

enum vendor { VENDOR_OTHER, VENDOR_INTEL, VENDOR_AMD };

struct source {
    uint8_t event;
    uint16_t select;           /* event select: number, and unit mask << 8; AMD's upper four bits of the number do not occur */
    int8_t architectural;      /* bit of CPUID 0AH EBX that says it is missing; -1: of the model */
};

/* Intel: the architectural ones, and L1D.REPLACEMENT, which performance cores have had since 2011; AMD: of family 17h and later. */
static const struct source intel_sources[] = {
    { PMU_TOT_INS, 0x00c0, 1 }, { PMU_TOT_CYC, 0x003c, 0 }, { PMU_BR_MSP, 0x00c5, 6 }, { PMU_L1_DCM, 0x0151, -1 },
};
static const struct source amd_sources[] = {
    { PMU_TOT_INS, 0x00c0, -1 }, { PMU_TOT_CYC, 0x0076, -1 }, { PMU_BR_MSP, 0x00c3, -1 }, { PMU_TLB_DM, 0xff45, -1 },
};

struct probe {
    const struct pmu_machine *m;
    struct pmu_info *pmu;
    enum vendor vendor;
    uint32_t general, fixed, version, missing; /* counters; of CPUID 0AH */
    uint32_t used;             /* general counters given out */
    bool amd_core, amd_global;
    uint64_t global;           /* what GLOBAL_CONTROL shall turn on */
    uint64_t fixed_control;
};

static void reason_set(struct pmu_info *pmu, const char *text)
{
    size_t i = 0;
    for (; text[i] && i + 1 < sizeof pmu->reason; i++)
        pmu->reason[i] = text[i];
    pmu->reason[i] = 0;
}

/* --- step 1: what CPUID says --- */

static enum vendor vendor_of(const struct pmu_machine *m)
{
    uint32_t ebx = m->cpuid(0, 0).ebx;
    if (ebx == 0x756e6547) /* "Genu" */
        return VENDOR_INTEL;
    return ebx == 0x68747541 || ebx == 0x6f677948 ? VENDOR_AMD : VENDOR_OTHER; /* "Auth", "Hygo" */
}

static void intel_enumerate(struct probe *p)
{
    const struct pmu_machine *m = p->m;
    uint32_t last = m->cpuid(0, 0).eax;
    if (last < LEAF_COUNTERS)
        return;
    struct cpuid_registers r = m->cpuid(LEAF_COUNTERS, 0);
    p->version = r.eax & 0xff;
    p->general = p->version ? r.eax >> 8 & 0xff : 0;
    p->pmu->width = r.eax >> 16 & 0xff;
    p->missing = r.ebx;
    uint32_t told = r.eax >> 24;
    if (told < 32)
        p->missing |= ~0u << told; /* events beyond the length of the list are missing */
    p->fixed = p->version >= 2 ? r.edx & 0x1f : 0;
    uint32_t fixed_width = r.edx >> 5 & 0xff;
    if (p->fixed && fixed_width < p->pmu->width)
        p->pmu->width = fixed_width;
    if (last >= LEAF_CORE_TYPE && (m->cpuid(LEAF_STRUCTURED, 0).edx & STRUCTURED_EDX_HYBRID))
        p->pmu->core_type = (uint8_t)(m->cpuid(LEAF_CORE_TYPE, 0).eax >> 24);
}

static void amd_enumerate(struct probe *p)
{
    const struct pmu_machine *m = p->m;
    uint32_t last = m->cpuid(0x80000000, 0).eax;
    p->general = 4;
    p->pmu->width = AMD_WIDTH;
    p->amd_core = last >= LEAF_AMD_EXTENDED && (m->cpuid(LEAF_AMD_EXTENDED, 0).ecx & AMD_ECX_CORE_COUNTERS);
    if (p->amd_core)
        p->general = 6;
    if (last < LEAF_AMD_COUNTERS)
        return;
    struct cpuid_registers r = m->cpuid(LEAF_AMD_COUNTERS, 0);
    p->amd_global = p->amd_core && (r.eax & 1);
    if (p->amd_global)
        p->general = r.ebx & 0xf;
}

/* --- step 2: programmed without a fault --- */

static uint32_t select_msr(const struct probe *p, uint32_t i)
{
    if (p->vendor == VENDOR_INTEL)
        return MSR_EVENT_SELECT + i;
    return p->amd_core ? MSR_AMD_CORE_SELECT + 2 * i : MSR_AMD_SELECT + i;
}

static uint32_t counter_msr(const struct probe *p, uint32_t i)
{
    if (p->vendor == VENDOR_INTEL)
        return MSR_PMC + i;
    return p->amd_core ? MSR_AMD_CORE_SELECT + 2 * i + 1 : MSR_AMD_COUNTER + i;
}

static bool global_write(const struct probe *p)
{
    if (p->vendor == VENDOR_INTEL)
        return p->version < 2 || p->m->write(MSR_GLOBAL_CONTROL, p->global);
    return !p->amd_global || p->m->write(MSR_AMD_GLOBAL_CONTROL, p->global);
}

/* --- step 3: plausible over the known loop --- */

/* Instructions are known but for what surrounds the loop; cycles of any clock lie between sixteen instructions each and a hundredth. */
static bool is_plausible(uint8_t event, uint8_t modes, uint64_t counted)
{
    if (!(modes & PMU_KERNEL)) /* the loop runs in the kernel: what counts user mode alone must stand still */
        return counted == 0;
    if (event == PMU_TOT_INS)
        return counted >= PMU_LOOP_INSTRUCTIONS && counted <= PMU_LOOP_INSTRUCTIONS + PMU_LOOP_INSTRUCTIONS / 10;
    if (event == PMU_TOT_CYC || event == PMU_REF_CYC)
        return counted >= PMU_LOOP_INSTRUCTIONS / 16 && counted <= PMU_LOOP_INSTRUCTIONS * 100ull;
    return counted <= PMU_LOOP_INSTRUCTIONS;
}

/* What a counter that runs counts over the loop is what it should. */
static bool counter_proves(const struct probe *p, uint8_t event, uint8_t modes, uint32_t index)
{
    uint64_t before, after;
    if (!p->m->counter_read(index, &before))
        return false;
    p->m->loop();
    return p->m->counter_read(index, &after) && is_plausible(event, modes, pmu_difference(p->pmu, before, after));
}

static void counter_append(struct pmu_info *pmu, uint8_t event, uint8_t modes, uint32_t index)
{
    pmu->counters[pmu->count++] = (struct pmu_counter){ .event = event, .modes = modes, .index = index };
}

static bool general_program(const struct probe *p, uint32_t i, uint8_t modes, uint16_t select)
{
    uint64_t bits = select | SELECT_ENABLE | (modes & PMU_USER ? SELECT_USER : 0) | (modes & PMU_KERNEL ? SELECT_KERNEL : 0);
    return p->m->write(select_msr(p, i), 0) && p->m->write(counter_msr(p, i), 0) && p->m->write(select_msr(p, i), bits) && global_write(p);
}

/* An event that may well not occur proves nothing: the counter itself is proved by instructions first. */
static void general_add(struct probe *p, uint8_t event, uint8_t modes, uint16_t select)
{
    uint32_t i = p->used;
    if (i >= p->general || p->pmu->count == PMU_COUNTERS_MAX)
        return;
    p->global |= 1ull << i;
    if (general_program(p, i, PMU_USER | PMU_KERNEL, SELECT_INSTRUCTIONS) && counter_proves(p, PMU_TOT_INS, PMU_USER | PMU_KERNEL, i) &&
        general_program(p, i, modes, select) && counter_proves(p, event, modes, i)) {
        counter_append(p->pmu, event, modes, i);
        p->used++;
        return;
    }
    p->global &= ~(1ull << i);
    p->m->write(select_msr(p, i), 0);
    global_write(p);
}

/* Fixed counters: instructions, core cycles, reference cycles, in that order. */
static void fixed_add(struct probe *p, uint32_t i, uint8_t event)
{
    uint64_t both = 3ull << (4 * i);
    if (i >= p->fixed || !p->m->write(MSR_FIXED_COUNTER + i, 0) || !p->m->write(MSR_FIXED_CONTROL, p->fixed_control | both))
        return;
    p->global |= 1ull << (32 + i);
    if (global_write(p) && counter_proves(p, event, PMU_USER | PMU_KERNEL, INDEX_FIXED | i)) {
        p->fixed_control |= both;
        counter_append(p->pmu, event, PMU_USER | PMU_KERNEL, INDEX_FIXED | i);
        return;
    }
    p->global &= ~(1ull << (32 + i));
    p->m->write(MSR_FIXED_CONTROL, p->fixed_control);
    global_write(p);
}

static bool has_event(const struct pmu_info *pmu, uint8_t event)
{
    for (uint32_t i = 0; i < pmu->count; i++)
        if (pmu->counters[i].event == event)
            return true;
    return false;
}

static bool source_exists(const struct probe *p, const struct source *s)
{
    if (p->vendor != VENDOR_INTEL)
        return true;
    if (s->architectural >= 0)
        return !(p->missing >> s->architectural & 1);
    return p->pmu->core_type != CORE_TYPE_EFFICIENT;
}

static void generals_add(struct probe *p, const struct source *sources, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (source_exists(p, &sources[i]) && !has_event(p->pmu, sources[i].event))
            general_add(p, sources[i].event, PMU_USER | PMU_KERNEL, sources[i].select);
    /* The split: the same in user mode alone, as far as counters last; what is not user mode is the kernel. */
    for (size_t i = 0; i < 2 && i < n; i++)
        if (source_exists(p, &sources[i]) && has_event(p->pmu, sources[i].event))
            general_add(p, sources[i].event, PMU_USER, sources[i].select);
}

static bool frequency_proves(const struct pmu_machine *m, uint32_t msr)
{
    uint64_t before, after;
    if (!m->read(msr, &before))
        return false;
    m->loop();
    return m->read(msr, &after) && is_plausible(PMU_REF_CYC, PMU_KERNEL, after - before);
}

uint64_t pmu_noise_probe(const struct pmu_machine *m)
{
    uint64_t count, has = 0;
    if (vendor_of(m) == VENDOR_INTEL && m->read(MSR_SMI_COUNT, &count))
        has |= NOISE_SMIS;
    if (m->cpuid(0, 0).eax >= LEAF_POWER && (m->cpuid(LEAF_POWER, 0).ecx & POWER_ECX_FREQUENCY) && frequency_proves(m, MSR_APERF) &&
        frequency_proves(m, MSR_MPERF))
        has |= NOISE_FREQUENCY;
    return has;
}

/* Intel: platform information, package C-states, performance status and control, miscellaneous enables (SpeedStep, turbo), turbo ratios,
 * energy bias, power control (C1E), HWP enable, capabilities, request. AMD: HWCR (boost), P-state limit, control, status, P0, C-state address,
 * CPPC enable, request. (SDM vol. 4, table 2-2 and 2-20; PPR of family 17h, 2.1.14) */
void pmu_policy_probe(const struct pmu_machine *m, struct pmu_info *pmu)
{
    static const uint32_t intel[] = { 0xce, 0xe2, 0x198, 0x199, 0x1a0, 0x1ad, 0x1b0, 0x1fc, 0x770, 0x771, 0x774 };
    static const uint32_t amd[] = { 0xc0010015, 0xc0010061, 0xc0010062, 0xc0010063, 0xc0010064, 0xc0010073, 0xc00102b1, 0xc00102b3 };
    enum vendor vendor = vendor_of(m);
    const uint32_t *msr = vendor == VENDOR_INTEL ? intel : amd;
    size_t n = vendor == VENDOR_INTEL ? sizeof intel / sizeof *intel : vendor == VENDOR_AMD ? sizeof amd / sizeof *amd : 0;
    _Static_assert(sizeof intel / sizeof *intel <= PMU_POLICY_MAX && sizeof amd / sizeof *amd <= PMU_POLICY_MAX, "they fit");
    pmu->policies = 0;
    for (size_t i = 0; i < n; i++) {
        struct pmu_policy *p = &pmu->policy[pmu->policies];
        *p = (struct pmu_policy){ .msr = msr[i] };
        pmu->policies += m->read(msr[i], &p->value);
    }
}

void pmu_probe(const struct pmu_machine *m, struct pmu_info *pmu)
{
    static const uint8_t fixed_events[] = { PMU_TOT_INS, PMU_TOT_CYC, PMU_REF_CYC };
    *pmu = (struct pmu_info){ 0 };
    struct probe p = { .m = m, .pmu = pmu, .vendor = vendor_of(m) };
    if (p.vendor == VENDOR_INTEL)
        intel_enumerate(&p);
    else if (p.vendor == VENDOR_AMD)
        amd_enumerate(&p);
    if (p.general + p.fixed == 0 || pmu->width < 32 || pmu->width > 64) {
        reason_set(pmu, "none: CPUID tells of no counters");
        return;
    }
    for (uint32_t i = 0; i < sizeof fixed_events; i++)
        fixed_add(&p, i, fixed_events[i]);
    if (p.vendor == VENDOR_INTEL)
        generals_add(&p, intel_sources, sizeof intel_sources / sizeof *intel_sources);
    else
        generals_add(&p, amd_sources, sizeof amd_sources / sizeof *amd_sources);
    if (!has_event(pmu, PMU_TOT_CYC) || !has_event(pmu, PMU_TOT_INS)) {
        for (uint32_t i = 0; i < p.used; i++)
            m->write(select_msr(&p, i), 0);
        p.global = 0;
        global_write(&p);
        pmu->count = 0;
        reason_set(pmu, "disabled: CPUID tells of counters, but they fault, stand still or count what was not run");
        return;
    }
    reason_set(pmu, pmu->core_type == 0 ? "on" : pmu->core_type == CORE_TYPE_EFFICIENT ? "on: efficient core of a hybrid processor"
                                                                                       : "on: performance core of a hybrid processor");
}
