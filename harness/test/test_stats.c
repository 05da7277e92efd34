/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Statistics against published answers and against direct, slow computations of the same definitions.
 */
#include "harness/test/fixture.h"

#include <math.h>
#include <stdlib.h>

#include "harness/tool/stats.h"

static bool near(double a, double b, double tolerance)
{
    return fabs(a - b) <= tolerance;
}

/* Histogram of n values; pairs must hold n. */
static struct samples samples_of(const uint64_t *values, size_t n, struct histogram_pair *pairs, uint64_t batch)
{
    struct histogram h;
    histogram_init(&h, pairs, n);
    assert_true(histogram_fold(&h, values, n));
    return (struct samples){ .pairs = pairs, .pair_count = h.used, .n = h.samples, .batch = batch };
}

static void median_ranks_match_the_tables(void **state)
{
    (void)state;
    /* Conover, Practical Nonparametric Statistics, table of the binomial: 95 % intervals of the median. */
    static const struct { uint64_t n, low, high; } known[] = {
        { 6, 1, 6 }, { 8, 1, 8 }, { 9, 2, 8 }, { 10, 2, 9 }, { 20, 6, 15 }, { 25, 8, 18 }, { 50, 18, 33 }, { 100, 40, 61 },
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        uint64_t low, high;
        assert_true(stats_median_ranks(known[i].n, &low, &high));
        assert_int_equal(low, known[i].low);
        assert_int_equal(high, known[i].high);
    }
}

static void median_ranks_need_six_samples(void **state)
{
    (void)state;
    uint64_t low, high;
    for (uint64_t n = 1; n <= 5; n++)
        assert_false(stats_median_ranks(n, &low, &high));
}

static void median_ranks_are_continuous_at_the_approximation(void **state)
{
    (void)state;
    uint64_t low, high;
    assert_true(stats_median_ranks(10000, &low, &high));
    assert_int_equal(low, 4902); /* exact */
    assert_true(stats_median_ranks(10001, &low, &high));
    assert_in_range(low, 4901, 4903);
    assert_int_equal(low + high, 10002);
    assert_true(stats_median_ranks(INT64_MAX, &low, &high));
    assert_true(low < high);
}

static void percentiles_are_nearest_rank(void **state)
{
    (void)state;
    /* The usual textbook example of nearest rank: 15, 20, 35, 40, 50. */
    static const uint64_t values[] = { 15, 20, 35, 40, 50 };
    struct histogram_pair pairs[5];
    struct samples s = samples_of(values, 5, pairs, 1);
    assert_int_equal(stats_quantile(&s, 5, 100), 15);
    assert_int_equal(stats_quantile(&s, 30, 100), 20);
    assert_int_equal(stats_quantile(&s, 40, 100), 20);
    assert_int_equal(stats_quantile(&s, 50, 100), 35);
    assert_int_equal(stats_quantile(&s, 100, 100), 50);
}

static void quantiles_agree_with_the_guests(void **state)
{
    (void)state;
    uint64_t values[997];
    struct histogram_pair pairs[997];
    for (size_t i = 0; i < 997; i++)
        values[i] = (i * 7919) % 101 + 50;
    struct samples s = samples_of(values, 997, pairs, 1);
    struct histogram h = { .pairs = pairs, .capacity = 997, .used = s.pair_count, .samples = s.n };
    for (uint64_t percent = 1; percent <= 100; percent++)
        assert_int_equal(stats_quantile(&s, percent, 100), histogram_quantile(&h, percent, 100));
}

static void summary_of_a_known_sample(void **state)
{
    (void)state;
    /* 2 4 4 4 5 5 7 9: mean 5, sum of squares 32. */
    static const uint64_t values[] = { 2, 4, 4, 4, 5, 5, 7, 9 };
    struct histogram_pair pairs[8];
    struct samples s = samples_of(values, 8, pairs, 2);
    struct summary summary;
    stats_summarise(&s, &summary);
    assert_true(summary.mean == 2.5);
    assert_true(near(summary.stddev, sqrt(32.0 / 7) / 2, 1e-15));
    assert_true(summary.min == 1 && summary.max == 4.5 && summary.p50 == 2);
    assert_true(summary.has_ci95 && summary.ci95_low == 1 && summary.ci95_high == 4.5);
    assert_true(stats_iqr(&s) == 0.5);
}

static void one_sample_has_no_spread(void **state)
{
    (void)state;
    static const uint64_t value = 7;
    struct histogram_pair pair;
    struct samples s = samples_of(&value, 1, &pair, 1);
    struct summary summary;
    stats_summarise(&s, &summary);
    assert_true(summary.stddev == 0 && summary.mean == 7 && summary.p99 == 7 && !summary.has_ci95);
}

static void large_values_keep_their_spread(void **state)
{
    (void)state;
    static const uint64_t values[] = { 4000000000000001, 4000000000000002, 4000000000000003 };
    struct histogram_pair pairs[3];
    struct samples s = samples_of(values, 3, pairs, 1);
    struct summary summary;
    stats_summarise(&s, &summary);
    assert_true(near(summary.stddev, 1, 1e-6));
}

static void not_a_histogram_is_refused(void **state)
{
    (void)state;
    uint64_t n;
    assert_false(stats_count(NULL, 0, &n));
    assert_false(stats_count((struct histogram_pair[]){ { 1, 0 } }, 1, &n));
    assert_false(stats_count((struct histogram_pair[]){ { 1, 1 }, { 1, 1 } }, 2, &n));
    assert_false(stats_count((struct histogram_pair[]){ { 2, 1 }, { 1, 1 } }, 2, &n));
    assert_false(stats_count((struct histogram_pair[]){ { 1, INT64_MAX }, { 2, 1 } }, 2, &n));
    assert_false(stats_count((struct histogram_pair[]){ { 1, UINT64_MAX } }, 1, &n));
    assert_true(stats_count((struct histogram_pair[]){ { 1, INT64_MAX } }, 1, &n));
}

static void u_test_matches_hollander_and_wolfe(void **state)
{
    (void)state;
    /* Hollander and Wolfe, Nonparametric Statistical Methods (1973), p. 69: permeability of the human chorioamnion, W = 35. */
    static const uint64_t x[] = { 80, 83, 189, 104, 145, 138, 191, 164, 73, 146 }, y[] = { 115, 88, 90, 74, 121 };
    struct histogram_pair px[10], py[5];
    struct samples a = samples_of(x, 10, px, 1), b = samples_of(y, 5, py, 1);
    struct mann_whitney t = stats_mann_whitney(&a, &b);
    assert_true(t.u == 35);
    assert_true(near(t.z, 9.5 / sqrt(10 * 5 * 16 / 12.0), 1e-12));
    assert_true(near(t.p, 0.24463, 1e-4)); /* R: wilcox.test(x, y, exact = FALSE) */
}

/* The definition itself: mid-ranks, and the variance of the rank sum from the ranks as they are. */
static struct mann_whitney u_test_slow(const double *a, size_t na, const double *b, size_t nb)
{
    double u = 0, squares = 0, n = (double)(na + nb);
    for (size_t i = 0; i < na; i++)
        for (size_t j = 0; j < nb; j++)
            u += a[i] > b[j] ? 1 : a[i] == b[j] ? 0.5 : 0;
    for (size_t k = 0; k < na + nb; k++) {
        double v = k < na ? a[k] : b[k - na], rank = 0.5;
        for (size_t l = 0; l < na + nb; l++) {
            double w = l < na ? a[l] : b[l - na];
            rank += w < v ? 1 : w == v ? 0.5 : 0;
        }
        squares += (rank - (n + 1) / 2) * (rank - (n + 1) / 2);
    }
    double sigma = sqrt((double)na * (double)nb / (n * (n - 1)) * squares);
    double distance = u - (double)na * (double)nb / 2;
    double z = sigma == 0 ? 0 : copysign(fmax(fabs(distance) - 0.5, 0), distance) / sigma;
    return (struct mann_whitney){ .u = u, .z = z, .p = erfc(fabs(z) / sqrt(2)) };
}

static void u_test_with_ties_matches_the_definition(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= 40; seed++) {
        uint64_t x[60], y[45], random = seed;
        double dx[60], dy[45];
        uint64_t batch = seed % 3 + 1, range = seed % 7 + 1;
        for (size_t i = 0; i < 105; i++) {
            random = random * 6364136223846793005u + 1442695040888963407u;
            uint64_t value = (random >> 40) % range;
            if (i < 60)
                dx[i] = (double)(x[i] = value * 2);
            else
                dy[i - 60] = (double)(y[i - 60] = (value + seed % 2) * batch) / (double)batch;
        }
        struct histogram_pair px[60], py[45];
        struct samples a = samples_of(x, 60, px, 1), b = samples_of(y, 45, py, batch);
        struct mann_whitney fast = stats_mann_whitney(&a, &b), slow = u_test_slow(dx, 60, dy, 45);
        assert_true(near(fast.u, slow.u, 1e-9) && near(fast.z, slow.z, 1e-9) && near(fast.p, slow.p, 1e-9));
    }
}

static void u_test_is_symmetric(void **state)
{
    (void)state;
    struct histogram_pair pa[] = { { 10, 5 }, { 12, 50 } }, pb[] = { { 11, 30 }, { 12, 3 }, { 90, 7 } };
    struct samples a = { pa, 2, 55, 1 }, b = { pb, 3, 40, 1 };
    struct mann_whitney ab = stats_mann_whitney(&a, &b), ba = stats_mann_whitney(&b, &a);
    assert_true(ab.u + ba.u == 55 * 40);
    assert_true(near(ab.z, -ba.z, 1e-12) && near(ab.p, ba.p, 1e-12));
}

static void equal_samples_prove_nothing(void **state)
{
    (void)state;
    struct histogram_pair pair = { 10, 1000000 };
    struct samples s = { &pair, 1, 1000000, 1 };
    struct mann_whitney t = stats_mann_whitney(&s, &s);
    assert_true(t.p == 1 && t.z == 0);
}

static void holm_matches_a_worked_example(void **state)
{
    (void)state;
    /* R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm") = 0.03 0.06 0.06 0.02 */
    double p[] = { 0.01, 0.04, 0.03, 0.005 };
    stats_holm(p, 4);
    assert_true(near(p[0], 0.03, 1e-15) && near(p[1], 0.06, 1e-15) && near(p[2], 0.06, 1e-15) && near(p[3], 0.02, 1e-15));
    double one[] = { 0.7, 0.8 };
    stats_holm(one, 2);
    assert_true(one[0] == 1 && one[1] == 1);
    stats_holm(one, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(median_ranks_match_the_tables),
        cmocka_unit_test(median_ranks_need_six_samples),
        cmocka_unit_test(median_ranks_are_continuous_at_the_approximation),
        cmocka_unit_test(percentiles_are_nearest_rank),
        cmocka_unit_test(quantiles_agree_with_the_guests),
        cmocka_unit_test(summary_of_a_known_sample),
        cmocka_unit_test(one_sample_has_no_spread),
        cmocka_unit_test(large_values_keep_their_spread),
        cmocka_unit_test(not_a_histogram_is_refused),
        cmocka_unit_test(u_test_matches_hollander_and_wolfe),
        cmocka_unit_test(u_test_with_ties_matches_the_definition),
        cmocka_unit_test(u_test_is_symmetric),
        cmocka_unit_test(equal_samples_prove_nothing),
        cmocka_unit_test(holm_matches_a_worked_example),
    };
    return cmocka_run_group_tests_name("stats", tests, NULL, NULL);
}
