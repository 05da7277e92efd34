/* SPDX-License-Identifier: BSD-2-Clause
 *
 * `tollgate reproduce TABLE`: measures what a paper's table measured, and prints the published numbers and ours side by side, ratios within each
 * machine, and which claims hold. Tables are data: baselines/published/tables.
 */
#include <argp.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/tool/json_file.h"
#include "harness/tool/reproduce_run.h"
#include "harness/tool/target.h"
#include "harness/tool/terminal.h"
#include "harness/tool/tool.h"

#define TABLES_MAX 64

enum { OPTION_FROM = 256, OPTION_REFERENCE, OPTION_LIST, OPTION_CLAIMS, OPTION_PLOT, OPTION_FOLDER, OPTION_RESULTS };

static const struct argp_option options[] = {
    { "list", OPTION_LIST, NULL, 0, "List the tables", 1 },
    { "all", 'a', NULL, 0, "All tables, of one set of runs", 1 },
    { "target", 't', "TARGET", 0, "Where to run (default: qemu); the Linux of the same machine goes with it where there is one, or is named as a second target", 1 },
    { "from", OPTION_FROM, "RESULT", 0, "Run nothing: take rows from this result, or folder with result.json; may be given several times", 1 },
    { "reference", OPTION_REFERENCE, "FOLDER", OPTION_ARG_OPTIONAL, "Run nothing: take the accepted counts (default: results/reference)", 1 },
    { "claims", OPTION_CLAIMS, NULL, 0, "Print claims and verdicts alone (default: of all tables)", 1 },
    { "markdown", 'm', NULL, 0, "Print Markdown, for documents", 1 },
    { "json", 'j', NULL, 0, "Print JSON", 1 },
    { "plot", OPTION_PLOT, "FILE.svg", 0, "Draw it too: a panel for each unit, published numbers hatched; beside it .png, .pdf, data and script", 1 },
    { "folder", OPTION_FOLDER, "DIR", 0, "Where numbers and tables are (default: baselines/published)", 2 },
    { "results", OPTION_RESULTS, "FOLDER", 0, "Where to keep runs (default: results/local)", 2 },
    { 0 },
};

struct reproduce_arguments {
    const char *tables[TABLES_MAX + 1];
    size_t table_count;
    const char *from[REPRODUCE_SOURCES_MAX];
    size_t from_count;
    const struct target *targets[2]; /* kernel's, Linux's; either may be NULL */
    size_t target_count;
    const char *folder, *results, *reference, *plot;
    bool list, all, claims, markdown, json, accepted;
};

static void target_take(struct reproduce_arguments *a, const char *name, struct argp_state *state)
{
    const struct target *target = target_find(name);
    if (!target)
        argp_error(state, "unknown target \"%s\" (%s)", name, target_names());
    bool linux = strcmp(target->system, "linux") == 0;
    if (a->targets[linux])
        argp_error(state, "two targets of system %s", target->system);
    a->targets[linux] = target;
    a->target_count++;
}

/* The Linux that runs in the machine of a kernel's target. */
static const struct target *linux_partner(const struct target *target)
{
    static const char *const pairs[][2] = { { "qemu", "linux-qemu" }, { "qemu-uefi", "linux-qemu" }, { "kvm", "linux" } };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        if (strcmp(target->name, pairs[i][0]) == 0)
            return target_find(pairs[i][1]);
    return NULL;
}

static void arguments_check(struct reproduce_arguments *a, struct argp_state *state)
{
    if (a->from_count && a->accepted)
        argp_error(state, "--from and --reference exclude one another");
    if ((a->from_count || a->accepted) && a->target_count)
        argp_error(state, "--target is for runs, not for --from and --reference");
    if (a->json && a->markdown)
        argp_error(state, "--json and --markdown exclude one another");
    if (!a->table_count && !a->list && !a->claims && !a->all)
        argp_error(state, "which TABLE? `tollgate reproduce --list` shows all, --all measures them");
    if (a->table_count && a->all)
        argp_error(state, "--all and TABLE exclude one another");
    if (a->plot && (a->table_count != 1 || a->claims))
        argp_error(state, "--plot draws one table");
    if (!a->target_count)
        a->targets[0] = target_table[0];
    if (a->target_count < 2 && a->targets[0])
        a->targets[1] = linux_partner(a->targets[0]);
}

static error_t option_parse(int key, char *text, struct argp_state *state)
{
    struct reproduce_arguments *a = state->input;
    switch (key) {
    case OPTION_LIST: a->list = true; return 0;
    case 'a': a->all = true; return 0;
    case OPTION_CLAIMS: a->claims = true; return 0;
    case OPTION_FROM:
        if (a->from_count == REPRODUCE_SOURCES_MAX)
            argp_error(state, "too many results");
        a->from[a->from_count++] = text;
        return 0;
    case OPTION_REFERENCE: a->accepted = true; a->reference = text; return 0;
    case OPTION_PLOT: a->plot = text; return 0;
    case OPTION_FOLDER: a->folder = text; return 0;
    case OPTION_RESULTS: a->results = text; return 0;
    case 't': target_take(a, text, state); return 0;
    case 'm': a->markdown = true; return 0;
    case 'j': a->json = tool_json_wanted(); return 0;
    case ARGP_KEY_ARG:
        if (a->table_count == TABLES_MAX)
            argp_error(state, "too many tables");
        a->tables[a->table_count++] = text;
        return 0;
    case ARGP_KEY_END: arguments_check(a, state); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* --- where rows come from --- */

static int sources_read(struct reproduce_sources *s, const struct reproduce_arguments *a, struct error *e)
{
    for (size_t i = 0; i < a->from_count; i++) {
        s->all[i].name = a->from[i];
        if (!result_read(a->from[i], &s->all[i].result, e))
            return TOOL_BAD_INPUT;
        s->count++;
    }
    return TOOL_OK;
}

static int sources_make(struct reproduce_sources *s, const struct reproduce_arguments *a, const struct reproduce_table *tables, size_t count,
                        bool *interrupted, struct error *e)
{
    char *folder = NULL;
    if (a->from_count)
        return sources_read(s, a, e);
    if (!a->accepted)
        return reproduce_run_tables(s, tables, count, a->targets[0], a->targets[1], a->results, interrupted, e);
    if (asprintf(&folder, "%s%s", a->reference ? a->reference : tool_tree_dir(), a->reference ? "" : "/results/reference") < 0)
        abort();
    int status = reproduce_read_accepted(s, tables, count, folder, e);
    free(folder);
    return status;
}

/* --- tables --- */

static void table_show(const struct reproduce_table *t, const struct reproduce_sources *s, const struct reproduce_arguments *a, json_t *list)
{
    char command[200];
    size_t across = terminal_columns();
    struct reproduce_style style = { .markdown = a->markdown, .command = command, .width = a->markdown || across == SIZE_MAX ? 0 : across };
    snprintf(command, sizeof command, "build/tollgate reproduce %s", t->id);
    if (list)
        json_array_append_new(list, reproduce_json(t));
    else if (a->claims)
        reproduce_claims_print(stdout, t, &style);
    else
        reproduce_print(stdout, t, s->all, s->count, &style);
}

/* Measured together, judged and shown one by one. */
static int tables_show(const struct reproduce_arguments *a, struct reproduce_table *tables, size_t count, json_t *list, struct error *e)
{
    static struct reproduce_sources sources;
    struct reproduce_verdicts verdicts = { { 0 } };
    bool interrupted = false;
    int status = sources_make(&sources, a, tables, count, &interrupted, e);
    if (status == TOOL_OK && a->claims && !list)
        reproduce_claims_head(stdout, a->markdown);
    for (size_t i = 0; i < count && status == TOOL_OK; i++) {
        if (!reproduce_measure(&tables[i], sources.all, sources.count, e)) {
            status = TOOL_BAD_INPUT;
            break;
        }
        if (i && !a->claims && !list)
            putchar('\n');
        table_show(&tables[i], &sources, a, list);
        reproduce_verdicts_count(&verdicts, &tables[i]);
        if (a->plot && !reproduce_plot(&tables[i], a->plot, e))
            status = TOOL_FAILED;
    }
    if (status == TOOL_OK && count > 1 && !list)
        reproduce_verdicts_print(stdout, &verdicts);
    reproduce_sources_free(&sources);
    return status;
}

static int tables_list(const struct reproduce_arguments *a, const struct published *published, const char *folder, char *const *names, struct error *e)
{
    json_t *list = a->json ? json_array() : NULL;
    int status = TOOL_OK;
    for (; *names && status == TOOL_OK; names++) {
        struct reproduce_table t;
        if (!reproduce_read(folder, *names, published, &t, e)) {
            status = TOOL_BAD_INPUT;
            break;
        }
        if (list)
            json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:i, s:i}", "table", t.id, "title", t.title, "source", t.origin->source, "place",
                                                  t.place, "lines", (int)t.line_count, "claims", (int)t.claim_count));
        else if (a->markdown)
            printf("* `%s`: %s\n", t.id, t.title);
        else
            terminal_printf(stdout, "%-26s %3zu lines, %2zu claims  %s (%s, %s)\n", t.id, t.line_count, t.claim_count, t.title, t.origin->source, t.place);
        reproduce_free(&t);
    }
    if (list && status == TOOL_OK)
        json_print(stdout, list, 2);
    json_decref(list);
    return status;
}

static int tables_reproduce(const struct reproduce_arguments *a, const struct published *published, const char *folder, char *const *all, struct error *e)
{
    struct reproduce_table tables[TABLES_MAX];
    json_t *list = a->json ? json_array() : NULL;
    int status = TOOL_OK;
    size_t count = 0;
    const char *const *names = a->table_count ? a->tables : (const char *const *)all;
    for (; names[count] && status == TOOL_OK; count++)
        if (count == TABLES_MAX ? !error_set(e, "more than %d tables", TABLES_MAX) : !reproduce_read(folder, names[count], published, &tables[count], e)) {
            status = TOOL_BAD_INPUT;
            break;
        }
    if (status == TOOL_OK)
        status = tables_show(a, tables, count, list, e);
    if (list && status == TOOL_OK)
        json_print(stdout, list, 4);
    json_decref(list);
    while (count > 0)
        reproduce_free(&tables[--count]);
    return status;
}

static int reproduce_run(int argc, char **argv)
{
    static const struct argp argp = {
        options, option_parse, "[TABLE...]",
        "Measures what a table of a paper measured, and prints its numbers and ours side by side, with the paper's claims and whether they hold here.\v"
        "Published numbers are as printed. A ratio is always of two numbers of one machine: unlike units and unlike machines are never divided. A "
        "ratio of instructions is no ratio of time.\n\n"
        "A claim holds when our ratio is at least (at most, within a factor of) the published one; it is weaker when it only points the same way.\n\n"
        "Exit status: 0 printed, whatever the verdicts; 2 usage; 3 bad input; 4 a run failed, or the plot could not be drawn.",
        NULL, NULL, NULL
    };
    struct reproduce_arguments a = { 0 };
    struct published published = { 0 };
    struct error e = { "" };
    char *numbers = NULL, *folder, **names = NULL;
    argp_parse(&argp, argc, argv, 0, NULL, &a);
    if ((a.folder ? asprintf(&numbers, "%s", a.folder) : asprintf(&numbers, "%s/baselines/published", tool_tree_dir())) < 0 ||
        asprintf(&folder, "%s/tables", numbers) < 0)
        abort();
    int status = TOOL_BAD_INPUT;
    if (published_read(numbers, &published, &e) && (names = reproduce_names(folder, &e)))
        status = a.list ? tables_list(&a, &published, folder, names, &e) : tables_reproduce(&a, &published, folder, names, &e);
    if (status != TOOL_OK && *e.text)
        tool_error("%s", e.text);
    for (size_t i = 0; names && names[i]; i++)
        free(names[i]);
    free(names);
    free(folder);
    free(numbers);
    published_free(&published);
    return status;
}

const struct command command_reproduce = { "reproduce", "a paper's table and ours side by side, and which claims hold", reproduce_run };
