/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Comparison of two results; see compare.h. The rule of the verdicts is shared by tests and command.
 */
#include "harness/tool/compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const verdict_names[VERDICT_COUNT] = {
    [VERDICT_IDENTICAL] = "identical", [VERDICT_INDISTINGUISHABLE] = "indistinguishable",
    [VERDICT_FASTER] = "faster",       [VERDICT_SLOWER] = "slower",
    [VERDICT_CHANGED] = "changed",     [VERDICT_NEW] = "new",
    [VERDICT_MISSING] = "missing",   [VERDICT_UNLIKE] = "unlike",
};

const char *verdict_name(enum verdict verdict)
{
    return verdict_names[verdict];
}

static bool text_differs(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") != 0;
}

/* Rows of one name must ask one question: the field in which they do not, or NULL. `batch`, warmup and overhead may differ: figures are
 * per operation. */
static const char *rows_unlike(const struct result_row *a, const struct result_row *b)
{
    const struct { const char *name; bool differs; } fields[] = {
        { "unit", text_differs(a->unit, b->unit) },
        { "direction", text_differs(a->direction, b->direction) },
        { "relation", text_differs(a->relation, b->relation) },
        { "words", a->words != b->words },
        { "path", text_differs(a->path, b->path) },
        { "cache", text_differs(a->cache, b->cache) },
        { "method", text_differs(a->method, b->method) },
        { "bytes", a->has_bytes != b->has_bytes || a->bytes != b->bytes },
        { "placement", text_differs(a->placement, b->placement) },
    };
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if (fields[i].differs)
            return fields[i].name;
    return NULL;
}

/* Facts of the context without which two results have nothing to say to one another. */
static bool contexts_alike(const struct result *a, const struct result *b, struct error *e)
{
    static const char *const always[] = { "system", "target" }, *const on_a_clock[] = { "cpu_model", "host_cpu" };
    bool exact = strcmp(result_context(a, "unit"), "instructions") == 0;
    for (size_t i = 0; i < 2 + (exact ? 0u : 2u); i++) {
        const char *key = i < 2 ? always[i] : on_a_clock[i - 2];
        const char *in_a = result_context(a, key), *in_b = result_context(b, key);
        if (text_differs(in_a, in_b) && text_differs(result_context(a, "unit"), "none"))
            return error_set(e, "the results are unlike in %s (A: %.80s, B: %.80s): not comparable (--force shows them side by side)", key,
                             in_a ? in_a : "-", in_b ? in_b : "-");
    }
    return true;
}

static bool samples_equal(const struct result_row *a, const struct result_row *b)
{
    return a->batch == b->batch && a->overhead == b->overhead && a->pair_count == b->pair_count &&
           memcmp(a->pairs, b->pairs, a->pair_count * sizeof *a->pairs) == 0;
}

static enum verdict verdict_exact(const struct result_row *a, const struct result_row *b)
{
    double change = b->summary.p50 - a->summary.p50;
    if (samples_equal(a, b))
        return VERDICT_IDENTICAL;
    if (change == 0)
        change = b->summary.mean - a->summary.mean;
    if (change == 0)
        return VERDICT_CHANGED;
    return change < 0 ? VERDICT_FASTER : VERDICT_SLOWER;
}

static double effect_min(const struct comparison_row *row)
{
    return fmax(COMPARE_EFFECT_MIN, COMPARE_EFFECT_SHARE_MIN * fabs(row->median_a));
}

static enum verdict verdict_statistical(const struct comparison_row *row)
{
    if (row->p >= COMPARE_P_MAX || fabs(row->change) < effect_min(row))
        return VERDICT_INDISTINGUISHABLE;
    return row->change < 0 ? VERDICT_FASTER : VERDICT_SLOWER;
}

/* --- one row in cycles or ns --- */

#define BOOTS_MAX (EXACT_TEST_N_MAX / 2)

/* What a row gives to the test: its samples, or the medians of its boots. */
struct side {
    struct samples samples[BOOTS_MAX];
    double medians[BOOTS_MAX];
    size_t boots; /* 1: no boots, samples[0] is all of the row */
};

static void side_fill(struct side *side, const struct result_row *row, bool by_boots)
{
    side->boots = by_boots ? (row->boot_count < BOOTS_MAX ? row->boot_count : BOOTS_MAX) : 1;
    for (size_t i = 0; i < side->boots; i++) {
        side->samples[i] = by_boots ? row_boot_samples(row, i) : row_samples(row);
        side->medians[i] = (double)stats_quantile(&side->samples[i], 1, 2) / (double)row->batch;
    }
}

static int double_compare(const void *x, const void *y)
{
    double a = *(const double *)x, b = *(const double *)y;
    return (a > b) - (a < b);
}

static double side_median(const struct side *side)
{
    double sorted[BOOTS_MAX];
    memcpy(sorted, side->medians, side->boots * sizeof *sorted);
    qsort(sorted, side->boots, sizeof *sorted, double_compare);
    return sorted[(side->boots - 1) / 2];
}

/* p of the rank-sum test when every sample of b is moved by `shift`. */
static double side_test(const struct side *a, const struct side *b, bool by_boots, double shift)
{
    double moved[BOOTS_MAX];
    if (!by_boots)
        return stats_mann_whitney_shifted(&a->samples[0], &b->samples[0], shift).p;
    for (size_t i = 0; i < b->boots; i++)
        moved[i] = b->medians[i] + shift;
    return stats_rank_sum_exact(a->medians, a->boots, moved, b->boots);
}

/* The smallest shift away from 0 in the direction of `sign` that would have been called, all else being equal: `tests` times p bounds what
 * Holm's correction makes of p. HUGE_VAL when no shift would be (too few samples). */
static double shift_detectable(const struct comparison_row *row, const struct side *a, const struct side *b, size_t tests, double sign)
{
    double effect = effect_min(row), high = 2 * effect + 4 * fabs(row->change) + 8 * fmax(row->a->summary.iqr, row->b->summary.iqr);
    double low = 0;
    for (int i = 0; side_test(a, b, row->by_boots, sign * high) * (double)tests >= COMPARE_P_MAX; i++) {
        if (i == 40)
            return HUGE_VAL;
        high *= 2;
    }
    for (int i = 0; i < 40 && high - low > 1e-3; i++) {
        double middle = (low + high) / 2;
        bool called = side_test(a, b, row->by_boots, sign * middle) * (double)tests < COMPARE_P_MAX &&
                      sign * (row->change + sign * middle) >= effect;
        *(called ? &high : &low) = middle;
    }
    return high;
}

static void row_sharpness(struct comparison_row *row, size_t tests)
{
    struct side a, b;
    side_fill(&a, row->a, row->by_boots);
    side_fill(&b, row->b, row->by_boots);
    row->has_ratio = bootstrap_ratio(a.samples, a.boots, b.samples, b.boots, BOOTSTRAP_SEED, &row->ratio);
    if (row->verdict != VERDICT_INDISTINGUISHABLE)
        return;
    double up = shift_detectable(row, &a, &b, tests, 1), down = shift_detectable(row, &a, &b, tests, -1);
    row->detectable = fmax(up, down);
    row->has_detectable = isfinite(row->detectable);
}

static void row_test(struct comparison_row *row)
{
    struct side a, b;
    side_fill(&a, row->a, row->by_boots);
    side_fill(&b, row->b, row->by_boots);
    row->median_a = side_median(&a);
    row->median_b = side_median(&b);
    row->p = side_test(&a, &b, row->by_boots, 0);
    row->has_p = true;
}

/* --- putting rows side by side --- */

static bool row_compare(struct comparison_row *row, bool force, struct error *e)
{
    row->verdict = row->a ? VERDICT_MISSING : VERDICT_NEW;
    row->median_a = row->a ? row->a->summary.p50 : 0;
    row->median_b = row->b ? row->b->summary.p50 : 0;
    if (!row->a || !row->b)
        return true;
    if ((row->unlike = rows_unlike(row->a, row->b)) != NULL) {
        row->verdict = VERDICT_UNLIKE;
        return force || error_set(e, "row \"%.120s %.240s\": unlike in %s (A: %s, B: %s): not comparable", row->a->workload,
                                  row->a->variant, row->unlike, row->a->unit, row->b->unit);
    }
    bool exact = strcmp(row->a->unit, "instructions") == 0;
    row->by_boots = !exact && row->a->boot_count > 1 && row->b->boot_count > 1;
    if (!exact)
        row_test(row);
    row->change = row->median_b - row->median_a;
    row->has_share = row->median_a != 0;
    row->share = row->has_share ? row->change / row->median_a : 0;
    if (exact)
        row->verdict = verdict_exact(row->a, row->b);
    return true;
}

static bool rows_merge(const struct result *a, const struct result *b, bool force, struct comparison *c, struct error *e)
{
    const struct result_row **in_a = rows_sorted(a->rows, a->row_count, e);
    const struct result_row **in_b = rows_sorted(b->rows, b->row_count, e);
    c->rows = calloc(a->row_count + b->row_count + 1, sizeof *c->rows);
    bool ok = in_a && in_b && c->rows;
    for (size_t i = 0, j = 0; ok && (i < a->row_count || j < b->row_count);) {
        int order = i == a->row_count ? 1 : j == b->row_count ? -1 : row_compare_names(in_a[i], in_b[j]);
        struct comparison_row *row = &c->rows[c->count++];
        row->a = order <= 0 ? in_a[i++] : NULL;
        row->b = order >= 0 ? in_b[j++] : NULL;
        ok = row_compare(row, force, e);
    }
    free(in_a);
    free(in_b);
    return ok;
}

/* All tests of one comparison are one family: the correction covers them together. */
static bool rows_judge(struct comparison *c, struct error *e)
{
    size_t tests = 0;
    double *p = calloc(c->count + 1, sizeof *p);
    if (!p)
        return error_set(e, "out of memory");
    for (size_t i = 0; i < c->count; i++)
        if (c->rows[i].has_p)
            p[tests++] = c->rows[i].p;
    stats_holm(p, tests);
    c->tests = tests;
    tests = 0;
    for (size_t i = 0; i < c->count; i++) {
        if (c->rows[i].has_p) {
            c->rows[i].p = p[tests++];
            c->rows[i].verdict = verdict_statistical(&c->rows[i]);
            row_sharpness(&c->rows[i], c->tests);
        }
        c->verdicts[c->rows[i].verdict]++;
    }
    free(p);
    return true;
}

static void environment_add(json_t *environment, const char *key, const struct result *a, const struct result *b)
{
    json_t *in_a = json_object_get(a->context, key), *in_b = json_object_get(b->context, key);
    if (strcmp(key, "date") == 0 || json_equal(in_a, in_b))
        return;
    json_object_set_new(environment, key, json_pack("[O?,O?]", in_a, in_b));
}

static json_t *environment_compare(const struct result *a, const struct result *b)
{
    const char *key;
    json_t *value;
    json_t *environment = json_object();
    json_object_foreach(a->context, key, value)
        environment_add(environment, key, a, b);
    json_object_foreach(b->context, key, value)
        if (!json_object_get(a->context, key))
            environment_add(environment, key, a, b);
    return environment;
}

bool compare_results(const struct result *a, const struct result *b, bool force, struct comparison *c, struct error *e)
{
    *c = (struct comparison){ .environment = environment_compare(a, b) };
    if ((force || contexts_alike(a, b, e)) && rows_merge(a, b, force, c, e) && rows_judge(c, e))
        return true;
    comparison_free(c);
    return false;
}

void comparison_free(struct comparison *c)
{
    free(c->rows);
    json_decref(c->environment);
    *c = (struct comparison){ 0 };
}

bool comparison_regressed(const struct comparison *c)
{
    return c->verdicts[VERDICT_SLOWER] + c->verdicts[VERDICT_CHANGED] + c->verdicts[VERDICT_MISSING] +
               c->verdicts[VERDICT_UNLIKE] > 0;
}
