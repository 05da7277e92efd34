/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Verdicts of compare: exact for instructions; significance and effect, both, for cycles; refusal of unlike rows.
 */
#include "harness/test/fixture.h"

#include <string.h>

#include "harness/tool/compare.h"

/* A result of one row "a.b v" with samples around `value`: a tenth below, a tenth above. */
static void result_make(struct result *result, const char *unit, uint64_t value, uint64_t count, uint64_t batch)
{
    const struct histogram_pair pairs[] = { { value - 1, count }, { value, 8 * count }, { value + 1, count } };
    struct log_writer log;
    bool exact = strcmp(unit, "instructions") == 0;
    log_open_as(&log, exact ? "instructions" : "virtual", exact ? "instructions" : "cycles");
    log_row(&log, "a.b", "v", unit, batch, 0, pairs, 3);
    log_close(&log);
    result_of(&log, result);
}

static enum verdict verdict_of(const char *unit, uint64_t a_value, uint64_t b_value, uint64_t count, uint64_t batch)
{
    struct result a, b;
    struct comparison c;
    struct error e = { "" };
    result_make(&a, unit, a_value, count, batch);
    result_make(&b, unit, b_value, count, batch);
    if (!compare_results(&a, &b, false, &c, &e))
        fail_msg("%s", e.text);
    assert_int_equal(c.count, 1);
    enum verdict verdict = c.rows[0].verdict;
    assert_int_equal(comparison_regressed(&c), verdict == VERDICT_SLOWER || verdict == VERDICT_CHANGED);
    comparison_free(&c);
    result_free(&a);
    result_free(&b);
    return verdict;
}

static void instructions_are_exact(void **state)
{
    (void)state;
    assert_int_equal(verdict_of("instructions", 100, 100, 100, 1), VERDICT_IDENTICAL);
    assert_int_equal(verdict_of("instructions", 100, 101, 1, 1), VERDICT_SLOWER);
    assert_int_equal(verdict_of("instructions", 100000, 100001, 1, 100), VERDICT_SLOWER);
    assert_int_equal(verdict_of("instructions", 100, 99, 1, 1), VERDICT_FASTER);
}

static void one_sample_decides_for_instructions(void **state)
{
    (void)state;
    static const struct histogram_pair before[] = { { 100, 1000 } }, after[] = { { 100, 999 }, { 101, 1 } };
    static const struct histogram_pair spread[] = { { 99, 1 }, { 100, 998 }, { 101, 1 } };
    const struct { const struct histogram_pair *pairs; size_t count; enum verdict verdict; } cases[] = {
        { before, 1, VERDICT_IDENTICAL }, { after, 2, VERDICT_SLOWER }, { spread, 3, VERDICT_CHANGED },
    };
    for (size_t i = 0; i < 3; i++) {
        struct log_writer log;
        struct result a, b;
        struct comparison c;
        log_open(&log);
        log_row(&log, "a.b", "v", "instructions", 1, 0, before, 1);
        log_close(&log);
        result_of(&log, &a);
        log_open(&log);
        log_row(&log, "a.b", "v", "instructions", 1, 0, cases[i].pairs, cases[i].count);
        log_close(&log);
        result_of(&log, &b);
        assert_true(compare_results(&a, &b, false, &c, NULL));
        assert_int_equal(c.rows[0].verdict, cases[i].verdict);
        assert_int_equal(comparison_regressed(&c), i > 0);
        comparison_free(&c);
        result_free(&a);
        result_free(&b);
    }
}

static void cycles_need_significance_and_effect(void **state)
{
    (void)state;
    assert_int_equal(verdict_of("cycles", 100, 100, 1000, 1), VERDICT_INDISTINGUISHABLE);
    assert_int_equal(verdict_of("cycles", 100, 102, 1000, 1), VERDICT_INDISTINGUISHABLE); /* significant, below 3 */
    assert_int_equal(verdict_of("cycles", 100, 103, 1000, 1), VERDICT_SLOWER);
    assert_int_equal(verdict_of("cycles", 103, 100, 1000, 1), VERDICT_FASTER);
    assert_int_equal(verdict_of("cycles", 1000, 1009, 1000, 1), VERDICT_INDISTINGUISHABLE); /* below 1 % */
    assert_int_equal(verdict_of("cycles", 1000, 1010, 1000, 1), VERDICT_SLOWER);
    assert_int_equal(verdict_of("ns", 1000, 1010, 1000, 1), VERDICT_SLOWER);
    assert_int_equal(verdict_of("cycles", 10000, 10100, 1000, 100), VERDICT_INDISTINGUISHABLE); /* 1 cycle per operation */
}

static void few_samples_prove_nothing(void **state)
{
    (void)state;
    static const struct histogram_pair a_pairs[] = { { 100, 2 } }, b_pairs[] = { { 200, 2 } };
    struct log_writer log;
    struct result a, b;
    struct comparison c;
    log_open_as(&log, "metal", "cycles");
    log_row(&log, "a.b", "v", "cycles", 1, 0, a_pairs, 1);
    log_close(&log);
    result_of(&log, &a);
    log_open_as(&log, "metal", "cycles");
    log_row(&log, "a.b", "v", "cycles", 1, 0, b_pairs, 1);
    log_close(&log);
    result_of(&log, &b);
    assert_true(compare_results(&a, &b, false, &c, NULL));
    assert_int_equal(c.rows[0].verdict, VERDICT_INDISTINGUISHABLE);
    comparison_free(&c);
    result_free(&a);
    result_free(&b);
}

static void unlike_units_are_refused(void **state)
{
    (void)state;
    struct result a, b;
    struct comparison c;
    struct error e = { "" };
    result_make(&a, "instructions", 100, 10, 1);
    result_make(&b, "cycles", 100, 10, 1);
    assert_false(compare_results(&a, &b, false, &c, &e));
    assert_non_null(strstr(e.text, "unlike in unit"));
    result_free(&b);
    result_make(&b, "instructions", 100, 10, 10); /* batched against single */
    assert_false(compare_results(&a, &b, false, &c, &e));
    assert_non_null(strstr(e.text, "unlike in method"));
    result_free(&a);
    result_free(&b);
}

static void rows_on_one_side_are_reported(void **state)
{
    (void)state;
    static const struct histogram_pair pair = { 100, 10 };
    struct result a, b;
    struct comparison c;
    struct log_writer log;
    log_open(&log);
    log_row(&log, "a.b", "v", "instructions", 1, 0, &pair, 1);
    log_row(&log, "a.c", "v", "instructions", 1, 0, &pair, 1);
    log_close(&log);
    result_of(&log, &a);
    result_make(&b, "instructions", 100, 10, 1);
    json_object_set_new(b.context, "compiler", json_string("clang 14"));
    json_object_set_new(b.context, "extra", json_string("x"));
    assert_true(compare_results(&a, &b, false, &c, NULL));
    assert_int_equal(c.count, 2);
    assert_int_equal(c.verdicts[VERDICT_MISSING], 1);
    assert_true(comparison_regressed(&c));
    assert_int_equal(json_object_size(c.environment), 2);
    assert_true(json_is_null(json_array_get(json_object_get(c.environment, "extra"), 0)));
    comparison_free(&c);
    assert_true(compare_results(&b, &a, false, &c, NULL));
    assert_int_equal(c.verdicts[VERDICT_NEW], 1);
    comparison_free(&c);
    result_free(&a);
    result_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(instructions_are_exact),
        cmocka_unit_test(one_sample_decides_for_instructions),
        cmocka_unit_test(cycles_need_significance_and_effect),
        cmocka_unit_test(few_samples_prove_nothing),
        cmocka_unit_test(unlike_units_are_refused),
        cmocka_unit_test(rows_on_one_side_are_reported),
    };
    return cmocka_run_group_tests_name("compare", tests, NULL, NULL);
}
