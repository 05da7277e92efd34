/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Performance counters against a model of the registers: Intel of version 2 and 5, AMD of old, with core counters, with PerfMonV2; counters that
 * read 0, that fault, that wrap within the loop, that run wild; hybrid processors. The model counts by the bits that the driver sets.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/abi/abi.h"
#include "kernel/x86_64/pmu.h"

#define INTEL 0x756e6547
#define AMD 0x68747541
#define LOOP_EXTRA 40

static struct model {
    uint32_t vendor, version, general, fixed, width, hybrid_type, missing, signature;
    bool amd_core, amd_v2;
    bool has_frequency, no_smis;
    uint64_t smis, aperf, mperf;
    uint32_t policy_missing;   /* of the registers that firmware's policy shows in, this one faults */
    bool stuck, wild;          /* counters read 0 for ever; count a hundred times too much */
    bool fault_write, fault_read; /* #GP */
    unsigned bad_counter;      /* not 0: the general counter of that number reads 0 */
    uint64_t start;            /* what counters begin with, whatever was written: they wrap */
    uint64_t select[16], count[16], fixed_count[4];
    uint64_t fixed_control, global;
    unsigned faults;
} model;

static uint64_t mask(void) { return model.width == 64 ? ~0ull : (1ull << model.width) - 1; }

static struct cpuid_registers cpuid(uint32_t leaf, uint32_t subleaf)
{
    (void)subleaf;
    struct cpuid_registers r = { 0 };
    if (leaf == 0)
        r = (struct cpuid_registers){ .eax = 0x20, .ebx = model.vendor };
    else if (leaf == 1)
        r.eax = model.signature;
    else if (leaf == 6)
        r.ecx = model.has_frequency;
    else if (leaf == 0xa)
        r = (struct cpuid_registers){ .eax = model.version | model.general << 8 | model.width << 16 | 7u << 24, .ebx = model.missing,
                                      .edx = model.fixed | model.width << 5 };
    else if (leaf == 7)
        r.edx = model.hybrid_type ? 1u << 15 : 0;
    else if (leaf == 0x1a)
        r.eax = model.hybrid_type << 24;
    else if (leaf == 0x80000000)
        r.eax = model.amd_v2 ? 0x80000022 : 0x80000008;
    else if (leaf == 0x80000001)
        r.ecx = model.amd_core ? 1u << 23 : 0;
    else if (leaf == 0x80000022)
        r = (struct cpuid_registers){ .eax = model.amd_v2, .ebx = model.general };
    return r;
}

static bool fault(void)
{
    model.faults++;
    return false;
}

/* Where a select or counter of a number lies, by vendor and kind; false: no such register. */
static bool general_register(uint32_t msr, uint64_t **place)
{
    uint32_t n = model.general;
    if (model.vendor == INTEL && msr - 0x186u < n)
        *place = &model.select[msr - 0x186];
    else if (model.vendor == INTEL && msr - 0xc1u < n)
        *place = &model.count[msr - 0xc1];
    else if (model.vendor == AMD && model.amd_core && msr - 0xc0010200u < 2 * n)
        *place = (msr & 1 ? model.count : model.select) + (msr - 0xc0010200) / 2;
    else if (model.vendor == AMD && !model.amd_core && msr - 0xc0010000u < 4)
        *place = &model.select[msr - 0xc0010000];
    else if (model.vendor == AMD && !model.amd_core && msr - 0xc0010004u < 4)
        *place = &model.count[msr - 0xc0010004];
    else
        return false;
    return true;
}

static bool write(uint32_t msr, uint64_t value)
{
    uint64_t *place;
    if (model.fault_write)
        return fault();
    if (general_register(msr, &place)) {
        bool is_count = place >= model.count && place < model.count + 16;
        *place = is_count ? (value + model.start) & mask() : value;
        return true;
    }
    if (model.vendor == INTEL && model.version >= 2 && msr - 0x309u < model.fixed)
        model.fixed_count[msr - 0x309] = (value + model.start) & mask();
    else if (model.vendor == INTEL && model.version >= 2 && msr == 0x38d)
        model.fixed_control = value;
    else if (model.vendor == INTEL && model.version >= 2 && msr == 0x38f)
        model.global = value;
    else if (model.vendor == AMD && model.amd_v2 && msr == 0xc0000301)
        model.global = value;
    else
        return fault();
    return true;
}

/* Those of both vendors exist on their own machines alone. */
static bool is_policy(uint32_t msr)
{
    return msr != model.policy_missing && (msr >> 30 ? model.vendor == AMD : model.vendor == INTEL && msr != 0x34 && msr != 0xe7 && msr != 0xe8);
}

static bool read(uint32_t msr, uint64_t *value)
{
    *value = msr + 0x100000000ull;
    if (model.policy_missing && is_policy(msr))
        return true;
    *value = 0;
    if (msr == 0x34 ? model.vendor != INTEL || model.no_smis : (msr != 0xe7 && msr != 0xe8) || !model.has_frequency)
        return fault();
    *value = msr == 0x34 ? model.smis : msr == 0xe7 ? model.mperf : model.aperf;
    return true;
}

static bool counter_read(uint32_t index, uint64_t *value)
{
    if (model.fault_read || (index >> 30 ? model.vendor != INTEL || (index & 0xff) >= model.fixed : index >= model.general))
        return fault();
    *value = model.stuck || (model.bad_counter && index == model.bad_counter) ? 0 : index >> 30 ? model.fixed_count[index & 0xff] : model.count[index];
    return true;
}

/* Events of the CPU that is played, by the numbers that perf's lists and PAPI's presets have for it: what a driver selects must be among them. */
static const struct cpu {
    const char *name;
    uint32_t vendor, signature, core_type;
    uint64_t l1_dcm, l1_icm, tlb_dm[2], ref_cyc;
} cpus[] = {
    { "sandy bridge", INTEL, 0x206a7, 0, 0x0151, 0x0280, { 0x0108, 0x0149 }, 0 },
    { "ivy bridge", INTEL, 0x306a9, 0, 0x0151, 0x0280, { 0x8108, 0x0149 }, 0 },
    { "haswell", INTEL, 0x306c3, 0, 0x0151, 0x0280, { 0x0108, 0x0149 }, 0 },
    { "broadwell", INTEL, 0x406f1, 0, 0x0151, 0x0280, { 0x0108, 0x0149 }, 0 },
    { "skylake", INTEL, 0x506e3, 0, 0x0151, 0x0283, { 0x0108, 0x0149 }, 0 },
    { "skylake", INTEL, 0xa0652, 0, 0x0151, 0x0283, { 0x0108, 0x0149 }, 0 },
    { "ice lake", INTEL, 0x706e5, 0, 0x0151, 0x0283, { 0x0e08, 0x0e49 }, 0 },
    { "golden cove", INTEL, 0x806f8, 0, 0x0151, 0xe424, { 0x0e12, 0x0e13 }, 0 },
    { "golden cove", INTEL, 0x90672, 0x40, 0x0151, 0xe424, { 0x0e12, 0x0e13 }, 0 },
    { "gracemont", INTEL, 0x90672, 0x20, 0, 0x0280, { 0x0e08, 0x0e49 }, 0 },
    { "gracemont", INTEL, 0xb06e0, 0, 0, 0x0280, { 0x0e08, 0x0e49 }, 0 },
    { "family 10h", AMD, 0x100f42, 0, 0x0041, 0x0081, { 0x0746 }, 0 },
    { "family 15h", AMD, 0x600f12, 0, 0x0141, 0x0081, { 0x0746 }, 0 },
    { "family 16h", AMD, 0x700f01, 0, 0x0041, 0x0081, { 0x0f46 }, 0 },
    { "zen", AMD, 0x800f11, 0, 0xe860, 0x0081, { 0xf045 }, 0 },
    { "zen 2", AMD, 0x870f10, 0, 0xe860, 0x1060, { 0xf045 }, 0 },
    { "zen 3", AMD, 0xa20f10, 0, 0xe860, 0x10000188e, { 0xf045 }, 0 },
    { "zen 4", AMD, 0xa60f12, 0, 0xe860, 0x10000188e, { 0xf045 }, 0x100000120 },
    { "zen 5", AMD, 0xb40f40, 0, 0xe060, 0x10000188e, { 0xf045 }, 0x100000120 },
};
static const struct cpu *playing; /* NULL: one that has nothing but what the vendor has everywhere */

static uint64_t event_count(uint64_t select)
{
    uint64_t event = select & 0xf0000ffff;
    const uint64_t cycles = model.vendor == INTEL ? 0x3c : 0x76, mispredicted = model.vendor == INTEL ? 0xc5 : 0xc3;
    if (event == 0xc0)
        return PMU_LOOP_INSTRUCTIONS + LOOP_EXTRA;
    if (event == cycles)
        return PMU_LOOP_INSTRUCTIONS / 3;
    if (playing && event == playing->ref_cyc)
        return PMU_LOOP_INSTRUCTIONS / 2;
    if (event == mispredicted || (playing && (event == playing->l1_dcm || event == playing->l1_icm || event == playing->tlb_dm[0] || event == playing->tlb_dm[1])))
        return 2;
    fail_msg("event %llx is none that this CPU has", (unsigned long long)select);
    return 0;
}

/* In the kernel: a counter advances when it is enabled, for the kernel's mode, and by the global switch where there is one. */
static void loop(void)
{
    static const uint64_t fixed[] = { PMU_LOOP_INSTRUCTIONS + LOOP_EXTRA, PMU_LOOP_INSTRUCTIONS / 3, PMU_LOOP_INSTRUCTIONS / 2, 0 };
    bool has_global = model.vendor == INTEL ? model.version >= 2 : model.amd_v2;
    uint64_t factor = model.wild ? 1000 : 1;
    if (!model.stuck) {
        model.aperf += factor * PMU_LOOP_INSTRUCTIONS / 3;
        model.mperf += factor * PMU_LOOP_INSTRUCTIONS / 2;
    }
    for (unsigned i = 0; i < model.general; i++)
        if ((model.select[i] >> 22 & 1) && (model.select[i] >> 17 & 1) && (!has_global || model.global >> i & 1))
            model.count[i] = (model.count[i] + factor * event_count(model.select[i])) & mask();
    for (unsigned i = 0; i < model.fixed; i++)
        if ((model.fixed_control >> 4 * i & 1) && model.global >> (32 + i) & 1)
            model.fixed_count[i] = (model.fixed_count[i] + factor * fixed[i]) & mask();
}

static const struct pmu_machine machine = { cpuid, read, write, counter_read, loop };

static struct pmu_info probe_wanted(const char *value)
{
    struct pmu_info pmu;
    uint32_t wanted;
    memset(&pmu, 0xff, sizeof pmu);
    assert_true(pmu_wanted_parse(value, strlen(value), &wanted));
    pmu_probe(&machine, wanted, &pmu);
    return pmu;
}
static struct pmu_info probe(void) { return probe_wanted("on"); }

static void intel(uint32_t version, uint32_t general, uint32_t fixed)
{
    playing = NULL;
    model = (struct model){ .vendor = INTEL, .version = version, .general = general, .fixed = fixed, .width = 48 };
}

static void amd(bool core, bool v2, uint32_t general)
{
    playing = NULL;
    model = (struct model){ .vendor = AMD, .amd_core = core, .amd_v2 = v2, .general = general, .width = 48 };
}

static void play(const char *name)
{
    for (playing = cpus; strcmp(playing->name, name) != 0;)
        assert_true(++playing < cpus + sizeof cpus / sizeof *cpus);
    model.signature = playing->signature;
    model.hybrid_type = playing->core_type;
}

static const struct pmu_counter *counter_of(const struct pmu_info *pmu, uint8_t event, uint8_t modes)
{
    for (uint32_t i = 0; i < pmu->count; i++)
        if (pmu->counters[i].event == event && pmu->counters[i].modes == modes)
            return &pmu->counters[i];
    return NULL;
}

#define BOTH (PMU_USER | PMU_KERNEL)

static void intel_fixed_and_general(void **state)
{
    (void)state;
    intel(5, 8, 3);
    play("skylake");
    struct pmu_info pmu = probe();
    assert_string_equal(pmu.reason, "on");
    assert_string_equal(pmu.model, "skylake");
    assert_int_equal(pmu.width, 48);
    assert_int_equal(counter_of(&pmu, PMU_TOT_INS, BOTH)->index, 1u << 30);
    assert_int_equal(counter_of(&pmu, PMU_TOT_CYC, BOTH)->index, 1u << 30 | 1);
    assert_int_equal(counter_of(&pmu, PMU_REF_CYC, BOTH)->index, 1u << 30 | 2);
    assert_int_equal(counter_of(&pmu, PMU_BR_MSP, BOTH)->index, 7); /* what any counter takes leaves the first four alone */
    assert_int_equal(counter_of(&pmu, PMU_TOT_INS, PMU_USER)->index, 6);
    assert_int_equal(counter_of(&pmu, PMU_TOT_CYC, PMU_USER)->index, 5);
    assert_int_equal(counter_of(&pmu, PMU_L1_DCM, BOTH)->index, 0);
    assert_int_equal(counter_of(&pmu, PMU_L1_ICM, BOTH)->index, 1);
    assert_int_equal(counter_of(&pmu, PMU_TLB_DM, BOTH)->index, 2);
    assert_int_equal(pmu.counters[pmu.count - 1].event, PMU_TLB_DM); /* stores beside loads */
    assert_int_equal(pmu.counters[pmu.count - 1].index, 3);
    assert_int_equal(pmu.count, 10);
    for (unsigned i = 0; i < PMU_EVENTS; i++)
        assert_int_equal(pmu.lacks[i], PMU_LACKS_NOTHING);
    assert_int_equal(model.global, 7ull << 32 | 0xef);
    assert_int_equal(model.fixed_control, 0x333);
    assert_int_equal(model.select[6] >> 16 & 3, 1); /* user mode alone */
    assert_int_equal(model.select[3] & 0xffff, 0x0149);
    assert_int_equal(model.faults, 0);
}

/* Every event of every microarchitecture, with as many counters as it takes and asked for by name. The model fails the test when a number is selected that is not
 * this CPU's; an event that it lacks is told. */
static void events_of_every_model(void **state)
{
    (void)state;
    for (const struct cpu *c = cpus; c < cpus + sizeof cpus / sizeof *cpus; c++) {
        bool v2 = c->vendor == AMD && c->signature >= 0xa60f12;
        if (c->vendor == INTEL)
            intel(5, 8, 3);
        else
            amd(c->signature >= 0x600f12, v2, c->signature >= 0x600f12 ? 6 : 4);
        playing = c;
        model.signature = c->signature;
        model.hybrid_type = c->core_type;
        struct pmu_info pmu = probe_wanted(c->vendor == AMD && c->signature < 0x600f12 ? "L1_ICM,TLB_DM" : "L1_DCM,L1_ICM,TLB_DM,REF_CYC");
        assert_string_equal(pmu.model, c->name);
        assert_int_equal(pmu.lacks[PMU_L1_ICM], PMU_LACKS_NOTHING);
        assert_int_equal(pmu.lacks[PMU_TLB_DM], PMU_LACKS_NOTHING);
        assert_int_equal(model.select[counter_of(&pmu, PMU_L1_ICM, BOTH)->index] & 0xf0000ffff, c->l1_icm);
        uint32_t walks = counter_of(&pmu, PMU_TLB_DM, BOTH)->index;
        assert_int_equal(model.select[walks] & 0xf0000ffff, c->tlb_dm[0]);
        if (c->tlb_dm[1])
            assert_int_equal(model.select[walks + 1] & 0xffff, c->tlb_dm[1]);
        if (c->signature == 0x100f42)
            continue;
        assert_int_equal(pmu.lacks[PMU_L1_DCM], c->l1_dcm ? PMU_LACKS_NOTHING : PMU_NO_EVENT);
        if (c->l1_dcm)
            assert_int_equal(model.select[counter_of(&pmu, PMU_L1_DCM, BOTH)->index] & 0xf0000ffff, c->l1_dcm);
        assert_int_equal(pmu.lacks[PMU_REF_CYC], c->vendor == INTEL || c->ref_cyc ? PMU_LACKS_NOTHING : PMU_NO_EVENT);
        assert_int_equal(pmu.lacks[PMU_BR_MSP], PMU_NOT_ASKED);
        assert_int_equal(model.faults, 0);
    }
}

static void unknown_models_say_so(void **state)
{
    (void)state;
    intel(5, 8, 3);
    model.signature = 0x606f0 & ~0xf0u; /* nobody's */
    struct pmu_info pmu = probe();
    assert_string_equal(pmu.model, "");
    assert_int_equal(pmu.lacks[PMU_L1_DCM], PMU_UNKNOWN_MODEL);
    assert_int_equal(pmu.lacks[PMU_TLB_DM], PMU_UNKNOWN_MODEL);
    assert_int_equal(pmu.lacks[PMU_BR_MSP], PMU_LACKS_NOTHING);
    assert_int_equal(pmu.count, 6);
    intel(5, 8, 3);
    model.signature = 0x90672 + 0x30000; /* an efficient core of a model without efficient cores in the table */
    model.hybrid_type = 0x20;
    pmu = probe();
    assert_int_equal(pmu.lacks[PMU_L1_ICM], PMU_UNKNOWN_MODEL);
    amd(true, true, 6);
    model.signature = 0xc00f10;
    pmu = probe();
    assert_int_equal(pmu.lacks[PMU_L1_DCM], PMU_UNKNOWN_MODEL);
}

/* Hyper-threading leaves four: what no counter was left for says so, and can be asked for. */
static void few_counters_are_given_by_what_is_wanted(void **state)
{
    (void)state;
    intel(4, 4, 3);
    play("haswell");
    struct pmu_info pmu = probe();
    assert_int_equal(pmu.count, 7);
    assert_int_equal(pmu.lacks[PMU_L1_DCM], PMU_LACKS_NOTHING);
    assert_int_equal(pmu.lacks[PMU_L1_ICM], PMU_NO_COUNTER);
    assert_int_equal(pmu.lacks[PMU_TLB_DM], PMU_NO_COUNTER);
    intel(4, 4, 3);
    play("haswell");
    pmu = probe_wanted("TLB_DM,L1_ICM,L1_DCM");
    assert_int_equal(pmu.count, 7);
    assert_int_equal(model.select[0] & 0xffff, 0x0108);
    assert_int_equal(model.select[1] & 0xffff, 0x0149);
    assert_int_equal(model.select[2] & 0xffff, 0x0280);
    assert_int_equal(model.select[3] & 0xffff, 0x0151);
    assert_int_equal(pmu.lacks[PMU_BR_MSP], PMU_NOT_ASKED);
    intel(4, 4, 3);
    play("haswell");
    pmu = probe_wanted("L1_DCM,L1_ICM,BR_MSP,TLB_DM"); /* one counter for an event of two */
    assert_int_equal(pmu.lacks[PMU_TLB_DM], PMU_NO_COUNTER);
    assert_null(counter_of(&pmu, PMU_TLB_DM, BOTH));
}

/* The second of two counters does not count: the first one of that event is stopped, too. */
static void half_an_event_is_none(void **state)
{
    (void)state;
    intel(5, 4, 3);
    play("haswell");
    model.bad_counter = 2;
    struct pmu_info pmu = probe_wanted("TLB_DM");
    assert_non_null(counter_of(&pmu, PMU_TLB_DM, BOTH));
    intel(5, 4, 3);
    play("haswell");
    model.bad_counter = 1;
    pmu = probe_wanted("TLB_DM");
    assert_null(counter_of(&pmu, PMU_TLB_DM, BOTH));
    assert_int_equal(pmu.lacks[PMU_TLB_DM], PMU_FAILED);
    assert_int_equal(model.select[0], 0);
    assert_int_equal(model.global & 3, 0);
}

static void what_is_wanted_is_read(void **state)
{
    static const char *const bad[] = { "", "maybe", "TOT_CYC", "L1_DCM,", ",L1_DCM", "L1_DCM,L1_DCM", "L1_DC", "L1_DCMM", "on,L1_DCM", "l1_dcm", "o", "of" };
    uint32_t wanted;
    (void)state;
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(pmu_wanted_parse(bad[i], strlen(bad[i]), &wanted));
    assert_true(pmu_wanted_parse("off", 3, &wanted));
    assert_int_equal(wanted, 0);
    assert_true(pmu_wanted_parse("TLB_DM,BR_MSP", 13, &wanted));
    assert_int_equal(wanted, (PMU_TLB_DM + 1) | (PMU_BR_MSP + 1) << 4 | (PMU_SPLIT + 1) << 8);
    assert_true(pmu_wanted_parse("REF_CYC,BR_MSP,L1_DCM,L1_ICM,TLB_DM", 35, &wanted));
}

static void intel_of_old_has_no_fixed_ones(void **state)
{
    (void)state;
    intel(1, 2, 3); /* version 1: what EDX says does not count */
    struct pmu_info pmu = probe();
    assert_string_equal(pmu.reason, "on");
    assert_int_equal(pmu.count, 2);
    assert_int_equal(counter_of(&pmu, PMU_TOT_INS, BOTH)->index, 1);
    assert_int_equal(counter_of(&pmu, PMU_TOT_CYC, BOTH)->index, 0);
    assert_int_equal(pmu.lacks[PMU_BR_MSP], PMU_NO_COUNTER);
    assert_int_equal(model.faults, 0);
}

static void missing_events_are_not_asked_for(void **state)
{
    (void)state;
    intel(4, 4, 3);
    model.missing = 1u << 6;
    struct pmu_info pmu = probe();
    assert_null(counter_of(&pmu, PMU_BR_MSP, BOTH));
    assert_int_equal(pmu.lacks[PMU_BR_MSP], PMU_NO_EVENT);
    assert_non_null(counter_of(&pmu, PMU_TOT_CYC, BOTH));
}

static void amd_in_all_its_forms(void **state)
{
    (void)state;
    for (int form = 0; form < 3; form++) {
        amd(form > 0, form > 1, form == 0 ? 4 : 6);
        play(form == 0 ? "family 10h" : form == 1 ? "zen 2" : "zen 4");
        struct pmu_info pmu = probe();
        assert_string_equal(pmu.reason, "on");
        assert_int_equal(counter_of(&pmu, PMU_TOT_INS, BOTH)->index, 0);
        assert_int_equal(counter_of(&pmu, PMU_TOT_CYC, BOTH)->index, 1);
        assert_int_equal(counter_of(&pmu, PMU_BR_MSP, BOTH)->index, 2);
        assert_int_equal(counter_of(&pmu, PMU_L1_DCM, BOTH)->index, 3);
        assert_int_equal(pmu.count, form == 0 ? 4 : 6);
        assert_int_equal(pmu.lacks[PMU_TLB_DM], PMU_NO_COUNTER);
        assert_int_equal(pmu.lacks[PMU_REF_CYC], form < 2 ? PMU_NO_EVENT : PMU_NO_COUNTER);
        assert_int_equal(model.global, form == 2 ? 0x3f : 0);
        assert_int_equal(model.faults, 0);
    }
}

static void disabled(void)
{
    struct pmu_info pmu = probe();
    assert_int_equal(pmu.count, 0);
    assert_memory_equal(pmu.reason, "disabled", 8);
    assert_int_equal(model.global, 0);
    for (unsigned i = 0; i < 16 && !model.fault_write; i++)
        assert_int_equal(model.select[i] >> 22 & 1, 0);
}

static void counters_that_read_0_are_none(void **state)
{
    (void)state;
    intel(2, 4, 3);
    model.stuck = true;
    disabled();
    amd(true, true, 6);
    model.stuck = true;
    disabled();
}

static void counters_that_fault_are_none(void **state)
{
    (void)state;
    intel(2, 4, 3);
    model.fault_write = true;
    disabled();
    intel(2, 4, 3);
    model.fault_read = true;
    disabled();
    amd(true, false, 6);
    model.fault_write = true;
    disabled();
}

static void counters_that_run_wild_are_none(void **state)
{
    (void)state;
    intel(2, 4, 3);
    model.wild = true;
    disabled();
}

/* Instructions are counted, cycles are not: half a set is none, and what counted is stopped. */
static void half_a_set_is_none(void **state)
{
    (void)state;
    intel(4, 4, 1);
    model.missing = 1;
    disabled();
    intel(1, 2, 0);
    model.missing = 1;
    disabled();
}

/* Every counter begins shortly before 2^48 and wraps during its first loop. */
static void counters_that_wrap_are_good(void **state)
{
    (void)state;
    intel(4, 4, 3);
    play("haswell");
    model.start = (1ull << 48) - 10;
    struct pmu_info pmu = probe();
    assert_string_equal(pmu.reason, "on");
    assert_int_equal(pmu.count, 7);
    assert_int_equal(pmu_difference(&pmu, (1ull << 48) - 1, 4), 5);
    pmu.width = 64;
    assert_int_equal(pmu_difference(&pmu, ~0ull, 4), 5);
}

static void hybrids_are_told_by_leaf_1a(void **state)
{
    (void)state;
    intel(5, 8, 3);
    play("golden cove");
    model.signature = 0x90672;
    model.hybrid_type = 0x40;
    struct pmu_info pmu = probe();
    assert_int_equal(pmu.core_type, 0x40);
    assert_non_null(counter_of(&pmu, PMU_L1_DCM, BOTH));
    intel(5, 6, 3);
    play("gracemont");
    model.hybrid_type = 0x20; /* an event of the performance cores means something else there */
    pmu = probe();
    assert_string_equal(pmu.reason, "on: efficient core of a hybrid processor");
    assert_null(counter_of(&pmu, PMU_L1_DCM, BOTH));
    assert_int_equal(pmu.lacks[PMU_L1_DCM], PMU_NO_EVENT);
    assert_non_null(counter_of(&pmu, PMU_BR_MSP, BOTH));
}

static void no_counters_is_said(void **state)
{
    (void)state;
    intel(0, 0, 0);
    struct pmu_info pmu = probe();
    assert_string_equal(pmu.reason, "none: CPUID tells of no counters");
    model.vendor = 0x1234;
    pmu = probe();
    assert_int_equal(pmu.count, 0);
    assert_int_equal(model.faults, 0);
}

static void noise_is_proved(void **state)
{
    (void)state;
    intel(5, 8, 3);
    model.has_frequency = true;
    model.smis = 7;
    model.aperf = model.mperf = ~0ull - 10; /* wrap */
    assert_int_equal(pmu_noise_probe(&machine), NOISE_SMIS | NOISE_FREQUENCY);
    assert_int_equal(model.faults, 0);
    model.stuck = true;
    assert_int_equal(pmu_noise_probe(&machine), NOISE_SMIS);
    model.stuck = false;
    model.wild = true;
    assert_int_equal(pmu_noise_probe(&machine), NOISE_SMIS);
    intel(5, 8, 3);
    model.no_smis = true; /* said by nobody: reading it faults */
    assert_int_equal(pmu_noise_probe(&machine), 0);
    assert_int_equal(model.faults, 1);
    amd(true, true, 6);
    model.has_frequency = true;
    assert_int_equal(pmu_noise_probe(&machine), NOISE_FREQUENCY);
    assert_int_equal(model.faults, 0); /* MSR 34H is Intel's, and is not tried */
}

/* The values of what there is, by their own numbers; what faults is left out, and of other vendors nothing is tried. */
static void policy_is_read(void **state)
{
    (void)state;
    for (unsigned amd_now = 0; amd_now < 2; amd_now++) {
        struct pmu_info pmu = { 0 };
        if (amd_now)
            amd(true, true, 6);
        else
            intel(5, 8, 3);
        model.policy_missing = amd_now ? 0xc00102b1 : 0x1b0;
        pmu_policy_probe(&machine, &pmu);
        assert_int_equal(pmu.policies, amd_now ? 7 : 10);
        assert_int_equal(model.faults, 1);
        for (unsigned i = 0; i < pmu.policies; i++) {
            assert_int_equal(pmu.policy[i].value, pmu.policy[i].msr + 0x100000000ull);
            assert_int_not_equal(pmu.policy[i].msr, model.policy_missing);
        }
    }
    struct pmu_info pmu = { 0 };
    model.vendor = 0x1234;
    model.faults = 0;
    pmu_policy_probe(&machine, &pmu);
    assert_int_equal(pmu.policies, 0);
    assert_int_equal(model.faults, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(policy_is_read),
        cmocka_unit_test(intel_fixed_and_general), cmocka_unit_test(events_of_every_model), cmocka_unit_test(unknown_models_say_so),
        cmocka_unit_test(few_counters_are_given_by_what_is_wanted), cmocka_unit_test(half_an_event_is_none), cmocka_unit_test(what_is_wanted_is_read), cmocka_unit_test(intel_of_old_has_no_fixed_ones),
        cmocka_unit_test(missing_events_are_not_asked_for), cmocka_unit_test(amd_in_all_its_forms),
        cmocka_unit_test(counters_that_read_0_are_none), cmocka_unit_test(counters_that_fault_are_none),
        cmocka_unit_test(counters_that_run_wild_are_none), cmocka_unit_test(half_a_set_is_none),
        cmocka_unit_test(counters_that_wrap_are_good),
        cmocka_unit_test(noise_is_proved), cmocka_unit_test(hybrids_are_told_by_leaf_1a), cmocka_unit_test(no_counters_is_said),
    };
    return cmocka_run_group_tests_name("pmu", tests, NULL, NULL);
}
