/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Bootstrap, exact rank-sum test and mode count against published figures, exact distributions, and what must hold for any data.
 */
#include "harness/test/fixture.h"

#include <math.h>
#include <stdlib.h>

#include "harness/tool/stats_bootstrap.h"

static bool near(double a, double b, double tolerance)
{
    return fabs(a - b) <= tolerance;
}

static void random_stream_is_splitmix64(void **state)
{
    (void)state;
    /* First outputs for seed 1234567 as the reference implementation gives them (Vigna, splitmix64.c; Rosetta Code lists them). */
    static const uint64_t known[] = { 6457827717110365317u, 3203168211198807973u, 9817491932198370423u, 4593380528125082431u,
                                      16408922859458223821u };
    struct random r = { 1234567 };
    for (size_t i = 0; i < 5; i++)
        assert_true(random_next(&r) == known[i]);
}

static void bootstrap_median_matches_efron(void **state)
{
    (void)state;
    /* Efron, Bootstrap methods: another look at the jackknife (1979), section 3: n = 13, probability that the bootstrap median is the l-th
     * order statistic, l = 2 and 12 up to 7. */
    static const double known[] = { 0.0015, 0.0142, 0.0550, 0.1242, 0.1936, 0.2230, 0.1936, 0.1242, 0.0550, 0.0142, 0.0015 };
    enum { DRAWS = 200000 };
    struct histogram_pair pairs[13];
    size_t seen[14] = { 0 };
    for (size_t i = 0; i < 13; i++)
        pairs[i] = (struct histogram_pair){ i + 1, 1 };
    struct samples s = { pairs, 13, 13, 1 };
    struct random r = { 1 };
    for (size_t i = 0; i < DRAWS; i++)
        seen[(size_t)bootstrap_median(&s, &r)]++;
    for (size_t l = 2; l <= 12; l++) {
        double sigma = sqrt(known[l - 2] * (1 - known[l - 2]) / DRAWS);
        assert_true(near((double)seen[l] / DRAWS, known[l - 2], 5 * sigma + 0.00005));
    }
}

static void beta_has_its_moments(void **state)
{
    (void)state;
    struct random r = { 2 };
    double sum = 0, squares = 0;
    enum { DRAWS = 100000 };
    for (size_t i = 0; i < DRAWS; i++) {
        double x = random_beta(&r, 3, 5);
        sum += x;
        squares += x * x;
    }
    double mean = sum / DRAWS;
    assert_true(near(mean, 3.0 / 8, 0.003));
    assert_true(near(squares / DRAWS - mean * mean, 15.0 / (64 * 9), 0.001));
}

static void ratio_interval_is_deterministic_and_covers(void **state)
{
    (void)state;
    struct random r = { 3 };
    size_t covered = 0;
    enum { TRIES = 200, N = 99 };
    for (size_t t = 0; t < TRIES; t++) {
        struct histogram_pair pa[N], pb[N];
        struct histogram ha, hb;
        struct ratio_interval first, again;
        histogram_init(&ha, pa, N);
        histogram_init(&hb, pb, N);
        for (size_t i = 0; i < N; i++) {
            histogram_add(&ha, 100000 + (uint64_t)(random_uniform(&r) * 20000), 1);
            histogram_add(&hb, 110000 + (uint64_t)(random_uniform(&r) * 20000), 1);
        }
        struct samples a = { pa, ha.used, N, 1 }, b = { pb, hb.used, N, 1 };
        assert_true(bootstrap_ratio(&a, 1, &b, 1, BOOTSTRAP_SEED, &first) && bootstrap_ratio(&a, 1, &b, 1, BOOTSTRAP_SEED, &again));
        assert_true(first.low == again.low && first.high == again.high && first.low <= first.high);
        covered += first.low <= 12.0 / 11 && 12.0 / 11 <= first.high;
    }
    assert_in_range(covered, 180, 200); /* 95 % nominal: 190 expected */
}

static void boots_widen_the_interval(void **state)
{
    (void)state;
    /* Within each boot nothing moves, between boots much does: only the boot level sees that. */
    struct histogram_pair pairs[6];
    struct samples boots[6], pooled = { pairs, 6, 6000, 1 };
    struct ratio_interval by_boots, by_samples;
    for (size_t i = 0; i < 6; i++) {
        pairs[i] = (struct histogram_pair){ 1000 + 20 * i, 1000 };
        boots[i] = (struct samples){ &pairs[i], 1, 1000, 1 };
    }
    assert_true(bootstrap_ratio(boots, 6, boots, 6, 1, &by_boots) && bootstrap_ratio(&pooled, 1, &pooled, 1, 1, &by_samples));
    assert_true(by_boots.low < 0.97 && by_boots.high > 1.03);
    assert_true(by_boots.high - by_boots.low > by_samples.high - by_samples.low);
}

static void a_median_of_zero_has_no_ratio(void **state)
{
    (void)state;
    struct histogram_pair zero = { 0, 10 }, one = { 1, 10 };
    struct samples a = { &zero, 1, 10, 1 }, b = { &one, 1, 10, 1 };
    struct ratio_interval interval;
    assert_false(bootstrap_ratio(&a, 1, &b, 1, 1, &interval));
}

static void exact_test_matches_mann_and_whitney(void **state)
{
    (void)state;
    /* Mann and Whitney (1947), Table I, n = m = 5: P(U <= 0..5) = .004 .008 .016 .028 .048 .075, one-sided. */
    static const double known[] = { 0.004, 0.008, 0.016, 0.028, 0.048, 0.075 };
    /* A has ranks 1..5, then its largest moves up one place at a time: U = 0, 1, 2, ... */
    for (size_t u = 0; u <= 5; u++) {
        double a[5] = { 1, 2, 3, 4, 5.5 + (double)u }, b[5] = { 6, 7, 8, 9, 10 };
        assert_true(near(stats_rank_sum_exact(a, 5, b, 5) / 2, known[u], 0.0005));
    }
}

static void exact_test_matches_hollander_and_wolfe(void **state)
{
    (void)state;
    /* Hollander and Wolfe (1973), p. 69: R's wilcox.test(x, y, alternative = "g") gives 0.1272; two-sided 0.2544. */
    static const double x[] = { 0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46 }, y[] = { 1.15, 0.88, 0.90, 0.74, 1.21 };
    assert_true(near(stats_rank_sum_exact(x, 10, y, 5), 0.2544, 0.00005));
}

/* Every way to choose the first group, counted one by one. */
static double exact_slow(const double *values, size_t na, size_t n)
{
    double observed = 0, extreme = 0, all = 0, ranks[12];
    for (size_t i = 0; i < n; i++) {
        ranks[i] = 0.5;
        for (size_t k = 0; k < n; k++)
            ranks[i] += values[k] < values[i] ? 1 : values[k] == values[i] ? 0.5 : 0;
        observed += i < na ? ranks[i] : 0;
    }
    double expected = (double)na * (double)(n + 1) / 2;
    for (unsigned set = 0; set < 1u << n; set++) {
        double sum = 0;
        if ((size_t)__builtin_popcount(set) != na)
            continue;
        for (size_t i = 0; i < n; i++)
            sum += set >> i & 1 ? ranks[i] : 0;
        all++;
        extreme += fabs(sum - expected) >= fabs(observed - expected) - 1e-9;
    }
    return extreme / all;
}

static void exact_test_with_ties_matches_enumeration(void **state)
{
    (void)state;
    struct random r = { 4 };
    for (size_t t = 0; t < 60; t++) {
        double values[10];
        size_t na = 2 + t % 6;
        for (size_t i = 0; i < 10; i++)
            values[i] = (double)(random_next(&r) % (3 + t % 9));
        assert_true(near(stats_rank_sum_exact(values, na, values + na, 10 - na), exact_slow(values, na, 10), 1e-12));
    }
}

static void exact_test_approaches_the_normal_one(void **state)
{
    (void)state;
    double a[30], b[30];
    struct histogram_pair pa[30], pb[30];
    for (size_t i = 0; i < 30; i++) {
        a[i] = (double)(10 * i);
        b[i] = (double)(10 * i + 75);
        pa[i] = (struct histogram_pair){ 10 * i, 1 };
        pb[i] = (struct histogram_pair){ 10 * i + 75, 1 };
    }
    struct samples sa = { pa, 30, 30, 1 }, sb = { pb, 30, 30, 1 };
    assert_true(near(stats_rank_sum_exact(a, 30, b, 30), stats_mann_whitney(&sa, &sb).p, 0.002));
}

static void shift_is_the_same_as_other_samples(void **state)
{
    (void)state;
    struct histogram_pair pa[] = { { 100, 5 }, { 120, 50 } }, pb[] = { { 110, 30 }, { 120, 3 } }, moved[] = { { 117, 30 }, { 127, 3 } };
    struct samples a = { pa, 2, 55, 1 }, b = { pb, 2, 33, 1 }, c = { moved, 2, 33, 1 };
    assert_true(stats_mann_whitney_shifted(&a, &b, 7).p == stats_mann_whitney(&a, &c).p);
}

static void modes_are_counted(void **state)
{
    (void)state;
    static const struct { unsigned modes; struct histogram_pair pairs[8]; size_t count; } cases[] = {
        { 1, { { 120, 1000 } }, 1 },
        { 1, { { 120, 997 }, { 121, 2 }, { 340, 1 } }, 3 },                       /* an outlier is no mode */
        { 2, { { 100, 90 }, { 107, 10 } }, 2 },                                   /* quantised, IQR 0 */
        { 2, { { 10, 100 }, { 11, 500 }, { 12, 100 }, { 13, 30 }, { 14, 110 }, { 15, 400 }, { 16, 90 } }, 7 },
        { 1, { { 10, 100 }, { 11, 500 }, { 12, 400 }, { 13, 450 }, { 14, 100 } }, 5 }, /* a dent is no valley */
        { 3, { { 10, 100 }, { 1000, 100 }, { 100000, 100 } }, 3 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct samples s = { cases[i].pairs, cases[i].count, 0, 1 };
        assert_true(stats_count(s.pairs, s.pair_count, &s.n));
        assert_int_equal(stats_modes(&s), cases[i].modes);
    }
}

/* What holds for any data: ordered quantiles, an interval around the median, and figures that scale with the samples. */
static void summaries_keep_their_order(void **state)
{
    (void)state;
    struct random r = { 5 };
    for (size_t t = 0; t < 200; t++) {
        enum { N = 64 };
        struct histogram_pair pairs[N], scaled[N];
        uint64_t value = random_next(&r) % 1000;
        size_t count = 1 + random_next(&r) % N;
        for (size_t i = 0; i < count; i++) {
            pairs[i] = (struct histogram_pair){ value, 1 + random_next(&r) % 50 };
            scaled[i] = (struct histogram_pair){ 8 * value, pairs[i].count };
            value += 1 + random_next(&r) % 100;
        }
        struct samples s = { pairs, count, 0, 1 };
        assert_true(stats_count(pairs, count, &s.n));
        struct samples eight = { scaled, count, s.n, 8 };
        struct summary a, b;
        stats_summarise(&s, &a);
        stats_summarise(&eight, &b);
        assert_true(a.min <= a.p50 && a.p50 <= a.p90 && a.p90 <= a.p99 && a.p99 <= a.p999 && a.p999 <= a.max);
        assert_true(a.min <= a.mean && a.mean <= a.max && a.stddev >= 0 && a.iqr >= 0 && a.iqr <= a.max - a.min);
        assert_true(!a.has_ci95 || (a.ci95_low <= a.p50 && a.p50 <= a.ci95_high));
        assert_true(a.p50 == b.p50 && a.p999 == b.p999 && a.iqr == b.iqr && near(a.mean, b.mean, 1e-9) && near(a.stddev, b.stddev, 1e-9));
        assert_true(a.modes >= 0 && a.modes <= 20);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_stream_is_splitmix64),
        cmocka_unit_test(bootstrap_median_matches_efron),
        cmocka_unit_test(beta_has_its_moments),
        cmocka_unit_test(ratio_interval_is_deterministic_and_covers),
        cmocka_unit_test(boots_widen_the_interval),
        cmocka_unit_test(a_median_of_zero_has_no_ratio),
        cmocka_unit_test(exact_test_matches_mann_and_whitney),
        cmocka_unit_test(exact_test_matches_hollander_and_wolfe),
        cmocka_unit_test(exact_test_with_ties_matches_enumeration),
        cmocka_unit_test(exact_test_approaches_the_normal_one),
        cmocka_unit_test(shift_is_the_same_as_other_samples),
        cmocka_unit_test(modes_are_counted),
        cmocka_unit_test(summaries_keep_their_order),
    };
    return cmocka_run_group_tests_name("bootstrap", tests, NULL, NULL);
}
