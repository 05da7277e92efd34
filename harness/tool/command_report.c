/* SPDX-License-Identifier: BSD-2-Clause
 *
 * `tollgate report [RESULT...] [-o DIR]`: a table on the terminal, and a folder with report.html and the figures.
 */
#include <argp.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "harness/tool/file.h"
#include "harness/tool/json_file.h"
#include "harness/tool/ladder.h"
#include "harness/tool/process.h"
#include "harness/tool/report.h"
#include "harness/tool/report_html.h"
#include "harness/tool/report_json.h"
#include "harness/tool/report_plots.h"
#include "harness/tool/report_table.h"
#include "harness/tool/report_text.h"
#include "harness/tool/session.h"
#include "harness/tool/terminal.h"
#include "harness/tool/tool.h"

struct report_arguments {
    char **paths;
    size_t path_count;
    const char *output;
    bool table_only, json;
};

static const struct argp_option options[] = {
    { "output", 'o', "DIR", 0, "Write report.html and plots/ into DIR (default: the folder of the newest run; ./report when results are named)", 0 },
    { "table", 't', NULL, 0, "Print the tables alone, write nothing", 0 },
    { "json", 'j', NULL, 0, "Print JSON instead of tables: the same cells, the figures' files, the audit", 0 },
    { 0 },
};

static error_t option_parse(int key, char *text, struct argp_state *state)
{
    struct report_arguments *arguments = state->input;
    switch (key) {
    case 'o': arguments->output = text; return 0;
    case 't': arguments->table_only = true; return 0;
    case 'j': arguments->json = tool_json_wanted(); return 0;
    case ARGP_KEY_ARGS:
        arguments->paths = state->argv + state->next;
        arguments->path_count = (size_t)(state->argc - state->next);
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* A result below results/local: <time>-<commit>/<target>/result.json. */
struct candidate {
    char *target, *path;
    char *machine; /* number of CPUs and options of the guest other than the selection, as the result says */
};

struct candidates {
    struct candidate *items;
    size_t count;
};

/* Order of a reader's interest: Tollgate's targets before Linux's, qemu first of all. */
static int target_rank(const char *name)
{
    if (strcmp(name, "qemu") == 0)
        return 0;
    return strncmp(name, "linux", 5) == 0 ? 2 : 1;
}

static int compare_candidates(const void *left, const void *right)
{
    const struct candidate *a = left, *b = right;
    int rank = target_rank(a->target) - target_rank(b->target);
    rank = rank ? rank : strcmp(a->target, b->target);
    return rank ? rank : strcmp(a->machine, b->machine); /* the machine of one CPU first: its rows are what others are compared with */
}

static int entry_is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void candidate_free(struct candidate *candidate)
{
    free(candidate->target);
    free(candidate->path);
    free(candidate->machine);
}

/* "2 trace=on": what makes another machine of a target. A file that is no result is told later, by its reader. */
static char *machine_read(const char *path)
{
    json_t *root = json_load_file(path, 0, NULL), *context = json_object_get(root, "context");
    const char *cpus = json_string_value(json_object_get(context, "cpus")), *words = json_string_value(json_object_get(context, "cmdline"));
    size_t bytes;
    char *text = NULL;
    FILE *out = open_memstream(&text, &bytes);
    if (!out)
        abort(); /* a line of text */
    fputs(cpus ? cpus : "", out);
    for (const char *word = words ? words : ""; *word; word += strcspn(word, " "), word += strspn(word, " "))
        if (strncmp(word, "select=", 7) != 0)
            fprintf(out, " %.*s", (int)strcspn(word, " "), word);
    fclose(out);
    json_decref(root);
    return text;
}

/* Takes a machine (target, number of CPUs, options) unless a newer run has it already. */
static void candidate_add(struct candidates *c, const char *run, const char *target)
{
    struct candidate *grown, new = { 0 };
    struct stat info;
    bool known = false;
    if (asprintf(&new.path, "%s/%s/result.json", run, target) < 0)
        abort(); /* a line of text */
    if (stat(new.path, &info) != 0) {
        free(new.path);
        return;
    }
    new.target = strdup(target);
    new.machine = machine_read(new.path);
    if (!new.target || !new.machine)
        abort();
    for (size_t i = 0; i < c->count; i++)
        known |= strcmp(c->items[i].target, target) == 0 && strcmp(c->items[i].machine, new.machine) == 0;
    if (known) {
        candidate_free(&new);
        return;
    }
    grown = reallocarray(c->items, c->count + 1, sizeof *grown);
    if (!grown)
        abort(); /* a dozen pointers */
    c->items = grown;
    c->items[c->count++] = new;
}

static void run_add(struct candidates *c, const char *run)
{
    struct dirent **entries;
    int count = scandir(run, &entries, entry_is_visible, alphasort);
    for (int i = 0; i < count; i++) {
        candidate_add(c, run, entries[i]->d_name);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
}

/* What follows the time in the name of a run: the commit. */
static const char *run_commit(const char *name)
{
    const char *dash = strchr(name, '-');
    return dash ? dash : "";
}

/* Of each target the newest result among the runs of one commit: that of the newest run with a result. `output` becomes its folder. */
static struct candidates newest_find(const char *local, char output[4096])
{
    struct candidates c = { 0 };
    struct dirent **entries;
    char commit[256] = "";
    int count = scandir(local, &entries, entry_is_visible, alphasort); /* names begin with the time */
    for (int i = count - 1; i >= 0; i--) {
        char run[4096 + 300];
        bool first = c.count == 0;
        snprintf(run, sizeof run, "%s/%s", local, entries[i]->d_name);
        if (first || strcmp(commit, run_commit(entries[i]->d_name)) == 0)
            run_add(&c, run);
        if (first && c.count > 0) {
            snprintf(commit, sizeof commit, "%s", run_commit(entries[i]->d_name));
            snprintf(output, 4096, "%.4000s", run);
        }
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    qsort(c.items, c.count, sizeof *c.items, compare_candidates);
    return c;
}

static bool newest_read(struct report *report, char output[4096], struct error *e)
{
    char local[4000];
    snprintf(local, sizeof local, "%s/results/local", tool_tree_dir());
    struct candidates c = newest_find(local, output);
    bool good = c.count > 0 || error_set(e, "no result below %s: `tollgate run` makes one", local);
    for (size_t i = 0; i < c.count; i++) {
        good = good && report_add(report, c.items[i].path, e);
        candidate_free(&c.items[i]);
    }
    free(c.items);
    return good;
}

static bool result_is_in(const char *folder, const char *name, char path[4096 + 300])
{
    struct stat info;
    snprintf(path, 4096 + 300, "%.4000s%s%.270s/result.json", folder, *name ? "/" : "", name);
    return stat(path, &info) == 0;
}

/* A result, or a folder: its own result.json, and those of the folders in it (the targets of one run); boots and rungs of a target are in
 * its result already. */
static bool path_read(struct report *report, const char *path, struct error *e)
{
    char inner[4096 + 300];
    struct dirent **entries;
    size_t before = report->input_count;
    bool good = !result_is_in(path, "", inner) || report_add(report, inner, e);
    int count = scandir(path, &entries, entry_is_visible, alphasort);
    for (int i = 0; i < count; i++) {
        if (good && strncmp(entries[i]->d_name, "boot-", 5) != 0 && strncmp(entries[i]->d_name, LADDER_MARK, sizeof LADDER_MARK - 1) != 0
            && result_is_in(path, entries[i]->d_name, inner))
            good = report_add(report, inner, e);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return good && (report->input_count > before || report_add(report, path, e));
}

static bool inputs_read(struct report *report, const struct report_arguments *arguments, char output[4096], struct error *e)
{
    if (arguments->path_count == 0 && !newest_read(report, output, e))
        return false;
    for (size_t i = 0; i < arguments->path_count; i++)
        if (!path_read(report, arguments->paths[i], e))
            return false;
    if (arguments->path_count)
        strcpy(output, "report");
    if (arguments->output && snprintf(output, 4096, "%s", arguments->output) >= 4000)
        return error_set(e, "the name of the output folder is too long");
    return true;
}

static void tables_print(const struct report *report)
{
    struct report_tables tables = report_tables_make(report);
    char *verdict = report_verdict(report), *absences = report_absences(report), *line;
    size_t across = terminal_columns();
    for (size_t i = 0; i < report->input_count; i++) {
        char *conditions = report_conditions(&report->inputs[i]), *label = report_plain(report->inputs[i].label, 60);
        fputs(i ? "" : "Measured on\n", stdout);
        if (asprintf(&line, "%s: %s", label, conditions) < 0)
            abort(); /* a line of text */
        terminal_print(stdout, line, 0, 2, across);
        free(line);
        free(conditions);
        free(label);
    }
    for (size_t i = 0; i < tables.count; i++)
        report_table_print(stdout, &tables.items[i]);
    if (*absences)
        puts("\nAbsent or doubtful");
    terminal_print(stdout, absences, 0, 0, across);
    puts("");
    terminal_print(stdout, verdict, 0, 0, across);
    free(verdict);
    free(absences);
    report_tables_free(&tables);
}

/* The command line that makes the same report again. */
static char *command_text(const struct report *report, const struct report_arguments *arguments)
{
    struct arguments a = { 0 };
    arguments_add(&a, "build/tollgate");
    arguments_add(&a, "report");
    for (size_t i = 0; i < report->input_count; i++)
        arguments_add(&a, "%s", report_path_short(report->inputs[i].path));
    if (arguments->output) {
        arguments_add(&a, "-o");
        arguments_add(&a, "%s", arguments->output);
    }
    char *text = arguments_quoted(&a);
    arguments_free(&a);
    return text;
}

static bool html_write(const char *path, const struct report_page *page, struct error *e)
{
    struct file_output f;
    if (!file_create(&f, path, e))
        return false;
    if (report_html_write(f.stream, page, e))
        return file_commit(&f, e);
    file_abandon(&f);
    return false;
}

/* Figures and page; path gets the page's. */
static bool page_write(const struct report *report, const struct report_arguments *arguments, const char *output, struct report_figures *figures,
                       char path[4200], struct error *e)
{
    char plots[4200];
    snprintf(plots, sizeof plots, "%s/plots", output);
    snprintf(path, 4200, "%s/report.html", output);
    char *command = command_text(report, arguments);
    struct report_page page = { .report = report, .figures = figures, .plots = plots, .command = command };
    bool good = folder_make(plots, true, e) && report_plots_draw(report, tool_tree_dir(), plots, figures, e) && html_write(path, &page, e);
    free(command);
    return good;
}

static void json_show(const struct report *report, const struct report_figures *figures, const char *page)
{
    json_t *all = report_json(report, figures, page);
    json_print(stdout, all, 4);
    json_decref(all);
}

static bool report_show(const struct report *report, const struct report_arguments *arguments, const char *output, struct error *e)
{
    struct report_figures figures = { 0 };
    char path[4200] = "";
    if (!arguments->json)
        tables_print(report);
    bool drawn = !arguments->table_only, good = !drawn || page_write(report, arguments, output, &figures, path, e);
    if (good && arguments->json)
        json_show(report, drawn ? &figures : NULL, drawn ? path : NULL);
    for (size_t i = 0; good && !arguments->json && i < figures.count; i++)
        if (figures.items[i].absent)
            printf("No plot %s: %s\n", figures.items[i].name, figures.items[i].absent);
    if (good && drawn && !arguments->json)
        printf("%s\n", path);
    report_figures_free(&figures);
    return good;
}

static int report_run(int argc, char **argv)
{
    static const struct argp argp = {
        options, option_parse, "[RESULT...]",
        "Prints what results say as tables, and writes one self-contained page with plots, environment and every row.\v"
        "RESULT is a result.json, the folder that holds it, or a folder of such folders: a run with all its targets. Without any: the newest run below "
        "results/local, and of each other target, number of CPUs or set of guest options the newest result of the same commit. `tollgate report results/sample` shows what comes with the tree. "
        "Rows of unlike units are never divided by one another nor put on one axis. Needs gnuplot for the plots.\n\n"
        "Exit status: 0; 2 usage; 3 bad input; 4 the report could not be written, or gnuplot failed.",
        NULL, NULL, NULL
    };
    struct report_arguments arguments = { 0 };
    struct report report;
    struct error e = { "" };
    char output[4096] = "";
    int status = TOOL_OK;
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    report_init(&report);
    if (!inputs_read(&report, &arguments, output, &e))
        status = TOOL_BAD_INPUT;
    else if (!report_show(&report, &arguments, output, &e))
        status = TOOL_FAILED;
    if (status != TOOL_OK)
        tool_error("report: %s", e.text);
    report_free(&report);
    return status;
}

const struct command command_report = { "report", "tables, plots and one self-contained page of results", report_run };
