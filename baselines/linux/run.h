/* SPDX-License-Identifier: BSD-2-Clause
 *
 * From a baseline to its records: payload check, system-call count, warm-up, empty twin, samples, rows.
 */
#ifndef BASELINES_LINUX_RUN_H
#define BASELINES_LINUX_RUN_H

#include "baselines/linux/baseline.h"
#include "baselines/linux/clock.h"
#include "harness/measure/record.h"

#define RUN_SAMPLES_MAX 1000000
#define RUN_RING 1024

struct run {
    const struct clock *clock;
    struct record_writer writer;
    size_t samples;                 /* of each row */
    int cpu[2];                     /* CPU_NONE: not available */
    bool failed;
    uint64_t ring[RUN_RING];
    struct histogram histogram;     /* of the row at hand; its capacity is `samples` */
};

/* Allocates the histogram and finds two CPUs. False with errno. */
bool run_init(struct run *r, const struct clock *clock, size_t samples);
/* Measures one baseline in all its variants. What cannot run here becomes a skip record, what goes wrong a failed test. */
void run_baseline(struct run *r, const struct baseline *b);

#endif
