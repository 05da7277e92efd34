/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Finding and proving performance counters; see pmu.h. Invariant: what is left counting has passed all three steps, and everything else is
 * turned off again. Runs once, at boot. Not exercised on hardware.
 */
#include "kernel/x86_64/pmu.h"

#include <stddef.h>

#include "kernel/abi/abi.h"
#include "kernel/x86_64/pmu_events.h"

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
#define GENERAL_MAX 32

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
#define LEAF_SIGNATURE 1
#define COUNTERS_OF_MODELS 0xfu /* of Intel's, those that take an event that is not architectural; AMD's take any */
#define WANTED_SIX(a, b, c, d, e, f) ((a) | (b) << 4 | (c) << 8 | (d) << 12 | (e) << 16 | (f) << 20)
#define WANTED_ALL WANTED_SIX(PMU_BR_MSP + 1, PMU_L1_DCM + 1, PMU_SPLIT + 1, PMU_L1_ICM + 1, PMU_TLB_DM + 1, PMU_REF_CYC + 1)

enum vendor { VENDOR_OTHER, VENDOR_INTEL, VENDOR_AMD };

/* The events that all models of a vendor have; the others' are in pmu_events.c. */
struct source {
    uint64_t select;           /* event select, but for modes and switch */
    int8_t architectural;      /* bit of CPUID 0AH EBX that says it is missing; -1: none, the vendor has it everywhere */
};
static const struct source sources[][PMU_BR_MSP + 1] = {
    [VENDOR_INTEL] = { [PMU_TOT_INS] = { 0xc0, 1 }, [PMU_TOT_CYC] = { 0x3c, 0 }, [PMU_BR_MSP] = { 0xc5, 6 } },
    [VENDOR_AMD] = { [PMU_TOT_INS] = { 0xc0, -1 }, [PMU_TOT_CYC] = { 0x76, -1 }, [PMU_BR_MSP] = { 0xc3, -1 } },
};

struct probe {
    const struct pmu_machine *m;
    struct pmu_info *pmu;
    enum vendor vendor;
    uint32_t general, fixed, version, missing; /* counters; of CPUID 0AH */
    uint32_t free;             /* general counters that nothing is in, a bit each */
    const struct model_events *model; /* NULL: unknown */
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

static bool general_program(const struct probe *p, uint32_t i, uint8_t modes, uint64_t select)
{
    uint64_t bits = select | SELECT_ENABLE | (modes & PMU_USER ? SELECT_USER : 0) | (modes & PMU_KERNEL ? SELECT_KERNEL : 0);
    return p->m->write(select_msr(p, i), 0) && p->m->write(counter_msr(p, i), 0) && p->m->write(select_msr(p, i), bits) && global_write(p);
}

static void general_stop(struct probe *p, uint32_t i)
{
    p->global &= ~(1ull << i);
    p->m->write(select_msr(p, i), 0);
    global_write(p);
}

/* An event that may well not occur proves nothing: the counter itself is proved by instructions first. */
static bool general_add(struct probe *p, uint32_t i, uint8_t event, uint8_t modes, uint64_t select)
{
    p->global |= 1ull << i;
    if (general_program(p, i, PMU_USER | PMU_KERNEL, SELECT_INSTRUCTIONS) && counter_proves(p, PMU_TOT_INS, PMU_USER | PMU_KERNEL, i) &&
        general_program(p, i, modes, select) && counter_proves(p, event, modes, i)) {
        counter_append(p->pmu, event, modes, i);
        p->free &= ~(1u << i);
        return true;
    }
    general_stop(p, i);
    return false;
}

static uint32_t bits_count(uint32_t bits)
{
    uint32_t n = 0;
    for (; bits; bits &= bits - 1)
        n++;
    return n;
}

/* All selects of an event, or none. What any counter takes is put where others can not go: highest first, but for AMD's, which are all alike. */
static uint8_t selects_add(struct probe *p, uint8_t event, uint8_t modes, const uint64_t *selects, unsigned n, bool anywhere)
{
    const uint32_t before = p->pmu->count;
    uint32_t may = p->vendor == VENDOR_INTEL && !anywhere ? p->free & COUNTERS_OF_MODELS : p->free;
    if (bits_count(may) < n || before + n > PMU_COUNTERS_MAX)
        return PMU_NO_COUNTER;
    for (unsigned i = 0; i < n; i++) {
        uint32_t counter = p->vendor == VENDOR_INTEL && anywhere ? 31u - (uint32_t)__builtin_clz(may) : (uint32_t)__builtin_ctz(may);
        may &= ~(1u << counter);
        if (general_add(p, counter, event, modes, selects[i]))
            continue;
        while (p->pmu->count > before) {
            counter = p->pmu->counters[--p->pmu->count].index;
            p->free |= 1u << counter;
            general_stop(p, counter);
        }
        return PMU_FAILED;
    }
    return PMU_LACKS_NOTHING;
}

/* Fixed counters: instructions, core cycles, reference cycles, in that order. */
static bool fixed_add(struct probe *p, uint32_t i, uint8_t event)
{
    uint64_t both = 3ull << (4 * i);
    if (i >= p->fixed || !p->m->write(MSR_FIXED_COUNTER + i, 0) || !p->m->write(MSR_FIXED_CONTROL, p->fixed_control | both))
        return false;
    p->global |= 1ull << (32 + i);
    if (global_write(p) && counter_proves(p, event, PMU_USER | PMU_KERNEL, INDEX_FIXED | i)) {
        p->fixed_control |= both;
        counter_append(p->pmu, event, PMU_USER | PMU_KERNEL, INDEX_FIXED | i);
        return true;
    }
    p->global &= ~(1ull << (32 + i));
    p->m->write(MSR_FIXED_CONTROL, p->fixed_control);
    global_write(p);
    return false;
}

static bool has_event(const struct pmu_info *pmu, uint8_t event)
{
    for (uint32_t i = 0; i < pmu->count; i++)
        if (pmu->counters[i].event == event)
            return true;
    return false;
}

/* What selects an event: how many there are, 0 and why where there is none. */
static unsigned selects_of(const struct probe *p, uint8_t event, uint64_t *selects, uint8_t *lack)
{
    if (event <= PMU_BR_MSP && event != PMU_REF_CYC) {
        const struct source *s = &sources[p->vendor][event];
        *lack = PMU_NO_EVENT;
        selects[0] = s->select;
        return s->architectural < 0 || !(p->missing >> s->architectural & 1);
    }
    *lack = p->model ? PMU_NO_EVENT : PMU_UNKNOWN_MODEL;
    if (!p->model)
        return 0;
    selects[0] = event == PMU_L1_DCM ? p->model->l1_dcm : event == PMU_L1_ICM ? p->model->l1_icm : event == PMU_TLB_DM ? p->model->tlb_dm[0] : p->model->ref_cyc;
    selects[1] = event == PMU_TLB_DM ? p->model->tlb_dm[1] : 0;
    return selects[0] ? selects[1] ? 2 : 1 : 0;
}

static void event_add(struct probe *p, uint8_t event, uint8_t modes)
{
    uint64_t selects[SELECTS_MAX];
    uint8_t lack;
    unsigned n = selects_of(p, event, selects, &lack);
    if (n)
        lack = selects_add(p, event, modes, selects, n, event <= PMU_BR_MSP);
    if (modes & PMU_KERNEL)
        p->pmu->lacks[event] = lack;
}

/* Instructions and cycles whatever is wanted; the split: the same in user mode alone, as far as counters last; what is not user mode is the kernel. */
static void generals_add(struct probe *p, uint32_t wanted)
{
    static const uint8_t first[] = { PMU_TOT_INS, PMU_TOT_CYC };
    for (unsigned i = 0; i < sizeof first; i++)
        if (!has_event(p->pmu, first[i]))
            event_add(p, first[i], PMU_USER | PMU_KERNEL);
    for (; wanted; wanted >>= 4) {
        uint8_t event = (uint8_t)((wanted & 0xf) - 1);
        if (event != PMU_SPLIT && !has_event(p->pmu, event))
            event_add(p, event, PMU_USER | PMU_KERNEL);
        for (unsigned i = 0; event == PMU_SPLIT && i < sizeof first; i++)
            if (has_event(p->pmu, first[i]))
                event_add(p, first[i], PMU_USER);
    }
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

/* The event whose name that is; PMU_EVENTS: none's. Instructions and cycles need not be asked for. */
static unsigned event_named(const char *name, size_t n)
{
    static const char *const names[PMU_EVENTS] = PMU_EVENT_NAMES;
    unsigned event = PMU_REF_CYC;
    for (; event < PMU_EVENTS; event++) {
        size_t i = 0;
        while (i < n && names[event][i] == name[i])
            i++;
        if (i == n && !names[event][i])
            break;
    }
    return event;
}

bool pmu_wanted_parse(const char *value, size_t n, uint32_t *wanted)
{
    unsigned shift = 0, seen = 0;
    *wanted = n == 2 && value[0] == 'o' && value[1] == 'n' ? WANTED_ALL : 0;
    if (*wanted || (n == 3 && value[0] == 'o' && value[1] == 'f' && value[2] == 'f'))
        return true;
    for (size_t at = 0; at <= n;) {
        size_t length = 0;
        while (at + length < n && value[at + length] != ',')
            length++;
        unsigned event = event_named(value + at, length);
        if (event == PMU_EVENTS || seen & 1u << event)
            return false;
        seen |= 1u << event;
        *wanted |= (event + 1) << shift;
        shift += 4;
        at += length + 1;
    }
    *wanted |= (PMU_SPLIT + 1u) << shift;
    return true;
}

static void model_tell(const struct probe *p)
{
    for (size_t i = 0; p->model && p->model->name[i] && i + 1 < sizeof p->pmu->model; i++)
        p->pmu->model[i] = p->model->name[i];
}

static void all_stop(struct probe *p)
{
    for (uint32_t i = 0; i < p->general; i++)
        if (!(p->free >> i & 1))
            p->m->write(select_msr(p, i), 0);
    p->global = 0;
    global_write(p);
    p->pmu->count = 0;
    reason_set(p->pmu, "disabled: CPUID tells of counters, but they fault, stand still or count what was not run");
}

void pmu_probe(const struct pmu_machine *m, uint32_t wanted, struct pmu_info *pmu)
{
    static const uint8_t fixed_events[] = { PMU_TOT_INS, PMU_TOT_CYC, PMU_REF_CYC };
    *pmu = (struct pmu_info){ 0 };
    struct probe p = { .m = m, .pmu = pmu, .vendor = vendor_of(m) };
    if (p.vendor == VENDOR_INTEL)
        intel_enumerate(&p);
    else if (p.vendor == VENDOR_AMD)
        amd_enumerate(&p);
    if (p.general + p.fixed == 0 || p.general > GENERAL_MAX || pmu->width < 32 || pmu->width > 64) {
        reason_set(pmu, "none: CPUID tells of no counters");
        return;
    }
    p.free = (uint32_t)((1ull << p.general) - 1);
    p.model = model_events_find(p.vendor == VENDOR_AMD, m->cpuid(LEAF_SIGNATURE, 0).eax, pmu->core_type);
    model_tell(&p);
    for (unsigned i = PMU_REF_CYC; i < PMU_EVENTS; i++)
        pmu->lacks[i] = PMU_NOT_ASKED;
    for (uint32_t i = 0; i < sizeof fixed_events; i++)
        if (fixed_add(&p, i, fixed_events[i]))
            pmu->lacks[fixed_events[i]] = PMU_LACKS_NOTHING;
    generals_add(&p, wanted);
    if (!has_event(pmu, PMU_TOT_CYC) || !has_event(pmu, PMU_TOT_INS)) {
        all_stop(&p);
        return;
    }
    reason_set(pmu, pmu->core_type == 0 ? "on" : pmu->core_type == CORE_TYPE_EFFICIENT ? "on: efficient core of a hybrid processor"
                                                                                       : "on: performance core of a hybrid processor");
}
