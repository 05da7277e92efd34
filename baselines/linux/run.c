/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The experiment. Each variant runs in a connection of its own; payload check and system-call count come before it and never
 * inside it. A variant that fails fails the run; the others still run.
 */
#include "baselines/linux/run.h"

#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "baselines/linux/channel.h"
#include "baselines/linux/guard.h"
#include "baselines/linux/syscount.h"

#define PAYLOAD_ROUNDS 32
#define WARMUP_BLOCK 64
#define WARMUP_BLOCKS_MIN 4
#define WARMUP_BLOCKS_MAX 64
/* Warm-up ends when three blocks in a row have medians within a 64th of one another. */
#define STEADY_BLOCKS 3
#define STEADY_FRACTION 64
#define BATCH_ROUND_TRIP 16
#define BATCH_OPERATION 100

struct variant {
    const struct baseline *baseline;
    size_t bytes;
    const char *placement; /* same_cpu, two_cpus, none */
    int client_cpu, server_cpu;
    const char *syscalls;  /* verified total per operation; NULL: could not be counted */
};

struct method {
    const char *name;
    uint64_t batch;
    uint64_t divisor; /* a batched row takes so many times fewer samples */
};

__attribute__((format(printf, 3, 4))) static void run_fail(struct run *r, const char *id, const char *format, ...)
{
    char detail[256];
    va_list list;

    va_start(list, format);
    vsnprintf(detail, sizeof detail, format, list);
    va_end(list);
    fprintf(stderr, "linux-baselines: %s: %s\n", id, detail);
    record_test(&r->writer, id, "fail", detail);
    r->failed = true;
}

/* Why the operation at hand failed. */
static const char *failure_cause(int error)
{
    const char *cause = guard_cause();

    if (cause != NULL)
        return cause;
    return error == 0 ? "end of file: the peer is gone" : strerror(error);
}

static void variant_skip(struct run *r, const struct variant *v, const char *what, int error)
{
    char reason[256];

    snprintf(reason, sizeof reason, "bytes=%zu,placement=%s: %s: %s", v->bytes, v->placement, what, strerror(error));
    record_skip(&r->writer, v->baseline->id, reason);
}

bool run_init(struct run *r, const struct clock *clock, size_t samples)
{
    cpu_set_t set;
    int found = 0;

    r->clock = clock;
    r->samples = samples;
    r->cpu[0] = r->cpu[1] = CPU_NONE;
    struct histogram_pair *pairs = malloc(samples * sizeof *pairs);
    if (pairs == NULL || sched_getaffinity(0, sizeof set, &set) != 0) {
        free(pairs);
        return false;
    }
    memset(pairs, 0, samples * sizeof *pairs); /* touched beforehand */
    histogram_init(&r->histogram, pairs, samples);
    for (int cpu = 0; cpu < CPU_SETSIZE && found < 2; cpu++)
        if (CPU_ISSET((size_t)cpu, &set))
            r->cpu[found++] = cpu;
    return found > 0;
}

/* --- payload --- */

static void message_fill(struct channel *c, unsigned round)
{
    for (size_t i = 0; i < c->bytes; i++) {
        c->out[i] = (unsigned char)(i * 31 + round * 7 + 1);
        c->in[i] = 0;
    }
}

static bool message_came_back(const struct channel *c, unsigned char mask)
{
    for (size_t i = 0; i < c->bytes; i++)
        if ((c->in[i] ^ mask) != c->out[i])
            return false;
    return true;
}

/* Every byte must come back inverted by the server, every round with other bytes. */
static bool payload_check(struct run *r, const struct variant *v, struct connection *k)
{
    struct channel *c = &k->channel;

    for (unsigned round = 0; round < PAYLOAD_ROUNDS; round++) {
        message_fill(c, round);
        if (!round_trip(c)) {
            run_fail(r, v->baseline->id, "payload check, round %u: %s", round, failure_cause(errno));
            return false;
        }
        if (!message_came_back(c, 0xff)) {
            run_fail(r, v->baseline->id, "payload check, round %u: the reply of %zu bytes is not the inverted request",
                     round, v->bytes);
            return false;
        }
    }
    return true;
}

/* --- connecting --- */

/* Returns false when the variant ends here: skipped. */
static bool variant_connect(struct run *r, const struct variant *v, struct connection *k, enum server_mode mode)
{
    if (!cpu_pin(v->client_cpu)) {
        variant_skip(r, v, "pinning to a CPU", errno);
        return false;
    }
    if (!connection_open(k, v->baseline, v->bytes)) {
        variant_skip(r, v, "setup", errno);
        return false;
    }
    if (v->baseline->operation == NULL && !connection_serve(k, mode, v->server_cpu)) {
        int error = errno;
        connection_close(k);
        variant_skip(r, v, "starting the peer", error);
        return false;
    }
    guard_arm(k->server);
    return true;
}

static void variant_disconnect(struct connection *k)
{
    guard_disarm();
    connection_close(k);
}

/* --- measuring --- */

static uint64_t median_take(const uint64_t *samples, size_t n)
{
    struct histogram_pair pairs[WARMUP_BLOCK];
    struct histogram h;

    histogram_init(&h, pairs, WARMUP_BLOCK);
    histogram_fold(&h, samples, n);
    return histogram_quantile(&h, 1, 2);
}

static bool medians_steady(const uint64_t medians[STEADY_BLOCKS])
{
    uint64_t low = medians[0], high = medians[0];

    for (size_t i = 1; i < STEADY_BLOCKS; i++) {
        low = medians[i] < low ? medians[i] : low;
        high = medians[i] > high ? medians[i] : high;
    }
    return high - low <= low / STEADY_FRACTION;
}

/* Runs until steady. Sets the number of operations and whether it got there; false when an operation failed. */
static bool warm_up(struct run *r, channel_fn *operation, struct channel *c, uint64_t *operations, bool *steady)
{
    uint64_t medians[STEADY_BLOCKS] = { 0 };
    unsigned block = 0;

    for (*steady = false; block < WARMUP_BLOCKS_MAX && !*steady; block++) {
        if (!r->clock->samples_take(operation, c, r->ring, WARMUP_BLOCK, 1))
            return false;
        medians[block % STEADY_BLOCKS] = median_take(r->ring, WARMUP_BLOCK);
        *steady = block + 1 >= WARMUP_BLOCKS_MIN && medians_steady(medians);
    }
    *operations = (uint64_t)block * WARMUP_BLOCK;
    return true;
}

/* Fills the run's histogram with n samples; the ring is folded between blocks, never inside one. */
static bool samples_collect(struct run *r, channel_fn *operation, struct channel *c, size_t n, uint64_t batch)
{
    histogram_init(&r->histogram, r->histogram.pairs, r->histogram.capacity);
    while (n != 0) {
        size_t block = n < RUN_RING ? n : RUN_RING;
        if (!r->clock->samples_take(operation, c, r->ring, block, batch))
            return false;
        histogram_fold(&r->histogram, r->ring, block);
        n -= block;
    }
    return true;
}

/* Median of the empty twin: the same loops and calls with nothing behind them. */
static uint64_t overhead_measure(struct run *r, channel_fn *operation, size_t n, uint64_t batch)
{
    struct channel empty = { .baseline = &baseline_empty };
    channel_fn *twin = operation == round_trip ? round_trip : operation_empty;

    samples_collect(r, twin, &empty, n, batch);
    return histogram_quantile(&r->histogram, 1, 2);
}

static void row_write(struct run *r, const struct variant *v, const struct method *m, uint64_t warmup, uint64_t overhead,
                      bool steady)
{
    const struct baseline *b = v->baseline;
    bool peer = b->operation == NULL;
    char variant[128];

    if (peer)
        snprintf(variant, sizeof variant, "bytes=%zu,placement=%s,method=%s", v->bytes, v->placement, m->name);
    else
        snprintf(variant, sizeof variant, "method=%s", m->name);
    struct measure_row row = {
        .workload = b->id,
        .variant = variant,
        .direction = peer ? "round_trip" : "op",
        .relation = !peer ? "none" : v->client_cpu == v->server_cpu ? "inter" : "cross_cpu",
        .path = "none",
        .cache = "warm",
        .method = m->name,
        .batch = m->batch,
        .unit = r->clock->unit,
        .warmup = warmup,
        .overhead = overhead,
        .placement = v->placement,
        .bytes = v->bytes,
        .has_bytes = peer,
        .syscalls = v->syscalls,
        .taints = steady ? NULL : "not_steady",
    };
    record_row(&r->writer, &row, &r->histogram);
}

static void method_measure(struct run *r, const struct variant *v, const struct method *m)
{
    channel_fn *operation = connection_operation(v->baseline);
    size_t n = r->samples / m->divisor == 0 ? 1 : r->samples / m->divisor;
    uint64_t overhead = overhead_measure(r, operation, n, m->batch);
    struct connection k;
    uint64_t warmup;
    bool steady;

    if (!variant_connect(r, v, &k, SERVER_ECHO))
        return;
    message_fill(&k.channel, 1);
    bool done = warm_up(r, operation, &k.channel, &warmup, &steady) &&
                samples_collect(r, operation, &k.channel, n, m->batch);
    int error = errno;
    bool intact = v->baseline->operation != NULL || message_came_back(&k.channel, 0);
    const char *cause = failure_cause(error);
    variant_disconnect(&k);
    if (!done)
        run_fail(r, v->baseline->id, "bytes=%zu,placement=%s,method=%s: %s", v->bytes, v->placement, m->name, cause);
    else if (!intact)
        run_fail(r, v->baseline->id, "bytes=%zu,placement=%s,method=%s: the last reply is not what was sent", v->bytes,
                 v->placement, m->name);
    else
        row_write(r, v, m, warmup, overhead, steady);
}

static void variant_run(struct run *r, const struct variant *v)
{
    const struct method methods[] = {
        { "single", 1, 1 },
        { "batched", v->baseline->operation != NULL ? BATCH_OPERATION : BATCH_ROUND_TRIP, 10 },
    };
    struct connection k;

    if (v->baseline->operation == NULL) {
        if (!variant_connect(r, v, &k, SERVER_INVERT))
            return;
        bool intact = payload_check(r, v, &k);
        variant_disconnect(&k);
        if (!intact)
            return;
    }
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        method_measure(r, v, &methods[i]);
}

/* --- system calls --- */

/* Counts and compares. Sets `text` to the verified sum, or leaves it empty; false when the variant must not be measured. */
static bool syscalls_verify(struct run *r, const struct baseline *b, size_t bytes, char *text, size_t text_bytes)
{
    char name[128], detail[160];
    struct syscount count;

    snprintf(name, sizeof name, "%s/bytes=%zu/syscalls", b->id, bytes);
    switch (syscount_run(&count, b, bytes, r->cpu[0])) {
    case SYSCOUNT_UNAVAILABLE:
        record_test(&r->writer, name, "skip", count.detail);
        return true;
    case SYSCOUNT_FAILED:
        run_fail(r, name, "%s", count.detail);
        return false;
    case SYSCOUNT_DONE:
        break;
    }
    if (count.client != b->client_calls || count.server != b->server_calls) {
        run_fail(r, name, "declared client=%u server=%u, counted client=%u server=%u", b->client_calls, b->server_calls,
                 count.client, count.server);
        return false;
    }
    snprintf(detail, sizeof detail, "client=%u server=%u", count.client, count.server);
    record_test(&r->writer, name, "pass", detail);
    snprintf(text, text_bytes, "%u", count.client + count.server);
    return true;
}

/* --- variants --- */

/* Is the mechanism there at all? Its absence is one skip, not a failure of the counting pass. */
static bool mechanism_probe(struct run *r, const struct baseline *b, size_t bytes)
{
    struct variant v = { .baseline = b, .bytes = bytes, .placement = "any" };
    struct connection k;

    if (!connection_open(&k, b, bytes)) {
        variant_skip(r, &v, "setup", errno);
        return false;
    }
    connection_close(&k);
    return true;
}

static void bytes_run(struct run *r, const struct baseline *b, size_t bytes)
{
    char syscalls[24] = "";

    if (!mechanism_probe(r, b, bytes) || !syscalls_verify(r, b, bytes, syscalls, sizeof syscalls))
        return;
    struct variant v = { b, bytes, b->operation != NULL ? "none" : "same_cpu", r->cpu[0], r->cpu[0],
                         syscalls[0] != '\0' ? syscalls : NULL };
    variant_run(r, &v);
    if (b->operation != NULL)
        return;
    v.placement = "two_cpus";
    v.server_cpu = r->cpu[1];
    if (v.server_cpu != CPU_NONE) {
        variant_run(r, &v);
        return;
    }
    char reason[96];
    snprintf(reason, sizeof reason, "bytes=%zu,placement=two_cpus: only one CPU may be used", bytes);
    record_skip(&r->writer, b->id, reason);
}

void run_baseline(struct run *r, const struct baseline *b)
{
    if (b->bytes == NULL) {
        bytes_run(r, b, 0);
        return;
    }
    for (const size_t *bytes = b->bytes; *bytes != 0 && !guard_interrupted(); bytes++)
        bytes_run(r, b, *bytes);
}
