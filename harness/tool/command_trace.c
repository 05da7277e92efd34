/* SPDX-License-Identifier: BSD-2-Clause
 *
 * `tollgate trace`: runs workloads with tracepoints on (trace=on), or reads a log of such a run, and tells where the time between the points
 * went; exports the events for trace viewers.
 */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/tool/file.h"
#include "harness/tool/json_file.h"
#include "harness/tool/rawlog.h"
#include "harness/tool/session.h"
#include "harness/tool/target.h"
#include "harness/tool/target_run.h"
#include "harness/tool/text.h"
#include "harness/tool/tool.h"
#include "harness/tool/trace_breakdown.h"
#include "harness/tool/workload_expected.h"

enum { OPTION_CHROME = 256, OPTION_FOLDED, OPTION_CPUS, OPTION_CMDLINE, OPTION_RESULTS, OPTION_UNSEALED };

static const struct argp_option options[] = {
    { "select", 's', "GLOB", 0, "Trace the workloads that match (default: ipc.breakdown), `ipc.call.inter` for example", 1 },
    { "target", 't', "TARGET", 0, "Where to run (default: qemu); a target that runs the kernel", 1 },
    { "json", 'j', NULL, 0, "Print JSON instead of tables", 1 },
    { "chrome", OPTION_CHROME, "FILE", 0, "Write the events as Chrome trace JSON to FILE (default: trace.json in the run's folder)", 2 },
    { "folded", OPTION_FOLDED, "FILE", 0, "Write folded stacks to FILE (default: trace.folded in the run's folder)", 2 },
    { "cpus", OPTION_CPUS, "N", 0, "CPUs of the kernel's machine (default: 1)", 3 },
    { "cmdline", OPTION_CMDLINE, "OPTIONS", 0, "Further options for the guest's command line, `nofast` for example", 3 },
    { "results", OPTION_RESULTS, "FOLDER", 0, "Where to keep the run (default: results/local)", 3 },
    { "unsealed", OPTION_UNSEALED, NULL, 0, "RAW.LOG has no seal: it was captured by other means than this tool", 3 },
    { 0 },
};

struct trace_arguments {
    const char *select, *chrome, *folded, *cmdline, *results, *log;
    const struct target *target;
    unsigned cpus;
    bool unsealed, json;
};

static const char *text_checked(const char *what, const char *text, const char *allowed, struct argp_state *state)
{
    if (text[0] == '\0' || text[strspn(text, allowed)] != '\0' || strlen(text) > 512)
        argp_error(state, "%s: \"%s\" is empty, too long or holds a character that is not allowed", what, text);
    return text;
}

static const struct target *target_checked(const char *name, struct argp_state *state)
{
    const struct target *target = target_find(name);
    if (!target || strcmp(target->system, "tollgate") != 0)
        argp_error(state, "\"%s\" is no target that runs the kernel", name);
    return target;
}

static unsigned cpus_parse(const char *text, struct argp_state *state)
{
    char *end;
    unsigned long n = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || n < 1 || n > 16)
        argp_error(state, "--cpus: \"%s\" is not a number from 1 to 16", text);
    return (unsigned)n;
}

static error_t option_parse(int key, char *text, struct argp_state *state)
{
    struct trace_arguments *a = state->input;
    switch (key) {
    case 's': a->select = text_checked("--select", text, "abcdefghijklmnopqrstuvwxyz0123456789._-*?[]!,", state); return 0;
    case 't': a->target = target_checked(text, state); return 0;
    case 'j': a->json = tool_json_wanted(); return 0;
    case OPTION_CHROME: a->chrome = text; return 0;
    case OPTION_FOLDED: a->folded = text; return 0;
    case OPTION_CPUS: a->cpus = cpus_parse(text, state); return 0;
    case OPTION_CMDLINE: a->cmdline = text_checked("--cmdline", text, "abcdefghijklmnopqrstuvwxyz0123456789.=_-, ", state); return 0;
    case OPTION_RESULTS: a->results = text; return 0;
    case OPTION_UNSEALED: a->unsealed = true; return 0;
    case ARGP_KEY_ARG:
        if (a->log)
            argp_error(state, "one RAW.LOG at a time");
        a->log = text;
        return 0;
    case ARGP_KEY_END:
        if (a->unsealed && !a->log)
            argp_error(state, "--unsealed goes with a RAW.LOG");
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* --- the run --- */

/* The null system call of the fast path is what tells the cost of points, and ipc.breakdown is of that path alone. */
static bool fast_path_on(const char *cmdline, struct error *e)
{
    return !cmdline || !text_is_word_of("nofast", cmdline) ||
           error_set(e, "nofast: what tracepoints cost is measured on the fast path, and ipc.breakdown is of it; without nofast --select ipc.call.inter has rows of the slow "
                        "path, too (steps=slow)");
}

/* Leaves its folder, which the caller frees; the log in it is sealed. */
static int trace_measure(const struct trace_arguments *a, char **folder, struct error *e)
{
    struct tree_state tree;
    struct finding finding;
    struct result result;
    char *session, *cmdline;
    bool interrupted;
    if (!fast_path_on(a->cmdline, e))
        return TOOL_USAGE;
    int any = workload_expected_any(a->target, a->select, a->cmdline, e);
    if (any != TOOL_OK)
        return any;
    a->target->check(a->target, NULL, &finding);
    if (!finding.works)
        return error_set(e, "target %s does not work here: %s; remedy: %s", a->target->name, finding.reason, finding.remedy), TOOL_FAILED;
    tree_state_read(&tree);
    if (!session_folder_make(a->results, &tree, &session, e))
        return TOOL_FAILED;
    if (asprintf(folder, "%s/trace", session) < 0 || asprintf(&cmdline, "trace=on floor=off method=single%s%s", a->cmdline[0] ? " " : "", a->cmdline) < 0)
        abort();
    free(session);
    struct run_request request = { .target = a->target, .select = a->select, .cmdline = cmdline, .cpus = a->cpus, .folder = *folder, .tree = &tree };
    int status = folder_make(*folder, false, e) ? target_run(&request, &result, &interrupted) : TOOL_FAILED;
    if (status == TOOL_OK)
        result_free(&result);
    free(cmdline);
    return status;
}

/* --- what it tells --- */

static bool folded_write(FILE *out, const struct rawlog *log, struct error *e)
{
    const struct trace_log *traces = &log->traces;
    for (size_t i = 0; i < traces->count; i++) {
        struct trace_intervals v;
        if (!trace_intervals_make(&traces->samples[i], &v, e))
            return false;
        trace_folded_print(out, &traces->samples[i], &v);
        free(v.items);
    }
    return true;
}

/* As tables, or appended to `list`. */
static bool samples_tell(const struct trace_log *traces, const char *unit, json_t *list, struct error *e)
{
    for (size_t i = 0; i < traces->count; i++) {
        struct trace_intervals v;
        if (!trace_intervals_make(&traces->samples[i], &v, e))
            return false;
        if (list)
            json_array_append_new(list, trace_breakdown_json(&traces->samples[i], &v, unit));
        else
            trace_breakdown_print(stdout, &traces->samples[i], &v, unit);
        free(v.items);
    }
    return true;
}

static bool file_write(const char *path, const struct rawlog *log, bool (*write)(FILE *out, const struct rawlog *log, struct error *e), struct error *e)
{
    struct file_output f;
    if (!file_create(&f, path, e))
        return false;
    if (write(f.stream, log, e))
        return file_commit(&f, e);
    file_abandon(&f);
    return false;
}

/* The path asked for, or the name in the run's folder; NULL: neither. The caller frees it. */
static char *output_path(const char *wanted, const char *folder, const char *name)
{
    char *path = NULL;
    if (wanted ? asprintf(&path, "%s", wanted) < 0 : folder && asprintf(&path, "%s/%s", folder, name) < 0)
        abort();
    return path;
}

/* What was written and, with --json, all the rest. */
static void files_tell(json_t *samples, const char *chrome, const char *folded)
{
    if (samples) {
        json_t *all = json_pack("{s:s, s:O, s:s?, s:s?}", "schema", "tollgate-trace/1", "samples", samples, "chrome", chrome, "folded", folded);
        json_print(stdout, all, 4);
        json_decref(all);
        return;
    }
    if (chrome)
        printf("events: %s (Chrome, Perfetto)\n", chrome);
    if (folded)
        printf("folded stacks: %s\n", folded);
}

static int trace_tell(const struct trace_arguments *a, const char *folder, const struct rawlog *log, struct error *e)
{
    if (log->traces.count == 0)
        return error_set(e, TRACE_NONE), TOOL_BAD_INPUT;
    if (!fast_path_on(json_string_value(json_object_get(log->context, "cmdline")), e))
        return TOOL_BAD_INPUT;
    char *chrome = output_path(a->chrome, folder, "trace.json"), *folded = output_path(a->folded, folder, "trace.folded");
    bool ok = (!chrome || file_write(chrome, log, trace_chrome_print, e)) && (!folded || file_write(folded, log, folded_write, e));
    int status = ok ? TOOL_OK : TOOL_FAILED;
    json_t *samples = a->json ? json_array() : NULL;
    if (ok && !samples_tell(&log->traces, json_string_value(json_object_get(log->context, "unit")), samples, e))
        status = TOOL_BAD_INPUT;
    if (status == TOOL_OK)
        files_tell(samples, chrome, folded);
    json_decref(samples);
    free(chrome);
    free(folded);
    return status;
}

static int trace_all(const struct trace_arguments *a, struct error *e)
{
    char *folder = NULL, *path;
    struct rawlog log;
    if (!a->log) {
        int status = trace_measure(a, &folder, e);
        if (status != TOOL_OK) {
            free(folder);
            return status;
        }
    }
    if (asprintf(&path, "%s%s", a->log ? a->log : folder, a->log ? "" : "/raw.log") < 0)
        abort();
    int status = TOOL_BAD_INPUT;
    if (rawlog_read(path, !a->unsealed, &log, e)) {
        status = trace_tell(a, folder, &log, e);
        rawlog_free(&log);
    }
    free(path);
    free(folder);
    return status;
}

static int trace_run(int argc, char **argv)
{
    static const struct argp argp = {
        options, option_parse, "[RAW.LOG]",
        "Runs workloads in the instrumented build of the kernel (kernel option trace=on) and tells, for one sample of each row, where the time between "
        "its tracepoints went; what the points themselves cost is measured in the same sample and taken off. RAW.LOG: reads the log of an earlier run instead.\v"
        "ipc.breakdown has points around each system call of user mode, too: its table is of one round trip, step by step. trace.json opens in "
        "ui.perfetto.dev and chrome://tracing, trace.folded in flame graph tools.\n\n"
        "Exit status: 0; 1 no workload matches; 2 usage; 3 a log that is cut, corrupt or without tracepoints; 4 the run failed.",
        NULL, NULL, NULL
    };
    struct trace_arguments arguments = { .select = "ipc.breakdown", .cmdline = "", .cpus = 1, .target = target_table[0] };
    struct error e = { "" };
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    int status = trace_all(&arguments, &e);
    if (status != TOOL_OK && e.text[0])
        tool_error("%s", e.text);
    return status;
}

const struct command command_trace = { "trace", "run workloads with tracepoints and tell where the time goes", trace_run };
