/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Which guards are chosen: against models of CPUs (what they say of themselves), and the values of the option.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "kernel/x86_64/mitigations.h"

#define RDCL_NO (1u << 0)
#define IBRS_ALL (1u << 1)
#define SSB_NO (1u << 4)
#define MDS_NO (1u << 5)
#define TAA_NO (1u << 8)
#define STALE_NO (7u << 13)
#define RFDS_NO (1u << 27)

/* Without microcode of 2018 or later. */
static const struct speculation haswell = { .intel = true };
static const struct speculation skylake = { .intel = true, .clears_buffers = true, .has_ibpb = true, .has_ibrs = true, .has_ssbd = true };
static const struct speculation cascade_lake = {
    .intel = true, .clears_buffers = true, .has_ibpb = true, .has_ibrs = true, .has_ssbd = true, .ibrs_enhanced = true,
    .capabilities = RDCL_NO | IBRS_ALL | MDS_NO,
};
static const struct speculation sapphire_rapids = {
    .intel = true, .clears_buffers = true, .has_ibpb = true, .has_ibrs = true, .has_ssbd = true, .ibrs_enhanced = true,
    .capabilities = RDCL_NO | IBRS_ALL | MDS_NO | TAA_NO | STALE_NO | RFDS_NO,
};
static const struct speculation zen4 = { .amd = true, .has_ibpb = true, .has_ibrs = true, .has_ssbd = true, .ibrs_enhanced = true };
static const struct speculation unknown = { .clears_buffers = true };

static void needed_by_flaw(void **state)
{
    (void)state;
    assert_int_equal(mitigations_needed(&haswell), MITIGATION_PTI);
    assert_int_equal(mitigations_needed(&skylake), MITIGATION_PTI | MITIGATION_VERW | MITIGATION_IBPB | MITIGATION_SSBD);
    assert_int_equal(mitigations_needed(&cascade_lake), MITIGATION_VERW | MITIGATION_IBPB | MITIGATION_IBRS | MITIGATION_SSBD);
    assert_int_equal(mitigations_needed(&sapphire_rapids), MITIGATION_IBPB | MITIGATION_IBRS | MITIGATION_SSBD);
    assert_int_equal(mitigations_needed(&zen4), MITIGATION_IBPB | MITIGATION_IBRS | MITIGATION_SSBD);
    assert_int_equal(mitigations_needed(&unknown), MITIGATION_PTI | MITIGATION_VERW);
}

/* Each flaw that VERW is against asks for it alone. */
static void verw_by_each_flaw(void **state)
{
    (void)state;
    static const unsigned flaws[] = { MDS_NO, TAA_NO, 1u << 13, 1u << 14, 1u << 15, RFDS_NO };
    for (unsigned i = 0; i < sizeof flaws / sizeof flaws[0]; i++) {
        struct speculation s = sapphire_rapids;
        s.capabilities &= ~(uint64_t)flaws[i];
        assert_true(mitigations_needed(&s) & MITIGATION_VERW);
        s.clears_buffers = false;
        assert_false(mitigations_needed(&s) & MITIGATION_VERW);
    }
    struct speculation s = zen4;
    s.capabilities = SSB_NO;
    assert_false(mitigations_needed(&s) & MITIGATION_SSBD);
}

static unsigned parsed(const char *text, const struct speculation *s)
{
    unsigned in_force = 0xdead;
    assert_true(mitigations_parse(text, strlen(text), s, &in_force));
    return in_force;
}

static void option_values(void **state)
{
    (void)state;
    assert_int_equal(parsed("off", &skylake), 0);
    assert_int_equal(parsed("auto", &sapphire_rapids), mitigations_needed(&sapphire_rapids));
    assert_int_equal(parsed("full", &sapphire_rapids), MITIGATIONS_ALL);
    assert_int_equal(parsed("full", &haswell), MITIGATION_PTI);
    assert_int_equal(parsed("pti", &zen4), MITIGATION_PTI);
    assert_int_equal(parsed("verw,pti", &zen4), MITIGATION_PTI | MITIGATION_VERW);
    assert_int_equal(parsed("pti,verw,ibpb,ibrs,ssbd", &haswell), MITIGATIONS_ALL);
}

static void option_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = { "", ",", "pti,", ",pti", "pti,,verw", "pti,pti", "on", "of", "offf", "auto,pti", "PTI", "pt", "ptii" };
    for (unsigned i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        unsigned in_force = 0xdead;
        assert_false(mitigations_parse(wrong[i], strlen(wrong[i]), &skylake, &in_force));
        assert_int_equal(in_force, 0xdead);
    }
}

static void names_read_back(void **state)
{
    (void)state;
    for (unsigned mask = 0; mask <= MITIGATIONS_ALL; mask++) {
        char text[MITIGATIONS_TEXT_BYTES + 8];
        memset(text, 'x', sizeof text);
        mitigations_name(mask, text);
        assert_true(strlen(text) < MITIGATIONS_TEXT_BYTES);
        assert_int_equal(parsed(text, &haswell), mask);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(needed_by_flaw), cmocka_unit_test(verw_by_each_flaw), cmocka_unit_test(option_values),
        cmocka_unit_test(option_refused), cmocka_unit_test(names_read_back),
    };
    return cmocka_run_group_tests_name("mitigations", tests, NULL, NULL);
}
