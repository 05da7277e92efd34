/* SPDX-License-Identifier: BSD-2-Clause
 *
 * `tollgate compare A B`: what changed from A to B, and whether it means anything; see compare.h for the rule.
 */
#include <argp.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/tool/compare.h"
#include "harness/tool/json_file.h"
#include "harness/tool/tool.h"

struct compare_arguments {
    const char *paths[2];
    bool json, changed_only;
};

static const struct argp_option options[] = {
    { "json", 'j', NULL, 0, "Print JSON instead of a table", 0 },
    { "changed", 'c', NULL, 0, "Print only rows that changed, are new or missing", 0 },
    { 0 },
};

static error_t option_parse(int key, char *text, struct argp_state *state)
{
    struct compare_arguments *arguments = state->input;
    switch (key) {
    case 'j': arguments->json = true; return 0;
    case 'c': arguments->changed_only = true; return 0;
    case ARGP_KEY_ARG:
        if (state->arg_num >= 2)
            argp_error(state, "two results, no more");
        else
            arguments->paths[state->arg_num] = text;
        return 0;
    case ARGP_KEY_END:
        if (state->arg_num < 2)
            argp_error(state, "two results are needed");
        return 0;
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

static void median_text(char text[JSON_NUMBER_BYTES], const struct result_row *row)
{
    if (row)
        json_number_text(text, row->summary.p50);
    else
        strcpy(text, "-");
}

static void change_text(char *text, size_t bytes, const struct comparison_row *row)
{
    if (!row->a || !row->b)
        snprintf(text, bytes, "-");
    else if (row->has_share)
        snprintf(text, bytes, "%+.6g (%+.2f %%)", row->change, 100 * row->share);
    else
        snprintf(text, bytes, "%+.6g", row->change);
}

static void row_print(const struct comparison_row *row, int name_width)
{
    const struct result_row *any = row_any(row);
    char before[JSON_NUMBER_BYTES], after[JSON_NUMBER_BYTES], change[64], p[32] = "exact";
    median_text(before, row->a);
    median_text(after, row->b);
    change_text(change, sizeof change, row);
    if (row->has_p)
        snprintf(p, sizeof p, "%.2g", row->p);
    else if (!row->a || !row->b)
        strcpy(p, "-");
    int used = printf("%s %s", any->workload, any->variant);
    printf("%*s  %10s  %10s  %22s  %-12s  %-7s  %s", used < name_width ? name_width - used : 0, "", before, after, change,
           any->unit, p, verdict_name(row->verdict));
    printf("%s\n", (row->a && row->a->taint_count) || (row->b && row->b->taint_count) ? "  (tainted)" : "");
}

static void environment_print(const struct comparison *c)
{
    const char *key;
    json_t *pair;
    json_object_foreach(c->environment, key, pair) {
        char *before = json_dumps(json_array_get(pair, 0), JSON_ENCODE_ANY);
        char *after = json_dumps(json_array_get(pair, 1), JSON_ENCODE_ANY);
        printf("  %-20s A: %s\n  %-20s B: %s\n", key, before, "", after);
        free(before);
        free(after);
    }
    if (json_object_size(c->environment) == 0)
        puts("  (none)");
}

static void summary_print(const struct comparison *c)
{
    printf("%zu rows:", c->count);
    const char *separator = " ";
    for (int v = 0; v < VERDICT_COUNT; v++)
        if (c->verdicts[v]) {
            printf("%s%zu %s", separator, c->verdicts[v], verdict_name((enum verdict)v));
            separator = ", ";
        }
    printf("\n");
}

static void table_print(const struct comparison *c, const struct compare_arguments *arguments)
{
    int width = 20;
    for (size_t i = 0; i < c->count; i++) {
        const struct result_row *any = row_any(&c->rows[i]);
        int length = (int)(strlen(any->workload) + 1 + strlen(any->variant));
        if (row_shown(&c->rows[i], arguments) && length > width)
            width = length;
    }
    printf("A: %s\nB: %s\nDifferences of environment:\n", arguments->paths[0], arguments->paths[1]);
    environment_print(c);
    printf("\n%-*s  %10s  %10s  %22s  %-12s  %-7s  %s\n", width, "median per operation", "A", "B", "change", "unit", "p",
           "verdict");
    for (size_t i = 0; i < c->count; i++)
        if (row_shown(&c->rows[i], arguments))
            row_print(&c->rows[i], width);
    summary_print(c);
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
    return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "workload", any->workload, "variant", any->variant,
                     "unit", any->unit, "verdict", verdict_name(row->verdict),
                     "a", number_or_null(row->a, row->a ? row->a->summary.p50 : 0),
                     "b", number_or_null(row->b, row->b ? row->b->summary.p50 : 0),
                     "change", number_or_null(both, row->change), "share", number_or_null(both && row->has_share, row->share),
                     "p", number_or_null(row->has_p, row->p));
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
    if (!compare_results(a, b, &c, &e)) {
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

static int compare_run(int argc, char **argv)
{
    static const struct argp argp = {
        options, option_parse, "A B",
        "Compares result B with result A, row by row.\v"
        "A and B are result files or folders that hold result.json. Instructions are compared exactly, sample by sample. For cycles and "
        "ns a row is faster or slower only if a Mann-Whitney test gives p < 0.01 (Holm-corrected over all rows) and the median moved by "
        "at least 3 and at least 1 %. Rows of unlike units are refused. "
        "Exit status 0: no regression; 1: a row is slower, changed or missing in B; 3: bad input.",
        NULL, NULL, NULL
    };
    struct compare_arguments arguments = { 0 };
    struct result a, b = { 0 };
    struct error e;
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    int status = TOOL_BAD_INPUT;
    if (!result_read(arguments.paths[0], &a, &e) || !result_read(arguments.paths[1], &b, &e))
        tool_error("%s", e.text);
    else
        status = results_compare(&arguments, &a, &b);
    result_free(&a);
    result_free(&b);
    return status;
}

const struct command command_compare = { "compare", "compare two results, row by row", compare_run };
