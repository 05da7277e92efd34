/* SPDX-License-Identifier: BSD-2-Clause
 *
 * `tollgate gate`: the newest result against the accepted instruction counts. One instruction more is a failure; `--accept` makes the
 * new counts the reference, with a reason that git then keeps.
 */
#include <argp.h>
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/tool/reference.h"
#include "harness/tool/result.h"
#include "harness/tool/tool.h"

enum { OPTION_ACCEPT = 256, OPTION_REASON, OPTION_REFERENCE };

static const struct argp_option options[] = {
    { "target", 't', "NAME", 0, "Target to gate (default: that of RESULT, or qemu)", 0 },
    { "accept", OPTION_ACCEPT, NULL, 0, "Make this result the reference", 0 },
    { "reason", OPTION_REASON, "TEXT", 0, "Why the new counts are right; needed with --accept", 0 },
    { "reference", OPTION_REFERENCE, "FILE", 0, "Reference (default: results/reference/<target>.json)", 0 },
    { 0 },
};

struct gate_arguments {
    const char *result, *target, *reason, *reference;
    bool accept;
};

static error_t option_parse(int key, char *text, struct argp_state *state)
{
    struct gate_arguments *arguments = state->input;
    switch (key) {
    case 't': arguments->target = text; return 0;
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

static char *reference_path(const struct gate_arguments *arguments, const char *target)
{
    char *path;
    if (arguments->reference)
        return strdup(arguments->reference);
    return asprintf(&path, "%s/results/reference/%s.json", tool_tree_dir(), target) < 0 ? NULL : path;
}

static void heads_print(const struct reference *before, const struct reference *after)
{
    const char *old = reference_text(before, "compiler"), *new = reference_text(after, "compiler");
    printf("reference: commit %s (%s)\n", reference_text(before, "commit"), reference_text(before, "reason"));
    if (strcmp(old, new) != 0)
        printf("COMPILER DIFFERS: the reference was made with \"%s\", this result with \"%s\".\n"
               "Counts of code written in C differ for that reason alone.\n", old, new);
}

static int result_gate(const struct reference *now, const char *path, struct error *e)
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
        heads_print(&before, now);
        struct reference_difference d = reference_compare(&before, now, stdout);
        bool equal = d.changed + d.added + d.missing == 0;
        printf("gate %s: %zu rows as accepted, %zu changed, %zu new, %zu missing\n", equal ? "passed" : "FAILED", d.same,
               d.changed, d.added, d.missing);
        status = equal ? TOOL_OK : TOOL_NEGATIVE;
    }
    reference_free(&before);
    return status;
}

static int result_accept(const struct reference *now, const struct result *result, const char *path, struct error *e)
{
    struct reference before;
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
    char *path = reference_path(arguments, target);
    int status = TOOL_FAILED;
    if (!path)
        error_set(e, "out of memory");
    else
        status = arguments->accept ? result_accept(&now, result, path, e) : result_gate(&now, path, e);
    free(path);
    reference_free(&now);
    return status;
}

static int gate_run(int argc, char **argv)
{
    static const struct argp argp = {
        options, option_parse, "[RESULT]",
        "Compares a result with the accepted instruction counts of its target; any difference fails.\v"
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
        printf("result: %s (commit %s, %s)\n", path, result_context(&result, "commit"), result_context(&result, "date"));
        status = gate_decide(&arguments, &result, &e);
    }
    if (status > TOOL_NEGATIVE)
        tool_error("%s", e.text);
    result_free(&result);
    free(newest);
    return status;
}

const struct command command_gate = { "gate", "compare with the accepted instruction counts; any difference fails", gate_run };
