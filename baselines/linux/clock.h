/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Which clock a run uses, and the two measuring loops, one for each clock.
 */
#ifndef BASELINES_LINUX_CLOCK_H
#define BASELINES_LINUX_CLOCK_H

#include "baselines/linux/baseline.h"
#include "harness/measure/fidelity.h"

/* Takes n samples of `batch` operations each into `ring`; false when an operation failed, at once. Before each sample, outside of
 * the clock, comes the baseline's `before`. A sample ends at the channel's `stamp` where the operation sets that. */
typedef bool samples_fn(channel_fn *operation, struct channel *c, uint64_t *ring, size_t n, uint64_t batch);

struct clock {
    const char *name; /* context `clock` */
    const char *unit; /* of every row; "none" when no figure may be given */
    samples_fn *samples_take;
    uint64_t (*now)(void); /* the reading that ends a region */
};

/* The clock that is honest at this fidelity. */
const struct clock *clock_choose(enum fidelity fidelity);
/* Rate of the TSC in Hz against CLOCK_MONOTONIC_RAW over a twentieth of a second; `source` says how it was found. */
uint64_t clock_tsc_hz(const char **source);

#endif
