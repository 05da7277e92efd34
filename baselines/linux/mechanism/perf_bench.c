/* SPDX-License-Identifier: BSD-2-Clause
 *
 * workload: linux.crosscheck.perf_bench_pipe | what `perf bench sched pipe` says: 4 bytes through one pipe and back through another, its own loop and clock, one run a sample | perf bench sched pipe
 * workload: linux.crosscheck.pipe | the question of `perf bench sched pipe` asked by this program, at that time, with the policy and CPUs of `perf` | perf bench sched pipe
 *
 * The tool that everyone knows, beside ours, so that a difference shows. BENCHMARKS.md explains those above 10 %.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "baselines/linux/guard.h"
#include "baselines/linux/program.h"
#include "baselines/linux/run.h"

#define LOOPS 20000
#define LOOPS_TEXT "20000"
#define RUNS 6
#define BYTES 4
#define LIMIT_SECONDS 60

static const size_t payload_integer[] = { BYTES, BYTES_END };

static bool pipe_setup(struct channel *c)
{
    return pipe(&c->fd[0]) == 0 && pipe(&c->fd[2]) == 0;
}

/* Not registered: it runs only beside its twin. */
static const struct baseline own = {
    .id = "linux.crosscheck.pipe", .bytes = payload_integer, .client_calls = 2, .server_calls = 2, .exact_bytes = PIPE_BUF,
    .setup = pipe_setup, .attach = pipes_attach, .send = pipes_send, .receive = pipes_receive,
};

/* The figure before "usecs/op", in ns for all loops of a run; false when the output is another than expected. */
static bool output_parse(const char *output, uint64_t *ns)
{
    const char *unit = strstr(output, " usecs/op");

    if (unit == NULL)
        return false;
    const char *start = unit;
    while (start > output && strchr("0123456789.", start[-1]) != NULL)
        start--;
    double usecs = strtod(start, NULL);
    *ns = (uint64_t)(usecs * 1000 * LOOPS + 0.5);
    return usecs > 0 && usecs < 1e6;
}

/* Neither of the two without the other. */
static void both_skip(struct run *r, const struct baseline *b, const char *placement, const char *reason)
{
    run_skip(r, b->id, "placement=%s: %s", placement, reason);
    run_skip(r, own.id, "placement=%s: nothing to compare with", placement);
}

/* Fills the histogram; false with a skip record. */
static bool perf_bench_run(struct run *r, const struct baseline *b, const char *placement)
{
    static const char *const command[] = { "perf", "bench", "sched", "pipe", "-l", LOOPS_TEXT, NULL };
    char output[1024];
    uint64_t ns;

    histogram_init(&r->histogram, r->histogram.pairs, r->histogram.capacity);
    for (int run = 0; run <= RUNS; run++) {
        struct program_end end = program_run(command, LIMIT_SECONDS, output, sizeof output);
        if (!end.done || !output_parse(output, &ns)) {
            both_skip(r, b, placement,
                      end.missing ? "perf is not installed (Debian: linux-perf)" : end.done ? "perf prints no usecs/op" : end.reason);
            return false;
        }
        if (run > 0) /* the first one warms up */
            histogram_add(&r->histogram, ns, 1);
    }
    return true;
}

static void perf_bench_row(struct run *r, const struct baseline *b, const char *placement)
{
    char variant[96];

    snprintf(variant, sizeof variant, "bytes=%d,placement=%s,method=batched", BYTES, placement);
    struct measure_row row = {
        .workload = b->id, .variant = variant, .direction = "round_trip", .relation = "inter", .path = "none", .cache = "warm",
        .method = "batched", .batch = LOOPS, .unit = r->clock->unit, .warmup = LOOPS, .placement = placement, .bytes = BYTES,
        .has_bytes = true,
    };
    record_row(&r->writer, &row, &r->histogram);
}

/* `same`: both on one CPU; else where the scheduler puts them. */
static void placement_compare(struct run *r, const struct baseline *b, bool same)
{
    struct variant v = { .baseline = &own, .bytes = BYTES, .placement = same ? "same_cpu" : "unpinned",
                         .client_cpu = same ? r->cpu[0] : CPU_NONE, .server_cpu = same ? r->cpu[0] : CPU_NONE };
    char name[64], detail[200];

    if (same ? !cpu_pin(r->cpu[0]) : sched_setaffinity(0, sizeof r->affinity, &r->affinity) != 0) {
        both_skip(r, b, v.placement, "pinning to a CPU failed");
        return;
    }
    if (!perf_bench_run(r, b, v.placement))
        return;
    perf_bench_row(r, b, v.placement);
    double theirs = (double)histogram_quantile(&r->histogram, 1, 2) / LOOPS;
    r->last_p50 = 0;
    variant_measure(r, &v);
    if (r->last_p50 <= 0)
        return;
    snprintf(name, sizeof name, "crosscheck/pipe/placement=%s", v.placement);
    /* perf bench gives means: what interrupts is in them. Ours goes beside them as a mean as well. */
    snprintf(detail, sizeof detail,
             "perf bench sched pipe %.0f ns (mean of a run, median of %d), linux.crosscheck.pipe batched %.0f ns (median), %.0f ns (mean) "
             "per round trip: median %+.1f %%, mean %+.1f %%", theirs, RUNS, r->last_p50, r->last_mean, 100 * (r->last_p50 / theirs - 1),
             100 * (r->last_mean / theirs - 1));
    record_test(&r->writer, name, "pass", detail);
}

static void perf_bench_compare(struct run *r, const struct baseline *b)
{
    if (strcmp(r->clock->unit, "ns") != 0) {
        both_skip(r, b, "any", "perf bench measures time, this clock counts instructions");
        return;
    }
    placement_compare(r, b, true);
    if (!guard_interrupted())
        placement_compare(r, b, false);
}

static const struct baseline perf_bench = { .id = "linux.crosscheck.perf_bench_pipe", .external = perf_bench_compare };
BASELINE_REGISTER(perf_bench);
