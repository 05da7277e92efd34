/* SPDX-License-Identifier: BSD-2-Clause
 *
 * `tollgate published`: numbers of the literature, each with its source; as a table, as JSON, or as a plot.
 */
#include <argp.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/tool/figure.h"
#include "harness/tool/json_file.h"
#include "harness/tool/published_figure.h"
#include "harness/tool/terminal.h"
#include "harness/tool/tool.h"

enum { OPTION_PLOT = 256, OPTION_FOLDER };

static const struct argp_option options[] = {
    { "operation", 'o', "GLOB", 0, "Operations that match: ipc_inter, null_rpc, pipe_latency, ... (default: count all operations)", 0 },
    { "system", 's', "GLOB", 0, "Systems that match", 0 },
    { "direction", 'd', "WORD", 0, "one_way, round_trip or n/a", 0 },
    { "unit", 'u', "WORD", 0, "cycles, us, instructions, ...", 0 },
    { "plot", OPTION_PLOT, "FILE.svg", 0, "Draw them, hatched: one unit and one direction, at most 60 numbers; beside it .png, .pdf, data and script", 0 },
    { "json", 'j', NULL, 0, "Print JSON", 0 },
    { "folder", OPTION_FOLDER, "DIR", 0, "Where the numbers are (default: baselines/published)", 0 },
    { 0 },
};

struct published_arguments {
    const char *operation, *system, *direction, *unit, *plot, *folder;
    bool json;
};

static error_t option_parse(int key, char *text, struct argp_state *state)
{
    struct published_arguments *arguments = state->input;
    switch (key) {
    case 'o': arguments->operation = text; return 0;
    case 's': arguments->system = text; return 0;
    case 'd': arguments->direction = text; return 0;
    case 'u': arguments->unit = text; return 0;
    case OPTION_PLOT: arguments->plot = text; return 0;
    case OPTION_FOLDER: arguments->folder = text; return 0;
    case 'j': arguments->json = tool_json_wanted(); return 0;
    case ARGP_KEY_ARG: argp_error(state, "unexpected argument \"%s\"", text); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static bool glob_matches(const char *glob, const char *text)
{
    return !glob || fnmatch(glob, text, 0) == 0;
}

static bool number_shown(const struct published_number *n, const struct published_arguments *a)
{
    return glob_matches(a->operation, n->operation) && glob_matches(a->system, n->system) &&
           (!a->direction || strcmp(a->direction, n->direction) == 0) && (!a->unit || strcmp(a->unit, n->unit) == 0);
}

/* --- table --- */

/* One line for each operation, direction and unit: how many numbers of how many systems. Numbers are sorted by these. */
static void operations_print(FILE *out, const struct published *p)
{
    fprintf(out, "%-28s %-10s %-14s %8s\n", "operation", "direction", "unit", "numbers");
    for (size_t i = 0, from = 0; i < p->count; i++) {
        const struct published_number *n = &p->numbers[i], *next = i + 1 < p->count ? n + 1 : NULL;
        if (next && strcmp(n->operation, next->operation) == 0 && strcmp(n->direction, next->direction) == 0 &&
            strcmp(n->unit, next->unit) == 0)
            continue;
        fprintf(out, "%-28s %-10s %-14s %8zu\n", n->operation, n->direction, n->unit, i + 1 - from);
        from = i + 1;
    }
}

static void number_print(FILE *out, const struct published_number *n)
{
    char deviation[40] = "";
    if (n->has_stddev)
        snprintf(deviation, sizeof deviation, " +- %g", n->stddev);
    fprintf(out, "%12.10g%s %-6s %-10s %s (%s)%s%s%s%s\n%14s%s, %s %s, %s\n", n->value, deviation, n->unit, n->direction, n->system, n->variant,
           *n->machine ? " on " : "", n->machine, *n->mhz ? ", MHz " : "", n->mhz, "", n->operation, n->source, n->year, n->table);
    if (*n->note)
        fprintf(out, "%14s%s\n", "", n->note);
}

static void sources_print(FILE *out, const struct published *p, const struct published_arguments *a)
{
    fputs("\nSources (directions are never mixed; machines span decades: compare within one source)\n", out);
    for (size_t i = 0; i < p->count; i++) {
        const struct published_number *n = &p->numbers[i];
        bool told = !number_shown(n, a) || !*n->title;
        for (size_t k = 0; !told && k < i; k++)
            told = strcmp(p->numbers[k].source, n->source) == 0 && number_shown(&p->numbers[k], a);
        if (!told)
            fprintf(out, "  %s: %s. %s. %s %s. %s\n", n->source, n->authors, n->title, n->venue, n->year, n->where);
    }
}

static json_t *number_json(const struct published_number *n)
{
    json_t *object = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "system", n->system, "variant",
                               n->variant, "operation", n->operation, "direction", n->direction, "unit", n->unit, "machine", n->machine,
                               "mhz", n->mhz, "source", n->source, "table", n->table, "note", n->note, "authors", n->authors, "title",
                               n->title, "year", n->year, "where", n->where);
    json_object_set_new(object, "value", json_number(n->value));
    if (n->has_stddev)
        json_object_set_new(object, "stddev", json_number(n->stddev));
    return object;
}

/* --- plot --- */

static bool plot_draw(const struct published_number *const *shown, size_t count, const char *path, struct error *e)
{
    char title[200];
    struct figure_text text;
    figure_text_open(&text);
    published_figure_write(text.data, text.head, text.caption, shown, count, 0, 0, 0);
    figure_text_close(&text);
    snprintf(title, sizeof title, "Published, not measured here: %.60s, %.20s", shown[0]->operation, shown[0]->direction);
    struct figure_parts parts = {
        .script = "bars", .title = title, .unit = shown[0]->unit, .caption = text.caption_text, .head = text.head_text, .data = text.data_text,
    };
    bool ok = figure_draw_at(tool_tree_dir(), path, &parts, e);
    figure_text_free(&text);
    return ok;
}

/* All on one axis, or not at all. */
static int plot_make(const struct published *p, const struct published_arguments *a, struct error *e)
{
    const struct published_number *shown[PUBLISHED_FIGURE_BARS];
    size_t count = 0;
    for (size_t i = 0; i < p->count; i++) {
        const struct published_number *n = &p->numbers[i];
        if (!number_shown(n, a))
            continue;
        if (count == PUBLISHED_FIGURE_BARS)
            return error_set(e, "more than %d numbers match: narrow them with --operation, --system, --unit", PUBLISHED_FIGURE_BARS), TOOL_BAD_INPUT;
        if (n->value <= 0)
            continue;
        shown[count++] = n;
        if (strcmp(n->unit, shown[0]->unit) != 0 || strcmp(n->direction, shown[0]->direction) != 0)
            return error_set(e, "unlike units or directions (%s %s, %s %s) on one axis: pick with --unit and --direction", shown[0]->direction,
                             shown[0]->unit, n->direction, n->unit), TOOL_BAD_INPUT;
    }
    if (count == 0)
        return error_set(e, "no positive number matches: nothing to plot"), TOOL_BAD_INPUT;
    return plot_draw(shown, count, a->plot, e) ? TOOL_OK : TOOL_FAILED;
}

/* --- command --- */

static size_t numbers_write(FILE *out, const struct published *p, const struct published_arguments *a)
{
    size_t shown = 0;
    json_t *list = a->json ? json_array() : NULL;
    bool all = !a->operation && !a->system && !a->direction && !a->unit;
    for (size_t i = 0; i < p->count; i++) {
        if (!number_shown(&p->numbers[i], a))
            continue;
        shown++;
        if (list)
            json_array_append_new(list, number_json(&p->numbers[i]));
        else if (!all)
            number_print(out, &p->numbers[i]);
    }
    if (list)
        json_print(out, list, 1);
    else if (all)
        operations_print(out, p);
    else if (shown)
        sources_print(out, p, a);
    json_decref(list);
    return shown;
}

static size_t numbers_show(const struct published *p, const struct published_arguments *a)
{
    char *text = NULL;
    size_t bytes;
    FILE *out = a->json ? stdout : open_memstream(&text, &bytes);
    if (!out)
        abort(); /* a few hundred lines */
    size_t shown = numbers_write(out, p, a);
    if (!a->json) {
        fclose(out);
        terminal_lines_print(stdout, text);
        free(text);
    }
    return shown;
}

static int published_run(int argc, char **argv)
{
    static const struct argp argp = {
        options, option_parse, NULL,
        "Lists numbers that were published about microkernels and related systems, each with its source; and instruction counts of other "
        "kernels taken for this project (source: this project).\v"
        "None of these numbers was measured by Tollgate on this machine, and no number is doubled or halved to make it fit: a one-way time is "
        "not a round trip.\n\n"
        "Exit status: 0; 1 nothing matches; 2 usage; 3 bad input or numbers that cannot share an axis; 4 the plot could not be drawn.",
        NULL, NULL, NULL
    };
    struct published_arguments arguments = { 0 };
    struct published published;
    struct error e;
    char *folder;
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    if (asprintf(&folder, "%s/baselines/published", tool_tree_dir()) < 0)
        abort();
    bool ok = published_read(arguments.folder ? arguments.folder : folder, &published, &e);
    free(folder);
    int status = !ok ? TOOL_BAD_INPUT : arguments.plot ? plot_make(&published, &arguments, &e) : TOOL_OK;
    ok = status == TOOL_OK;
    if (ok)
        status = numbers_show(&published, &arguments) ? TOOL_OK : TOOL_NEGATIVE;
    if (!ok)
        tool_error("%s", e.text);
    else if (status == TOOL_NEGATIVE && !arguments.json)
        tool_error("no published number matches");
    published_free(&published);
    return status;
}

const struct command command_published = { "published", "numbers of the literature, with their sources", published_run };
