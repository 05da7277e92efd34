/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Resampling of medians and exact rank-sum test; see stats_bootstrap.h.
 */
#include "harness/tool/stats_bootstrap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

uint64_t random_next(struct random *r)
{
    uint64_t z = r->state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

double random_uniform(struct random *r)
{
    return ((double)(random_next(r) >> 12) + 0.5) * 0x1p-52;
}

/* Marsaglia's polar method; the second deviate is not kept, so that the stream does not depend on who drew before. */
static double random_normal(struct random *r)
{
    for (;;) {
        double u = 2 * random_uniform(r) - 1, v = 2 * random_uniform(r) - 1, s = u * u + v * v;
        if (s < 1 && s > 0)
            return u * sqrt(-2 * log(s) / s);
    }
}

static double random_gamma(struct random *r, double shape)
{
    double d = shape - 1.0 / 3, c = 1 / sqrt(9 * d);
    for (;;) {
        double x = random_normal(r), v = 1 + c * x;
        if (v <= 0)
            continue;
        v = v * v * v;
        if (log(random_uniform(r)) < 0.5 * x * x + d - d * v + d * log(v))
            return d * v;
    }
}

double random_beta(struct random *r, double a, double b)
{
    double x = random_gamma(r, a), y = random_gamma(r, b);
    return x / (x + y);
}

double bootstrap_median(const struct samples *s, struct random *r)
{
    double n = (double)s->n, k = ceil(n / 2);
    uint64_t rank = (uint64_t)ceil(random_beta(r, k, n - k + 1) * n);
    rank = rank < 1 ? 1 : rank > s->n ? s->n : rank;
    return (double)stats_at_rank(s, rank) / (double)s->batch;
}

static int double_compare(const void *x, const void *y)
{
    double a = *(const double *)x, b = *(const double *)y;
    return (a > b) - (a < b);
}

/* Lower median of n values, which it sorts. */
static double median_of(double *values, size_t n)
{
    qsort(values, n, sizeof *values, double_compare);
    return values[(n - 1) / 2];
}

static double boots_median(const struct samples *boots, size_t count, double *scratch, struct random *r)
{
    if (count == 1)
        return bootstrap_median(boots, r);
    for (size_t i = 0; i < count; i++)
        scratch[i] = bootstrap_median(&boots[random_next(r) % count], r);
    return median_of(scratch, count);
}

bool bootstrap_ratio(const struct samples *a, size_t a_boots, const struct samples *b, size_t b_boots, uint64_t seed,
                     struct ratio_interval *interval)
{
    struct random r = { seed };
    double *ratios = calloc(BOOTSTRAP_DRAWS, sizeof *ratios);
    double *scratch = calloc(a_boots > b_boots ? a_boots : b_boots, sizeof *scratch);
    bool ok = ratios && scratch;
    for (size_t i = 0; ok && i < BOOTSTRAP_DRAWS; i++) {
        double before = boots_median(a, a_boots, scratch, &r), after = boots_median(b, b_boots, scratch, &r);
        ok = before > 0;
        ratios[i] = ok ? after / before : 0;
    }
    if (ok) {
        qsort(ratios, BOOTSTRAP_DRAWS, sizeof *ratios, double_compare);
        interval->low = ratios[BOOTSTRAP_DRAWS / 40];
        interval->high = ratios[BOOTSTRAP_DRAWS - 1 - BOOTSTRAP_DRAWS / 40];
    }
    free(ratios);
    free(scratch);
    return ok;
}

/* --- exact rank-sum test --- */

/* Twice the mid-rank of each of n values: whole numbers, with ties too. The first na are a's. */
static void double_ranks(const double *values, size_t n, unsigned *ranks)
{
    for (size_t i = 0; i < n; i++) {
        ranks[i] = 1;
        for (size_t k = 0; k < n; k++)
            ranks[i] += values[k] < values[i] ? 2 : values[k] == values[i] ? 1 : 0;
    }
}

/* ways[k * width + s]: subsets of the ranks of size k and sum s. */
static double *subsets_count(const unsigned *ranks, size_t n, size_t size, size_t width)
{
    double *ways = calloc((size + 1) * width, sizeof *ways);
    if (!ways)
        abort(); /* at most 60 * 3661 doubles */
    ways[0] = 1;
    for (size_t i = 0; i < n; i++)
        for (size_t k = i + 1 < size ? i + 1 : size; k > 0; k--)
            for (size_t s = width; s-- > ranks[i];)
                ways[k * width + s] += ways[(k - 1) * width + s - ranks[i]];
    return ways;
}

double stats_rank_sum_exact(const double *a, size_t na, const double *b, size_t nb)
{
    double values[EXACT_TEST_N_MAX];
    unsigned ranks[EXACT_TEST_N_MAX];
    size_t n = na + nb, width = n * (n + 1) + 1;
    memcpy(values, a, na * sizeof *a);
    memcpy(values + na, b, nb * sizeof *b);
    double_ranks(values, n, ranks);
    double *ways = subsets_count(ranks, n, na, width), extreme = 0, all = 0, observed = 0;
    for (size_t i = 0; i < na; i++)
        observed += ranks[i];
    double expected = (double)na * (double)(n + 1);
    for (size_t s = 0; s < width; s++) {
        all += ways[na * width + s];
        if (fabs((double)s - expected) >= fabs(observed - expected))
            extreme += ways[na * width + s];
    }
    free(ways);
    return extreme / all;
}
