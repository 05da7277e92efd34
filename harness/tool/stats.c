/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Statistics over exact histograms; see stats.h. Order statistics are exact; the U test follows Mann and Whitney (1947) with the
 * usual tie correction, the confidence interval of the median is the distribution-free one (David and Nagaraja, Order
 * Statistics, 7.1).
 */
#include "harness/tool/stats.h"

#include <math.h>
#include <stdlib.h>

#define LN2 0.69314718055994530942

bool stats_count(const struct histogram_pair *pairs, size_t pair_count, uint64_t *n)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < pair_count; i++) {
        if (pairs[i].count == 0 || (i > 0 && pairs[i].value <= pairs[i - 1].value))
            return false;
        if (pairs[i].value > INT64_MAX || pairs[i].count > INT64_MAX - sum)
            return false;
        sum += pairs[i].count;
    }
    *n = sum;
    return sum > 0;
}

uint64_t stats_at_rank(const struct samples *s, uint64_t rank)
{
    uint64_t below = 0;
    size_t i = 0;
    while (i + 1 < s->pair_count && below + s->pairs[i].count < rank)
        below += s->pairs[i++].count;
    return s->pairs[i].value;
}

uint64_t stats_quantile(const struct samples *s, uint64_t numerator, uint64_t denominator)
{
    uint64_t rest = s->n % denominator * numerator;
    uint64_t rank = s->n / denominator * numerator + rest / denominator + (rest % denominator != 0);
    return stats_at_rank(s, rank ? rank : 1);
}

static double per_operation(const struct samples *s, uint64_t raw)
{
    return (double)raw / (double)s->batch;
}

double stats_iqr(const struct samples *s)
{
    return per_operation(s, stats_quantile(s, 3, 4) - stats_quantile(s, 1, 4));
}

#define MODE_SHARE_MIN 20 /* one in so many samples: 5 % */

/* Follows the counts of the bins from left to right. */
struct hills {
    uint64_t n;
    uint64_t mass, peak, valley; /* of the hill that is being walked over */
    bool falling;
    unsigned count;
};

static void hill_close(struct hills *h)
{
    h->count += h->mass > 0 && h->mass >= (h->n + MODE_SHARE_MIN - 1) / MODE_SHARE_MIN;
    h->mass = h->peak = h->valley = 0;
    h->falling = false;
}

static void hill_step(struct hills *h, uint64_t count)
{
    if (h->falling && count / 2 > h->valley)
        hill_close(h);
    h->mass += count;
    if (!h->falling && count >= h->peak)
        h->peak = count;
    if (!h->falling && count < h->peak / 2) {
        h->falling = true;
        h->valley = count;
    }
    if (h->falling && count < h->valley)
        h->valley = count;
}

/* Width of the narrowest interval that holds a quarter of the samples. */
static uint64_t quarter_width(const struct samples *s)
{
    uint64_t held = 0, best = UINT64_MAX;
    for (size_t low = 0, high = 0; high < s->pair_count; high++) {
        held += s->pairs[high].count;
        for (; held >= s->n / 4 + (s->n % 4 != 0); held -= s->pairs[low++].count)
            if (s->pairs[high].value - s->pairs[low].value < best)
                best = s->pairs[high].value - s->pairs[low].value;
    }
    return best;
}

/* A normal distribution has this IQR for a quarter of width 1. */
#define IQR_PER_QUARTER 2.117

unsigned stats_modes(const struct samples *s)
{
    double iqr = IQR_PER_QUARTER * (double)quarter_width(s);
    uint64_t width = (uint64_t)(2 * iqr / cbrt((double)s->n)), bin = 0, count = 0;
    struct hills h = { .n = s->n };
    width = width ? width : 1;
    for (size_t i = 0; i < s->pair_count; i++) {
        uint64_t at = (s->pairs[i].value - s->pairs[0].value) / width;
        if (at != bin) {
            hill_step(&h, count);
            if (at > bin + 1) /* at least one empty bin between them */
                hill_close(&h);
            count = 0;
        }
        bin = at;
        count += s->pairs[i].count;
    }
    hill_step(&h, count);
    hill_close(&h);
    return h.count;
}

/* Two passes: the sum of squares of large raw values would lose the small differences. */
static void moments_compute(const struct samples *s, struct summary *out)
{
    long double sum = 0, squares = 0;
    for (size_t i = 0; i < s->pair_count; i++)
        sum += (long double)s->pairs[i].value * (long double)s->pairs[i].count;
    long double mean = sum / (long double)s->n;
    for (size_t i = 0; i < s->pair_count; i++) {
        long double distance = (long double)s->pairs[i].value - mean;
        squares += distance * distance * (long double)s->pairs[i].count;
    }
    out->mean = (double)(mean / (long double)s->batch);
    out->stddev = s->n < 2 ? 0 : (double)(sqrtl(squares / (long double)(s->n - 1)) / (long double)s->batch);
}

void stats_summarise(const struct samples *s, struct summary *out)
{
    uint64_t low, high;
    *out = (struct summary){
        .min = per_operation(s, s->pairs[0].value),
        .p50 = per_operation(s, stats_quantile(s, 50, 100)),
        .p90 = per_operation(s, stats_quantile(s, 90, 100)),
        .p99 = per_operation(s, stats_quantile(s, 99, 100)),
        .p999 = per_operation(s, stats_quantile(s, 999, 1000)),
        .max = per_operation(s, s->pairs[s->pair_count - 1].value),
        .iqr = stats_iqr(s),
        .modes = stats_modes(s),
    };
    moments_compute(s, out);
    if (!stats_median_ranks(s->n, &low, &high))
        return;
    out->has_ci95 = true;
    out->ci95_low = per_operation(s, stats_at_rank(s, low));
    out->ci95_high = per_operation(s, stats_at_rank(s, high));
}

/* Above this the normal approximation of the binomial is within one rank of the exact answer, on the wide side. */
#define EXACT_RANKS_N_MAX 10000

/* Largest k with P(B <= k - 1) <= 0.025 for B ~ Binomial(n, 1/2); 0 when there is none. */
static uint64_t binomial_rank(uint64_t n)
{
    double log_mass = -(double)n * LN2, below = 0;
    for (uint64_t k = 0; k < n; k++) {
        below += exp(log_mass);
        if (below > 0.025)
            return k;
        log_mass += log((double)(n - k)) - log((double)(k + 1));
    }
    return 0;
}

bool stats_median_ranks(uint64_t n, uint64_t *low, uint64_t *high)
{
    if (n > EXACT_RANKS_N_MAX)
        *low = (uint64_t)floorl(((long double)n - 1.959963984540054L * sqrtl((long double)n)) / 2);
    else
        *low = binomial_rank(n);
    *high = n + 1 - *low;
    return *low > 0;
}

/* One walk over both histograms in ascending order of value. */
struct rank_walk {
    long double u;        /* pairs with a > b, ties half */
    long double tie_term; /* sum of t^3 - t */
};

static struct rank_walk rank_walk(const struct samples *a, const struct samples *b, double shift)
{
    struct rank_walk w = { 0, 0 };
    long double b_below = 0;
    size_t i = 0, j = 0;
    while (i < a->pair_count || j < b->pair_count) {
        double va = i < a->pair_count ? per_operation(a, a->pairs[i].value) : INFINITY;
        double vb = j < b->pair_count ? per_operation(b, b->pairs[j].value) + shift : INFINITY;
        long double na = va <= vb ? (long double)a->pairs[i++].count : 0;
        long double nb = vb <= va ? (long double)b->pairs[j++].count : 0;
        w.u += na * (b_below + nb / 2);
        b_below += nb;
        long double tied = na + nb;
        w.tie_term += tied * tied * tied - tied;
    }
    return w;
}

struct mann_whitney stats_mann_whitney(const struct samples *a, const struct samples *b)
{
    return stats_mann_whitney_shifted(a, b, 0);
}

struct mann_whitney stats_mann_whitney_shifted(const struct samples *a, const struct samples *b, double shift)
{
    struct rank_walk w = rank_walk(a, b, shift);
    long double na = (long double)a->n, nb = (long double)b->n, n = na + nb;
    long double variance = na * nb / 12 * (n + 1 - w.tie_term / (n * (n - 1)));
    long double distance = w.u - na * nb / 2;
    struct mann_whitney result = { .u = (double)w.u, .z = 0, .p = 1 };
    if (variance <= 0) /* every sample is equal */
        return result;
    long double corrected = fabsl(distance) > 0.5L ? fabsl(distance) - 0.5L : 0;
    result.z = (double)(copysignl(corrected, distance) / sqrtl(variance));
    result.p = erfc(fabs(result.z) / sqrt(2));
    return result;
}

static int pointer_compare(const void *x, const void *y)
{
    double a = **(double *const *)x, b = **(double *const *)y;
    return (a > b) - (a < b);
}

void stats_holm(double *p, size_t n)
{
    double **order = malloc(n * sizeof *order + 1);
    if (!order)
        abort();
    for (size_t i = 0; i < n; i++)
        order[i] = &p[i];
    qsort(order, n, sizeof *order, pointer_compare);
    double floor_p = 0;
    for (size_t i = 0; i < n; i++) {
        double adjusted = fmin(1, *order[i] * (double)(n - i));
        floor_p = fmax(floor_p, adjusted);
        *order[i] = floor_p;
    }
    free(order);
}
