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
#include "harness/tool/reproduce.h"
#include "harness/tool/session.h"
#include "harness/tool/target.h"
#include "harness/tool/target_run.h"
#include "harness/tool/tool.h"

#define SOURCES_MAX 256
#define TABLES_MAX 64
#define SELECT_BYTES 4096

enum { OPTION_FROM = 256, OPTION_REFERENCE, OPTION_LIST, OPTION_CLAIMS, OPTION_PLOT, OPTION_FOLDER, OPTION_RESULTS };

static const struct argp_option options[] = {
    { "list", OPTION_LIST, NULL, 0, "List the tables", 1 },
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
    const char *from[SOURCES_MAX];
    size_t from_count;
    const struct target *targets[2]; /* kernel's, Linux's; either may be NULL */
    size_t target_count;
    const char *folder, *results, *reference, *plot;
    bool list, claims, markdown, json, accepted;
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
    if (!a->table_count && !a->list && !a->claims)
        argp_error(state, "which TABLE? `tollgate reproduce --list` shows all");
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
    case OPTION_CLAIMS: a->claims = true; return 0;
    case OPTION_FROM:
        if (a->from_count == SOURCES_MAX)
            argp_error(state, "too many results");
        a->from[a->from_count++] = text;
        return 0;
    case OPTION_REFERENCE: a->accepted = true; a->reference = text; return 0;
    case OPTION_PLOT: a->plot = text; return 0;
    case OPTION_FOLDER: a->folder = text; return 0;
    case OPTION_RESULTS: a->results = text; return 0;
    case 't': target_take(a, text, state); return 0;
    case 'm': a->markdown = true; return 0;
    case 'j': a->json = true; return 0;
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

struct sources {
    struct reproduce_source all[SOURCES_MAX];
    size_t count;
    char *session;        /* folder of this invocation's runs, once there is one */
    struct tree_state tree;
};

static void sources_free(struct sources *s)
{
    for (size_t i = 0; i < s->count; i++) {
        result_free(&s->all[i].result);
        reference_free(&s->all[i].reference);
    }
    free(s->session);
}

static int sources_read(struct sources *s, const struct reproduce_arguments *a, struct error *e)
{
    for (size_t i = 0; i < a->from_count; i++) {
        s->all[i].name = a->from[i];
        if (!result_read(a->from[i], &s->all[i].result, e))
            return TOOL_BAD_INPUT;
        s->count++;
    }
    return TOOL_OK;
}

/* Whether a line of the table wants rows of this system and condition. */
static bool table_wants(const struct reproduce_table *t, const struct reproduce_condition *condition, bool linux)
{
    for (size_t i = 0; i < t->line_count; i++)
        if (t->lines[i].term_count && t->lines[i].terms[0].linux == linux && t->lines[i].condition == condition)
            return true;
    return false;
}

static int reference_add(struct sources *s, const struct reproduce_table *t, const struct reproduce_arguments *a,
                         const struct reproduce_condition *condition, bool linux, struct error *e)
{
    char *path;
    const char *name = condition->accepted ? condition->accepted : linux ? "linux-qemu" : "qemu";
    struct reproduce_source *source = &s->all[s->count];
    if (!table_wants(t, condition, linux))
        return TOOL_OK;
    int length = a->reference ? asprintf(&path, "%s/%s.json", a->reference, name)
                              : asprintf(&path, "%s/results/reference/%s.json", tool_tree_dir(), name);
    if (length < 0)
        abort();
    *source = (struct reproduce_source){ .condition = condition, .linux = linux };
    bool ok = reference_read(path, &source->reference, e);
    free(path);
    s->count += ok;
    return ok ? TOOL_OK : TOOL_BAD_INPUT;
}

static int references_read(struct sources *s, const struct reproduce_table *t, const struct reproduce_arguments *a, struct error *e)
{
    int status = TOOL_OK;
    for (size_t i = 0; i < 2 * t->condition_count && status == TOOL_OK; i++)
        status = reference_add(s, t, a, &t->conditions[i / 2], i % 2, e);
    return status;
}

/* One boot for each selection: the kernel's root task knows one glob, Linux's init @(a|b). What went wrong in the run has been said by it: then
 * *e stays as it is. */
static int source_run(struct sources *s, const struct target *target, const struct reproduce_condition *condition, const char *select,
                      const char *results, bool *interrupted, struct error *e)
{
    char *folder, *cmdline;
    struct reproduce_source *source = &s->all[s->count];
    if (s->count == SOURCES_MAX) {
        error_set(e, "more than %d runs", SOURCES_MAX);
        return TOOL_FAILED;
    }
    if (!s->session && (tree_state_read(&s->tree), !session_folder_make(results, &s->tree, &s->session, e)))
        return TOOL_FAILED;
    *source = (struct reproduce_source){ .condition = condition, .linux = strcmp(target->system, "linux") == 0 };
    if (asprintf(&folder, "%s/%s-%zu", s->session, target->name, s->count + 1) < 0 ||
        asprintf(&cmdline, "%s%s%s", condition->cmdline, source->linux || !*condition->cmdline ? "" : " ", source->linux ? "" : "floor=off") < 0)
        abort();
    struct run_request request = { .target = target, .select = select, .cmdline = cmdline, .cpus = source->linux ? 1 : condition->cpus,
                                   .folder = folder, .tree = &s->tree };
    int status = folder_make(folder, false, e) ? target_run(&request, &source->result, interrupted) : TOOL_FAILED;
    s->count += status == TOOL_OK;
    free(cmdline);
    free(folder);
    return status;
}

/* Names of the workloads that lines of this system and condition want, each once, separated by '|'. */
static void selection_make(const struct reproduce_table *t, const struct reproduce_condition *condition, bool linux, char text[SELECT_BYTES])
{
    text[0] = 0;
    for (size_t i = 0; i < t->line_count; i++) {
        const struct reproduce_line *line = &t->lines[i];
        for (size_t k = 0; k < line->term_count; k++) {
            char id[160], *at;
            size_t used = strlen(text), length = strcspn(line->terms[k].row, " ");
            if (line->terms[k].linux != linux || line->condition != condition || length >= sizeof id)
                continue;
            snprintf(id, sizeof id, "%.*s", (int)length, line->terms[k].row);
            for (at = strstr(text, id); at && ((at > text && at[-1] != '|') || (at[length] && at[length] != '|')); at = strstr(at + 1, id))
                ;
            if (!at && used + length + 2 < SELECT_BYTES)
                snprintf(text + used, SELECT_BYTES - used, "%s%s", used ? "|" : "", id);
        }
    }
}

static int target_runs(struct sources *s, const struct reproduce_table *t, const struct reproduce_condition *condition, const struct target *target,
                       const char *results, bool *interrupted, struct error *e)
{
    char select[SELECT_BYTES], whole[SELECT_BYTES + 4], *save;
    bool linux = strcmp(target->system, "linux") == 0;
    int status = TOOL_OK;
    selection_make(t, condition, linux, select);
    if (!*select)
        return TOOL_OK;
    if (linux) {
        snprintf(whole, sizeof whole, "@(%s)", select);
        return source_run(s, target, condition, whole, results, interrupted, e);
    }
    for (char *id = strtok_r(select, "|", &save); id && status == TOOL_OK && !*interrupted; id = strtok_r(NULL, "|", &save)) {
        bool done = false; /* by an earlier table of this invocation */
        for (size_t i = 0; i < s->count && !done; i++)
            for (size_t r = 0; r < s->all[i].result.row_count && !done; r++)
                done = s->all[i].condition == condition && strcmp(s->all[i].result.rows[r].workload, id) == 0;
        if (!done)
            status = source_run(s, target, condition, id, results, interrupted, e);
    }
    return status;
}

static bool target_works(const struct target *target, struct error *e)
{
    struct finding finding;
    target->check(target, NULL, &finding);
    return finding.works || error_set(e, "target %s does not work here: %s%s%s", target->name, finding.reason, *finding.remedy ? "; remedy: " : "",
                                      finding.remedy);
}

static int table_run(struct sources *s, const struct reproduce_table *t, const struct reproduce_arguments *a, bool *interrupted, struct error *e)
{
    int status = TOOL_OK;
    for (size_t i = 0; i < 2; i++)
        if (a->targets[i] && !target_works(a->targets[i], e))
            return TOOL_FAILED;
    for (size_t i = 0; i < 2 * t->condition_count && status == TOOL_OK && !*interrupted; i++)
        if (a->targets[i % 2])
            status = target_runs(s, t, &t->conditions[i / 2], a->targets[i % 2], a->results, interrupted, e);
    return *interrupted ? TOOL_FAILED : status;
}

/* --- tables --- */

static void table_show(const struct reproduce_table *t, const struct sources *s, const struct reproduce_arguments *a, json_t *list)
{
    char command[200];
    struct reproduce_style style = { .markdown = a->markdown, .command = command };
    snprintf(command, sizeof command, "build/tollgate reproduce %s", t->id);
    if (list)
        json_array_append_new(list, reproduce_json(t));
    else if (a->claims)
        reproduce_claims_print(stdout, t, a->markdown);
    else
        reproduce_print(stdout, t, s->all, s->count, &style);
}

static int table_reproduce(const struct reproduce_arguments *a, const struct published *published, const char *folder, const char *id, json_t *list,
                           bool *interrupted, struct error *e)
{
    struct reproduce_table table;
    static struct sources sources;
    sources = (struct sources){ 0 };
    if (!reproduce_read(folder, id, published, &table, e))
        return TOOL_BAD_INPUT;
    int status = a->from_count ? sources_read(&sources, a, e) : a->accepted ? references_read(&sources, &table, a, e)
                                                                            : table_run(&sources, &table, a, interrupted, e);
    if (status == TOOL_OK && !reproduce_measure(&table, sources.all, sources.count, e))
        status = TOOL_BAD_INPUT;
    if (status == TOOL_OK)
        table_show(&table, &sources, a, list);
    if (status == TOOL_OK && a->plot && !reproduce_plot(&table, a->plot, e))
        status = TOOL_FAILED;
    sources_free(&sources);
    reproduce_free(&table);
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
            printf("%-26s %3zu lines, %2zu claims  %s (%s, %s)\n", t.id, t.line_count, t.claim_count, t.title, t.origin->source, t.place);
        reproduce_free(&t);
    }
    if (list && status == TOOL_OK)
        json_print(stdout, list, 2);
    json_decref(list);
    return status;
}

static int tables_reproduce(const struct reproduce_arguments *a, const struct published *published, const char *folder, char *const *all, struct error *e)
{
    json_t *list = a->json ? json_array() : NULL;
    bool interrupted = false;
    int status = TOOL_OK;
    const char *const *names = a->table_count ? a->tables : (const char *const *)all;
    if (a->claims && !list)
        reproduce_claims_head(stdout, a->markdown);
    for (size_t i = 0; names[i] && status == TOOL_OK; i++) {
        if (i && !a->claims && !list)
            putchar('\n');
        status = table_reproduce(a, published, folder, names[i], list, &interrupted, e);
    }
    if (list && status == TOOL_OK)
        json_print(stdout, list, 4);
    json_decref(list);
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
