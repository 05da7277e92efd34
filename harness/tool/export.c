/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Table of the formats, and the writers for spreadsheets, benchstat, github-action-benchmark and readers of sel4bench; see export.h.
 */
#include "harness/tool/export.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "harness/tool/json_file.h"
#include "harness/tool/trace_breakdown.h"
#include "harness/tool/row_json.h"

const struct export_format export_formats[] = {
    { "csv", "all fields of all rows, RFC 4180; samples as value:count", EXPORT_RESULT, export_csv },
    { "benchstat", "Go benchmark format (golang.org/design/14313), one line a sample", EXPORT_RESULT, export_benchstat },
    { "github-action-benchmark", "customSmallerIsBetter JSON", EXPORT_RESULT, export_action_benchmark },
    { "openmetrics", "OpenMetrics text 1.0, as a Prometheus server reads it", EXPORT_RESULT, export_openmetrics },
    { "sel4bench", "JSON as sel4bench prints it, with raw results", EXPORT_RESULT, export_sel4bench },
    { "junit", "JUnit XML: a case for each row against the reference, and for each guest test", EXPORT_GATE, export_junit },
    { "tap", "TAP version 13, the same cases", EXPORT_GATE, export_tap },
    { "perfetto", "Chrome trace JSON, which Perfetto opens, of the raw log of a run with trace=on", EXPORT_TRACE, export_perfetto },
    { NULL, NULL, EXPORT_RESULT, NULL },
};

const struct export_format *export_format_find(const char *name)
{
    for (const struct export_format *f = export_formats; f->name; f++)
        if (strcmp(f->name, name) == 0)
            return f;
    return NULL;
}

/* --- CSV --- */

static void csv_text(FILE *out, const char *text)
{
    if (!text[strcspn(text, ",\"\r\n")]) {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', out);
        fputc(*text, out);
    }
    fputc('"', out);
}

static void csv_histogram(FILE *out, const json_t *array)
{
    size_t i;
    json_t *pair;
    json_array_foreach(array, i, pair)
        fprintf(out, "%s%lld:%lld", i ? " " : "", (long long)json_integer_value(json_array_get(pair, 0)),
                (long long)json_integer_value(json_array_get(pair, 1)));
}

static void csv_value(FILE *out, const char *name, const json_t *value)
{
    char text[JSON_NUMBER_BYTES];
    size_t i;
    json_t *word;
    if (json_is_string(value))
        csv_text(out, json_string_value(value));
    else if (json_is_integer(value))
        fprintf(out, "%lld", (long long)json_integer_value(value));
    else if (json_is_number(value))
        fputs(json_number_text(text, json_number_value(value)), out);
    else if (strcmp(name, "histogram") == 0)
        csv_histogram(out, value);
    else if (json_is_array(value)) /* taints */
        json_array_foreach(value, i, word) {
            fputs(i ? " " : "", out);
            csv_text(out, json_string_value(word));
        }
}

static void csv_row(FILE *out, const struct export_job *job, const struct result_row *row)
{
    json_t *object = row_to_json(row), *ci = json_object_get(object, "ci95");
    csv_text(out, result_context(job->result, "target"));
    fputc(',', out);
    csv_text(out, result_context(job->result, "commit"));
    for (size_t i = 0; i < row_field_count; i++) {
        fputc(',', out);
        csv_value(out, row_fields[i].name, json_object_get(object, row_fields[i].name));
    }
    for (size_t i = 0; i < row_figure_count; i++) {
        fputc(',', out);
        csv_value(out, row_figures[i].name, json_object_get(object, row_figures[i].name));
    }
    fprintf(out, ",%llu", (unsigned long long)row->n);
    for (size_t side = 0; side < 2; side++) {
        fputc(',', out);
        csv_value(out, "ci95", json_array_get(ci, side));
    }
    fputc(',', out);
    csv_value(out, "histogram", json_object_get(object, "histogram"));
    fputs("\r\n", out);
    json_decref(object);
}

bool export_csv(FILE *out, const struct export_job *job, struct error *e)
{
    (void)e;
    fputs("target,commit", out);
    for (size_t i = 0; i < row_field_count; i++)
        fprintf(out, ",%s", row_fields[i].name);
    for (size_t i = 0; i < row_figure_count; i++)
        fprintf(out, ",%s", row_figures[i].name);
    fputs(",n,ci95_low,ci95_high,histogram\r\n", out);
    for (size_t i = 0; i < job->result->row_count; i++)
        csv_row(out, job, &job->result->rows[i]);
    return true;
}

/* --- benchstat --- */

#define BENCHSTAT_LINES_MAX 1000

/* "ipc.call.inter", "words=4,path=fast" become BenchmarkIpc.call.inter/words=4/path=fast: no white space, and an upper-case letter behind
 * the word, as the format wants it. */
static void benchstat_name(FILE *out, const struct result_row *row)
{
    fprintf(out, "Benchmark%c%s/", toupper((unsigned char)row->workload[0]), row->workload + 1);
    for (const char *c = row->variant; *c; c++)
        fputc(*c == ',' ? '/' : (unsigned char)*c <= ' ' || *c == 0x7f ? '_' : *c, out);
}

/* Config values end at the line. */
static void benchstat_config(FILE *out, const struct result *result, const char *key)
{
    const char *value = result_context(result, key);
    if (value && !value[strcspn(value, "\r\n")])
        fprintf(out, "%s: %s\n", key, value);
}

static void benchstat_line(FILE *out, const struct result_row *row, double value)
{
    char text[JSON_NUMBER_BYTES];
    benchstat_name(out, row);
    fprintf(out, " %llu %s %s/op\n", (unsigned long long)row->batch, json_number_text(text, value), row->unit);
}

/* Medians of the boots where there are several; all samples when they are few; else order statistics at even distances. */
static void benchstat_row(FILE *out, const struct result_row *row)
{
    struct samples s = row_samples(row);
    for (size_t i = 0; i < row->boot_count; i++) {
        struct samples boot = row_boot_samples(row, i);
        benchstat_line(out, row, (double)stats_quantile(&boot, 1, 2) / (double)row->batch);
    }
    if (row->boot_count)
        return;
    uint64_t lines = s.n < BENCHSTAT_LINES_MAX ? s.n : BENCHSTAT_LINES_MAX;
    if (lines < s.n) {
        fputs("# ", out);
        benchstat_name(out, row);
        fprintf(out, ": %llu of %llu samples, at even ranks\n", (unsigned long long)lines, (unsigned long long)s.n);
    }
    for (uint64_t i = 0; i < lines; i++)
        benchstat_line(out, row, (double)stats_at_rank(&s, 1 + (uint64_t)((__int128)i * (s.n - 1) / (lines > 1 ? lines - 1 : 1))) /
                                     (double)row->batch);
}

bool export_benchstat(FILE *out, const struct export_job *job, struct error *e)
{
    (void)e;
    static const char *const keys[] = { "target", "commit", "system", "fidelity", "mitigations", "compiler", "date" };
    fputs("pkg: tollgate\n", out);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        benchstat_config(out, job->result, keys[i]);
    fputs("Unit instructions/op better=lower assume=exact\nUnit cycles/op better=lower\nUnit ns/op better=lower\n", out);
    for (size_t i = 0; i < job->result->row_count; i++)
        benchstat_row(out, &job->result->rows[i]);
    return true;
}

/* --- traces --- */

bool export_perfetto(FILE *out, const struct export_job *job, struct error *e)
{
    return trace_chrome_print(out, job->trace, e);
}

/* --- JSON of others --- */

static char *row_name(const struct result_row *row)
{
    char *name;
    return asprintf(&name, "%s %s", row->workload, row->variant) < 0 ? NULL : name;
}

bool export_action_benchmark(FILE *out, const struct export_job *job, struct error *e)
{
    json_t *list = json_array();
    for (size_t i = 0; i < job->result->row_count; i++) {
        const struct result_row *row = &job->result->rows[i];
        char range[64], extra[256], *name = row_name(row);
        snprintf(range, sizeof range, "%.6g..%.6g", row->summary.ci95_low, row->summary.ci95_high);
        snprintf(extra, sizeof extra, "median of %llu samples, %s, %s; p99 %.8g; target %.60s, commit %.40s", (unsigned long long)row->n,
                 row->direction, row->relation, row->summary.p99, result_context(job->result, "target"),
                 result_context(job->result, "commit"));
        json_t *item = json_pack("{s:s, s:s, s:o, s:s}", "name", name, "unit", row->unit, "value", json_number(row->summary.p50), "extra",
                                 extra);
        if (item && row->summary.has_ci95)
            json_object_set_new(item, "range", json_string(range));
        free(name);
        if (!item || json_array_append_new(list, item) != 0) {
            json_decref(list);
            return error_set(e, "out of memory");
        }
    }
    json_print(out, list, 1);
    json_decref(list);
    return true;
}

#define RAW_RESULTS_MAX 100000

/* Value that most samples have; the smallest of them. */
static double mode_of(const struct result_row *row)
{
    size_t best = 0;
    for (size_t i = 1; i < row->pair_count; i++)
        if (row->pairs[i].count > row->pairs[best].count)
            best = i;
    return (double)row->pairs[best].value / (double)row->batch;
}

/* Whole samples per operation are integers there; batched ones need not be, and then stay decimal. "Raw results" is left out, as sel4bench
 * does without CONFIG_OUTPUT_RAW_RESULTS, for more than RAW_RESULTS_MAX. */
static json_t *sel4bench_row(const struct result_row *row)
{
    struct samples s = row_samples(row);
    double batch = (double)row->batch;
    json_t *raw = json_array();
    for (size_t i = 0; row->n <= RAW_RESULTS_MAX && i < row->pair_count; i++)
        for (uint64_t k = 0; k < row->pairs[i].count; k++)
            json_array_append_new(raw, json_number((double)row->pairs[i].value / batch));
    json_t *object = json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:o, s:o, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:I}", "Variant", row->variant,
        "Direction", row->direction, "Relation", row->relation, "Path", row->path, "Unit", row->unit, "Message words",
        (json_int_t)row->words, "Min", json_number(row->summary.min), "Max", json_number(row->summary.max), "Mean", row->summary.mean,
        "Stddev", row->summary.stddev, "Variance", row->summary.stddev * row->summary.stddev, "Mode", mode_of(row), "Median",
        row->summary.p50, "1st quantile", (double)stats_quantile(&s, 1, 4) / batch, "3rd quantile",
        (double)stats_quantile(&s, 3, 4) / batch, "Samples", (json_int_t)row->n);
    if (json_array_size(raw))
        json_object_set(object, "Raw results", raw);
    json_decref(raw);
    return object;
}

bool export_sel4bench(FILE *out, const struct export_job *job, struct error *e)
{
    json_t *list = json_array(), *last = NULL;
    (void)e;
    for (size_t i = 0; i < job->result->row_count; i++) {
        const struct result_row *row = &job->result->rows[i];
        if (!last || strcmp(json_string_value(json_object_get(last, "Benchmark")), row->workload) != 0) {
            last = json_pack("{s:s, s:[]}", "Benchmark", row->workload, "Results");
            json_array_append_new(list, last);
        }
        json_array_append_new(json_object_get(last, "Results"), sel4bench_row(row));
    }
    json_print(out, list, 4);
    json_decref(list);
    return true;
}
