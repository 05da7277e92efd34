/* SPDX-License-Identifier: BSD-2-Clause
 *
 * `tollgate compare A B`: what changed from A to B, and whether it means anything; see compare.h for the rule.
 */
#include <argp.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/tool/alternate.h"
#include "harness/tool/boots.h"
#include "harness/tool/compare.h"
#include "harness/tool/json_file.h"
#include "harness/tool/report_table.h"
#include "harness/tool/terminal.h"
#include "harness/tool/tool.h"

struct compare_arguments {
    const char *paths[2];
    bool json, changed_only, force, self, run;
    const char *of_run; /* an option that goes with --run alone */
    struct alternate_plan plan; /* with run */
};

enum { OPTION_BOOTS = 256, OPTION_KEEP, OPTION_CMDLINE, OPTION_SELF };

#define BOOTS_DEFAULT 10 /* ten against ten convict one row among many; three against three cannot convict any */
#define BOOTS_MAX 30     /* what the exact test takes */

static const struct argp_option options[] = {
    { "json", 'j', NULL, 0, "Print JSON instead of a table", 0 },
    { "changed", 'c', NULL, 0, "Print only rows that changed, are new or missing", 0 },
    { "force", 'f', NULL, 0, "Show results of unlike targets, processors or rows side by side; unlike rows get no change and no ratio", 0 },
    { "self", OPTION_SELF, NULL, 0, "One result of several boots: its odd boots against its even ones. What this calls a change is none: a false alarm", 0 },
    { "run", 'r', NULL, 0, "A and B are build folders: measure both now, boot by boot in turns, and compare", 1 },
    { "target", 't', "TARGET", 0, "With --run: where to run (default: qemu)", 1 },
    { "select", 's', "GLOB", 0, "With --run: the workloads that match (default: *)", 1 },
    { "cmdline", OPTION_CMDLINE, "OPTIONS", 0, "With --run: further options for the guest's command line", 1 },
    { "boots", OPTION_BOOTS, "N", 0, "With --run: boots of each build, 2 to 30 (default: 10)", 1 },
    { "keep", OPTION_KEEP, "DIR", 0, "With --run: leave the two results in DIR, as a.json and b.json", 1 },
    { 0 },
};

static unsigned boots_parse(const char *text, struct argp_state *state)
{
    char *end;
    unsigned long n = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || n < 2 || n > BOOTS_MAX)
        argp_error(state, "--boots: \"%s\" is not a number from 2 to %d", text, BOOTS_MAX);
    return (unsigned)n;
}

static void paths_check(struct compare_arguments *arguments, struct argp_state *state)
{
    if (arguments->self && arguments->run)
        argp_error(state, "--self and --run exclude one another");
    if (arguments->of_run && !arguments->run)
        argp_error(state, "--%s goes with --run", arguments->of_run);
    if (state->arg_num < 2 && !arguments->self)
        argp_error(state, arguments->run ? "two build folders are needed (the same one twice, to see what this machine calls a change)"
                                         : "two results are needed");
    if (state->arg_num != 1 && arguments->self)
        argp_error(state, "--self takes one result");
}

static error_t option_parse(int key, char *text, struct argp_state *state)
{
    struct compare_arguments *arguments = state->input;
    switch (key) {
    case 'j': arguments->json = tool_json_wanted(); return 0;
    case 'c': arguments->changed_only = true; return 0;
    case 'f': arguments->force = true; return 0;
    case OPTION_SELF: arguments->self = true; return 0;
    case 'r': arguments->run = true; return 0;
    case 't': arguments->of_run = "target"; arguments->plan.target = text; return 0;
    case 's': arguments->of_run = "select"; arguments->plan.select = text; return 0;
    case OPTION_CMDLINE: arguments->of_run = "cmdline"; arguments->plan.cmdline = text; return 0;
    case OPTION_BOOTS: arguments->of_run = "boots"; arguments->plan.boots = boots_parse(text, state); return 0;
    case OPTION_KEEP: arguments->of_run = "keep"; arguments->plan.keep = text; return 0;
    case ARGP_KEY_ARG:
        if (state->arg_num >= 2)
            argp_error(state, "two results, no more");
        else
            arguments->paths[state->arg_num] = text;
        return 0;
    case ARGP_KEY_END: paths_check(arguments, state); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* --- table --- */

static const struct result_row *row_any(const struct comparison_row *row)
{
    return row->a ? row->a : row->b;
}

static bool row_shown(const struct comparison_row *row, const struct compare_arguments *arguments)
{
    return !arguments->changed_only || (row->verdict != VERDICT_IDENTICAL && row->verdict != VERDICT_INDISTINGUISHABLE);
}

#define CELL_BYTES 96

/* "120 [118, 121]": median and its 95 % interval; of several boots, the spread of their medians "120 (118..121, 5 boots)". */
static void median_text(char text[CELL_BYTES], const struct result_row *row, double median, bool by_boots)
{
    double low, high;
    if (!row)
        snprintf(text, CELL_BYTES, "-");
    else if (by_boots && row_boots_spread(row, &low, &high))
        snprintf(text, CELL_BYTES, "%.6g (%.6g..%.6g, %zu boots)", median, low, high, row->boot_count);
    else if (row->summary.has_ci95)
        snprintf(text, CELL_BYTES, "%.6g [%.6g, %.6g]", median, row->summary.ci95_low, row->summary.ci95_high);
    else
        snprintf(text, CELL_BYTES, "%.6g [n=%llu]", median, (unsigned long long)row->n);
}

static void change_text(char text[CELL_BYTES], const struct comparison_row *row)
{
    if (!row->a || !row->b || row->unlike)
        snprintf(text, CELL_BYTES, "-");
    else if (row->has_share)
        snprintf(text, CELL_BYTES, "%+.6g (%+.2f %%)", row->change, 100 * row->share);
    else
        snprintf(text, CELL_BYTES, "%+.6g", row->change);
}

static void ratio_text(char text[CELL_BYTES], const struct comparison_row *row)
{
    if (row->has_ratio)
        snprintf(text, CELL_BYTES, "%.3f..%.3f", row->ratio.low, row->ratio.high);
    else
        snprintf(text, CELL_BYTES, "-");
}

static void verdict_write(FILE *out, const struct comparison_row *row)
{
    fputs(verdict_name(row->verdict), out);
    if (row->has_detectable)
        fprintf(out, " (a shift of %.4g would show)", row->detectable);
    else if (row->verdict == VERDICT_INDISTINGUISHABLE)
        fprintf(out, " (too few %s to show any shift)", row->by_boots ? "boots" : "samples");
    if (row->unlike)
        fprintf(out, " in %s", row->unlike);
    if ((row->a && row->a->taint_count) || (row->b && row->b->taint_count))
        fputs("  (tainted)", out);
}

static void row_add(struct report_table *table, const struct comparison_row *row)
{
    const struct result_row *any = row_any(row);
    char before[CELL_BYTES], after[CELL_BYTES], change[CELL_BYTES], ratio[CELL_BYTES], p[32] = "exact", *verdict = NULL;
    size_t bytes;
    FILE *out = open_memstream(&verdict, &bytes);
    if (!out)
        abort(); /* a line of text */
    verdict_write(out, row);
    fclose(out);
    median_text(before, row->a, row->median_a, row->by_boots);
    median_text(after, row->b, row->median_b, row->by_boots);
    change_text(change, row);
    ratio_text(ratio, row);
    if (row->has_p)
        snprintf(p, sizeof p, "%.2g", row->p);
    else if (!row->a || !row->b || row->unlike)
        strcpy(p, "-");
    report_table_cell(table, "%s %s", any->workload, any->variant);
    report_table_cell(table, "%s", before);
    report_table_cell(table, "%s", after);
    report_table_cell(table, "%s", change);
    report_table_cell(table, "%s", row->unlike && strcmp(row->unlike, "unit") == 0 ? "-" : any->unit);
    report_table_cell(table, "%s", ratio);
    report_table_cell(table, "%s", p);
    report_table_cell(table, "%s", verdict);
    free(verdict);
}

static void environment_print(const struct comparison *c)
{
    const char *key;
    json_t *pair;
    json_object_foreach(c->environment, key, pair) {
        char *before = json_dumps(json_array_get(pair, 0), JSON_ENCODE_ANY);
        char *after = json_dumps(json_array_get(pair, 1), JSON_ENCODE_ANY);
        terminal_printf(stdout, "  %-20s A: %s\n  %-20s B: %s\n", key, before, "", after);
        free(before);
        free(after);
    }
    if (json_object_size(c->environment) == 0)
        puts("  (none)");
}

static void summary_print(const struct comparison *c)
{
    char line[400];
    size_t used = (size_t)snprintf(line, sizeof line, "%zu rows:", c->count);
    const char *separator = " ";
    for (int v = 0; v < VERDICT_COUNT; v++)
        if (c->verdicts[v]) {
            used += (size_t)snprintf(line + used, sizeof line - used, "%s%zu %s", separator, c->verdicts[v], verdict_name((enum verdict)v));
            separator = ", ";
        }
    terminal_printf(stdout, "%s\n", line);
}

static bool single_boots_tested(const struct comparison *c)
{
    for (size_t i = 0; i < c->count; i++)
        if (c->rows[i].has_p && !c->rows[i].by_boots)
            return true;
    return false;
}

static void table_print(const struct comparison *c, const struct compare_arguments *arguments)
{
    terminal_printf(stdout, "A: %s\nB: %s\nDifferences of environment:\n", arguments->paths[0], arguments->paths[1]);
    environment_print(c);
    struct report_table table;
    report_table_init(&table, "<row|A [95 %]|B [95 %]|change|<unit|B/A 95 %|p|<verdict");
    table.title = strdup("Medians per operation");
    for (size_t i = 0; table.title && i < c->count; i++)
        if (row_shown(&c->rows[i], arguments))
            row_add(&table, &c->rows[i]);
    report_table_print(stdout, &table);
    report_table_free(&table);
    summary_print(c);
    if (single_boots_tested(c))
        terminal_printf(stdout, "note: one boot on a side: what changes from boot to boot counts as a change here (tollgate run --boots N)\n");
}

/* --- JSON --- */

static json_t *number_or_null(bool there, double value)
{
    return there ? json_number(value) : json_null();
}

static json_t *row_to_object(const struct comparison_row *row)
{
    const struct result_row *any = row_any(row);
    bool both = row->a && row->b;
    json_t *object = json_pack("{s:s, s:s, s:s, s:s, s:s*, s:o, s:o, s:o, s:o, s:o, s:o, s:b}", "workload", any->workload, "variant",
                     any->variant, "unit", any->unit, "verdict", verdict_name(row->verdict), "unlike_in", row->unlike,
                     "a", number_or_null(row->a, row->median_a), "b", number_or_null(row->b, row->median_b),
                     "change", number_or_null(both && !row->unlike, row->change),
                     "share", number_or_null(both && row->has_share, row->share), "p", number_or_null(row->has_p, row->p),
                     "detectable", number_or_null(row->has_detectable, row->detectable), "by_boots", row->by_boots);
    json_object_set_new(object, "ratio95", row->has_ratio ? json_pack("[o,o]", json_number(row->ratio.low),
                                                                       json_number(row->ratio.high)) : json_null());
    return object;
}

static void comparison_print_json(const struct comparison *c, const struct compare_arguments *arguments)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < c->count; i++)
        if (row_shown(&c->rows[i], arguments))
            json_array_append_new(rows, row_to_object(&c->rows[i]));
    json_t *root = json_pack("{s:s, s:s, s:s, s:b, s:O, s:o}", "schema", "tollgate-comparison/1", "a", arguments->paths[0], "b",
                             arguments->paths[1], "regressed", comparison_regressed(c), "environment", c->environment,
                             "rows", rows);
    json_print(stdout, root, 2);
    json_decref(root);
}

/* --- command --- */

static int results_compare(const struct compare_arguments *arguments, const struct result *a, const struct result *b)
{
    struct comparison c;
    struct error e;
    if (!compare_results(a, b, arguments->force, &c, &e)) {
        tool_error("%s", e.text);
        return TOOL_BAD_INPUT;
    }
    if (arguments->json)
        comparison_print_json(&c, arguments);
    else
        table_print(&c, arguments);
    bool regressed = comparison_regressed(&c);
    comparison_free(&c);
    return regressed ? TOOL_NEGATIVE : TOOL_OK;
}

static int self_compare(struct compare_arguments *arguments)
{
    struct result whole, odd, even;
    struct error e;
    int status = TOOL_BAD_INPUT;
    if (!result_read(arguments->paths[0], &whole, &e)) {
        tool_error("%s", e.text);
        return status;
    }
    arguments->paths[1] = arguments->paths[0];
    if (boots_split(&whole, &odd, &even, &e)) {
        if (!arguments->json)
            puts("A: the odd boots, B: the even boots of");
        status = results_compare(arguments, &odd, &even);
        result_free(&odd);
        result_free(&even);
    } else
        tool_error("%s: %s", arguments->paths[0], e.text);
    result_free(&whole);
    return status;
}

static void progress_print(unsigned done, unsigned all)
{
    fprintf(stderr, "\rcompare: boot %u of %u%s", done, all, done == all ? "\n" : "");
}

static int run_compare(struct compare_arguments *arguments)
{
    struct result results[2];
    struct error e;
    arguments->plan.builds[0] = arguments->paths[0];
    arguments->plan.builds[1] = arguments->paths[1];
    arguments->plan.progress = isatty(STDERR_FILENO) ? progress_print : NULL;
    if (!alternate_run(&arguments->plan, results, &e)) {
        tool_error("%s", e.text);
        return TOOL_FAILED;
    }
    int status = results_compare(arguments, &results[0], &results[1]);
    result_free(&results[0]);
    result_free(&results[1]);
    return status;
}

static int compare_run(int argc, char **argv)
{
    static const struct argp argp = {
        options, option_parse, "A B\n--self RESULT\n--run BUILD_A BUILD_B",
        "Compares result B with result A, row by row: medians with their intervals, change, verdict; and what differs in the environment.\v"
        "A and B are result files or folders that hold result.json. Instructions are compared exactly, sample by sample. For cycles and "
        "ns a row is faster or slower only if a rank-sum (Mann-Whitney) test gives p < 0.01 (Holm-corrected over all rows) and the median "
        "moved by at least 3 and at least 1 %. When both results hold several boots (run --boots), the medians of the boots are what is "
        "tested, exactly. B/A is the bootstrap interval of the ratio of medians. With a row that is indistinguishable stands the smallest "
        "shift of all samples of B that would have been called.\n\n"
        "Two sessions on one machine differ by more than their boots do. --run measures two builds of the tool's own tree, or of two trees, in turns: "
        "`compare --run old/build build --target linux --select 'linux.pipe.*'`.\n\n"
        "Results of unlike targets or, in cycles, unlike processors, and rows unlike in unit, direction, path and so on are refused unless "
        "forced.\n\n"
        "Exit status: 0: no regression; 1: a row is slower, changed, missing in B, or unlike; 2 usage; 3: bad input, or refused as unlike; 4: a run failed.",
        NULL, NULL, NULL
    };
    struct compare_arguments arguments = { .plan = { .target = "qemu", .select = "*", .cmdline = "", .boots = BOOTS_DEFAULT } };
    struct result a, b = { 0 };
    struct error e;
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    int status = TOOL_BAD_INPUT;
    if (arguments.self)
        return self_compare(&arguments);
    if (arguments.run)
        return run_compare(&arguments);
    if (!result_read(arguments.paths[0], &a, &e) || !result_read(arguments.paths[1], &b, &e))
        tool_error("%s", e.text);
    else
        status = results_compare(&arguments, &a, &b);
    result_free(&a);
    result_free(&b);
    return status;
}

const struct command command_compare = { "compare", "compare two results, row by row", compare_run };
