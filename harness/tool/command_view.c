/* SPDX-License-Identifier: BSD-2-Clause
 *
 * `tollgate view RESULT`: a result in the terminal, with the shape of each distribution; or its rows as a Markdown table.
 */
#include <argp.h>
#include <fnmatch.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/tool/boots.h"
#include "harness/tool/json_file.h"
#include "harness/tool/report_table.h"
#include "harness/tool/report_text.h"
#include "harness/tool/result.h"
#include "harness/tool/row_json.h"
#include "harness/tool/terminal.h"
#include "harness/tool/tool.h"

#define SHAPE_CELLS 16
#define CONTEXT_COLUMNS 80 /* on a narrower terminal long facts are broken */

static const struct argp_option options[] = {
    { "select", 's', "GLOB", 0, "Show the workloads that match (default: *)", 0 },
    { "markdown", 'm', NULL, 0, "Print a Markdown table, for documents", 0 },
    { "json", 'j', NULL, 0, "Print JSON: context and rows without their samples", 0 },
    { 0 },
};

struct view_arguments {
    const char *path, *select;
    bool markdown, json;
};

static error_t option_parse(int key, char *text, struct argp_state *state)
{
    struct view_arguments *arguments = state->input;
    switch (key) {
    case 's': arguments->select = text; return 0;
    case 'm': arguments->markdown = true; return 0;
    case 'j': arguments->json = tool_json_wanted(); return 0;
    case ARGP_KEY_ARG:
        if (arguments->path)
            argp_error(state, "one RESULT at a time");
        arguments->path = text;
        return 0;
    case ARGP_KEY_END:
        if (!arguments->path)
            argp_error(state, "RESULT is missing");
        if (arguments->markdown && arguments->json)
            argp_error(state, "--markdown and --json exclude one another");
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* Text from a file must not drive the terminal, nor break a table. */
static void cell_print(const char *text)
{
    char *plain = report_plain(text, SIZE_MAX);
    for (const char *p = plain; *p; p++)
        putchar(*p == '|' ? '?' : *p);
    free(plain);
}

static bool row_shown(const struct result_row *row, const struct view_arguments *arguments)
{
    return fnmatch(arguments->select, row->workload, 0) == 0;
}

/* Share of the samples in each of SHAPE_CELLS equal steps from the smallest sample to p99, as bars; what lies above is left to p99.9 and max. */
static void shape_print(FILE *out, const struct result_row *row)
{
    static const char *const bars[] = { "\u00a0", /* no line is broken there */ "\u2581", "\u2582", "\u2583", "\u2584", "\u2585", "\u2586", "\u2587", "\u2588" };
    uint64_t cells[SHAPE_CELLS] = { 0 }, most = 1;
    struct samples s = row_samples(row);
    uint64_t low = row->pairs[0].value, high = stats_quantile(&s, 99, 100);
    for (size_t i = 0; i < row->pair_count && row->pairs[i].value <= high; i++) {
        double at = high > low ? (double)(row->pairs[i].value - low) / (double)(high - low) : 0;
        size_t cell = (size_t)(at * (SHAPE_CELLS - 1));
        cells[cell] += row->pairs[i].count;
        most = cells[cell] > most ? cells[cell] : most;
    }
    for (size_t i = 0; i < SHAPE_CELLS; i++) {
        size_t bar = (size_t)(8.0 * (double)cells[i] / (double)most + 0.5);
        fputs(bars[cells[i] && bar == 0 ? 1 : bar], out);
    }
}

static void boots_print(FILE *out, const struct result_row *row)
{
    double low, high;
    if (row_boots_spread(row, &low, &high))
        fprintf(out, "  medians of %zu boots %.6g..%.6g", row->boot_count, low, high);
}

/* "event:modes:sum:empty sum,...": of one operation, without what the empty twin counted; behind them "event:why it is not counted,...". Other text says
 * why there are none. */
static void counters_print(FILE *out, const struct result_row *row)
{
    char event[16], modes[4], why[16];
    unsigned long long sum, empty;
    int used;
    const char *at = row->counters;
    while (at && sscanf(at, "%15[A-Z0-9_]:%3[uk]:%llu:%llu%n", event, modes, &sum, &empty, &used) == 4) {
        fprintf(out, "  %s:%s %.6g", event, modes, ((double)sum - (double)empty) / (double)row->n / (double)row->batch);
        at += used;
        at += *at == ',';
    }
    while (at && sscanf(at, "%15[A-Z0-9_]:%15[a-z_]%n", event, why, &used) == 2) {
        fprintf(out, "  %s: %s", event, why);
        at += used;
        at += *at == ',';
    }
}

static void row_add(struct report_table *table, const struct result_row *row)
{
    const struct summary *s = &row->summary;
    size_t bytes;
    char *notes = NULL, first[24] = "-", interval[48] = "-";
    FILE *out = open_memstream(&notes, &bytes);
    if (!out)
        abort(); /* a line of text */
    shape_print(out, row);
    if (row->has_floor_distance)
        fprintf(out, "  %.4g times the floor", row->floor_distance);
    boots_print(out, row);
    counters_print(out, row);
    for (size_t i = 0; i < row->taint_count; i++)
        fprintf(out, "%s%s", i ? "," : "  tainted: ", row->taints[i]);
    if (row->has_disturbed)
        fprintf(out, " (%llu samples)", (unsigned long long)row->disturbed);
    fclose(out);
    if (s->has_ci95)
        snprintf(interval, sizeof interval, "[%.6g, %.6g]", s->ci95_low, s->ci95_high);
    if (row->has_first)
        snprintf(first, sizeof first, "%.6g", (double)row->first / (double)row->batch);
    report_table_cell(table, "%s", row->variant);
    report_table_cell(table, "%.6g", s->p50);
    report_table_cell(table, "%s", interval);
    const double figures[] = { s->p90, s->p99, s->p999, s->max };
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
        report_table_cell(table, "%.6g", figures[i]);
    report_table_cell(table, "%.4g", s->iqr);
    report_table_cell(table, "%g", s->modes);
    report_table_cell(table, "%s", first);
    report_table_cell(table, "%llu", (unsigned long long)row->n);
    report_table_cell(table, "%s", notes);
    free(notes);
}

static void context_print(const struct result *result)
{
    const char *key;
    json_t *value;
    size_t across = terminal_columns();
    json_object_foreach(result->context, key, value) {
        char *text = report_plain(json_is_boolean(value) ? (json_is_true(value) ? "yes" : "no") : json_string_value(value), (size_t)-1);
        if (across < CONTEXT_COLUMNS)
            terminal_printf(stdout, "  %-16s %s\n", key, text);
        else
            printf("  %-16s %s\n", key, text);
        free(text);
    }
}

/* Skipped workloads and tests, the same way: two strings each. */
static void list_print(const json_t *list, const char *title, const char *left, const char *right)
{
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item) {
        char *what = report_plain(json_string_value(json_object_get(item, left)), (size_t)-1);
        char *why = report_plain(json_string_value(json_object_get(item, right)), (size_t)-1);
        terminal_printf(stdout, "%s %s: %s\n", title, what, why);
        free(what);
        free(why);
    }
}

/* A table for each workload. */
static void rows_print(const struct result *result, const struct view_arguments *arguments)
{
    struct report_table table = { 0 };
    const char *workload = "";
    for (size_t i = 0; i < result->row_count; i++) {
        const struct result_row *row = &result->rows[i];
        if (!row_shown(row, arguments))
            continue;
        if (strcmp(workload, row->workload) != 0) {
            if (table.columns)
                report_table_print(stdout, &table);
            report_table_free(&table);
            report_table_init(&table, "<variant|median|95 %|p90|p99|p99.9|max|IQR|modes|first|n|<min .. p99");
            if (asprintf(&table.title, "%s (%s, %s, %s per operation)", row->workload, row->direction, row->relation, row->unit) < 0)
                abort(); /* a line of text */
        }
        workload = row->workload;
        row_add(&table, row);
    }
    if (table.columns)
        report_table_print(stdout, &table);
    report_table_free(&table);
}

static void markdown_print(const struct result *result, const struct view_arguments *arguments)
{
    puts("| workload | variant | direction | unit | median | 95 % | p99 | corrected | times the floor | n |\n|---|---|---|---|--:|---|--:|--:|--:|--:|");
    for (size_t i = 0; i < result->row_count; i++) {
        const struct result_row *row = &result->rows[i];
        if (!row_shown(row, arguments))
            continue;
        printf("| `%s` | ", row->workload);
        cell_print(row->variant);
        printf(" | %s | %s | %.8g | ", row->direction, row->unit, row->summary.p50);
        if (row->summary.has_ci95)
            printf("%.8g .. %.8g", row->summary.ci95_low, row->summary.ci95_high);
        printf(" | %.8g | %.8g | ", row->summary.p99, row->corrected);
        if (row->has_floor_distance)
            printf("%.4g", row->floor_distance);
        else
            putchar('-');
        printf(" | %llu |\n", (unsigned long long)row->n);
    }
}

static void result_print_json(const struct result *result, const struct view_arguments *arguments)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < result->row_count; i++) {
        if (!row_shown(&result->rows[i], arguments))
            continue;
        json_t *row = row_to_json(&result->rows[i]);
        json_object_del(row, "histogram");
        json_object_del(row, "boots");
        json_array_append_new(rows, row);
    }
    json_t *root = json_pack("{s:s, s:O, s:o, s:O, s:O}", "schema", "tollgate-view/1", "context", result->context, "rows", rows, "skipped",
                             result->skipped, "tests", result->tests);
    json_print(stdout, root, 2);
    json_decref(root);
}

static int view_run(int argc, char **argv)
{
    static const struct argp argp = {
        options, option_parse, "RESULT",
        "Shows a result in the terminal: its environment, and for each row median with interval, percentiles, modes, the first (cold) "
        "sample, and the shape of the distribution from the smallest sample to p99.\v"
        "RESULT is a result file or a folder that holds result.json; results/sample is one that comes with the tree.\n\n"
        "Exit status: 0; 1 no row matches; 2 usage; 3 bad input.",
        NULL, NULL, NULL
    };
    struct view_arguments arguments = { .select = "*" };
    struct result result;
    struct error e;
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    if (!result_read(arguments.path, &result, &e)) {
        tool_error("%s", e.text);
        return TOOL_BAD_INPUT;
    }
    size_t shown = 0;
    for (size_t i = 0; i < result.row_count; i++)
        shown += row_shown(&result.rows[i], &arguments);
    if (arguments.json)
        result_print_json(&result, &arguments);
    else if (arguments.markdown)
        markdown_print(&result, &arguments);
    else {
        context_print(&result);
        rows_print(&result, &arguments);
        list_print(result.skipped, "skipped", "workload", "reason");
        list_print(result.tests, "test", "name", "result");
    }
    if (shown == 0 && result.row_count > 0)
        tool_error("no row matches \"%s\"", arguments.select);
    int status = shown == 0 && result.row_count > 0 ? TOOL_NEGATIVE : TOOL_OK;
    result_free(&result);
    return status;
}

const struct command command_view = { "view", "show a result in the terminal, or as a Markdown table", view_run };
