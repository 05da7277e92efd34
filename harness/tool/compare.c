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
    [VERDICT_MISSING] = "missing",
};

const char *verdict_name(enum verdict verdict)
{
    return verdict_names[verdict];
}

/* Rows of one name must ask one question. `batch`, warmup and overhead may differ: figures are per operation. */
static bool rows_alike(const struct result_row *a, const struct result_row *b, struct error *e)
{
    const char *differs = NULL;
    if (strcmp(a->unit, b->unit) != 0)
        differs = "unit";
    else if (strcmp(a->direction, b->direction) != 0)
        differs = "direction";
    else if (strcmp(a->relation, b->relation) != 0)
        differs = "relation";
    else if (a->words != b->words)
        differs = "words";
    else if (strcmp(a->path, b->path) != 0)
        differs = "path";
    else if (strcmp(a->cache, b->cache) != 0)
        differs = "cache";
    else if (strcmp(a->method, b->method) != 0)
        differs = "method";
    else if (a->has_bytes != b->has_bytes || a->bytes != b->bytes)
        differs = "bytes";
    else if (strcmp(a->placement ? a->placement : "", b->placement ? b->placement : "") != 0)
        differs = "placement";
    if (differs)
        return error_set(e, "row \"%.120s %.240s\": unlike in %s (A: %s, B: %s): not comparable", a->workload, a->variant,
                         differs, a->unit, b->unit);
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

static enum verdict verdict_statistical(const struct comparison_row *row)
{
    double effect = fmax(COMPARE_EFFECT_MIN, COMPARE_EFFECT_SHARE_MIN * fabs(row->a->summary.p50));
    if (row->p >= COMPARE_P_MAX || fabs(row->change) < effect)
        return VERDICT_INDISTINGUISHABLE;
    return row->change < 0 ? VERDICT_FASTER : VERDICT_SLOWER;
}

/* --- putting rows side by side --- */

static bool row_compare(struct comparison_row *row, struct error *e)
{
    row->verdict = row->a ? VERDICT_MISSING : VERDICT_NEW;
    if (!row->a || !row->b)
        return true;
    if (!rows_alike(row->a, row->b, e))
        return false;
    row->change = row->b->summary.p50 - row->a->summary.p50;
    row->has_share = row->a->summary.p50 != 0;
    row->share = row->has_share ? row->change / row->a->summary.p50 : 0;
    if (strcmp(row->a->unit, "instructions") == 0) {
        row->verdict = verdict_exact(row->a, row->b);
        return true;
    }
    struct samples a = row_samples(row->a), b = row_samples(row->b);
    row->p = stats_mann_whitney(&a, &b).p;
    row->has_p = true;
    return true;
}

static bool rows_merge(const struct result *a, const struct result *b, struct comparison *c, struct error *e)
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
        ok = row_compare(row, e);
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
    tests = 0;
    for (size_t i = 0; i < c->count; i++) {
        if (c->rows[i].has_p) {
            c->rows[i].p = p[tests++];
            c->rows[i].verdict = verdict_statistical(&c->rows[i]);
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

bool compare_results(const struct result *a, const struct result *b, struct comparison *c, struct error *e)
{
    *c = (struct comparison){ .environment = environment_compare(a, b) };
    if (rows_merge(a, b, c, e) && rows_judge(c, e))
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
    return c->verdicts[VERDICT_SLOWER] + c->verdicts[VERDICT_CHANGED] + c->verdicts[VERDICT_MISSING] > 0;
}
