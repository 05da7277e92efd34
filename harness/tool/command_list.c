/* SPDX-License-Identifier: BSD-2-Clause
 *
 * `tollgate list [GLOB]`: the workloads of this tree, what each measures and which table of which paper it reproduces.
 */
#include <argp.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/tool/json_file.h"
#include "harness/tool/terminal.h"
#include "harness/tool/tool.h"
#include "harness/tool/workload_index.h"

enum { NAME_COLUMNS = 25, TEXT_COLUMNS = 40 /* fewer, and text goes below the name */ };

struct list_arguments {
    const char *glob;
    bool files, json;
};

static const struct argp_option options[] = {
    { "files", 'f', NULL, 0, "Print the source file of each workload too", 0 },
    { "json", 'j', NULL, 0, "Print JSON", 0 },
    { 0 },
};

static error_t option_parse(int key, char *text, struct argp_state *state)
{
    struct list_arguments *arguments = state->input;
    switch (key) {
    case 'f': arguments->files = true; return 0;
    case 'j': arguments->json = tool_json_wanted(); return 0;
    case ARGP_KEY_ARG:
        if (state->arg_num > 0)
            argp_error(state, "one GLOB at most");
        arguments->glob = text;
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* Beside its name where there is room, else below it. */
static void entry_print(const struct workload_entry *w, bool file)
{
    char *text;
    size_t across = terminal_columns(), indent = across < NAME_COLUMNS + TEXT_COLUMNS ? 2 : NAME_COLUMNS;
    bool beside = indent == NAME_COLUMNS && strlen(w->id) < NAME_COLUMNS;
    if (asprintf(&text, "reproduces: %s", w->paper) < 0)
        abort(); /* a line of text */
    printf("%-*s%s", beside ? NAME_COLUMNS - 1 : 0, w->id, beside ? "" : "\n");
    terminal_print(stdout, w->sentence, beside ? 1 : indent, indent, across);
    terminal_print(stdout, text, indent + 2, indent + 4, across);
    free(text);
    if (file)
        printf("%*ssource: %s\n", (int)indent + 2, "", w->file);
}

static void entries_print(const struct workload_index *index, const struct list_arguments *arguments, size_t *shown)
{
    for (size_t i = 0; i < index->count; i++) {
        const struct workload_entry *w = &index->entries[i];
        if (fnmatch(arguments->glob, w->id, 0) != 0)
            continue;
        (*shown)++;
        entry_print(w, arguments->files);
    }
}

static void entries_print_json(const struct workload_index *index, const struct list_arguments *arguments, size_t *shown)
{
    json_t *list = json_array();
    for (size_t i = 0; i < index->count; i++) {
        const struct workload_entry *w = &index->entries[i];
        if (fnmatch(arguments->glob, w->id, 0) != 0)
            continue;
        (*shown)++;
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s}", "workload", w->id, "sentence", w->sentence, "reproduces", w->paper,
                                              "file", w->file));
    }
    json_print(stdout, list, 1);
    json_decref(list);
}

static int list_run(int argc, char **argv)
{
    static const struct argp argp = {
        options, option_parse, "[GLOB]",
        "Lists the workloads, what each of them measures, and the table of a paper that it reproduces.\v"
        "GLOB selects by name, as `run --select` does: `ipc.*`, `linux.pipe*`. Exit status 1: no workload matches.",
        NULL, NULL, NULL
    };
    struct list_arguments arguments = { .glob = "*" };
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    struct workload_index index;
    struct error e;
    if (!workload_index_read(NULL, &index, &e)) {
        tool_error("%s", e.text);
        return TOOL_BAD_INPUT;
    }
    size_t shown = 0;
    (arguments.json ? entries_print_json : entries_print)(&index, &arguments, &shown);
    workload_index_free(&index);
    if (shown == 0) {
        tool_error("no workload matches \"%s\"", arguments.glob);
        return TOOL_NEGATIVE;
    }
    return TOOL_OK;
}

const struct command command_list = { "list", "show the workloads and the paper tables that they reproduce", list_run };
