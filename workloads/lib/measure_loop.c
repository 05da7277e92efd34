/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The measuring loop. Invariant: every sample taken after the warm-up is in the row. Context: the program's first thread; the
 * ring, the histogram and the code have been touched by the warm-up before the first sample counts.
 */
#include "workloads/lib/measure_loop.h"

#include "harness/measure/fidelity.h"
#include "harness/measure/histogram.h"
#include "harness/plugin/marks.h"
#include "workloads/lib/cache_state.h"
#include "workloads/lib/observe.h"
#include "workloads/lib/remote.h"
#include "workloads/lib/service.h"
#include "workloads/lib/text.h"
#include "workloads/lib/trace.h"

/* Samples of a ring are taken back to back; then they are folded and the ring is used again. */
#define RING_SAMPLES 250
/* An instruction counter is exact, more samples only confirm; a clock of cycles has a distribution. Multiples of the ring. */
#define SINGLE_RINGS_INSTRUCTIONS 4
#define SINGLE_RINGS_CYCLES 40
#define BATCHED_RINGS_INSTRUCTIONS 1
#define BATCHED_RINGS_CYCLES 8
/* Caches that are not warm are brought about before each sample, which takes long; nothing is warmed up there but the code. */
#define STATE_RINGS 4
/* Operations before the first sample: caches, TLB and branch predictors of both partners. */
#define WARMUP_RINGS 2
/* Samples whose folding cooled the caches are taken and thrown away before each further ring, as part of the warm state. */
#define REWARM_SAMPLES 16

/* As many pairs as samples: nothing can be lost. */
#define HISTOGRAM_PAIRS (RING_SAMPLES * SINGLE_RINGS_CYCLES)
_Static_assert(BATCHED_RINGS_CYCLES <= SINGLE_RINGS_CYCLES, "histograms hold the larger of both");

static uint64_t ring[RING_SAMPLES];
static struct histogram_pair pairs[HISTOGRAM_PAIRS];
static struct histogram histogram;
static uint64_t first_sample; /* of the last samples_take, before any warm-up */
static struct observation observed_row, observed_empty;
static bool marking;      /* samples that count are being taken, one by one */
static const char *state; /* of the caches before each sample: `cache` in results/FORMAT.md; NULL: warm */

static size_t rings_wanted(const struct variant *v)
{
    bool exact = program_info()->fidelity == FIDELITY_INSTRUCTIONS;

    if (state != NULL)
        return STATE_RINGS;
    if (v->batch == 1)
        return exact ? SINGLE_RINGS_INSTRUCTIONS : SINGLE_RINGS_CYCLES;
    return exact ? BATCHED_RINGS_INSTRUCTIONS : BATCHED_RINGS_CYCLES;
}

static size_t ring_samples(const struct variant *v) { return v->ring_samples != 0 ? v->ring_samples : RING_SAMPLES; }

static size_t rewarm_samples(const struct variant *v)
{
    return ring_samples(v) < REWARM_SAMPLES ? ring_samples(v) : REWARM_SAMPLES;
}

/* Operations of one samples_take. */
static uint64_t operations_wanted(const struct variant *v)
{
    return (WARMUP_RINGS * ring_samples(v) + rings_wanted(v) * (rewarm_samples(v) + ring_samples(v))) * v->batch;
}

static void samples_mark(const struct variant *v)
{
    if (v->window == 0)
        mark_samples_all();
    else if (v->window == 1)
        mark_samples_first();
    else if (v->window == 2)
        mark_samples_second();
}

/* Flushing reads the clock itself, in the kernel: then samples are marked for the plugin one by one. Its models see evictions, which do not. */
static bool state_reads_clock(void) { return state != NULL && !text_equal(state, "l1_evicted"); }

/* Samples that begin in the wanted state. */
static bool samples_from_state(const struct variant *v, fill_fn *fill, uint64_t *to, size_t n)
{
    if (state == NULL)
        return fill(v, to, n);
    for (size_t i = 0; i < n; i++) {
        if (!cache_state_set(state))
            return false;
        if (marking)
            samples_mark(v);
        bool ok = fill(v, to + i, 1);
        if (marking)
            mark_samples_end();
        if (!ok)
            return false;
    }
    return true;
}

/* With trace=on a point that finds its ring full is cheaper than one that is recorded. So samples are taken in portions after each of which the
 * rings are emptied; a portion is what fills half a ring, by what the last one took. */
static size_t portion_samples;
static uint64_t points_lost;

static void portions_begin(void)
{
    portion_samples = 1;
    points_lost = 0;
}

static void portion_adapt(size_t taken)
{
    uint64_t used = trace_used();
    uint64_t fits = used != 0 ? taken * (TRACE_RING_RECORDS / 2) / used : RING_SAMPLES;

    portion_samples = fits == 0 ? 1 : fits < RING_SAMPLES ? fits : RING_SAMPLES;
    points_lost += trace_lost();
}

static bool samples_fill(const struct variant *v, fill_fn *fill, uint64_t *to, size_t n)
{
    if (!trace_is_on())
        return samples_from_state(v, fill, to, n);
    while (n != 0) {
        size_t part = n < portion_samples ? n : portion_samples;
        if (!trace_release() || !samples_from_state(v, fill, to, part))
            return false;
        portion_adapt(part);
        to += part;
        n -= part;
    }
    return true;
}

/* One ring of samples that count; marked, unless they are those of the empty twin. */
static bool ring_take(const struct variant *v, fill_fn *fill, size_t n)
{
    struct observation *observed = fill == v->fill ? &observed_row : &observed_empty;

    if (!observe_begin(observed))
        return false;
    marking = fill == v->fill && state_reads_clock();
    if (fill == v->fill && !marking)
        samples_mark(v);
    bool ok = samples_fill(v, fill, ring, n);
    marking = false;
    mark_samples_end();
    return observe_end(observed, n) && ok;
}

/* Warms up and fills the histogram. */
static bool samples_take(const struct variant *v, fill_fn *fill)
{
    size_t rings = rings_wanted(v), n = ring_samples(v);

    histogram_init(&histogram, pairs, HISTOGRAM_PAIRS);
    *(fill == v->fill ? &observed_row : &observed_empty) = (struct observation){ 0 };
    portions_begin();
    for (size_t i = 0; i < WARMUP_RINGS; i++) {
        if (!samples_fill(v, fill, ring, n))
            return false;
        if (i == 0)
            first_sample = ring[0];
    }
    for (size_t i = 0; i < rings; i++) {
        if (!samples_fill(v, fill, ring, rewarm_samples(v)) || !ring_take(v, fill, n))
            return false;
        histogram_fold(&histogram, ring, n);
    }
    return true;
}

static void name_part(struct text *t, const char *key, const char *value)
{
    if (t->used != 0)
        text_add(t, ",");
    text_add(t, key);
    text_add(t, value);
}

/* With trace=on every path is the instrumented build of itself. */
static bool path_is_traced(const struct variant *v) { return trace_is_on() && !text_equal(v->path, "none"); }

static void variant_name(struct text *t, const struct variant *v)
{
    text_init(t);
    if (v->name != NULL)
        name_part(t, "", v->name);
    if (v->words_named) {
        name_part(t, "words=", "");
        text_add_decimal(t, v->words);
    }
    if (path_is_traced(v))
        name_part(t, "path=traced,steps=", v->path);
    else if (!text_equal(v->path, "none"))
        name_part(t, "path=", v->path);
    if (state != NULL)
        name_part(t, "cache=", state);
    name_part(t, "method=", v->batch == 1 ? "single" : "batched");
}

static bool path_is_observed(const struct variant *v)
{
    return text_equal(v->path, "fast") || text_equal(v->path, "slow");
}

/* The counts are read before the warm-up and after the last sample: what is measured holds nothing of it. */
static const char *samples_take_observed(const struct variant *v)
{
    struct path_counts before, after;

    if (!path_is_observed(v))
        return samples_take(v, v->fill) ? NULL : "an operation failed";
    if (v->path_counts == NULL || !v->path_counts(&before))
        return "nobody tells which path was taken";
    if (!samples_take(v, v->fill))
        return "an operation failed";
    if (!v->path_counts(&after))
        return "nobody tells which path was taken";
    uint64_t slow = text_equal(v->path, "slow") ? operations_wanted(v) : 0;
    if (after.client_slow - before.client_slow != slow)
        return "calls took another path than named";
    return after.server_slow - before.server_slow == slow ? NULL : "replies took another path than named";
}

/* The points of one more sample, and behind them those that tell what points cost. */
static bool sample_trace(const struct variant *v, const char *name)
{
    static struct trace_heads heads;

    if (!trace_release() || !v->fill(v, ring, 1))
        return false;
    trace_calibrate();
    trace_stop(&heads);
    trace_report(workload.id, name, &heads);
    return true;
}

static unsigned disturbing(const struct variant *v) { return observed_row.taints & ~(v->interrupts ? NOISE_TAINT_INTERRUPTS : 0); }

/* What disturbed the samples taken last. */
static void taints_name(struct text *t, const struct variant *v)
{
    text_init(t);
    /* An emulator that counts instructions has no caches: what the state changes shows in the footprint model alone. */
    if (state != NULL && program_info()->fidelity == FIDELITY_INSTRUCTIONS)
        name_part(t, "no_caches", "");
    for (unsigned i = 0; i < NOISE_TAINTS; i++)
        if ((disturbing(v) & 1u << i) != 0)
            name_part(t, noise_taint_names[i], "");
    if (points_lost != 0)
        name_part(t, "trace_full", "");
    /* A path that is traced says so; what takes none is as much slower all the same. */
    if (trace_is_on() && !path_is_traced(v))
        name_part(t, "traced", "");
}

/* NULL, or what went wrong. */
static const char *variant_measure(const struct variant *v)
{
    struct text name, taints;

    variant_name(&name, v);
    if (!samples_take(v, v->fill_empty))
        return "an empty operation failed";
    uint64_t overhead = histogram_quantile(&histogram, 1, 2);
    const char *wrong = samples_take_observed(v);
    if (wrong != NULL)
        return wrong;
    taints_name(&taints, v);
    struct measure_row row = {
        .workload = workload.id, .variant = name.bytes, .direction = v->direction, .relation = v->relation, .words = v->words,
        .path = path_is_traced(v) ? "traced" : v->path, .cache = state != NULL ? state : "warm", .method = v->batch == 1 ? "single" : "batched", .batch = v->batch,
        .unit = program_info()->unit, .warmup = (WARMUP_RINGS * ring_samples(v) + rewarm_samples(v)) * v->batch,
        .overhead = overhead, .first = first_sample, .has_first = true,
        .taints = taints.used != 0 ? taints.bytes : NULL, .counters = observe_name(&observed_row, &observed_empty),
        .disturbed = observed_row.disturbed, .has_disturbed = disturbing(v) != 0,
        .placement = text_equal(v->relation, "cross_cpu") ? "two_cpus" : "same_cpu",
    };
    record_row(&program_records, &row, &histogram);
    mark_row();
    if (trace_is_on() && v->batch == 1 && !v->trace_silent && state == NULL && !sample_trace(v, name.bytes))
        return "its trace cannot be taken";
    return name.overflow ? "its name is too long" : NULL;
}

static bool variant_run(const struct variant *v)
{
    const char *wrong = "cannot be prepared";

    if (v->prepare == NULL || v->prepare(v))
        wrong = variant_measure(v);
    if (v->finish != NULL)
        v->finish(v);
    if (wrong != NULL) {
        struct text name;
        struct text detail;
        variant_name(&name, v);
        text_init(&detail);
        text_add(&detail, wrong);
        text_add(&detail, " in variant ");
        text_add(&detail, name.bytes);
        record_test(&program_records, workload.id, "fail", detail.bytes);
    }
    return wrong == NULL;
}

/* Rows of the path fast are left out when the kernel was booted with nofast, those of other methods than asked for likewise, unless
 * the floor needs them. */
static bool variant_is_wanted(const struct variant *v)
{
    if (text_equal(v->path, "fast") && program_info()->fast_path == 0)
        return false;
    if (v->batch == BATCH_OPERATIONS && (program_info()->methods & METHOD_FLOOR) != 0)
        return true;
    return (program_info()->methods & (v->batch == 1 ? METHOD_SINGLE : METHOD_BATCHED)) != 0;
}

/* The row of each state of caches that is wanted. */
static bool variant_run_states(const struct variant *v)
{
    static const char *const states[] = { NULL, "l1_evicted", "tlb_flushed", "cold" };
    bool wanted = v->states && v->batch == 1 && (program_info()->fidelity != FIDELITY_INSTRUCTIONS || (program_info()->methods & METHOD_STATES) != 0);
    bool ok = true;

    for (size_t i = 0; i < (wanted ? sizeof states / sizeof states[0] : 1); i++) {
        state = states[i];
        ok = variant_run(v) && ok;
    }
    return ok;
}

bool program_main(uint64_t facts)
{
    bool ok = true;
    size_t wanted = 0;

    (void)facts;
    if (program_info()->fidelity == FIDELITY_NONE) {
        record_skip(&program_records, workload.id, "fidelity is none: this machine has no clock that tells anything");
        return true;
    }
    if (workload.skip_reason != NULL) {
        record_skip(&program_records, workload.id, workload.skip_reason);
        return true;
    }
    if (workload.cpus_min > 1 && cpu_count() < workload.cpus_min) {
        record_skip(&program_records, workload.id, "needs more CPUs than run: start the machine with 2 or more");
        return true;
    }
    if (workload.unable != NULL && workload.unable() != NULL) {
        record_skip(&program_records, workload.id, workload.unable());
        return true;
    }
    if (workload.setup != NULL && !workload.setup()) {
        record_test(&program_records, workload.id, "fail", "setup failed");
        return false;
    }
    for (size_t i = 0; i < workload.variant_count; i++) {
        const struct variant *v = &workload.variants[i];
        if (!variant_is_wanted(v))
            continue;
        wanted++;
        if (!variant_run_states(v))
            ok = false;
    }
    if (wanted == 0)
        record_skip(&program_records, workload.id, "no row of it is of the method asked for");
    return ok;
}
