/* SPDX-License-Identifier: BSD-2-Clause
 *
 * `tollgate export --format F RESULT`: results in the formats of other tools; see export.h.
 */
#include <argp.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/tool/export.h"
#include "harness/tool/file.h"
#include "harness/tool/json_file.h"
#include "harness/tool/tool.h"

enum { OPTION_REFERENCE = 256, OPTION_UNSEALED };

static const struct argp_option options[] = {
    { "format", 'f', "FORMAT", 0, "csv, benchstat, github-action-benchmark, openmetrics, sel4bench, junit, tap or perfetto", 0 },
    { "output", 'o', "FILE", 0, "Write to FILE instead of standard output", 0 },
    { "reference", OPTION_REFERENCE, "FILE", 0, "junit, tap: reference (default: results/reference/<target>.json)", 0 },
    { "unsealed", OPTION_UNSEALED, NULL, 0, "perfetto: RAW.LOG has no seal: it was captured by other means than this tool", 0 },
    { "json", 'j', NULL, 0, "Print the list of formats as JSON", 0 },
    { 0 },
};

struct export_arguments {
    const char *path, *output, *reference;
    const struct export_format *format;
    bool unsealed, json;
};

static error_t option_parse(int key, char *text, struct argp_state *state)
{
    struct export_arguments *arguments = state->input;
    switch (key) {
    case 'f':
        if (!(arguments->format = export_format_find(text)))
            argp_error(state, "unknown format \"%s\" (--help lists them)", text);
        return 0;
    case 'o': arguments->output = text; return 0;
    case 'j': arguments->json = tool_json_wanted(); return 0;
    case OPTION_REFERENCE: arguments->reference = text; return 0;
    case OPTION_UNSEALED: arguments->unsealed = true; return 0;
    case ARGP_KEY_ARG:
        if (arguments->path)
            argp_error(state, "one input at a time");
        arguments->path = text;
        return 0;
    case ARGP_KEY_END:
        if (!arguments->json && (!arguments->format || !arguments->path))
            argp_error(state, "--format FORMAT and an input are needed");
        if (arguments->json && (arguments->format || arguments->path))
            argp_error(state, "--json prints the list of formats, and goes with no other");
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static int formats_print_json(void)
{
    json_t *list = json_array();
    for (const struct export_format *f = export_formats; f->name; f++)
        json_array_append_new(list, json_pack("{s:s, s:s}", "format", f->name, "summary", f->summary));
    json_print(stdout, list, 1);
    json_decref(list);
    return TOOL_OK;
}

/* The reference that is named, or the target's own if there is one; NULL root: none. */
static bool reference_open(const struct export_arguments *a, const struct result *result, struct reference *reference, struct error *e)
{
    char *path;
    const char *target = result_context(result, "target");
    *reference = (struct reference){ 0 };
    if (a->reference)
        return reference_read(a->reference, reference, e);
    if (strchr(target, '/') || asprintf(&path, "%s/results/reference/%s.json", tool_tree_dir(), target) < 0)
        return true;
    bool ok = access(path, F_OK) != 0 || reference_read(path, reference, e);
    free(path);
    return ok;
}

static int job_write(const struct export_arguments *a, const struct export_job *job, struct error *e)
{
    struct file_output file;
    if (!a->output)
        return a->format->write(stdout, job, e) ? TOOL_OK : TOOL_BAD_INPUT;
    if (!file_create(&file, a->output, e))
        return TOOL_FAILED;
    if (!a->format->write(file.stream, job, e)) {
        file_abandon(&file);
        return TOOL_BAD_INPUT;
    }
    return file_commit(&file, e) ? TOOL_OK : TOOL_FAILED;
}

static int trace_export(const struct export_arguments *a, struct error *e)
{
    struct rawlog trace;
    if (!rawlog_read(a->path, !a->unsealed, &trace, e))
        return TOOL_BAD_INPUT;
    struct export_job job = { .trace = &trace };
    int status = job_write(a, &job, e);
    if (status == TOOL_BAD_INPUT)
        error_prefix(e, "%s", a->path);
    rawlog_free(&trace);
    return status;
}

static int result_export(const struct export_arguments *a, struct error *e)
{
    struct result result;
    struct reference reference = { 0 };
    if (!result_read(a->path, &result, e))
        return TOOL_BAD_INPUT;
    struct export_job job = { .result = &result };
    int status = TOOL_BAD_INPUT;
    if (a->format->source != EXPORT_GATE || reference_open(a, &result, &reference, e)) {
        job.reference = reference.root ? &reference : NULL;
        status = job_write(a, &job, e);
    }
    reference_free(&reference);
    result_free(&result);
    return status;
}

static char *help_filter(int key, const char *text, void *input)
{
    (void)input;
    if (key != ARGP_KEY_HELP_POST_DOC)
        return (char *)(uintptr_t)text;
    char *all = NULL;
    size_t size;
    FILE *out = open_memstream(&all, &size);
    if (!out)
        return (char *)(uintptr_t)text;
    for (const struct export_format *f = export_formats; f->name; f++)
        fprintf(out, "  %-24s %s\n", f->name, f->summary);
    fprintf(out, "\n%s", text);
    fclose(out);
    return all;
}

static int export_run(int argc, char **argv)
{
    static const struct argp argp = {
        options, option_parse, "RESULT|RAW.LOG",
        "Writes a result in the format of another tool.\v"
        "RESULT is a result file or a folder that holds result.json; RAW.LOG, for perfetto, the log of a run with tracepoints (`tollgate trace`, or kernel option trace=on).\n\n"
        "Exit status: 0 written; 2 usage; 3 bad input, or nothing that the format could hold; 4 the output could not be written.",
        NULL, help_filter, NULL
    };
    struct export_arguments arguments = { 0 };
    struct error e = { "" };
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    if (arguments.json)
        return formats_print_json();
    int status = arguments.format->source == EXPORT_TRACE ? trace_export(&arguments, &e) : result_export(&arguments, &e);
    if (status != TOOL_OK)
        tool_error("%s", e.text);
    return status;
}

const struct command command_export = { "export", "write a result in the format of another tool", export_run };
