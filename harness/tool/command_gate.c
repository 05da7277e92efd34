/* SPDX-License-Identifier: BSD-2-Clause
 *
 * `tollgate gate`: the newest result against the accepted instruction counts. One instruction more is a failure; `--accept` makes the
 * new counts the reference, with a reason that git then keeps.
 */
#include <argp.h>
#include <errno.h>
#include <glob.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/tool/functions.h"
#include "harness/tool/json_file.h"
#include "harness/tool/ladder.h"
#include "harness/tool/reference.h"
#include "harness/tool/result.h"
#include "harness/tool/terminal.h"
#include "harness/tool/tool.h"

enum { OPTION_ACCEPT = 256, OPTION_REASON, OPTION_REFERENCE };

static const struct argp_option options[] = {
    { "target", 't', "NAME", 0, "Target to gate (default: that of RESULT, or qemu)", 0 },
    { "accept", OPTION_ACCEPT, NULL, 0, "Make this result the reference", 0 },
    { "reason", OPTION_REASON, "TEXT", 0, "Why the new counts are right; needed with --accept", 0 },
    { "json", 'j', NULL, 0, "Print JSON instead of a diff", 0 },
    { "reference", OPTION_REFERENCE, "FILE", 0, "Reference (default: results/reference/<target>.json, of a ladder <target>-ladder.json)", 0 },
    { 0 },
};

struct gate_arguments {
    const char *result, *target, *reason, *reference;
    bool accept, json;
};

static error_t option_parse(int key, char *text, struct argp_state *state)
{
    struct gate_arguments *arguments = state->input;
    switch (key) {
    case 't': arguments->target = text; return 0;
    case 'j': arguments->json = tool_json_wanted(); return 0;
    case OPTION_ACCEPT: arguments->accept = true; return 0;
    case OPTION_REASON: arguments->reason = text; return 0;
    case OPTION_REFERENCE: arguments->reference = text; return 0;
    case ARGP_KEY_ARG:
        if (state->arg_num > 0)
            argp_error(state, "one RESULT at a time");
        arguments->result = text;
        return 0;
    case ARGP_KEY_END:
        if (arguments->accept && (!arguments->reason || !arguments->reason[strspn(arguments->reason, " \t\r\n")]))
            argp_error(state, "--accept needs --reason TEXT, and a text that says something");
        if (!arguments->accept && arguments->reason)
            argp_error(state, "--reason without --accept");
        if (arguments->accept && arguments->json)
            argp_error(state, "--accept and --json exclude one another");
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* Folders below results/local begin with their time, so the last by name is the newest. */
static char *newest_result(const char *target, struct error *e)
{
    char *pattern, *found = NULL;
    glob_t matches = { 0 };
    if (asprintf(&pattern, "%s/results/local/*/%s/result.json", tool_tree_dir(), target) < 0)
        return NULL;
    if (glob(pattern, 0, NULL, &matches) == 0 && matches.gl_pathc > 0)
        found = strdup(matches.gl_pathv[matches.gl_pathc - 1]);
    else
        error_set(e, "no result for target \"%s\" (%s): tollgate run --target %s makes one", target, pattern, target);
    globfree(&matches);
    free(pattern);
    return found;
}

static char *reference_path(const struct gate_arguments *arguments, const struct result *result)
{
    char *path;
    if (arguments->reference)
        return strdup(arguments->reference);
    return asprintf(&path, "%s/results/reference/%s%s.json", tool_tree_dir(), result_context(result, "target"),
                    ladder_is(result) ? "-ladder" : "") < 0 ? NULL : path;
}

static void heads_print(FILE *out, const struct reference *before, const struct reference *after)
{
    const char *old = reference_text(before, "compiler"), *new = reference_text(after, "compiler");
    fprintf(out, "reference: commit %s (%s)\n", reference_text(before, "commit"), reference_text(before, "reason"));
    if (strcmp(old, new) != 0)
        fprintf(out, "COMPILER DIFFERS: the reference was made with \"%s\", this result with \"%s\".\n"
               "Counts of code written in C differ for that reason alone.\n", old, new);
}

/* Rows of one path, those that changed among them, and by how much their corrected medians moved. */
static void path_print(FILE *out, const char *path, const struct result *result, const struct reference *before, const struct reference *now)
{
    json_t *rows_before = json_object_get(before->root, "rows"), *rows_now = json_object_get(now->root, "rows");
    size_t rows = 0, changed = 0;
    double low = HUGE_VAL, high = -HUGE_VAL;
    for (size_t i = 0; i < result->row_count; i++) {
        const struct result_row *row = &result->rows[i];
        char *name;
        if (strcmp(row->path, path) != 0 || asprintf(&name, "%s %s", row->workload, row->variant) < 0)
            continue;
        json_t *old = json_object_get(rows_before, name), *new = json_object_get(rows_now, name);
        free(name);
        rows++;
        if (json_equal(old, new) || !old)
            continue;
        double change = json_number_value(json_object_get(new, "corrected")) - json_number_value(json_object_get(old, "corrected"));
        changed++;
        low = fmin(low, change);
        high = fmax(high, change);
    }
    if (rows && changed)
        fprintf(out, "  %-8s %zu of %zu rows changed, corrected medians by %+.10g to %+.10g\n", path, changed, rows, low, high);
    else if (rows)
        fprintf(out, "  %-8s 0 of %zu rows changed\n", path, rows);
}

/* Functions of the measured kernel; NULL, and why, when this build holds another one. */
static json_t *measured_functions(const struct result *result, const char **why)
{
    char id[KERNEL_ID_BYTES];
    struct error e;
    const char *kernel = result_context(result, "kernel");
    json_t *functions = kernel ? functions_read(NULL, id, &e) : NULL;
    *why = !kernel ? "the result does not say which kernel was measured" : !functions ? "this build has no functions.txt" : NULL;
    if (functions && strcmp(id, kernel) != 0) {
        *why = "this build's kernel is no longer the one that was measured";
        json_decref(functions);
        return NULL;
    }
    return functions;
}

static void functions_print(FILE *out, const struct result *result, const struct reference *before)
{
    const char *why;
    json_t *old = json_object_get(before->root, "functions"), *new = measured_functions(result, &why);
    fputs("by function of the kernel (instructions that it consists of, not how often they ran):\n", out);
    if (!old)
        fputs("  not told: the reference holds no functions\n", out);
    else if (!new)
        fprintf(out, "  not told: %s\n", why);
    else if (functions_compare(old, new, out) == 0)
        fputs("  none differs: the change is in the workloads, their library or the emulator\n", out);
    json_decref(new);
}

static void details_print(FILE *out, const struct result *result, const struct reference *before, const struct reference *now)
{
    fputs("by path:\n", out);
    path_print(out, "fast", result, before, now);
    path_print(out, "slow", result, before, now);
    path_print(out, "traced", result, before, now);
    path_print(out, "none", result, before, now);
    functions_print(out, result, before);
}

static void gate_print_json(const char *path, const struct reference *before, const struct reference *now, struct reference_difference d)
{
    json_t *rows_before = json_object_get(before->root, "rows"), *rows_now = json_object_get(now->root, "rows"), *row;
    json_t *differ = json_array();
    const char *name;
    json_object_foreach(rows_before, name, row)
        if (!json_equal(row, json_object_get(rows_now, name)))
            json_array_append_new(differ, json_pack("{s:s, s:O, s:O?}", "row", name, "reference", row, "now",
                                                    json_object_get(rows_now, name)));
    json_object_foreach(rows_now, name, row)
        if (!json_object_get(rows_before, name))
            json_array_append_new(differ, json_pack("{s:s, s:n, s:O}", "row", name, "reference", "now", row));
    json_t *root = json_pack("{s:s, s:s, s:b, s:i, s:i, s:i, s:i, s:o}", "schema", "tollgate-gate/1", "reference", path, "passed",
                             d.changed + d.added + d.missing == 0, "same", (int)d.same, "changed", (int)d.changed, "new", (int)d.added,
                             "missing", (int)d.missing, "differ", differ);
    json_print(stdout, root, 2);
    json_decref(root);
}

static int result_gate(const struct gate_arguments *arguments, const struct result *result, const struct reference *now,
                       const char *path, struct error *e)
{
    struct reference before;
    if (access(path, F_OK) != 0) {
        error_set(e, "%s: %s (tollgate gate --accept --reason TEXT makes a reference)", path, strerror(errno));
        return TOOL_BAD_INPUT;
    }
    if (!reference_read(path, &before, e))
        return TOOL_BAD_INPUT;
    int status = TOOL_BAD_INPUT;
    if (strcmp(reference_text(&before, "target"), reference_text(now, "target")) != 0) {
        error_set(e, "%s is for target \"%s\", the result is from \"%s\"", path, reference_text(&before, "target"),
                  reference_text(now, "target"));
    } else {
        char *text = NULL;
        size_t bytes;
        FILE *out = open_memstream(&text, &bytes);
        if (!out)
            abort(); /* a few hundred lines */
        heads_print(out, &before, now);
        struct reference_difference d = reference_compare(&before, now, out);
        bool equal = d.changed + d.added + d.missing == 0;
        if (!equal)
            details_print(out, result, &before, now);
        fprintf(out, "gate %s: %zu rows as accepted, %zu changed, %zu new, %zu missing\n", equal ? "passed" : "FAILED", d.same,
               d.changed, d.added, d.missing);
        fclose(out);
        if (arguments->json)
            gate_print_json(path, &before, now, d);
        else
            terminal_lines_print(stdout, text);
        free(text);
        status = equal ? TOOL_OK : TOOL_NEGATIVE;
    }
    reference_free(&before);
    return status;
}

static int result_accept(struct reference *now, const struct result *result, const char *path, struct error *e)
{
    struct reference before;
    const char *why;
    bool wanted = !ladder_is(result); /* the target's own reference holds them */
    json_t *functions = wanted ? measured_functions(result, &why) : NULL;
    if (functions && !reference_add_functions(now, result_context(result, "kernel"), functions))
        why = "out of memory";
    if (wanted && !functions)
        fprintf(stderr, "tollgate: warning: the reference will hold no functions: %s\n", why);
    json_decref(functions);
    if (json_is_true(json_object_get(result->context, "dirty")))
        fprintf(stderr, "tollgate: warning: the result was measured on a tree with uncommitted changes\n");
    if (access(path, F_OK) == 0) {
        if (!reference_read(path, &before, e))
            return TOOL_BAD_INPUT;
        reference_compare(&before, now, stdout);
        reference_free(&before);
    }
    if (!reference_write(path, now, e))
        return TOOL_FAILED;
    printf("accepted: %s\n", path);
    return TOOL_OK;
}

static int gate_decide(const struct gate_arguments *arguments, const struct result *result, struct error *e)
{
    struct reference now;
    const char *target = result_context(result, "target");
    if (arguments->target && strcmp(arguments->target, target) != 0) {
        error_set(e, "the result is from target \"%s\", not \"%s\"", target, arguments->target);
        return TOOL_BAD_INPUT;
    }
    if (!*target || strchr(target, '/')) { /* it becomes part of a path */
        error_set(e, "\"%.80s\" is not the name of a target", target);
        return TOOL_BAD_INPUT;
    }
    if (!reference_from_result(result, arguments->reason, &now, e))
        return TOOL_BAD_INPUT;
    char *path = reference_path(arguments, result);
    int status = TOOL_FAILED;
    if (!path)
        error_set(e, "out of memory");
    else
        status = arguments->accept ? result_accept(&now, result, path, e)
                                   : result_gate(arguments, result, &now, path, e);
    free(path);
    reference_free(&now);
    return status;
}

/* With the guest's options: the newest result may be one that was asked less than the reference holds. */
static void measured_print(const char *path, const struct result *result)
{
    const char *asked = result_context(result, "cmdline");
    bool any = asked && *asked;
    terminal_printf(stdout, "result: %s (commit %s, %s%s%s)\n", path, result_context(result, "commit"), result_context(result, "date"),
                    any ? "; options " : "", any ? asked : "");
}

static int gate_run(int argc, char **argv)
{
    static const struct argp argp = {
        options, option_parse, "[RESULT]",
        "Compares a result with the accepted instruction counts of its target; any difference fails, and is shown by row, by path and by "
        "function of the kernel.\v"
        "RESULT is a result file or a folder that holds result.json (default: the newest below results/local for the target). "
        "Exit status 0: every row as accepted; 1: rows changed, are new or missing; 3: bad input, or no reference.",
        NULL, NULL, NULL
    };
    struct gate_arguments arguments = { 0 };
    struct result result = { 0 };
    struct error e = { "" };
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    char *newest = arguments.result ? NULL : newest_result(arguments.target ? arguments.target : "qemu", &e);
    const char *path = arguments.result ? arguments.result : newest;
    int status = TOOL_BAD_INPUT;
    if (path && result_read(path, &result, &e)) {
        if (!arguments.json)
            measured_print(path, &result);
        status = gate_decide(&arguments, &result, &e);
    }
    if (status > TOOL_NEGATIVE)
        tool_error("%s", e.text);
    result_free(&result);
    free(newest);
    return status;
}

const struct command command_gate = { "gate", "compare with the accepted instruction counts; any difference fails", gate_run };
