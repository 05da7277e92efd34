/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Figures of one variant: warm-up, empty twin, samples, taints, row; each row in a connection of its own. Whatever a row needs
 * besides (payload check, system-call count) has happened before: run.c.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "baselines/linux/guard.h"
#include "baselines/linux/run.h"
#include "baselines/linux/taints.h"

#define FAULT_BYTES 4096 /* of a page */
#define WARMUP_BLOCK 64
#define WARMUP_BLOCKS_MIN 4
#define WARMUP_BLOCKS_MAX 64
/* Warm-up ends when three blocks in a row have medians within a 64th of one another. */
#define STEADY_BLOCKS 3
#define STEADY_FRACTION 64
#define BATCH_ROUND_TRIP 16
#define BATCH_OPERATION 100
#define SAMPLES_MIN 10
#define REST_US 1000
#define REST_BETWEEN 16 /* operations */
#define REST_OPERATIONS 2
#define CPU_TIME_PASS_NS 50000000u
#define CPU_TIME_OPERATIONS 100

struct method {
    const char *name;
    const char *suffix;        /* of the variant, after the method */
    const struct clock *clock;
    uint64_t batch;            /* operations between two clock reads */
    size_t samples, block;     /* block: samples between two looks at the warm-up */
};

/* What one row is made of. */
struct taking {
    uint64_t warmup, overhead;
    uint64_t first; /* raw sample taken first of all in its connection */
    char taints[TAINTS_BYTES];
    char wrong[96]; /* why the samples do not count; empty: errno tells */
};

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

/* One sample before anything else, then until steady; a run that never is gets a taint. False when an operation failed. */
static bool warm_up(struct run *r, const struct method *m, channel_fn *operation, struct channel *c, struct taking *t)
{
    uint64_t medians[STEADY_BLOCKS] = { 0 };
    unsigned block = 0;
    bool steady = false;

    if (!m->clock->samples_take(operation, c, r->ring, 1, m->batch))
        return false;
    t->first = r->ring[0];
    for (; block < WARMUP_BLOCKS_MAX && !steady; block++) {
        if (!m->clock->samples_take(operation, c, r->ring, m->block, 1))
            return false;
        medians[block % STEADY_BLOCKS] = median_take(r->ring, m->block);
        steady = block + 1 >= WARMUP_BLOCKS_MIN && medians_steady(medians);
    }
    if (!steady)
        taint_add(t->taints, "not_steady");
    t->warmup = (m->batch + (uint64_t)block * m->block) * c->units;
    return true;
}

/* Lets the CPU run what is not client or server, then finds the caches again. */
static bool rest(channel_fn *operation, struct channel *c)
{
    usleep(REST_US);
    for (int i = 0; i < REST_OPERATIONS; i++)
        if (!operation(c))
            return false;
    return true;
}

static size_t block_between_rests(const struct method *m, const struct channel *c)
{
    uint64_t operations = m->batch * c->units;

    return operations < REST_BETWEEN ? REST_BETWEEN / operations : 1;
}

/* Fills the run's histogram with n samples; the ring is folded between blocks, never inside one.
 * Softirqs: Linux runs them on the way out of the sender's system call, but hands them to ksoftirqd when it is in a hurry, and goes on doing so as long
 * as that thread has not gone to sleep again. Two processes of a real-time policy never let it: once a tick came at the wrong moment, every later round
 * trip on that CPU has two more context switches, in this row and the next. So they rest every few operations; what happens within stays. */
static bool samples_collect(struct run *r, const struct method *m, channel_fn *operation, struct channel *c)
{
    histogram_init(&r->histogram, r->histogram.pairs, r->histogram.capacity);
    for (size_t n = m->samples; n != 0;) {
        bool rests = c->baseline->softirqs;
        size_t most = rests ? block_between_rests(m, c) : RUN_RING, block = n < most ? n : most;
        if (rests && !rest(operation, c))
            return false;
        if (!m->clock->samples_take(operation, c, r->ring, block, m->batch))
            return false;
        histogram_fold(&r->histogram, r->ring, block);
        n -= block;
    }
    return true;
}

/* Median of the twin: the baseline's own, or the same loops and calls with nothing behind them. */
static bool overhead_measure(struct run *r, const struct variant *v, const struct method *m, struct channel *c, struct taking *t)
{
    const struct baseline *b = v->baseline;
    struct channel empty = { .baseline = &baseline_empty, .units = c->units };
    bool own = b->twin != NULL;
    struct taking twins = { .warmup = 0 };

    if (own && !warm_up(r, m, b->twin, c, &twins))
        return false;
    if (!samples_collect(r, m, own ? b->twin : connection_empty_twin(b), own ? c : &empty))
        return false;
    t->overhead = histogram_quantile(&r->histogram, 1, 2);
    return true;
}

static double histogram_mean(const struct histogram *h)
{
    double sum = 0;

    for (size_t i = 0; i < h->used; i++)
        sum += (double)h->pairs[i].value * (double)h->pairs[i].count;
    return h->samples == 0 ? 0 : sum / (double)h->samples;
}

static void row_write(struct run *r, const struct variant *v, const struct method *m, const struct taking *t, unsigned units)
{
    const struct baseline *b = v->baseline;
    bool peer = baseline_has_peer(b);
    char variant[160] = "";

    if (b->bytes != NULL)
        snprintf(variant, sizeof variant, "bytes=%zu,", v->bytes);
    if (peer)
        snprintf(variant + strlen(variant), sizeof variant - strlen(variant), "placement=%s,", v->placement);
    snprintf(variant + strlen(variant), sizeof variant - strlen(variant), "method=%s%s", m->name, m->suffix);
    struct measure_row row = {
        .workload = b->id,
        .variant = variant,
        .direction = !peer ? "op" : b->one_way ? "one_way" : "round_trip",
        /* Unpinned processes are where the scheduler puts them. */
        .relation = !peer ? "none" : strcmp(v->placement, "two_cpus") == 0 ? "cross_cpu" : "inter",
        .path = "none",
        .cache = "warm",
        .method = m->name,
        .batch = m->batch * units,
        .unit = m->clock->unit,
        .warmup = t->warmup,
        .overhead = t->overhead,
        .first = t->first,
        .has_first = true,
        .placement = v->placement,
        .bytes = v->bytes,
        .has_bytes = b->bytes != NULL,
        .syscalls = v->syscalls,
        .taints = t->taints[0] != '\0' ? t->taints : NULL,
    };
    record_row(&r->writer, &row, &r->histogram);
    if (m->clock != r->clock)
        return;
    r->last_p50 = (double)histogram_quantile(&r->histogram, 1, 2) / (double)row.batch;
    r->last_overhead = (double)t->overhead / (double)row.batch;
    r->last_mean = histogram_mean(&r->histogram) / (double)row.batch;
}

/* A mechanism that polls occupies CPUs while it waits: how much of them, said beside its row. In a pass of its own, because the
 * kernel brings the account of a process that runs on another CPU up to date at a timer tick, every 1 to 10 ms. */
static bool cpu_time_write(struct run *r, const struct variant *v, const struct method *m, struct connection *k)
{
    channel_fn *operation = connection_operation(v->baseline);
    char name[160], detail[160];
    struct usage before, now;
    uint64_t operations = 0;

    usage_read(&before, k->server);
    do {
        for (int i = 0; i < CPU_TIME_OPERATIONS; i++)
            if (!operation(&k->channel))
                return false;
        operations += CPU_TIME_OPERATIONS * k->channel.units;
        usage_read(&now, k->server);
    } while (now.cpu_ns[0] - before.cpu_ns[0] < CPU_TIME_PASS_NS);
    snprintf(name, sizeof name, "%s/bytes=%zu,placement=%s,method=%s/cpu_time", v->baseline->id, v->bytes, v->placement, m->name);
    snprintf(detail, sizeof detail, "CPU time per operation while it waits and while it does not: client %llu ns, server %llu ns",
             (unsigned long long)((now.cpu_ns[0] - before.cpu_ns[0]) / operations),
             (unsigned long long)((now.cpu_ns[1] - before.cpu_ns[1]) / operations));
    record_test(&r->writer, name, "pass", detail);
    return true;
}

/* The fork of the server has made every page copy-on-write: what is written to while samples are taken gets its copy now. */
static void pages_touch(struct run *r, struct connection *k, struct usage *usage)
{
    memset(r->ring, 0, sizeof r->ring);
    memset(r->histogram.pairs, 0, r->histogram.capacity * sizeof *r->histogram.pairs);
    usage_read(usage, k->server); /* its buffers, too */
}

/* Says how many page faults the samples took. Fewer than the baseline declares: it is not what its id says. More can be the machine's (a page
 * moved, scanned, shared): a taint, and a failure from the twentieth part on. */
static bool faults_verify(struct run *r, const struct variant *v, const struct method *m, uint64_t faults, uint64_t units, struct taking *t)
{
    const struct baseline *b = v->baseline;
    uint64_t declared = units * b->page_faults * (b->faults_by_page ? v->bytes / FAULT_BYTES : 1);
    char name[160], detail[96];

    if (b->page_faults != 0 && (faults < declared || faults - declared > declared / 20)) {
        snprintf(t->wrong, sizeof t->wrong, "page faults: declared %llu, counted %llu", (unsigned long long)declared, (unsigned long long)faults);
        return false;
    }
    if (b->page_faults != 0 && faults > declared)
        taint_add(t->taints, "faults");
    snprintf(name, sizeof name, "%s/bytes=%zu,method=%s%s/faults", b->id, v->bytes, m->name, m->suffix);
    snprintf(detail, sizeof detail, "%llu in %llu units", (unsigned long long)faults, (unsigned long long)units);
    record_test(&r->writer, name, "pass", detail);
    return true;
}

static bool figures_take(struct run *r, const struct variant *v, const struct method *m, struct connection *k, struct taking *t)
{
    const struct baseline *b = v->baseline;
    channel_fn *operation = connection_operation(b);
    struct usage before, after;

    k->channel.now = m->clock->now;
    if (!overhead_measure(r, v, m, &k->channel, t))
        return false;
    if (baseline_has_peer(b))
        message_fill(&k->channel, 1);
    if (!warm_up(r, m, operation, &k->channel, t))
        return false;
    pages_touch(r, k, &before);
    usage_read(&before, k->server);
    if (!samples_collect(r, m, operation, &k->channel) || guard_peer_died())
        return false;
    usage_read(&after, k->server);
    uint64_t units = m->samples * m->batch * k->channel.units;
    taints_write(t->taints, &before, &after, units,
                 &(struct taints_expected){ b->faults, b->softirqs, k->server != 0 && v->client_cpu != CPU_NONE && v->client_cpu == v->server_cpu });
    if (b->polls)
        taint_add(t->taints, "polling");
    return !b->faults || faults_verify(r, v, m, after.faults - before.faults, units, t);
}

static bool method_measure(struct run *r, const struct variant *v, const struct method *m)
{
    const struct baseline *b = v->baseline;
    struct connection k;
    struct taking t = { .taints = "", .wrong = "" };

    if (!variant_connect(r, v, &k, SERVER_PLAIN))
        return false;
    bool done = figures_take(r, v, m, &k, &t) && (!b->polls || cpu_time_write(r, v, m, &k));
    int error = errno;
    bool echoed = baseline_has_peer(b) && !b->one_way;
    bool intact = !echoed || message_is(&k.channel, 1, 0);
    const char *cause = t.wrong[0] != '\0' ? t.wrong : failure_cause(error);
    unsigned units = k.channel.units;
    variant_disconnect(&k);
    if (!done)
        run_fail(r, b->id, "bytes=%zu,placement=%s,method=%s: %s", v->bytes, v->placement, m->name, cause);
    else if (!intact)
        run_fail(r, b->id, "bytes=%zu,placement=%s,method=%s: the last reply is not what was sent", v->bytes, v->placement, m->name);
    else
        row_write(r, v, m, &t, units);
    return done && intact;
}

static size_t at_least(size_t n, size_t least)
{
    return n < least ? least : n;
}

/* A sample that moves more than this takes milliseconds, in an emulator a tenth of a second and more. */
#define SAMPLE_BYTES_LARGE (1u << 20)

/* Samples of a block of the warm-up. An exact clock needs no median of several to see that large ones are steady. */
static size_t warmup_block(const struct variant *v, const struct clock *clock, size_t divisor, unsigned units)
{
    bool exact = strcmp(clock->unit, "instructions") == 0;
    bool large = (v->bytes > 65536 || (size_t)units * v->bytes > SAMPLE_BYTES_LARGE) && baseline_has_peer(v->baseline);

    return exact && large ? 1 : at_least(WARMUP_BLOCK / divisor, 4);
}

/* Operations between two clock reads. Each of an operation's pages is work of its own. */
static uint64_t batch_make(const struct baseline *b, size_t bytes, bool many)
{
    if (!many)
        return 1;
    if (baseline_has_peer(b))
        return BATCH_ROUND_TRIP;
    return bytes > 65536 ? BATCH_OPERATION / 10 : BATCH_OPERATION;
}

/* Large payloads and bursts take so many times longer, and fewer samples tell as much. */
static size_t samples_divisor(const struct baseline *b, size_t bytes, unsigned units)
{
    if (b->slow)
        return 20;

    size_t by_bytes = bytes <= 4096 ? 1 : bytes <= 65536 ? 10 : 100;
    /* Where one process does all units, the kernel's caches of objects run empty in some samples and not in others: more of them. */
    size_t by_units = units <= 1 ? 1 : units <= 16 ? 10 : baseline_has_peer(b) ? 20 : 4;

    return by_bytes > by_units ? by_bytes : by_units;
}

static struct method method_make(const struct run *r, const struct variant *v, const struct clock *clock, bool batched)
{
    const struct baseline *b = v->baseline;
    unsigned units = baseline_units(b, v->bytes);
    size_t divisor = samples_divisor(b, v->bytes, units);
    bool many = batched && units == 1;
    size_t samples = at_least(r->samples / (divisor * (many ? 10 : 1)), SAMPLES_MIN);

    return (struct method){
        .name = batched ? "batched" : "single",
        .suffix = clock == r->clock ? "" : ",counter=core_cycles",
        .clock = clock,
        .batch = batch_make(b, v->bytes, many),
        .samples = samples < r->histogram.capacity ? samples : r->histogram.capacity,
        .block = warmup_block(v, clock, divisor, units),
    };
}

static bool methods_measure(struct run *r, const struct variant *v, const struct clock *clock)
{
    unsigned units = baseline_units(v->baseline, v->bytes);
    bool large = v->baseline->slow || (baseline_has_peer(v->baseline) && v->bytes > 4096);

    /* What makes several units is a batch by itself; what takes long needs none. */
    for (int batched = units > 1; batched < (units > 1 || (!large && !v->baseline->single_only) ? 2 : 1); batched++) {
        struct method m = method_make(r, v, clock, batched);
        if (!method_measure(r, v, &m))
            return false;
        if (guard_interrupted())
            return false;
    }
    return true;
}

void variant_measure(struct run *r, const struct variant *v)
{
    if (!methods_measure(r, v, r->clock))
        return;
    /* The counter counts what happens on cpu[0], whoever does it: client and server must both be there. */
    if (r->cycles != NULL && v->client_cpu == r->cpu[0] && v->server_cpu == r->cpu[0])
        methods_measure(r, v, r->cycles);
}
