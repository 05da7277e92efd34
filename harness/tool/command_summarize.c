/* SPDX-License-Identifier: BSD-2-Clause
 *
 * `tollgate summarize RAW.LOG|FOLDER`: every summary anew from the raw log. Says whether result.json beside it agrees.
 */
#include <argp.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/tool/json_file.h"
#include "harness/tool/summarize.h"
#include "harness/tool/terminal.h"
#include "harness/tool/tool.h"

enum { OPTION_UNSEALED = 256 };

static const struct argp_option options[] = {
    { "output", 'o', "FILE", 0, "Write the result to FILE", 0 },
    { "json", 'j', NULL, 0, "Print JSON: what was read, and how many rows differ from the stored result", 0 },
    { "unsealed", OPTION_UNSEALED, NULL, 0, "The log has no seal: it was captured by other means than `tollgate run`", 0 },
    { 0 },
};

struct summarize_arguments {
    const char *path, *output;
    bool json, unsealed;
};

static error_t option_parse(int key, char *text, struct argp_state *state)
{
    struct summarize_arguments *arguments = state->input;
    switch (key) {
    case 'o': arguments->output = text; return 0;
    case 'j': arguments->json = tool_json_wanted(); return 0;
    case OPTION_UNSEALED: arguments->unsealed = true; return 0;
    case ARGP_KEY_ARG:
        if (arguments->path)
            argp_error(state, "one RAW.LOG or FOLDER at a time");
        arguments->path = text;
        return 0;
    case ARGP_KEY_END:
        if (!arguments->path)
            argp_error(state, "RAW.LOG or FOLDER is missing");
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* Compares with FOLDER/result.json; TOOL_OK when there is none. */
static int stored_compare(const struct summarize_arguments *arguments, const struct result *result, struct error *e)
{
    char path[PATH_MAX];
    struct result stored;
    snprintf(path, sizeof path, "%s/result.json", arguments->path);
    bool there = access(path, F_OK) == 0;
    if (there && !result_read(path, &stored, e))
        return TOOL_BAD_INPUT;
    size_t differ = there ? results_differ(result, &stored, arguments->json ? NULL : stdout) : 0;
    if (arguments->json) {
        json_t *report = json_pack("{s:s, s:i, s:b, s:i}", "source", arguments->path, "rows", (int)result->row_count, "stored", there,
                                   "differ", (int)differ);
        json_print(stdout, report, 1);
        json_decref(report);
    } else {
        char of_stored[PATH_MAX + 48] = "";
        if (there)
            snprintf(of_stored, sizeof of_stored, "; %zu differ from %s", differ, path);
        terminal_printf(stdout, "%zu rows summarized from the raw log%s\n", result->row_count, of_stored);
    }
    if (there)
        result_free(&stored);
    return differ ? TOOL_NEGATIVE : TOOL_OK;
}

static int summarize_run(int argc, char **argv)
{
    static const struct argp argp = {
        options, option_parse, "RAW.LOG|FOLDER",
        "Computes every summary of a result anew from its raw log, without running anything.\v"
        "FOLDER holds raw.log, and boot-2/raw.log and so on when there were several boots. When it holds result.json too, the two are "
        "compared field by field. What only the host knew (commit, date, command) is taken from that file.\n\n"
        "Exit status: 0 done, and the stored result agrees; 1 it does not; 2 usage; 3 bad input; 4 the output could not be written.",
        NULL, NULL, NULL
    };
    struct summarize_arguments arguments = { 0 };
    struct result result;
    struct error e = { "" };
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    int status = TOOL_BAD_INPUT;
    if (summarize(arguments.path, !arguments.unsealed, &result, &e)) {
        status = stored_compare(&arguments, &result, &e);
        if (status <= TOOL_NEGATIVE && arguments.output && !result_write(arguments.output, &result, &e))
            status = TOOL_FAILED;
    }
    if (status > TOOL_NEGATIVE)
        tool_error("%s", e.text);
    result_free(&result);
    return status;
}

const struct command command_summarize = { "summarize", "compute every summary anew from a raw log", summarize_run };
