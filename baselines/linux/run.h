/* SPDX-License-Identifier: BSD-2-Clause
 *
 * From a baseline to its records: run.c decides on variants and checks what must hold before figures are taken, measure.c takes
 * them.
 */
#ifndef BASELINES_LINUX_RUN_H
#define BASELINES_LINUX_RUN_H

#include <sched.h>

#include "baselines/linux/baseline.h"
#include "baselines/linux/channel.h"
#include "baselines/linux/clock.h"
#include "harness/measure/record.h"

#define RUN_SAMPLES_MAX 1000000
/* Room for what a mechanism measures by itself. */
#define RUN_SAMPLES_MIN 16
#define RUN_RING 1024

struct run {
    const struct clock *clock;
    const struct clock *cycles;     /* core cycles of cpu[0]; NULL: no counter */
    struct record_writer writer;
    size_t samples;                 /* of each single-shot row with a small payload */
    bool full;                      /* all payloads and placements */
    int cpu[2];                     /* CPU_NONE: not available */
    cpu_set_t affinity;             /* as it was when the program started */
    bool failed;
    double last_p50, last_mean, last_overhead; /* of the row written last with `clock`, per operation */
    uint64_t ring[RUN_RING];
    struct histogram histogram;     /* of the row at hand; room for `samples` and at least RUN_SAMPLES_MIN */
};

struct variant {
    const struct baseline *baseline;
    size_t bytes;
    const char *placement; /* same_cpu, two_cpus, unpinned, none */
    int client_cpu, server_cpu;
    const char *syscalls;  /* verified, per unit; NULL: could not be counted */
};

/* Allocates the histogram and finds two CPUs. False with errno. */
bool run_init(struct run *r, const struct clock *clock, size_t samples, bool full);
/* Measures one baseline in all its variants. What cannot run here becomes a skip record, what goes wrong a failed test. */
void run_baseline(struct run *r, const struct baseline *b);

/* --- for run.c, measure.c and baselines that measure by themselves --- */

__attribute__((format(printf, 3, 4))) void run_fail(struct run *r, const char *id, const char *format, ...);
__attribute__((format(printf, 3, 4))) void run_skip(struct run *r, const char *id, const char *format, ...);
/* Goes to the variant's CPU, opens and serves a connection and arms the guard. False: skipped, with its record. */
bool variant_connect(struct run *r, const struct variant *v, struct connection *k, enum server_mode mode);
void variant_disconnect(struct connection *k);
/* Why the operation at hand failed. */
const char *failure_cause(int error);
/* Single-shot and batched rows of one variant. */
void variant_measure(struct run *r, const struct variant *v);

#endif
