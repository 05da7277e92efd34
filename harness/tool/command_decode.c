/* SPDX-License-Identifier: BSD-2-Clause
 *
 * `tollgate decode RAW.LOG`: checks a raw log and makes a result of it. For logs brought in from elsewhere, and to recompute old ones.
 */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "harness/tool/file.h"
#include "harness/tool/json_file.h"
#include "harness/tool/rawlog.h"
#include "harness/tool/rawlog_seal.h"
#include "harness/tool/result.h"
#include "harness/tool/terminal.h"
#include "harness/tool/tool.h"

enum { OPTION_UNSEALED = 256, OPTION_SEAL, OPTION_COMMIT, OPTION_CLEAN };

static const struct argp_option options[] = {
    { "output", 'o', "FILE", 0, "Write the result to FILE", 0 },
    { "target", 't', "NAME", 0, "Target that the log comes from (default: import)", 0 },
    { "commit", OPTION_COMMIT, "ID", 0, "Commit that was measured (default: unknown)", 0 },
    { "clean", OPTION_CLEAN, NULL, 0, "The measured tree was that commit, unchanged (default: recorded as dirty)", 0 },
    { "context", 'c', "KEY=TEXT", 0, "One more fact for the result's context", 0 },
    { "unsealed", OPTION_UNSEALED, NULL, 0, "The log has no seal: it was captured by other means than `tollgate run`", 0 },
    { "seal", OPTION_SEAL, NULL, 0, "Seal the log, as `tollgate run` does when a capture is complete, then decode it", 0 },
    { "json", 'j', NULL, 0, "Print JSON: what the log holds", 0 },
    { 0 },
};

struct decode_arguments {
    const char *log, *output;
    json_t *context;
    bool unsealed, seal, clean, json;
};

static void context_add(struct argp_state *state, json_t *context, const char *text)
{
    const char *equals = strchr(text, '=');
    if (!equals || equals == text)
        argp_error(state, "\"%s\" is not KEY=TEXT", text);
    else if (json_object_setn_new(context, text, (size_t)(equals - text), json_string(equals + 1)) != 0)
        argp_error(state, "\"%s\" is not UTF-8", text);
}

static error_t option_parse(int key, char *text, struct argp_state *state)
{
    struct decode_arguments *arguments = state->input;
    switch (key) {
    case 'o': arguments->output = text; return 0;
    case 't': json_object_set_new(arguments->context, "target", json_string(text)); return 0;
    case OPTION_COMMIT: json_object_set_new(arguments->context, "commit", json_string(text)); return 0;
    case OPTION_CLEAN: arguments->clean = true; return 0;
    case 'c': context_add(state, arguments->context, text); return 0;
    case OPTION_UNSEALED: arguments->unsealed = true; return 0;
    case 'j': arguments->json = tool_json_wanted(); return 0;
    case OPTION_SEAL: arguments->seal = true; return 0;
    case ARGP_KEY_ARG:
        if (arguments->log)
            argp_error(state, "one RAW.LOG at a time");
        arguments->log = text;
        return 0;
    case ARGP_KEY_END:
        if (!arguments->log)
            argp_error(state, "RAW.LOG is missing");
        if (arguments->unsealed && arguments->seal)
            argp_error(state, "--seal and --unsealed exclude one another");
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static void default_set(json_t *context, const char *key, const char *value)
{
    if (!json_object_get(context, key))
        json_object_set_new(context, key, json_string(value));
}

/* The log's own time is the time of the measurement as nearly as it is known. */
static void context_complete(const struct decode_arguments *arguments)
{
    struct stat status;
    char date[32] = "unknown";
    if (stat(arguments->log, &status) == 0)
        strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", gmtime(&status.st_mtime));
    default_set(arguments->context, "target", "import");
    default_set(arguments->context, "commit", "unknown");
    default_set(arguments->context, "date", date);
    default_set(arguments->context, "tool", "tollgate " TOOL_VERSION);
    json_object_set_new(arguments->context, "dirty", json_boolean(!arguments->clean));
}

static void log_print(const struct rawlog *log)
{
    terminal_printf(stdout, "%llu records, %zu rows, %zu skipped, %zu tests, status %s\n", (unsigned long long)log->records, log->row_count,
                    json_array_size(log->skipped), json_array_size(log->tests), log->ok ? "ok" : "fail");
}

static void log_print_json(const struct rawlog *log)
{
    json_t *report = json_pack("{s:I, s:I, s:I, s:I, s:s, s:O}", "records", (json_int_t)log->records, "rows", (json_int_t)log->row_count,
                               "skipped", (json_int_t)json_array_size(log->skipped), "tests", (json_int_t)json_array_size(log->tests),
                               "status", log->ok ? "ok" : "fail", "context", log->context);
    json_print(stdout, report, 1);
    json_decref(report);
}

/* Only a complete log is sealed: any other file stays as it is, since it may well be something else, named by mistake. */
static bool log_seal(const char *path, struct error *e)
{
    char *bytes;
    size_t size;
    struct rawlog log;
    if (!file_read(path, RAWLOG_BYTES_MAX, &bytes, &size, e))
        return false;
    if (size > 0 && bytes[size - 1] != '\n')
        bytes[size++] = '\n'; /* as the seal will; file_read leaves room for a terminator */
    bool ok = rawlog_decode(bytes, size, false, &log, e);
    free(bytes);
    if (!ok)
        return error_prefix(e, "%s", path);
    rawlog_free(&log);
    return rawlog_seal(path, e);
}

static int log_decode(const struct decode_arguments *arguments, struct error *e)
{
    struct rawlog log;
    struct result result;
    if (arguments->seal && !log_seal(arguments->log, e))
        return TOOL_BAD_INPUT;
    if (!rawlog_read(arguments->log, !arguments->unsealed, &log, e))
        return TOOL_BAD_INPUT;
    (arguments->json ? log_print_json : log_print)(&log);
    context_complete(arguments);
    int status = TOOL_OK;
    if (!result_from_log(&log, arguments->context, &result, e)) {
        error_prefix(e, "%s", arguments->log);
        status = TOOL_BAD_INPUT;
    } else if (arguments->output && !result_write(arguments->output, &result, e))
        status = TOOL_FAILED;
    result_free(&result);
    rawlog_free(&log);
    return status;
}

static int decode_run(int argc, char **argv)
{
    static const struct argp argp = {
        options, option_parse, "RAW.LOG",
        "Checks every record of a raw log and makes a result of it.\v"
        "A log that is cut, changed, or holds anything unknown is refused with one line that names the place. "
        "Exit status 0: the log is complete and its guest reported success; 3: it is not.",
        NULL, NULL, NULL
    };
    struct decode_arguments arguments = { .context = json_object() };
    struct error e;
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    int status = log_decode(&arguments, &e);
    if (status != TOOL_OK)
        tool_error("%s", e.text);
    json_decref(arguments.context);
    return status;
}

const struct command command_decode = { "decode", "check a raw log and make a result of it", decode_run };
