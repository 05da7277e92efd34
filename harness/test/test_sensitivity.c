/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What compare must find and what it must leave alone: itself, a rerun, one instruction, 2 % in noise, 0.2 cycles, and drift from
 * boot to boot. Noise is synthetic and seeded: a skewed body, 1 % of outliers, and an offset that each boot draws anew.
 */
#include "harness/test/fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/tool/boots.h"
#include "harness/tool/compare.h"
#include "harness/tool/stats_bootstrap.h"

enum { SAMPLES = 2000, BATCH = 10, ROWS = 4 };

/* One boot: rows around `base` cycles per operation; `boot_spread` is what boots differ by at most, as a share. */
static void boot_make(struct result *result, struct random *r, double base, double boot_spread)
{
    struct log_writer out;
    log_open_as(&out, "virtual", "cycles");
    for (size_t row = 0; row < ROWS; row++) {
        struct histogram_pair *pairs = calloc(SAMPLES, sizeof *pairs);
        struct histogram h;
        char variant[16];
        double centre = base * (1 + (double)row) * (1 + boot_spread * (2 * random_uniform(r) - 1));
        histogram_init(&h, pairs, SAMPLES);
        for (size_t i = 0; i < SAMPLES; i++) {
            double noise = 0.01 * -log(random_uniform(r)) + (random_uniform(r) < 0.01 ? 3 * random_uniform(r) : 0);
            histogram_add(&h, (uint64_t)(BATCH * centre * (1 + noise)), 1);
        }
        snprintf(variant, sizeof variant, "row=%zu", row);
        log_row(&out, "ipc.call.inter", variant, "cycles", BATCH, 0, pairs, h.used);
        free(pairs);
    }
    log_close(&out);
    result_of(&out, result);
}

static void run_make(struct result *run, struct random *r, double base, double boot_spread, size_t boots)
{
    struct result boot[16];
    struct error e = { "" };
    for (size_t i = 0; i < boots; i++)
        boot_make(&boot[i], r, base, boot_spread);
    if (boots == 1) {
        *run = boot[0];
        return;
    }
    if (!boots_merge(boot, boots, run, &e))
        fail_msg("%s", e.text);
    for (size_t i = 0; i < boots; i++)
        result_free(&boot[i]);
}

static struct comparison compared(const struct result *a, const struct result *b)
{
    struct comparison c;
    struct error e = { "" };
    if (!compare_results(a, b, false, &c, &e))
        fail_msg("%s", e.text);
    return c;
}

static void itself_is_indistinguishable(void **state)
{
    (void)state;
    struct random r = { 1 };
    struct result a;
    run_make(&a, &r, 500, 0, 1);
    struct comparison c = compared(&a, &a);
    assert_int_equal(c.verdicts[VERDICT_INDISTINGUISHABLE], ROWS);
    for (size_t i = 0; i < ROWS; i++)
        assert_true(c.rows[i].change == 0 && c.rows[i].p == 1 && c.rows[i].has_detectable);
    comparison_free(&c);
    result_free(&a);
}

static size_t quiet_tries(size_t boots, double boot_spread)
{
    size_t quiet = 0;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct random r = { seed };
        struct result a, b;
        run_make(&a, &r, 500, boot_spread, boots);
        run_make(&b, &r, 500, boot_spread, boots);
        struct comparison c = compared(&a, &b);
        quiet += c.verdicts[VERDICT_INDISTINGUISHABLE] == ROWS;
        comparison_free(&c);
        result_free(&a);
        result_free(&b);
    }
    return quiet;
}

static void reruns_are_indistinguishable(void **state)
{
    (void)state;
    assert_in_range(quiet_tries(1, 0), 19, 20);
}

/* Boots that differ by up to 3 %: single boots are told apart all the time, and it means nothing; eight boots against eight are not. */
static void drift_between_boots_is_no_change(void **state)
{
    (void)state;
    assert_in_range(quiet_tries(8, 0.03), 19, 20);
    assert_in_range(quiet_tries(1, 0.03), 0, 10);
}

static void change_is_judged(double before, double after, size_t boots, double boot_spread, enum verdict verdict)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct random r = { seed };
        struct result a, b;
        run_make(&a, &r, before, boot_spread, boots);
        run_make(&b, &r, after, boot_spread, boots);
        struct comparison c = compared(&a, &b);
        for (size_t i = 0; i < c.count; i++)
            if (c.rows[i].verdict != verdict)
                fail_msg("seed %d row %zu: %s", (int)seed, i, verdict_name(c.rows[i].verdict));
        comparison_free(&c);
        result_free(&a);
        result_free(&b);
    }
}

static void two_percent_in_noise_is_found(void **state)
{
    (void)state;
    change_is_judged(500, 510, 1, 0, VERDICT_SLOWER);
    change_is_judged(510, 500, 1, 0, VERDICT_FASTER);
    change_is_judged(500, 510, 10, 0.002, VERDICT_SLOWER);
}

static void a_fifth_of_a_cycle_is_not_called(void **state)
{
    (void)state;
    change_is_judged(200, 200.2, 1, 0, VERDICT_INDISTINGUISHABLE);
}

/* The shift that is said to be detectable is: moved by it B is called, moved by nine tenths of it B is not. */
static void detectable_shift_is_where_the_verdict_flips(void **state)
{
    (void)state;
    struct random r = { 7 };
    struct result a, b;
    run_make(&a, &r, 500, 0, 1);
    run_make(&b, &r, 500, 0, 1);
    struct comparison c = compared(&a, &b);
    double shift = c.rows[0].detectable;
    assert_true(c.rows[0].has_detectable && shift >= 3 && shift < 25);
    const double factors[] = { 0.8, 1.02 };
    for (size_t f = 0; f < 2; f++) {
        for (int sign = -1; sign <= 1; sign += 2) {
            struct result_row *row = &b.rows[0];
            struct histogram_pair *kept = malloc(row->pair_count * sizeof *kept);
            for (size_t i = 0; i < row->pair_count; i++) {
                kept[i] = row->pairs[i];
                row->pairs[i].value = (uint64_t)((double)kept[i].value + sign * BATCH * shift * factors[f]);
            }
            assert_true(row_summarise(row, NULL));
            struct comparison moved = compared(&a, &b);
            bool called = moved.rows[0].verdict != VERDICT_INDISTINGUISHABLE;
            assert_true(f == 0 ? !called || sign * c.rows[0].change > 0 : called);
            comparison_free(&moved);
            for (size_t i = 0; i < row->pair_count; i++)
                row->pairs[i] = kept[i];
            free(kept);
        }
    }
    comparison_free(&c);
    result_free(&a);
    result_free(&b);
}

static void few_boots_cannot_convict(void **state)
{
    (void)state;
    struct random r = { 9 };
    struct result a, b;
    run_make(&a, &r, 500, 0, 3);
    run_make(&b, &r, 600, 0, 3);
    struct comparison c = compared(&a, &b);
    assert_true(c.rows[0].by_boots && !c.rows[0].has_detectable);
    assert_int_equal(c.verdicts[VERDICT_INDISTINGUISHABLE], ROWS); /* 3 against 3 cannot give p < 0.1 */
    comparison_free(&c);
    result_free(&a);
    result_free(&b);
}

/* Rows alike, yet taken on another target, or in cycles on another processor. */
static void unlike_machines_are_refused(void **state)
{
    (void)state;
    static const char *const keys[] = { "target", "system", "cpu_model", "host_cpu" };
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        struct random r = { 11 };
        struct result a, b;
        struct comparison c;
        struct error e = { "" };
        run_make(&a, &r, 500, 0, 1);
        run_make(&b, &r, 500, 0, 1);
        assert_true(compare_results(&a, &b, false, &c, &e));
        comparison_free(&c);
        json_object_set_new(b.context, keys[i], json_string("another"));
        assert_false(compare_results(&a, &b, false, &c, &e));
        assert_non_null(strstr(e.text, keys[i]));
        assert_true(compare_results(&a, &b, true, &c, &e));
        assert_int_equal(json_object_size(c.environment), 1);
        comparison_free(&c);
        result_free(&a);
        result_free(&b);
    }
}

static void forced_unlike_rows_get_no_arithmetic(void **state)
{
    (void)state;
    static const struct histogram_pair pair = { 100, 10 };
    struct result a, b;
    struct comparison c;
    struct error e = { "" };
    struct log_writer log;
    log_open(&log);
    log_row(&log, "a.b", "v", "instructions", 1, 0, &pair, 1);
    log_close(&log);
    result_of(&log, &a);
    log_open_as(&log, "metal", "cycles");
    log_row(&log, "a.b", "v", "cycles", 1, 0, &pair, 1);
    log_close(&log);
    result_of(&log, &b);
    assert_false(compare_results(&a, &b, false, &c, &e));
    assert_true(compare_results(&a, &b, true, &c, &e));
    assert_int_equal(c.rows[0].verdict, VERDICT_UNLIKE);
    assert_string_equal(c.rows[0].unlike, "unit");
    assert_true(!c.rows[0].has_share && !c.rows[0].has_ratio && !c.rows[0].has_p && comparison_regressed(&c));
    comparison_free(&c);
    json_object_set_new(b.context, "target", json_string("metal"));
    assert_false(compare_results(&a, &b, false, &c, &e));
    result_free(&b);
    result_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(itself_is_indistinguishable),
        cmocka_unit_test(reruns_are_indistinguishable),
        cmocka_unit_test(drift_between_boots_is_no_change),
        cmocka_unit_test(two_percent_in_noise_is_found),
        cmocka_unit_test(a_fifth_of_a_cycle_is_not_called),
        cmocka_unit_test(detectable_shift_is_where_the_verdict_flips),
        cmocka_unit_test(few_boots_cannot_convict),
        cmocka_unit_test(unlike_machines_are_refused),
        cmocka_unit_test(forced_unlike_rows_get_no_arithmetic),
    };
    return cmocka_run_group_tests_name("sensitivity", tests, NULL, NULL);
}
