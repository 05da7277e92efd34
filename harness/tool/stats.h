/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Statistics over exact histograms (value:count pairs, ascending, counts at least 1): what a result's summaries are and how two
 * rows are told apart. Values are divided by `batch` (operations per sample) and nothing is subtracted or left out.
 */
#ifndef HARNESS_TOOL_STATS_H
#define HARNESS_TOOL_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/measure/histogram.h"

struct samples {
    const struct histogram_pair *pairs;
    size_t pair_count;
    uint64_t n;     /* sum of the counts, > 0 */
    uint64_t batch; /* > 0 */
};

/* Per operation. */
struct summary {
    double min, p50, p90, p99, p999, max;
    double iqr, modes;            /* modes: a whole number, see stats_modes */
    double mean, stddev;          /* stddev: of the sample (n - 1), 0 for n = 1 */
    bool has_ci95;                /* false below 6 samples: no order statistics bound the median with 95 % */
    double ci95_low, ci95_high;   /* of the median */
};

/* Sum of the counts; false when the histogram is empty, not ascending, holds a zero count, or the sum exceeds 2^63 - 1. */
bool stats_count(const struct histogram_pair *pairs, size_t pair_count, uint64_t *n);
/* Raw sample of a rank, 1 <= rank <= n, ascending. */
uint64_t stats_at_rank(const struct samples *s, uint64_t rank);
/* Nearest rank: the smallest raw sample with at least numerator/denominator of all samples at or below it. */
uint64_t stats_quantile(const struct samples *s, uint64_t numerator, uint64_t denominator);
/* Interquartile range per operation. */
double stats_iqr(const struct samples *s);
/* How many hills the distribution has. Samples are counted in bins of the Freedman-Diaconis width (2 IQR n^(-1/3), at least 1; the
 * IQR taken from the narrowest quarter of the samples, lest distant hills share a bin); where the counts fall below half of a hill's peak and rise to twice the valley, another hill begins. A hill counts when it holds at least
 * 5 % of the samples, so that outliers are none. */
unsigned stats_modes(const struct samples *s);
void stats_summarise(const struct samples *s, struct summary *out);
/* Ranks (1-based) of the narrowest symmetric pair of order statistics that covers the median with at least 95 %. */
bool stats_median_ranks(uint64_t n, uint64_t *low, uint64_t *high);

struct mann_whitney {
    double u; /* of the first sample: pairs (a, b) with a > b, ties counted half */
    double z; /* with tie and continuity correction; positive when the first sample tends to be larger */
    double p; /* two-sided, normal approximation */
};
struct mann_whitney stats_mann_whitney(const struct samples *a, const struct samples *b);
/* The same with `shift` (per operation) added to every sample of b. */
struct mann_whitney stats_mann_whitney_shifted(const struct samples *a, const struct samples *b, double shift);
/* Holm's step-down correction in place: p[i] becomes the adjusted p-value, at most 1. */
void stats_holm(double *p, size_t n);

#endif
