/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Figures of whole distributions: the empirical distribution of single operations, in steps, with its tail; and what the first
 * operation of all cost beside the warm ones.
 */
#include "harness/tool/report_figure.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/tool/report_linux.h"
#include "harness/tool/report_plots.h"
#include "harness/tool/report_text.h"

#define CURVES_MAX 8 /* as many as the style has colours */
#define TAIL_N 1000  /* samples below which the 99.9th percentile is the maximum */

/* --- empirical distribution --- */

/* Of the bars' rows those of one word; the calls first, then the mechanisms from the cheapest on, as many as fit. */
static struct report_rows curves_select(const struct figure_job *job)
{
    struct report_rows rows = report_headline_rows(job->report, job->unit, "single");
    size_t kept = 0;
    for (size_t i = 0; i < rows.count && kept < CURVES_MAX; i++)
        if (report_row_is_linux(rows.items[i].row) || rows.items[i].row->words == REPORT_REFERENCE_WORDS)
            rows.items[kept++] = rows.items[i];
    rows.count = kept;
    return rows;
}

/* One curve: value, share at or below it, value / median, share above it. The last share above is 0, which a logarithm cannot show. */
static void steps_write(FILE *data, const struct result_row *row)
{
    double batch = (double)row->batch, below = 0, n = (double)row->n;
    fprintf(data, "%.17g\t0\t%.17g\t1\n", row->summary.min, row->summary.min / row->summary.p50);
    for (size_t i = 0; i < row->pair_count; i++) {
        double value = (double)row->pairs[i].value / batch;
        below += (double)row->pairs[i].count;
        fprintf(data, "%.17g\t%.17g\t%.17g\t", value, below / n, value / row->summary.p50);
        fprintf(data, below < n ? "%.17g\n" : "NaN\n", (n - below) / n);
    }
}

static void curve_write(struct figure_job *job, const struct report_row *curve, size_t number_of_curve)
{
    char number[2][REPORT_NUMBER_BYTES], *name = report_row_name(curve->row);
    const struct summary *s = &curve->row->summary;
    fprintf(job->data, "%zu ", number_of_curve);
    report_data_field(job->data, name);
    fprintf(job->data, "; p50 %s, p99.9 %s\t\n", report_number(number[0], s->p50),
            curve->row->n >= TAIL_N ? report_number(number[1], s->p999) : "not reached");
    steps_write(job->data, curve->row);
    fputs("\n\n", job->data);
    free(name);
}

/* Behind the curves: 99.9th percentile and maximum of each; and its number beside it, each at another height. */
static void marks_write(struct figure_job *job)
{
    for (size_t i = 0; i < job->rows.count; i++) {
        const struct result_row *row = job->rows.items[i].row;
        if (row->n >= TAIL_N)
            fprintf(job->data, "%.17g\t0.001\tNaN\tNaN\t%zu\n", row->summary.p999 / row->summary.p50, i);
        fprintf(job->data, "NaN\tNaN\t%.17g\t%.17g\t%zu\n", row->summary.max / row->summary.p50, 1 / (double)row->n, i);
    }
    fputs("\n\n", job->data);
    for (size_t i = 0; i < job->rows.count; i++)
        fprintf(job->data, "%.17g\t%.3f\t%zu\n", job->rows.items[i].row->summary.p50, 0.94 - 0.11 * (double)i, i + 1);
}

bool ecdf_write(struct figure_job *job, struct error *why)
{
    double low = INFINITY, high = 0, worst = 1, best = 1;
    uint64_t n = 1;
    job->rows = curves_select(job);
    if (!report_axis_check(&job->rows, NULL))
        return error_set(why, "the results hold no single-shot round trip in %s", job->unit);
    for (size_t i = 0; i < job->rows.count; i++) {
        const struct result_row *row = job->rows.items[i].row;
        if (!(row->summary.min > 0))
            return error_set(why, "%s (%s) has samples of 0", row->workload, row->variant);
        curve_write(job, &job->rows.items[i], i + 1);
        low = fmin(low, row->summary.min);
        high = fmax(high, row->summary.max);
        best = fmin(best, row->summary.min / row->summary.p50);
        worst = fmax(worst, row->summary.max / row->summary.p50);
        n = row->n > n ? row->n : n;
    }
    marks_write(job);
    fprintf(job->head, "axis = '%s per round trip, raw (logarithmic)'\ncurves = %zu\nlow = %.17g\nhigh = %.17g\nbest = %.17g\nworst = %.17g\nlowest = %.17g\n",
            job->unit, job->rows.count, low, high, best, worst, 0.5 / (double)n);
    fputs("Single operations, raw: the reading of the clock is in them. Every sample is in the curve, which is drawn in steps: nothing lies between samples. "
          "Below: how large a share is dearer than a multiple of the row's own median, on a logarithmic axis; the ring is the 99.9th "
          "percentile, which takes 1,000 samples, the cross the maximum. A curve that is missing below has no sample but its median or less.", job->caption);
    return true;
}

/* --- warm and cold --- */

/* States other than warm, in the order of the data's columns. */
static const char *const states[] = { "l1_evicted", "tlb_flushed", "cold" };
#define STATES (sizeof states / sizeof *states)

/* Same operation in another state of the caches, or NULL. */
static const struct result_row *state_twin(const struct report_row *warm, const char *state)
{
    char rest[2][256];
    report_row_rest(warm->row, rest[0], sizeof rest[0]);
    for (size_t i = 0; i < warm->input->result.row_count; i++) {
        const struct result_row *r = &warm->input->result.rows[i], *w = warm->row;
        if (strcmp(r->cache, state) == 0 && strcmp(r->workload, w->workload) == 0 && strcmp(r->method, w->method) == 0
            && strcmp(r->path, w->path) == 0 && strcmp(r->unit, w->unit) == 0 && r->words == w->words && r->bytes == w->bytes
            && strcmp(report_row_rest(r, rest[1], sizeof rest[1]), rest[0]) == 0)
            return r;
    }
    return NULL;
}

static bool has_state(const struct report_row *row)
{
    bool has = row->row->has_first;
    for (size_t i = 0; i < STATES; i++)
        has |= state_twin(row, states[i]) != NULL;
    return has;
}

/* The plainest single-shot row of each workload: selected rows are ordered so that it comes first. Of Linux, the mechanisms' own. */
static struct report_rows warm_select(const struct figure_job *job)
{
    const struct report_pattern pattern = { .unit = job->unit, .cache = "warm", .method = "single" };
    const struct report_input *kernel = report_kernel_input(job->report, job->unit), *host = report_linux_input(job->report, job->unit);
    struct report_rows rows = report_select(job->report, &pattern);
    size_t kept = 0;
    for (size_t i = 0; i < rows.count; i++) {
        const struct report_row *row = &rows.items[i];
        bool is_linux = report_row_is_linux(row->row), again = false;
        if (row->input != (is_linux ? host : kernel) || (is_linux && !report_linux_is_headline(row)) || !(row->row->summary.p50 > 0)
            || !has_state(row) || strcmp(row->row->workload, "ipc.breakdown") == 0)
            continue;
        for (size_t j = 0; j < kept; j++)
            again |= strcmp(rows.items[j].row->workload, row->row->workload) == 0
                  && strcmp(rows.items[j].row->path, row->row->path) == 0;
        if (!again)
            rows.items[kept++] = *row;
    }
    rows.count = kept;
    return rows;
}

/* gnuplot's word for what is not there. */
static void ratio_field(FILE *data, double ratio)
{
    fprintf(data, isnan(ratio) ? "NaN\t" : "%.17g\t", ratio);
}

static char *warm_name(const struct result_row *row)
{
    char *name;
    if (report_row_is_linux(row) || strncmp(row->workload, "ipc.call.int", 12) == 0)
        return report_row_name(row);
    char rest[256];
    report_row_rest(row, rest, sizeof rest);
    if (asprintf(&name, "%s%s%s%s%s", row->workload, *rest ? ", " : "", rest, strcmp(row->path, "none") ? ", " : "",
                 strcmp(row->path, "none") ? row->path : "") < 0)
        abort();
    return name;
}

static void ratio_write(struct figure_job *job, double ratio, double *low, double *high)
{
    ratio_field(job->data, ratio);
    *low = fmin(*low, ratio); /* fmin leaves NaN aside */
    *high = fmax(*high, ratio);
}

static void warm_row_write(struct figure_job *job, size_t i, double *low, double *high)
{
    const struct report_row *row = &job->rows.items[i];
    double warm = row->row->summary.p50, first = row->row->has_first ? (double)row->row->first / (double)row->row->batch : NAN;
    char number[2][REPORT_NUMBER_BYTES], *name = warm_name(row->row);
    fprintf(job->data, "%zu\t", i);
    report_data_field(job->data, name);
    putc('\t', job->data);
    ratio_write(job, first / warm, low, high);
    for (size_t k = 0; k < STATES; k++) {
        const struct result_row *twin = state_twin(row, states[k]);
        ratio_write(job, twin ? twin->summary.p50 / warm : NAN, low, high);
    }
    fprintf(job->data, "%s   first %s\n", report_number(number[0], warm), row->row->has_first ? report_number(number[1], first) : "not known");
    free(name);
}

/* Each ratio is of like with like, so rows of unlike directions may stand below one another. */
bool warm_cold_write(struct figure_job *job, struct error *why)
{
    double low = 1, high = 1;
    job->rows = warm_select(job);
    if (job->rows.count == 0)
        return error_set(why, "no single-shot row in %s has a first sample or a twin with caches that are not warm", job->unit);
    fputs("# position\tname\tmultiples of the warm median: first\tL1 evicted\tTLB flushed\tcold\ttext\n", job->data);
    for (size_t i = 0; i < job->rows.count; i++)
        warm_row_write(job, i, &low, &high);
    fprintf(job->head, "axis = 'multiple of the warm median (logarithmic)'\nrows = %zu\nlow = %.17g\nhigh = %.17g\n", job->rows.count,
            low > 0 ? low : 0.01, high);
    fprintf(job->caption, "Single operations, raw. First of all: before any warm-up, pages, tables and code are touched for the first time. The other marks: median with the first-level "
            "caches evicted, the TLB flushed, or all of it cold before each operation, where that was measured. At the right: warm median and first, in %s.%s",
            job->unit, strcmp(job->unit, "instructions") == 0 ? " Counts of instructions do not see caches: what the first one takes more is work, faults for example." : "");
    return true;
}
