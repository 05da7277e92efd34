/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What is read beside the clock around each ring of samples: performance counters, where the kernel found some (kernel option pmu=on), and what
 * disturbs (harness/measure/noise.h). Outside of clock reads. Counters are those of the CPU that booted; of others nothing is counted.
 * Counters were not exercised on hardware.
 */
#ifndef WORKLOADS_LIB_OBSERVE_H
#define WORKLOADS_LIB_OBSERVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/measure/noise.h"
#include "kernel/abi/pmu.h"

/* Of the rings of one row, or of its empty twin; all 0 before the first one. */
struct observation {
    uint64_t counted[PMU_COUNTERS_MAX]; /* sums, in the order of pmu_info */
    uint64_t disturbed;        /* samples of rings in which something of `taints` happened */
    unsigned taints;           /* NOISE_TAINT_* */
    bool elsewhere;            /* a ring was taken on a CPU without counters: they tell nothing */
    uint64_t usual;
    struct noise noise;        /* before the ring */
    uint64_t before[PMU_COUNTERS_MAX];
};

/* Around a ring of n samples. False: the kernel does not tell. */
bool observe_begin(struct observation *o);
bool observe_end(struct observation *o, size_t n);
/* "TOT_CYC:uk:<sum over all samples>:<sum over as many empty ones>,...,L1_ICM:<why it is not counted>", or why there is nothing. Holds until the next call. */
const char *observe_name(const struct observation *row, const struct observation *empty);

#endif
