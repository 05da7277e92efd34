/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Resampling and exact small-sample tests. All of it is deterministic: one seed, one answer, on every machine with IEEE doubles.
 */
#ifndef HARNESS_TOOL_STATS_BOOTSTRAP_H
#define HARNESS_TOOL_STATS_BOOTSTRAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/tool/stats.h"

#define BOOTSTRAP_DRAWS 2000
#define BOOTSTRAP_SEED 20240229u

struct random { uint64_t state; };

/* SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014). */
uint64_t random_next(struct random *r);
/* Uniform in (0, 1). */
double random_uniform(struct random *r);
/* Beta(a, b), a and b >= 1, by two gamma variates (Marsaglia and Tsang, 2000). */
double random_beta(struct random *r, double a, double b);

/* Median per operation of one bootstrap resample of s. The k-th smallest of n draws from a sample is the sample's quantile at U(k), which is
 * Beta(k, n - k + 1) (David and Nagaraja, Order Statistics, 2.1): one draw does for n. */
double bootstrap_median(const struct samples *s, struct random *r);

struct ratio_interval {
    double low, high; /* 95 %, percentile method (Efron 1979) */
};

/* Interval of median(b) / median(a). With more than one boot on a side its boots are resampled first (the level that matters), then the
 * samples within each; the median is that of the boots' medians. False when a median of 0 was met, or memory was short. */
bool bootstrap_ratio(const struct samples *a, size_t a_boots, const struct samples *b, size_t b_boots, uint64_t seed,
                     struct ratio_interval *interval);

#define EXACT_TEST_N_MAX 60
/* Two-sided p of the rank-sum test over all assignments of the observed values to the two groups: exact, ties included (conditional
 * distribution of mid-ranks; Lehmann, Nonparametrics, 1.4). na + nb at most EXACT_TEST_N_MAX, both at least 1. */
double stats_rank_sum_exact(const double *a, size_t na, const double *b, size_t nb);

#endif
