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
    uint32_t vendor, version, general, fixed, width, hybrid_type, missing;
    bool amd_core, amd_v2;
    bool has_frequency, no_smis;
    uint64_t smis, aperf, mperf;
    uint32_t policy_missing;   /* of the registers that firmware's policy shows in, this one faults */
    bool stuck, wild;          /* counters read 0 for ever; count a hundred times too much */
    bool fault_write, fault_read; /* #GP */
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
    *value = model.stuck ? 0 : index >> 30 ? model.fixed_count[index & 0xff] : model.count[index];
    return true;
}

static uint64_t event_count(uint64_t select)
{
    switch (select & 0xffff) {
    case 0x00c0: return PMU_LOOP_INSTRUCTIONS + LOOP_EXTRA;
    case 0x003c: case 0x0076: return PMU_LOOP_INSTRUCTIONS / 3;
    case 0x0151: case 0xff45: case 0x00c5: case 0x00c3: return 2;
    default: fail_msg("event %llx is none that this CPU has", (unsigned long long)select); return 0;
    }
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

static struct pmu_info probe(void)
{
    struct pmu_info pmu;
    memset(&pmu, 0xff, sizeof pmu);
    pmu_probe(&machine, &pmu);
    return pmu;
}

static void intel(uint32_t version, uint32_t general, uint32_t fixed)
{
    model = (struct model){ .vendor = INTEL, .version = version, .general = general, .fixed = fixed, .width = 48 };
}

static void amd(bool core, bool v2, uint32_t general)
{
    model = (struct model){ .vendor = AMD, .amd_core = core, .amd_v2 = v2, .general = general, .width = 48 };
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
    struct pmu_info pmu = probe();
    assert_string_equal(pmu.reason, "on");
    assert_int_equal(pmu.width, 48);
    assert_int_equal(counter_of(&pmu, PMU_TOT_INS, BOTH)->index, 1u << 30);
    assert_int_equal(counter_of(&pmu, PMU_TOT_CYC, BOTH)->index, 1u << 30 | 1);
    assert_int_equal(counter_of(&pmu, PMU_REF_CYC, BOTH)->index, 1u << 30 | 2);
    assert_int_equal(counter_of(&pmu, PMU_BR_MSP, BOTH)->index, 0);
    assert_int_equal(counter_of(&pmu, PMU_L1_DCM, BOTH)->index, 1);
    assert_int_equal(counter_of(&pmu, PMU_TOT_INS, PMU_USER)->index, 2);
    assert_int_equal(counter_of(&pmu, PMU_TOT_CYC, PMU_USER)->index, 3);
    assert_int_equal(pmu.count, 7);
    assert_int_equal(model.global, 7ull << 32 | 15);
    assert_int_equal(model.fixed_control, 0x333);
    assert_int_equal(model.select[2] >> 16 & 3, 1); /* user mode alone */
    assert_int_equal(model.faults, 0);
}

static void intel_of_old_has_no_fixed_ones(void **state)
{
    (void)state;
    intel(1, 2, 3); /* version 1: what EDX says does not count */
    struct pmu_info pmu = probe();
    assert_string_equal(pmu.reason, "on");
    assert_int_equal(pmu.count, 2);
    assert_int_equal(counter_of(&pmu, PMU_TOT_INS, BOTH)->index, 0);
    assert_int_equal(counter_of(&pmu, PMU_TOT_CYC, BOTH)->index, 1);
    assert_int_equal(model.faults, 0);
}

static void missing_events_are_not_asked_for(void **state)
{
    (void)state;
    intel(4, 4, 3);
    model.missing = 1u << 6;
    struct pmu_info pmu = probe();
    assert_null(counter_of(&pmu, PMU_BR_MSP, BOTH));
    assert_non_null(counter_of(&pmu, PMU_TOT_CYC, BOTH));
}

static void amd_in_all_its_forms(void **state)
{
    (void)state;
    for (int form = 0; form < 3; form++) {
        amd(form > 0, form > 1, form == 0 ? 4 : 6);
        struct pmu_info pmu = probe();
        assert_string_equal(pmu.reason, "on");
        assert_int_equal(counter_of(&pmu, PMU_TOT_INS, BOTH)->index, 0);
        assert_int_equal(counter_of(&pmu, PMU_TOT_CYC, BOTH)->index, 1);
        assert_int_equal(counter_of(&pmu, PMU_TLB_DM, BOTH)->index, 3);
        assert_int_equal(pmu.count, form == 0 ? 4 : 6);
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
    model.hybrid_type = 0x40;
    struct pmu_info pmu = probe();
    assert_int_equal(pmu.core_type, 0x40);
    assert_non_null(counter_of(&pmu, PMU_L1_DCM, BOTH));
    intel(5, 6, 3);
    model.hybrid_type = 0x20; /* an event of the performance cores means something else there */
    pmu = probe();
    assert_string_equal(pmu.reason, "on: efficient core of a hybrid processor");
    assert_null(counter_of(&pmu, PMU_L1_DCM, BOTH));
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
        cmocka_unit_test(intel_fixed_and_general), cmocka_unit_test(intel_of_old_has_no_fixed_ones),
        cmocka_unit_test(missing_events_are_not_asked_for), cmocka_unit_test(amd_in_all_its_forms),
        cmocka_unit_test(counters_that_read_0_are_none), cmocka_unit_test(counters_that_fault_are_none),
        cmocka_unit_test(counters_that_run_wild_are_none), cmocka_unit_test(half_a_set_is_none),
        cmocka_unit_test(counters_that_wrap_are_good),
        cmocka_unit_test(noise_is_proved), cmocka_unit_test(hybrids_are_told_by_leaf_1a), cmocka_unit_test(no_counters_is_said),
    };
    return cmocka_run_group_tests_name("pmu", tests, NULL, NULL);
}
