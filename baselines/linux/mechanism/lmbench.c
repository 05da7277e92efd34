/* SPDX-License-Identifier: BSD-2-Clause
 *
 * workload: linux.crosscheck.lmbench_lat_pipe | lmbench's definition in a loop of its own: a byte through one pipe and back through another, mean of many round trips, median of 11 means | lmbench lat_pipe
 * workload: linux.crosscheck.lmbench_lat_unix | lmbench's definition: a byte there and back through a connected pair of UNIX stream sockets | lmbench lat_unix
 * workload: linux.crosscheck.lmbench_lat_ctx_2 | lmbench's definition: an integer round a ring of 2 processes over pipes, less what as many hops take within one process; per switch | lmbench lat_ctx -s 0 2
 * workload: linux.crosscheck.lmbench_lat_ctx_8 | lmbench's definition of a context switch in a ring of 8 processes over pipes; per switch | lmbench lat_ctx -s 0 8
 * workload: linux.crosscheck.unix_stream | linux.unix_stream.round_trip beside lmbench's loop, with the same policy and CPUs | lmbench lat_unix
 * workload: linux.crosscheck.context_switch_2 | linux.context_switch.processes_2 beside lmbench's loop | lmbench lat_ctx
 * workload: linux.crosscheck.context_switch_8 | linux.context_switch.processes_8 beside lmbench's loop | lmbench lat_ctx
 *
 * Published definitions, not lmbench's code. BENCHMARKS.md explains differences above 10 %.
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "baselines/linux/guard.h"
#include "baselines/linux/mechanism/context_switch.h"
#include "baselines/linux/run.h"

#define RUNS 11
#define LOOPS_NS 5000
#define LOOPS_INSTRUCTIONS 200
#define PROCESSES_MAX 8

struct question {
    const char *id;
    const struct baseline *ours;
    unsigned processes;
    size_t token_bytes;
    bool sockets;    /* one pair of sockets in place of two pipes */
    bool per_switch; /* less the hops within one process, divided by the processes */
};

/* A ring of processes: member i reads in[i] and writes out[i]. */
struct ring {
    int in[PROCESSES_MAX], out[PROCESSES_MAX];
    pid_t members[PROCESSES_MAX]; /* all but the first */
    unsigned processes;
    size_t token_bytes;
};

static bool pipe_setup(struct channel *c) { return pipe(&c->fd[0]) == 0 && pipe(&c->fd[2]) == 0; }
static bool stream_setup(struct channel *c) { return socketpair(AF_UNIX, SOCK_STREAM, 0, c->fd) == 0; }

static const size_t one_byte[] = { 1, BYTES_END };
static const struct baseline own_pipe = {
    .id = "linux.crosscheck.pipe", .bytes = one_byte, .client_calls = 2, .server_calls = 2, .exact_bytes = PIPE_BUF,
    .setup = pipe_setup, .attach = pipes_attach, .send = pipes_send, .receive = pipes_receive,
};
static const struct baseline own_stream = {
    .id = "linux.crosscheck.unix_stream", .bytes = one_byte, .client_calls = 2, .server_calls = 2,
    .setup = stream_setup, .attach = socket_attach, .send = socket_send, .receive = socket_receive,
};

static const struct question questions[] = {
    { "linux.crosscheck.lmbench_lat_pipe", &own_pipe, 2, 1, false, false },
    { "linux.crosscheck.lmbench_lat_unix", &own_stream, 2, 1, true, false },
    { "linux.crosscheck.lmbench_lat_ctx_2", &crosscheck_ring_2, 2, sizeof(int), false, true },
    { "linux.crosscheck.lmbench_lat_ctx_8", &crosscheck_ring_8, 8, sizeof(int), false, true },
};

static const struct question *question_find(const char *id)
{
    for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++)
        if (strcmp(questions[i].id, id) == 0)
            return &questions[i];
    return NULL;
}

/* --- the ring --- */

static bool descriptors_make(struct ring *ring, bool sockets)
{
    int pair[2];

    for (unsigned i = 0; i < ring->processes; i++) {
        unsigned before = (i + ring->processes - 1) % ring->processes;
        if (sockets && i == 1)
            break;
        if ((sockets ? socketpair(AF_UNIX, SOCK_STREAM, 0, pair) : pipe(pair)) != 0)
            return false;
        ring->in[i] = pair[0];
        ring->out[before] = pair[1];
        if (sockets) {
            ring->out[i] = pair[0];
            ring->in[before] = pair[1];
        }
    }
    return true;
}

static bool token_hop(int out, int in, size_t bytes)
{
    unsigned char token[sizeof(int)] = { 0 };

    return write(out, token, bytes) == (ssize_t)bytes && read(in, token, bytes) == (ssize_t)bytes;
}

static _Noreturn void member_run(const struct ring *ring, unsigned i, pid_t parent)
{
    unsigned char token[sizeof(int)];

    guard_child(parent);
    while (read(ring->in[i], token, ring->token_bytes) == (ssize_t)ring->token_bytes)
        if (write(ring->out[i], token, ring->token_bytes) != (ssize_t)ring->token_bytes)
            break;
    _exit(1);
}

static bool ring_open(struct ring *ring, const struct question *q)
{
    pid_t parent = getpid();

    *ring = (struct ring){ .processes = q->processes, .token_bytes = q->token_bytes };
    memset(ring->in, -1, sizeof ring->in);
    memset(ring->out, -1, sizeof ring->out);
    if (!descriptors_make(ring, q->sockets))
        return false;
    for (unsigned i = 1; i < ring->processes; i++) {
        ring->members[i] = fork();
        if (ring->members[i] < 0)
            return false;
        if (ring->members[i] == 0)
            member_run(ring, i, parent);
    }
    return true;
}

static void ring_close(struct ring *ring)
{
    for (unsigned i = 1; i < ring->processes; i++)
        if (ring->members[i] > 0) {
            kill(ring->members[i], SIGKILL);
            while (waitpid(ring->members[i], NULL, 0) < 0 && errno == EINTR)
                ;
        }
    for (unsigned i = 0; i < ring->processes; i++) {
        if (ring->in[i] >= 0)
            close(ring->in[i]);
        if (ring->out[i] >= 0 && ring->out[i] != ring->in[i])
            close(ring->out[i]);
    }
}

/* --- what lmbench times --- */

static bool turns_time(const struct ring *ring, const struct clock *clock, uint64_t loops, uint64_t *ticks)
{
    uint64_t start = clock->now();

    for (uint64_t i = 0; i < loops; i++)
        if (!token_hop(ring->out[0], ring->in[0], ring->token_bytes))
            return false;
    *ticks = clock->now() - start;
    return true;
}

/* As many hops within one process, through a pipe to itself. */
static bool hops_time(const struct ring *ring, const struct clock *clock, uint64_t loops, uint64_t *ticks)
{
    int pair[2];

    if (pipe(pair) != 0)
        return false;
    uint64_t start = clock->now();
    bool done = true;
    for (uint64_t i = 0; i < loops * ring->processes && done; i++)
        done = token_hop(pair[1], pair[0], ring->token_bytes);
    *ticks = clock->now() - start;
    close(pair[0]);
    close(pair[1]);
    return done;
}

typedef bool time_fn(const struct ring *, const struct clock *, uint64_t, uint64_t *);

/* RUNS means, after one run that warms up, into the run's histogram. */
static bool runs_take(struct run *r, const struct ring *ring, time_fn *time, uint64_t loops)
{
    histogram_init(&r->histogram, r->histogram.pairs, r->histogram.capacity);
    for (int run = 0; run <= RUNS; run++) {
        uint64_t ticks;
        if (!time(ring, r->clock, loops, &ticks))
            return false;
        if (run > 0)
            histogram_add(&r->histogram, ticks, 1);
    }
    return true;
}

/* Takes the figures of one question; `overhead`: of the hops, in ticks of a run. */
static bool question_take(struct run *r, const struct question *q, uint64_t loops, uint64_t *overhead)
{
    struct ring ring;
    bool done = ring_open(&ring, q);

    *overhead = 0;
    if (done) {
        guard_arm(ring.members[1]);
        done = !q->per_switch || runs_take(r, &ring, hops_time, loops);
        if (done && q->per_switch)
            *overhead = histogram_quantile(&r->histogram, 1, 2);
        done = done && runs_take(r, &ring, turns_time, loops);
    }
    int error = errno;
    const char *cause = failure_cause(error);
    guard_disarm();
    ring_close(&ring);
    if (!done)
        run_fail(r, q->id, "%s", cause);
    return done;
}

static void question_row(struct run *r, const struct question *q, const char *placement, uint64_t loops, uint64_t overhead)
{
    char variant[96];

    snprintf(variant, sizeof variant, "bytes=%zu,placement=%s,method=batched", q->token_bytes, placement);
    struct measure_row row = {
        .workload = q->id, .variant = variant, .direction = q->per_switch ? "op" : "round_trip", .relation = q->per_switch ? "none" : "inter",
        .path = "none", .cache = "warm", .method = "batched", .batch = loops * (q->per_switch ? q->processes : 1), .unit = r->clock->unit,
        .warmup = loops, .overhead = overhead, .placement = placement, .bytes = q->token_bytes, .has_bytes = true,
    };
    record_row(&r->writer, &row, &r->histogram);
}

static void question_compare(struct run *r, const struct question *q, bool same)
{
    struct variant v = { .baseline = q->ours, .bytes = q->per_switch ? 0 : q->token_bytes, .placement = same ? "same_cpu" : "unpinned",
                         .client_cpu = same ? r->cpu[0] : CPU_NONE, .server_cpu = same ? r->cpu[0] : CPU_NONE };
    uint64_t loops = strcmp(r->clock->unit, "ns") == 0 ? LOOPS_NS : LOOPS_INSTRUCTIONS;
    uint64_t units = loops * (q->per_switch ? q->processes : 1), overhead;
    char name[96], detail[240];

    if (same ? !cpu_pin(r->cpu[0]) : sched_setaffinity(0, sizeof r->affinity, &r->affinity) != 0) {
        run_skip(r, q->id, "placement=%s: pinning to a CPU failed", v.placement);
        return;
    }
    if (!question_take(r, q, loops, &overhead))
        return;
    question_row(r, q, v.placement, loops, overhead);
    double theirs = ((double)histogram_quantile(&r->histogram, 1, 2) - (double)overhead) / (double)units;
    r->last_p50 = 0;
    variant_measure(r, &v);
    if (r->last_p50 <= 0)
        return;
    double less = q->per_switch ? r->last_overhead : 0, median = r->last_p50 - less, mean = r->last_mean - less;
    snprintf(name, sizeof name, "crosscheck/%s/placement=%s", strrchr(q->id, '.') + 1, v.placement);
    snprintf(detail, sizeof detail, "lmbench's definition %.0f %s (median of %d means of %llu), %s batched %.0f (median), %.0f (mean): "
             "median %+.1f %%, mean %+.1f %%", theirs, r->clock->unit, RUNS, (unsigned long long)loops, q->ours->id, median, mean,
             100 * (median / theirs - 1), 100 * (mean / theirs - 1));
    record_test(&r->writer, name, "pass", detail);
}

static void lmbench_compare(struct run *r, const struct baseline *b)
{
    const struct question *q = question_find(b->id);

    question_compare(r, q, true);
    /* The ring of context switches is about one CPU. */
    if (!q->per_switch && !guard_interrupted() && r->cpu[1] != CPU_NONE)
        question_compare(r, q, false);
}

static const struct baseline lat_pipe = { .id = "linux.crosscheck.lmbench_lat_pipe", .external = lmbench_compare };
BASELINE_REGISTER(lat_pipe);
static const struct baseline lat_unix = { .id = "linux.crosscheck.lmbench_lat_unix", .external = lmbench_compare };
BASELINE_REGISTER(lat_unix);
static const struct baseline lat_ctx_2 = { .id = "linux.crosscheck.lmbench_lat_ctx_2", .external = lmbench_compare };
BASELINE_REGISTER(lat_ctx_2);
static const struct baseline lat_ctx_8 = { .id = "linux.crosscheck.lmbench_lat_ctx_8", .external = lmbench_compare };
BASELINE_REGISTER(lat_ctx_8);
