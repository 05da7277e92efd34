/* SPDX-License-Identifier: BSD-2-Clause
 *
 * `tollgate run`: workloads on targets, each run into a folder of its own below results/local/<UTC time>-<commit>[-dirty]/<target>.
 * All that can be refused is refused before the first emulator starts.
 */
#include <argp.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "harness/tool/boots.h"
#include "harness/tool/json_file.h"
#include "harness/tool/ladder.h"
#include "harness/tool/result.h"
#include "harness/tool/session.h"
#include "harness/tool/target.h"
#include "harness/tool/target_run.h"
#include "harness/tool/terminal.h"
#include "harness/tool/tool.h"
#include "harness/tool/workload_expected.h"

#define RUN_TARGETS_MAX 16
#define RUN_CPUS_MAX 16
#define RUN_RUNS_MAX 1000
#define RUN_TIMEOUT_S_MAX 86400.0
#define SELECT_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-*?[]!,@()|"
#define CMDLINE_CHARACTERS SELECT_CHARACTERS " =/:+%"
#define CMDLINE_BYTES_MAX 1024

enum { OPTION_TIMEOUT = 256, OPTION_CPUS, OPTION_CMDLINE, OPTION_RUNS, OPTION_RESULTS, OPTION_EMULATOR, OPTION_PREPARE, OPTION_PERF, OPTION_LADDER, OPTION_SERIAL, OPTION_POWER_CYCLE };

static const struct argp_option options[] = {
    { "target", 't', "TARGET", 0, "Where to run (default: qemu); may be given several times", 1 },
    { "select", 's', "GLOB", 0, "Run the workloads that match (default: *), `ipc.call.*,vm.map` for example; of Linux also @(a|b), a or b", 1 },
    { "output", 'o', "FILE", 0, "Write the result to FILE too (one target only)", 1 },
    { "boots", OPTION_RUNS, "N", 0, "Boot N times (default: 1). Where instructions are counted the boots must be identical to the digit; elsewhere "
                                    "the result holds all of them, and their spread is shown", 1 },
    { "runs", OPTION_RUNS, NULL, OPTION_ALIAS, NULL, 1 },
    { "timeout", OPTION_TIMEOUT, "SECONDS", 0, "Time limit of one run (default: the target's own)", 2 },
    { "cpus", OPTION_CPUS, "N", 0, "CPUs of the kernel's machine (default: 1); `smp.*` needs 2", 2 },
    { "cmdline", OPTION_CMDLINE, "OPTIONS", 0, "Further options for the guest's command line, `nofast` for example", 2 },
    { "prepare", OPTION_PREPARE, NULL, 0, "Target linux: set governor, turbo, SMT and idle latency where permitted, and restore them afterwards", 2 },
    { "perf", OPTION_PERF, NULL, 0, "Target linux: keep what `perf stat` and, where allowed, `perf record` say beside the result", 2 },
    { "ladder", OPTION_LADDER, NULL, 0, "Run once under each of several sets of guards against speculation (kernel option mitigations=), into one result "
                                       "(default selection: " LADDER_SELECT ")", 1 },
    { "json", 'j', NULL, 0, "Print JSON: a list of the runs, with their folders", 1 },
    { "serial", OPTION_SERIAL, "DEVICE", 0, "Target metal: the serial line of the machine, /dev/ttyUSB0 for example; 115200 baud, 8N1", 2 },
    { "power-cycle", OPTION_POWER_CYCLE, "COMMAND", 0, "Target metal: starts the machine anew; run first, and again when a session was damaged on the line", 2 },
    { "results", OPTION_RESULTS, "FOLDER", 0, "Where to keep runs (default: results/local)", 2 },
    { "emulator", OPTION_EMULATOR, "PROGRAM", 0, "Start PROGRAM instead of the target's own emulator; for tests of this tool", 2 },
    { 0 },
};

struct run_arguments {
    const struct target *targets[RUN_TARGETS_MAX];
    size_t target_count;
    const char *select, *cmdline, *output, *results, *emulator, *device, *power_cycle;
    double time_limit_s;
    unsigned long runs;
    unsigned cpus;
    json_t *list; /* with --json: what was run; NULL: text */
    bool prepare, perf, ladder;
};

static void target_add(struct run_arguments *arguments, const char *name, struct argp_state *state)
{
    const struct target *target = target_find(name);
    if (!target)
        argp_error(state, "unknown target \"%s\" (%s)", name, target_names());
    for (size_t i = 0; i < arguments->target_count; i++)
        if (arguments->targets[i] == target)
            argp_error(state, "target %s is given twice", name);
    if (arguments->target_count == RUN_TARGETS_MAX)
        argp_error(state, "too many targets");
    arguments->targets[arguments->target_count++] = target;
}

/* Options reach the guest by way of command lines and of GRUB's configuration: nothing that these would interpret passes. */
static const char *text_checked(const char *what, const char *text, const char *allowed, struct argp_state *state)
{
    size_t good = strspn(text, allowed);
    if (text[good] != '\0')
        argp_error(state, "%s: the character '%c' is not allowed", what, text[good]);
    if (strlen(text) > CMDLINE_BYTES_MAX)
        argp_error(state, "%s: more than %d characters", what, CMDLINE_BYTES_MAX);
    return text;
}

/* What is measured is said in one place: what is expected of the run is derived from it. */
static const char *cmdline_checked(const char *text, struct argp_state *state)
{
    text_checked("--cmdline", text, CMDLINE_CHARACTERS, state);
    for (const char *at = strstr(text, "select="); at; at = strstr(at + 1, "select="))
        if (at == text || at[-1] == ' ' || at[-1] == '.')
            argp_error(state, "--cmdline: give the selection by --select");
    return text;
}

static double seconds_parse(const char *text, struct argp_state *state)
{
    char *end;
    double s = strtod(text, &end);
    if (end == text || *end != '\0' || !isfinite(s) || s <= 0 || s > RUN_TIMEOUT_S_MAX)
        argp_error(state, "--timeout: \"%s\" is not a number of seconds up to %.0f", text, RUN_TIMEOUT_S_MAX);
    return s;
}

static unsigned long runs_parse(const char *text, struct argp_state *state)
{
    char *end;
    unsigned long n = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || n < 1 || n > RUN_RUNS_MAX)
        argp_error(state, "--boots: \"%s\" is not a number from 1 to %d", text, RUN_RUNS_MAX);
    return n;
}

static unsigned cpus_parse(const char *text, struct argp_state *state)
{
    char *end;
    unsigned long n = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || n < 1 || n > RUN_CPUS_MAX)
        argp_error(state, "--cpus: \"%s\" is not a number from 1 to %d", text, RUN_CPUS_MAX);
    return (unsigned)n;
}

static void cpus_check(const struct run_arguments *arguments, struct argp_state *state)
{
    for (size_t i = 0; arguments->cpus != 1 && i < arguments->target_count; i++)
        if (!arguments->targets[i]->takes_cpus)
            argp_error(state, "--cpus is not for target %s", arguments->targets[i]->name);
}

/* What only a target that runs on this very system can do. */
static void host_options_check(const struct run_arguments *arguments, struct argp_state *state)
{
    for (size_t i = 0; (arguments->prepare || arguments->perf) && i < arguments->target_count; i++)
        if (!arguments->targets[i]->host_options)
            argp_error(state, "--prepare and --perf are for target linux, not %s", arguments->targets[i]->name);
}

/* What only this kernel can do, and what else would say the same. */
static void ladder_check(struct run_arguments *arguments, struct argp_state *state)
{
    for (size_t i = 0; i < arguments->target_count; i++)
        if (strcmp(arguments->targets[i]->system, "tollgate") != 0)
            argp_error(state, "--ladder is for targets that run this kernel, not %s", arguments->targets[i]->name);
    if (strstr(arguments->cmdline, LADDER_MARK))
        argp_error(state, "--ladder chooses mitigations= itself: leave it out of --cmdline");
    arguments->select = arguments->select ? arguments->select : LADDER_SELECT;
}

static error_t option_parse(int key, char *text, struct argp_state *state)
{
    struct run_arguments *arguments = state->input;
    switch (key) {
    case 't': target_add(arguments, text, state); return 0;
    case 's':
        if (text[0] == '\0')
            argp_error(state, "--select: empty");
        arguments->select = text_checked("--select", text, SELECT_CHARACTERS, state);
        return 0;
    case 'o': arguments->output = text; return 0;
    case 'j': arguments->list = tool_json_wanted() && arguments->list ? arguments->list : json_array(); return 0;
    case OPTION_TIMEOUT: arguments->time_limit_s = seconds_parse(text, state); return 0;
    case OPTION_CMDLINE: arguments->cmdline = cmdline_checked(text, state); return 0;
    case OPTION_CPUS: arguments->cpus = cpus_parse(text, state); return 0;
    case OPTION_PREPARE: arguments->prepare = true; return 0;
    case OPTION_PERF: arguments->perf = true; return 0;
    case OPTION_LADDER: arguments->ladder = true; return 0;
    case OPTION_RUNS: arguments->runs = runs_parse(text, state); return 0;
    case OPTION_RESULTS: arguments->results = text; return 0;
    case OPTION_EMULATOR: arguments->emulator = text; return 0;
    case OPTION_SERIAL: arguments->device = text; return 0;
    case OPTION_POWER_CYCLE: arguments->power_cycle = text; return 0;
    case ARGP_KEY_ARG: argp_error(state, "unexpected argument \"%s\" (targets are given with --target)", text); return 0;
    case ARGP_KEY_END:
        if (arguments->target_count == 0)
            arguments->targets[arguments->target_count++] = target_table[0];
        if (arguments->output && arguments->target_count > 1)
            argp_error(state, "--output takes one target only");
        host_options_check(arguments, state);
        cpus_check(arguments, state);
        if (arguments->ladder)
            ladder_check(arguments, state);
        arguments->select = arguments->select ? arguments->select : "*";
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* Every target must have something to run, and work, before any is started. */
static int targets_check(const struct run_arguments *arguments)
{
    for (size_t i = 0; i < arguments->target_count; i++) {
        const struct target *target = arguments->targets[i];
        struct finding finding;
        struct error e;
        int any = workload_expected_any(target, arguments->select, arguments->cmdline, &e);
        if (any != TOOL_OK) {
            tool_error("%s", e.text);
            return any;
        }
        target->check(target, arguments->emulator, &finding);
        if (finding.works)
            continue;
        tool_error("target %s does not work here: %s%s%s", target->name, finding.reason, finding.remedy[0] ? "; remedy: " : "",
                   finding.remedy);
        return TOOL_FAILED;
    }
    return TOOL_OK;
}

static void result_print(const struct run_arguments *arguments, const struct target *target, const struct result *result, const char *folder)
{
    if (arguments->list) {
        json_array_append_new(arguments->list, json_pack("{s:s, s:s, s:i, s:O, s:O}", "target", target->name, "folder", folder, "rows",
                                                         (int)result->row_count, "skipped", result->skipped, "tests", result->tests));
        return;
    }
    size_t skipped = json_array_size(result->skipped), tests = json_array_size(result->tests), i;
    json_t *skip;
    char of_tests[40] = "";
    if (tests > 0)
        snprintf(of_tests, sizeof of_tests, ", %zu tests", tests);
    terminal_printf(stdout, "%s: %zu rows%s, %zu skipped: %s/result.json\n", target->name, result->row_count, of_tests, skipped, folder);
    if (result_context(result, "floor_added"))
        terminal_printf(stdout, "  added, as distances to the floor need it: %s\n", result_context(result, "floor_added"));
    json_array_foreach(result->skipped, i, skip)
        terminal_printf(stdout, "  skipped %s: %s\n", json_string_value(json_object_get(skip, "workload")),
                        json_string_value(json_object_get(skip, "reason")));
    fflush(stdout);
}

static bool histograms_equal(const struct result_row *a, const struct result_row *b)
{
    return a->pair_count == b->pair_count && a->overhead == b->overhead &&
           memcmp(a->pairs, b->pairs, a->pair_count * sizeof *a->pairs) == 0;
}

/* One boot beside the first: on an exact target every sample of every row must be the same. */
static bool boot_compare(const struct target *target, unsigned long number, const struct result *first, const struct result *later)
{
    size_t different = 0;
    for (size_t i = 0; i < first->row_count; i++) {
        const struct result_row *a = &first->rows[i], *b = result_find(later, a->workload, a->variant);
        if (b && histograms_equal(a, b))
            continue;
        different++;
        if (!target->exact)
            continue;
        if (b)
            tool_error("%s: boot %lu differs from boot 1 in %s %s: p50 %.10g, not %.10g", target->name, number, a->workload, a->variant,
                       b->summary.p50, a->summary.p50);
        else
            tool_error("%s: boot %lu lacks %s %s", target->name, number, a->workload, a->variant);
    }
    if (later->row_count != first->row_count)
        tool_error("%s: boot %lu has %zu rows, boot 1 has %zu", target->name, number, later->row_count, first->row_count);
    return later->row_count == first->row_count && (!target->exact || different == 0);
}

/* Spread between boots of one row: lowest and highest of the medians. */
struct spread {
    double low, high;
};

static void spread_take(struct spread *spreads, const struct result *first, const struct result *later)
{
    for (size_t i = 0; i < first->row_count; i++) {
        const struct result_row *row = result_find(later, first->rows[i].workload, first->rows[i].variant);
        if (!row)
            continue;
        spreads[i].low = fmin(spreads[i].low, row->summary.p50);
        spreads[i].high = fmax(spreads[i].high, row->summary.p50);
    }
}

static void spread_print(const struct target *target, const struct spread *spreads, const struct result *first, unsigned long runs)
{
    if (target->exact) {
        terminal_printf(stdout, "%s: %lu boots, %zu rows identical to the digit\n", target->name, runs, first->row_count);
        return;
    }
    terminal_printf(stdout, "%s: spread of the medians of %lu boots\n", target->name, runs);
    for (size_t i = 0; i < first->row_count; i++) {
        const struct result_row *row = &first->rows[i];
        terminal_printf(stdout, "  %-24s %-44s %.10g .. %.10g %s\n", row->workload, row->variant, spreads[i].low, spreads[i].high, row->unit);
    }
}

/* One boot into `folder`. */
static int boot_run(const struct run_arguments *arguments, const struct target *target, const struct tree_state *tree,
                    const char *folder, struct result *result, bool *interrupted)
{
    struct error e;
    struct run_request request = {
        .target = target,
        .select = arguments->select,
        .cmdline = arguments->cmdline,
        .cpus = arguments->cpus,
        .prepare = arguments->prepare,
        .device = arguments->device,
        .power_cycle = arguments->power_cycle,
        .perf = arguments->perf,
        .emulator = arguments->emulator,
        .time_limit_s = arguments->time_limit_s,
        .folder = folder,
        .tree = tree,
    };
    if (!folder_make(folder, false, &e)) {
        tool_error("%s", e.text);
        return TOOL_FAILED;
    }
    int status = target_run(&request, result, interrupted);
    if (status == TOOL_OK)
        result_print(arguments, target, result, folder);
    return status;
}

/* Boots 2 to N into results[1] and on, each beside the first one. */
static int boots_repeat(const struct run_arguments *arguments, const struct target *target, const struct tree_state *tree,
                        const char *folder, struct result *results, bool *interrupted)
{
    const struct result *first = &results[0];
    int status = TOOL_OK;
    struct spread *spreads = calloc(first->row_count + 1, sizeof *spreads);
    if (!spreads)
        abort();
    for (size_t i = 0; i < first->row_count; i++)
        spreads[i].low = spreads[i].high = first->rows[i].summary.p50;
    for (unsigned long n = 2; n <= arguments->runs && status == TOOL_OK; n++) {
        char *later_folder;
        if (asprintf(&later_folder, "%s/boot-%lu", folder, n) < 0)
            abort();
        status = boot_run(arguments, target, tree, later_folder, &results[n - 1], interrupted);
        if (status == TOOL_OK) {
            struct error e;
            spread_take(spreads, first, &results[n - 1]);
            bool alike = boots_alike(first, &results[n - 1], n, &e);
            if (!alike)
                tool_error("%s: %s", target->name, e.text);
            if (!alike || !boot_compare(target, n, first, &results[n - 1]))
                status = TOOL_FAILED;
        }
        free(later_folder);
    }
    if (status == TOOL_OK && arguments->runs > 1 && !arguments->list)
        spread_print(target, spreads, first, arguments->runs);
    free(spreads);
    return status;
}

static bool folder_write(const char *folder, const struct result *result, struct error *e)
{
    char *path;
    if (asprintf(&path, "%s/result.json", folder) < 0)
        abort();
    bool ok = result_write(path, result, e);
    free(path);
    return ok;
}

/* Of several boots the folder's result.json becomes the one that holds them all, as does *whole. */
static bool boots_join(const struct run_arguments *arguments, const char *folder, struct result *results, struct result *whole, struct error *e)
{
    if (arguments->runs > 1)
        return boots_merge(results, arguments->runs, whole, e) && folder_write(folder, whole, e);
    *whole = results[0];
    results[0] = (struct result){ 0 };
    return true;
}

/* All boots into `folder`; *whole is to be freed. */
static int target_boots(const struct run_arguments *arguments, const struct target *target, const struct tree_state *tree,
                        const char *folder, struct result *whole, bool *interrupted)
{
    struct error e;
    struct result *results = calloc(arguments->runs, sizeof *results);
    if (!results)
        abort();
    int status = boot_run(arguments, target, tree, folder, &results[0], interrupted);
    if (status == TOOL_OK)
        status = boots_repeat(arguments, target, tree, folder, results, interrupted);
    if (status == TOOL_OK && !boots_join(arguments, folder, results, whole, &e)) {
        tool_error("%s", e.text);
        status = TOOL_FAILED;
    }
    for (unsigned long n = 0; n < arguments->runs; n++)
        result_free(&results[n]);
    free(results);
    return status;
}

static int rung_run(const struct run_arguments *arguments, const struct target *target, const struct tree_state *tree, const char *folder,
                    size_t rung, struct result *result, bool *interrupted)
{
    struct run_arguments own = *arguments;
    char *inner, *cmdline, *name = ladder_rung_name(rung);
    if (asprintf(&inner, "%s/%s", folder, name) < 0 ||
        asprintf(&cmdline, "%s%s%s" LADDER_MARK "%s", arguments->cmdline, *arguments->cmdline ? " " : "",
                 rung == 0 || strstr(arguments->cmdline, "floor=") ? "" : "floor=off ", ladder_rungs[rung]) < 0)
        abort();
    own.cmdline = cmdline;
    int status = target_boots(&own, target, tree, inner, result, interrupted);
    free(cmdline);
    free(inner);
    free(name);
    return status;
}

/* The floor is the machine's, without guards: the first rung's. Each rung into a folder of its own below `folder`, whose result.json holds them all. */
static int target_ladder(const struct run_arguments *arguments, const struct target *target, const struct tree_state *tree,
                         const char *folder, struct result *whole, bool *interrupted)
{
    struct error e;
    struct result rungs[LADDER_RUNGS] = { 0 };
    int status = TOOL_OK;
    for (size_t i = 0; i < LADDER_RUNGS && status == TOOL_OK; i++)
        status = rung_run(arguments, target, tree, folder, i, &rungs[i], interrupted);
    if (status == TOOL_OK && !(ladder_merge(rungs, whole, &e) && folder_write(folder, whole, &e))) {
        tool_error("%s: %s", target->name, e.text);
        status = TOOL_FAILED;
    }
    for (size_t i = 0; i < LADDER_RUNGS; i++)
        result_free(&rungs[i]);
    if (status == TOOL_OK && !arguments->list)
        terminal_printf(stdout, "%s: ladder of %d rungs, %zu rows: %s/result.json\n", target->name, LADDER_RUNGS, whole->row_count, folder);
    return status;
}

/* A ladder's folder has another name, so that it is not taken for the target's newest run. */
static int target_measure(const struct run_arguments *arguments, const struct target *target, const struct tree_state *tree,
                          const char *session, bool *interrupted)
{
    struct error e;
    struct result whole = { 0 };
    char *folder;
    if (asprintf(&folder, "%s/%s%s", session, target->name, arguments->ladder ? "-ladder" : "") < 0)
        abort();
    int status = arguments->ladder ? target_ladder(arguments, target, tree, folder, &whole, interrupted)
                                   : target_boots(arguments, target, tree, folder, &whole, interrupted);
    if (status == TOOL_OK && arguments->output && !result_write(arguments->output, &whole, &e)) {
        tool_error("%s", e.text);
        status = TOOL_FAILED;
    }
    result_free(&whole);
    free(folder);
    return status;
}

static int run_run(int argc, char **argv)
{
    static const struct argp argp = {
        options, option_parse, NULL,
        "Runs workloads on one or more targets, and keeps of each run the raw log (sealed) and the result: "
        "results/local/<UTC time>-<commit>[-dirty]/<target>/{raw.log,result.json}; with --boots also <target>/boot-2 and so on; with --ladder <target>-ladder/mitigations=pti+verw and so on, and all of them in <target>-ladder/result.json.\v"
        "Targets: qemu (default), qemu-uefi, bochs and linux-qemu count instructions and give the same digits in every run; kvm and "
        "linux measure this CPU. `tollgate doctor` says which of them work here.\n\n"
        "Exit status: 0 when every run gave a result; 1 no workload matches; 2 usage; 3 a log was cut, corrupt or not understood; 4 a run failed: no emulator, "
        "time limit, exit status, a guest that failed, boots that differ, output not written.",
        NULL, NULL, NULL
    };
    struct run_arguments arguments = { .cmdline = "", .cpus = 1, .runs = 1 };
    struct tree_state tree;
    struct error e;
    char *session;
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    int ready = targets_check(&arguments);
    if (ready != TOOL_OK)
        return ready;
    tree_state_read(&tree);
    if (!session_folder_make(arguments.results, &tree, &session, &e)) {
        tool_error("%s", e.text);
        return TOOL_FAILED;
    }
    int status = TOOL_OK;
    bool interrupted = false;
    for (size_t i = 0; i < arguments.target_count && !interrupted; i++) {
        int one = target_measure(&arguments, arguments.targets[i], &tree, session, &interrupted);
        status = one > status ? one : status;
    }
    if (arguments.list)
        json_print(stdout, arguments.list, 2);
    json_decref(arguments.list);
    free(session);
    return status;
}

const struct command command_run = { "run", "run workloads on a target and keep raw log and result", run_run };
