/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The twelve rules, one function each; see report_audit.h.
 */
#include "harness/tool/report_audit.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/tool/report_left_out.h"
#include "harness/tool/report_text.h"
#include "harness/tool/tool.h"
#include "harness/tool/workload_index.h"

#define TAIL_N 1000
#define LEFT_OUT_TOLD 12 /* names */

/* What the rules count, over all rows of all results. */
struct facts {
    const struct report *report;
    const struct report_figures *figures;
    size_t rows, exact, equal;         /* exact: in instructions; equal: all samples of a row are */
    size_t spread, with_ci, without_ci; /* rows with unequal samples, with and without an interval of the median */
    size_t skewed, several_modes;      /* of the spread ones: mean outside of the interval; more than one hill */
    size_t ratios, overlapping;        /* ratios to the reference; those in time whose intervals overlap */
    size_t timed, boots;               /* rows in cycles or ns; those of several boots */
    size_t tails, parallel, tainted;   /* n large enough for p99.9; on two CPUs; with taints */
    uint64_t n_low, n_high;
};

static bool row_parallel(const struct result_row *r)
{
    return strcmp(r->relation, "cross_cpu") == 0 || (r->placement && strcmp(r->placement, "two_cpus") == 0);
}

static void ratio_count(struct facts *f, const struct report_row *row)
{
    struct report_row reference = report_reference(f->report, row);
    double ratio;
    if (!reference.row || reference.row == row->row || !report_ratio(row->row, reference.row, &ratio, NULL))
        return;
    const struct summary *a = &row->row->summary, *b = &reference.row->summary;
    f->ratios++;
    f->overlapping += strcmp(row->row->unit, "instructions") != 0
                   && (!a->has_ci95 || !b->has_ci95 || (a->ci95_low <= b->ci95_high && b->ci95_low <= a->ci95_high));
}

static void row_count(struct facts *f, const struct report_row *row)
{
    const struct result_row *r = row->row;
    const struct summary *s = &r->summary;
    bool timed = strcmp(r->unit, "instructions") != 0;
    f->rows++;
    f->exact += !timed;
    f->timed += timed;
    f->boots += timed && r->boot_count > 1;
    f->tails += r->n >= TAIL_N;
    f->parallel += row_parallel(r);
    f->tainted += r->taint_count > 0;
    f->n_low = r->n < f->n_low ? r->n : f->n_low;
    f->n_high = r->n > f->n_high ? r->n : f->n_high;
    if (s->min == s->max)
        f->equal++;
    else {
        f->spread++;
        f->with_ci += s->has_ci95;
        f->without_ci += !s->has_ci95;
        f->skewed += s->has_ci95 && (s->mean < s->ci95_low || s->mean > s->ci95_high);
        f->several_modes += s->modes > 1;
    }
    ratio_count(f, row);
}

static enum audit_verdict rule_1(const struct facts *f, FILE *out)
{
    if (f->ratios == 0) {
        fputs("The results give no ratio.", out);
        return AUDIT_VOID;
    }
    fprintf(out, "%zu ratios, each to a row that is named above its table and stands in it with its absolute figure: ipc.call.inter, %d word, fast path, "
            "batched, of the same unit and direction.", f->ratios, REPORT_REFERENCE_WORDS);
    return AUDIT_KEPT;
}

/* "; 3 are newer than what was measured: a.b, c.d, ...": a dozen names at most. */
static void left_out_write(FILE *out, const struct workload_index *index, const enum left_out *why, enum left_out kind, size_t count, const char *what)
{
    size_t told = 0;
    if (count == 0)
        return;
    fprintf(out, "; %zu %s:", count, what);
    for (size_t i = 0; i < index->count && told < LEFT_OUT_TOLD; i++)
        if (why[i] == kind)
            fprintf(out, "%s %s", told++ ? "," : "", index->entries[i].id);
    fputs(count > told ? ", ..." : "", out);
}

static enum audit_verdict rule_2(const struct facts *f, FILE *out)
{
    struct workload_index index;
    size_t counts[LEFT_OUT_KINDS] = { 0 };
    if (!workload_index_read(NULL, &index, NULL)) {
        fputs("The index of workloads is not there: what was left out cannot be told.", out);
        return AUDIT_BROKEN;
    }
    enum left_out *why = calloc(index.count + 1, sizeof *why);
    if (!why)
        abort(); /* a few bytes for each workload */
    for (size_t i = 0; i < index.count; i++)
        counts[why[i] = report_left_out(f->report, tool_tree_dir(), &index.entries[i])]++;
    fprintf(out, "Of %zu workloads of this tree %zu have rows and %zu were skipped with the reason that stands under \"Absent or doubtful\"",
            index.count, counts[LEFT_OUT_MEASURED], counts[LEFT_OUT_SKIPPED]);
    left_out_write(out, &index, why, LEFT_OUT_UNASKED, counts[LEFT_OUT_UNASKED], "no selection of these results asks for");
    left_out_write(out, &index, why, LEFT_OUT_NEWER, counts[LEFT_OUT_NEWER], "are newer than the commits that were measured");
    left_out_write(out, &index, why, LEFT_OUT_UNKNOWN, counts[LEFT_OUT_UNKNOWN],
                   "selections match, and whether their commits had them cannot be told here (no repository that holds them)");
    left_out_write(out, &index, why, LEFT_OUT_MISSING, counts[LEFT_OUT_MISSING], "were asked for and have neither a row nor a reason");
    putc('.', out);
    workload_index_free(&index);
    free(why);
    if (counts[LEFT_OUT_MISSING])
        return AUDIT_BROKEN;
    return counts[LEFT_OUT_UNASKED] + counts[LEFT_OUT_NEWER] + counts[LEFT_OUT_UNKNOWN] == 0 ? AUDIT_KEPT : AUDIT_PARTLY;
}

static enum audit_verdict rule_3(const struct facts *f, FILE *out)
{
    fprintf(out, "All %zu rows are costs, and the median stands for them; the arithmetic mean is a column beside it. No rate is averaged: bandwidths are the size divided by "
            "the median cost.", f->rows);
    return f->rows ? AUDIT_KEPT : AUDIT_VOID;
}

static enum audit_verdict rule_4(const struct facts *f, FILE *out)
{
    fprintf(out, "%zu ratios are printed, each of two medians; none is averaged with another.", f->ratios);
    return f->ratios ? AUDIT_KEPT : AUDIT_VOID;
}

static enum audit_verdict rule_5(const struct facts *f, FILE *out)
{
    size_t agreed = 0;
    for (size_t i = 0; i < f->report->input_count; i++)
        agreed += result_context(&f->report->inputs[i].result, "boots") != NULL;
    fprintf(out, "%zu of %zu rows count instructions, %zu rows have equal samples throughout; of the other %zu, %zu have a 95 %% interval of the median by order "
            "statistics, %zu have too few samples for one. %zu of %zu results hold several boots.", f->exact, f->rows, f->equal, f->spread, f->with_ci,
            f->without_ci, agreed, f->report->input_count);
    return f->rows == 0 ? AUDIT_VOID : f->without_ci ? AUDIT_PARTLY : AUDIT_KEPT;
}

static enum audit_verdict rule_6(const struct facts *f, FILE *out)
{
    if (f->spread == 0) {
        fputs("No row has unequal samples.", out);
        return AUDIT_VOID;
    }
    fprintf(out, "Nothing here assumes it: intervals and tests are by ranks. It would be wrong: of %zu rows with unequal samples the mean of %zu lies outside "
            "the interval of the median, and %zu have more than one hill.", f->spread, f->skewed, f->several_modes);
    return AUDIT_KEPT;
}

static enum audit_verdict rule_7(const struct facts *f, FILE *out)
{
    if (f->timed == 0) {
        fprintf(out, "All %zu rows are exact counts, which are compared exactly.", f->rows);
        return f->rows ? AUDIT_KEPT : AUDIT_VOID;
    }
    fprintf(out, "%zu rows are times or cycles, %zu of them of several boots. %zu ratios of such rows have overlapping intervals and tell nothing. Two results are "
            "compared by `tollgate compare`: rank-sum test, Holm's correction, effect floor.", f->timed, f->boots, f->overlapping);
    if (f->boots == f->timed && f->overlapping == 0)
        return AUDIT_KEPT;
    fputs(f->boots < f->timed ? " Intervals of a single boot do not hold what differs from boot to boot (`run --boots N`)." : "", out);
    return AUDIT_PARTLY;
}

static enum audit_verdict rule_8(const struct facts *f, FILE *out)
{
    fprintf(out, "Minimum, p90, p99, p99.9 and maximum stand beside the median of every row, and all samples in the result. %zu of %zu rows have the %d "
            "samples that the 99.9th percentile takes; in the others it is the maximum (n from %" PRIu64 " to %" PRIu64 ").", f->tails, f->rows, TAIL_N,
            f->n_low, f->n_high);
    return f->rows == 0 ? AUDIT_VOID : f->tails == f->rows ? AUDIT_KEPT : AUDIT_PARTLY;
}

static enum audit_verdict rule_9(const struct facts *f, FILE *out)
{
    static const char *const keys[] = { "target", "commit", "date", "compiler", "cpu_model", "command", "cmdline", "mitigations", "fidelity", "clock",
                                        "host_cpu", "host_kernel", "microcode" };
    const size_t key_count = sizeof keys / sizeof *keys;
    size_t stated = 0, dirty = 0, inputs = f->report->input_count;
    for (size_t i = 0; i < inputs; i++) {
        const struct result *r = &f->report->inputs[i].result;
        dirty += json_is_true(json_object_get(r->context, "dirty"));
        for (size_t k = 0; k < key_count; k++)
            stated += json_object_get(r->context, keys[k]) != NULL;
    }
    fprintf(out, "%zu of %zu facts that each of %zu results must state are there (target, commit, compiler, CPU, clock, command lines, mitigations, ...); every factor of a row is "
            "a column.", stated, inputs * key_count, inputs);
    for (size_t i = 0; i < inputs; i++)
        for (size_t k = 0; k < key_count; k++)
            if (!json_object_get(f->report->inputs[i].result.context, keys[k]))
                fprintf(out, " %s does not state %s.", f->report->inputs[i].label, keys[k]);
    if (dirty)
        fprintf(out, " %zu results come from a tree with uncommitted changes: their commit does not say all.", dirty);
    return stated == inputs * key_count && dirty == 0 ? AUDIT_KEPT : AUDIT_PARTLY;
}

static enum audit_verdict rule_10(const struct facts *f, FILE *out)
{
    if (f->parallel == 0) {
        fputs("No row has its two sides on two CPUs.", out);
        return AUDIT_VOID;
    }
    size_t unsaid = 0;
    for (size_t i = 0; i < f->report->input_count; i++)
        unsaid += !result_context(&f->report->inputs[i].result, "clock");
    fprintf(out, "%zu rows have their two sides on two CPUs. One side reads its own CPU's clock before and after; the message itself is the synchronisation; medians as "
            "everywhere.%s", f->parallel, unsaid ? " Not every result states its clock." : "");
    return unsaid ? AUDIT_PARTLY : AUDIT_KEPT;
}

static enum audit_verdict rule_11(const struct facts *f, FILE *out)
{
    size_t units = 0, bounded = 0;
    char number[2][REPORT_NUMBER_BYTES];
    for (size_t u = 0; u < REPORT_UNITS; u++) {
        const struct report_pattern pattern = { .workload = "ipc.call.inter", .unit = report_units[u], .path = "fast", .cache = "warm", .method = "batched",
                                                .has_words = true, .words = REPORT_REFERENCE_WORDS };
        const struct result_row *call = report_find(f->report, &pattern).row;
        if (!call)
            continue;
        units++;
        if (!call->has_floor_distance)
            continue;
        bounded++;
        fprintf(out, "%sA call to another address space and back, %s %s, takes %s times its hardware floor: what SYSCALL with SYSRET and the page-table writes that it "
                "cannot avoid take in the same run. Each row of ipc.* carries this distance.", bounded > 1 ? " " : "", report_number(number[0], call->corrected),
                report_units[u], report_ratio_number(number[1], call->floor_distance));
    }
    if (units == 0)
        fputs("No call row to bound.", out);
    else if (bounded < units)
        fprintf(out, "%sThe machine's floor (hw.syscall_sysret, hw.page_table_switch) was not measured for %zu of %zu units.", bounded ? " " : "",
                units - bounded, units);
    return units == 0 ? AUDIT_VOID : bounded == units ? AUDIT_KEPT : bounded ? AUDIT_PARTLY : AUDIT_BROKEN;
}

static enum audit_verdict rule_12(const struct facts *f, FILE *out)
{
    static const char *const joined[] = { "message_words", "fast_vs_slow", "linux_size", "linux_bandwidth" };
    size_t drawn = 0, lines = 0, distributions = 0;
    for (size_t i = 0; f->figures && i < f->figures->count; i++) {
        const struct report_figure *figure = &f->figures->items[i];
        if (figure->absent)
            continue;
        drawn++;
        distributions += strncmp(figure->name, "ecdf", 4) == 0;
        for (size_t k = 0; k < sizeof joined / sizeof *joined; k++)
            lines += strncmp(figure->name, joined[k], strlen(joined[k])) == 0;
    }
    if (drawn == 0) {
        fputs("No figure was drawn.", out);
        return AUDIT_VOID;
    }
    fprintf(out, "%zu figures, each with unit, conditions and number of samples below it, %zu with whole distributions. Points are joined in %zu, where the axis is a size "
            "and every measured point is marked; distributions and series are drawn in steps; no error is hidden by a smooth line.", drawn, distributions, lines);
    return distributions ? AUDIT_KEPT : AUDIT_PARTLY;
}

static const struct {
    const char *rule;
    enum audit_verdict (*judge)(const struct facts *f, FILE *out);
} rules[AUDIT_RULES] = {
    { "A ratio names its base and the base's absolute figure", rule_1 },
    { "What was left out, and what of the machine was not used, has a reason", rule_2 },
    { "Arithmetic means for costs alone, harmonic ones for rates", rule_3 },
    { "Ratios are not averaged", rule_4 },
    { "Deterministic or not is said; if not, with confidence intervals", rule_5 },
    { "Normality is not assumed unchecked", rule_6 },
    { "What varies is compared by a sound statistical test", rule_7 },
    { "Percentiles, where the middle does not tell enough", rule_8 },
    { "All factors, their levels and the whole setup are documented", rule_9 },
    { "Parallel measurements say how they measure, synchronise and summarise", rule_10 },
    { "Bounds of what is possible are shown", rule_11 },
    { "Figures hold what it takes to read them; lines only where they mean something", rule_12 },
};

void report_audit(const struct report *report, const struct report_figures *figures, struct audit_finding findings[AUDIT_RULES])
{
    struct facts f = { .report = report, .figures = figures, .n_low = UINT64_MAX };
    for (size_t i = 0; i < report->input_count; i++)
        for (size_t k = 0; k < report->inputs[i].result.row_count; k++)
            row_count(&f, &(const struct report_row){ &report->inputs[i], &report->inputs[i].result.rows[k] });
    if (f.rows == 0)
        f.n_low = 0;
    for (size_t i = 0; i < AUDIT_RULES; i++) {
        size_t bytes;
        findings[i] = (struct audit_finding){ .rule = rules[i].rule };
        FILE *out = open_memstream(&findings[i].evidence, &bytes);
        if (!out)
            abort(); /* a few lines of text */
        findings[i].verdict = rules[i].judge(&f, out);
        fclose(out);
    }
}

void report_audit_free(struct audit_finding findings[AUDIT_RULES])
{
    for (size_t i = 0; i < AUDIT_RULES; i++)
        free(findings[i].evidence);
}

const char *audit_verdict_name(enum audit_verdict verdict)
{
    static const char *const names[] = { "kept", "partly kept", "broken", "does not apply" };
    return names[verdict];
}
