/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Exact sparse histogram of raw samples. Invariant: pairs[0..used) ascend strictly by value, every count is at least 1, and
 * `samples` is the sum of the counts. Context: between batches, never inside a measured region.
 */
#include "harness/measure/histogram.h"

void histogram_init(struct histogram *h, struct histogram_pair *pairs, size_t capacity)
{
    *h = (struct histogram){ .pairs = pairs, .capacity = capacity };
}

/* Index of the first pair whose value is at least `value`; `used` when there is none. */
static size_t pair_find(const struct histogram *h, uint64_t value)
{
    size_t low = 0, high = h->used;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (h->pairs[middle].value < value)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool histogram_add(struct histogram *h, uint64_t value, uint64_t count)
{
    if (count == 0)
        return true;
    size_t at = pair_find(h, value);
    if (at < h->used && h->pairs[at].value == value) {
        h->pairs[at].count += count;
        h->samples += count;
        return true;
    }
    if (h->used == h->capacity) {
        h->lost += count;
        return false;
    }
    for (size_t i = h->used; i > at; i--)
        h->pairs[i] = h->pairs[i - 1];
    h->pairs[at] = (struct histogram_pair){ .value = value, .count = count };
    h->used++;
    h->samples += count;
    return true;
}

bool histogram_fold(struct histogram *h, const uint64_t *samples, size_t n)
{
    bool all_held = true;

    for (size_t i = 0; i < n; i++)
        if (!histogram_add(h, samples[i], 1))
            all_held = false;
    return all_held;
}

/* ceil(samples * numerator / denominator) without overflow for any fraction up to 1 of 32-bit terms; at least 1. */
static uint64_t quantile_rank(uint64_t samples, uint64_t numerator, uint64_t denominator)
{
    uint64_t whole = samples / denominator * numerator;
    uint64_t rest = samples % denominator * numerator;
    uint64_t rank = whole + rest / denominator + (rest % denominator != 0);

    return rank == 0 ? 1 : rank;
}

uint64_t histogram_quantile(const struct histogram *h, uint64_t numerator, uint64_t denominator)
{
    uint64_t rank = quantile_rank(h->samples, numerator, denominator);
    uint64_t seen = 0;

    for (size_t i = 0; i < h->used; i++) {
        seen += h->pairs[i].count;
        if (seen >= rank)
            return h->pairs[i].value;
    }
    return h->used == 0 ? 0 : h->pairs[h->used - 1].value;
}
