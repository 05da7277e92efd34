/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The clock itself: what one reading of it costs whoever measures. Fences make it what a sample's opening read is.
 * workload: hw.rdtsc | LFENCE, RDTSC, LFENCE in user mode: the opening clock read of every sample | none
 */
#include "workloads/lib/measure_fill.h"

ALWAYS_INLINE bool clock_fails(void)
{
    return value_keep(tsc_begin()) == 0;
}

ALWAYS_INLINE bool clock_twin_fails(void)
{
    return value_keep(1) == 0;
}

MEASURE_LOOPS(read, clock_fails())
MEASURE_LOOPS(empty, clock_twin_fails())

/* Two pairs of clock reads lie in one sample: it is no window of the footprint plugin. */
static const struct variant variants[] = {
    { .window = WINDOW_NONE, .direction = "op", .relation = "none", .path = "none", .batch = 1, .fill = read_single, .fill_empty = empty_single },
    { .window = WINDOW_NONE, .direction = "op", .relation = "none", .path = "none", .batch = BATCH_OPERATIONS, .fill = read_batched,
      .fill_empty = empty_batched },
};

const struct workload workload = {
    .id = "hw.rdtsc", .variants = variants, .variant_count = sizeof variants / sizeof variants[0],
};
