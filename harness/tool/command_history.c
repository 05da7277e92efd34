/* SPDX-License-Identifier: BSD-2-Clause
 *
 * `tollgate history`: adds a result to the series of its target, and shows where rows changed along it.
 */
#include <argp.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "harness/tool/figure.h"
#include "harness/tool/history_figure.h"
#include "harness/tool/json_file.h"
#include "harness/tool/terminal.h"
#include "harness/tool/tool.h"

enum { OPTION_ADD = 256, OPTION_PLOT, OPTION_FOLDER, OPTION_GIT };

static const struct argp_option options[] = {
    { "add", OPTION_ADD, "RESULT", 0, "Append this result to the series of its target", 0 },
    { "target", 't', "NAME", 0, "Series to show (default: that of RESULT, or qemu)", 0 },
    { "select", 's', "GLOB", 0, "Rows (\"workload variant\") that match (default: *)", 0 },
    { "plot", OPTION_PLOT, "FILE.svg", 0, "Draw the rows that match, at most eight; beside it .png, .pdf, data and script", 0 },
    { "json", 'j', NULL, 0, "Print JSON", 0 },
    { "folder", OPTION_FOLDER, "DIR", 0, "Where the series are (default: results/history)", 0 },
    { "git", OPTION_GIT, "DIR", 0, "Repository that tells which commit descends from which (default: the source tree)", 0 },
    { 0 },
};

struct history_arguments {
    const char *add, *target, *select, *plot, *folder, *git;
    bool json;
};

static error_t option_parse(int key, char *text, struct argp_state *state)
{
    struct history_arguments *arguments = state->input;
    switch (key) {
    case OPTION_ADD: arguments->add = text; return 0;
    case 't':
        if (strchr(text, '/') || !*text)
            argp_error(state, "\"%s\" is not the name of a target", text);
        arguments->target = text;
        return 0;
    case 's': arguments->select = text; return 0;
    case OPTION_PLOT: arguments->plot = text; return 0;
    case OPTION_FOLDER: arguments->folder = text; return 0;
    case OPTION_GIT: arguments->git = text; return 0;
    case 'j': arguments->json = tool_json_wanted(); return 0;
    case ARGP_KEY_ARG: argp_error(state, "unexpected argument \"%s\" (--add RESULT adds one)", text); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static char *series_path(const struct history_arguments *a, const char *target)
{
    char *path;
    int n = a->folder ? asprintf(&path, "%s/%s.jsonl", a->folder, target)
                      : asprintf(&path, "%s/results/history/%s.jsonl", tool_tree_dir(), target);
    if (n < 0)
        abort();
    char *slash = strrchr(path, '/');
    *slash = 0;
    mkdir(path, 0777); /* when it cannot be made, opening the file says so */
    *slash = '/';
    return path;
}

static int result_add(struct history_arguments *a, char target[128], struct error *e)
{
    struct result result;
    if (!result_read(a->add, &result, e))
        return TOOL_BAD_INPUT;
    snprintf(target, 128, "%s", result_context(&result, "target"));
    bool dirty = json_is_true(json_object_get(result.context, "dirty"));
    bool good = *target && !strchr(target, '/');
    json_t *entry = good ? history_entry(&result) : NULL;
    result_free(&result);
    if (!good || dirty) {
        json_decref(entry);
        error_set(e, dirty ? "%s: measured on a tree with uncommitted changes: a series is of commits" : "%s: its target has no usable name", a->add);
        return TOOL_BAD_INPUT;
    }
    char *path = series_path(a, target);
    enum history_append done = history_append(path, entry, e);
    if (done <= HISTORY_PRESENT && !a->json)
        terminal_printf(stdout, "%s: %s\n", path, done == HISTORY_PRESENT ? "that commit is there already, with the same figures" : "one entry added");
    json_decref(entry);
    free(path);
    return done == HISTORY_REFUSED ? TOOL_BAD_INPUT : done == HISTORY_UNWRITTEN ? TOOL_FAILED : TOOL_OK;
}

/* --- showing --- */

static const char *entry_text(const struct history *h, size_t i, const char *key)
{
    return json_string_value(json_object_get(json_array_get(h->entries, i), key));
}

/* Names of all rows that ever were, in order of first appearance. */
static json_t *rows_all(const struct history *h, const char *select)
{
    size_t i;
    const char *name;
    json_t *entry, *value, *names = json_object();
    json_array_foreach(h->entries, i, entry)
        json_object_foreach(json_object_get(entry, "rows"), name, value)
            if (fnmatch(select, name, 0) == 0)
                json_object_set(names, name, json_true());
    return names;
}

static void row_show(const struct history *h, const char *name, const struct history_step *steps, size_t count, json_t *list)
{
    for (size_t i = 0; i < count; i++) {
        const char *commit = entry_text(h, steps[i].entry, "commit"), *date = entry_text(h, steps[i].entry, "date");
        double change = steps[i].after - steps[i].before;
        if (list)
            json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:o, s:o, s:o}", "row", name, "commit", commit, "date", date, "before",
                                                  json_number(steps[i].before), "after", json_number(steps[i].after), "p",
                                                  json_number(steps[i].p)));
        else
            terminal_printf(stdout, "%s  %.10s  %+.6g (%.8g -> %.8g)  %s\n", commit, date, change, steps[i].before, steps[i].after, name);
    }
}

static bool plot_draw(const struct history *h, const json_t *names, const char *path, struct error *e)
{
    const char *name, *shown[HISTORY_FIGURE_ROWS], *target = entry_text(h, 0, "target");
    char title[200];
    json_t *value;
    size_t count = 0;
    if (json_object_size(names) == 0 || json_object_size(names) > HISTORY_FIGURE_ROWS)
        return error_set(e, "%zu rows match; a plot takes 1 to %d: narrow them with --select", json_object_size(names), HISTORY_FIGURE_ROWS);
    json_object_foreach((json_t *)names, name, value)
        shown[count++] = name;
    struct figure_text text;
    figure_text_open(&text);
    bool ok = history_figure_write(text.data, text.head, h, shown, count, e);
    fputs("Medians per operation, raw. ", text.caption);
    history_figure_caption(text.caption, h);
    figure_text_close(&text);
    snprintf(title, sizeof title, "Series of target %.100s (%s)", target, entry_text(h, 0, "unit"));
    struct figure_parts parts = {
        .script = "history", .title = title, .unit = entry_text(h, 0, "unit"), .caption = text.caption_text, .head = text.head_text, .data = text.data_text,
    };
    ok = ok && figure_draw_at(tool_tree_dir(), path, &parts, e);
    figure_text_free(&text);
    return ok;
}

static int series_show(const struct history_arguments *a, const struct history *h, struct error *e)
{
    const char *name;
    json_t *value, *names = rows_all(h, a->select), *list = a->json ? json_array() : NULL;
    size_t total = 0, entries = json_array_size(h->entries);
    bool ok = true;
    if (json_object_size(names) == 0) {
        json_decref(list);
        json_decref(names);
        return error_set(e, "no row matches \"%s\"", a->select), TOOL_NEGATIVE;
    }
    if (!list)
        terminal_printf(stdout, "%s: %zu commits, %s .. %s, %zu rows%s\n", entry_text(h, 0, "target"), entries, entry_text(h, h->ancestry.order[0], "commit"),
                        entry_text(h, h->ancestry.order[entries - 1], "commit"), json_object_size(names),
                        h->ancestry.unknown ? "; commits that git does not know here are compared with none" : "");
    json_object_foreach(names, name, value) {
        struct history_step *steps;
        size_t count;
        if (!(ok = history_steps(h, name, &steps, &count, e)))
            break;
        row_show(h, name, steps, count, list);
        total += count;
        free(steps);
    }
    if (ok && list)
        json_print(stdout, list, 1);
    else if (ok)
        printf("%zu changes\n", total);
    json_decref(list);
    if (ok && a->plot)
        ok = plot_draw(h, names, a->plot, e);
    json_decref(names);
    return ok ? TOOL_OK : TOOL_FAILED;
}

static int history_run(int argc, char **argv)
{
    static const struct argp argp = {
        options, option_parse, NULL,
        "Keeps the medians of every measured commit in results/history/<target>.jsonl, one line a commit, appended and never rewritten, and "
        "shows where rows changed.\v"
        "A commit is compared with its nearest measured ancestors, as git tells them, never with a branch that it does not hold. In instructions a "
        "median that none of them has is a step; a merge with the median of one of its parents is none. In cycles and ns each chain of "
        "ancestors is split where a rank-sum test of the medians before and after gives p < 0.01 (divided by the number of places looked at) and the level "
        "moved by at least 3 and at least 1 %.\n\n"
        "Exit status: 0; 1 no row matches; 2 usage; 3 bad input: not a series, another target, a dirty tree, a commit with other figures; 4 the series cannot be written, "
        "git does not know the commits, or no plot.",
        NULL, NULL, NULL
    };
    struct history_arguments arguments = { .select = "*" };
    struct history history;
    struct error e = { "" };
    char target[128] = "qemu";
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    int status = arguments.add ? result_add(&arguments, target, &e) : TOOL_OK;
    if (status == TOOL_OK) {
        char *path = series_path(&arguments, arguments.target ? arguments.target : target);
        if (!history_read(path, &history, &e))
            status = TOOL_BAD_INPUT;
        else if (json_array_size(history.entries) == 0) {
            error_set(&e, "%s: no entry (tollgate history --add RESULT)", path);
            status = TOOL_BAD_INPUT;
        } else if (!history_relate(&history, arguments.git ? arguments.git : tool_tree_dir(), &e))
            status = TOOL_FAILED;
        else
            status = series_show(&arguments, &history, &e);
        if (status != TOOL_BAD_INPUT)
            history_free(&history);
        free(path);
    }
    if (status != TOOL_OK)
        tool_error("%s", e.text);
    return status;
}

const struct command command_history = { "history", "the series over commits: add a result, show and plot changes", history_run };
