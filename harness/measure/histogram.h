/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Sample store: a small ring that a measuring loop fills without disturbing itself, folded between batches into an exact
 * sparse histogram (value:count pairs, ascending). No allocation: the caller owns the arrays. No sample is ever dropped in
 * silence: a full histogram counts what it could not hold in `lost`, and a row with lost samples is refused when written.
 */
#ifndef HARNESS_MEASURE_HISTOGRAM_H
#define HARNESS_MEASURE_HISTOGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct histogram_pair {
    uint64_t value; /* raw sample, ticks */
    uint64_t count; /* how often, at least 1 */
};

struct histogram {
    struct histogram_pair *pairs; /* ascending by value */
    size_t capacity;              /* pairs that fit */
    size_t used;
    uint64_t samples;             /* sum of the counts */
    uint64_t lost;                /* samples that found no free pair */
};

void histogram_init(struct histogram *h, struct histogram_pair *pairs, size_t capacity);
/* Adds `count` samples of one value. Returns false, and counts them in `lost`, when the histogram is full. */
bool histogram_add(struct histogram *h, uint64_t value, uint64_t count);
/* Adds n raw samples: what a measuring loop left in its ring. */
bool histogram_fold(struct histogram *h, const uint64_t *samples, size_t n);
/* Nearest-rank quantile: smallest value with at least numerator/denominator of the samples at or below it. samples > 0. */
uint64_t histogram_quantile(const struct histogram *h, uint64_t numerator, uint64_t denominator);

#endif
