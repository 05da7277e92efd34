/* SPDX-License-Identifier: BSD-2-Clause
 *
 * From selections and commits to reasons; see report_left_out.h.
 */
#include "harness/tool/report_left_out.h"

#include <stdio.h>
#include <string.h>

#include "harness/tool/process.h"
#include "harness/tool/workload_expected.h"

#define GIT_LIMIT_S 10
#define GREP_FOUND 0
#define GREP_NOT_FOUND 1

static bool has_skip(const struct report *report, const char *id)
{
    size_t i;
    json_t *item;
    for (size_t k = 0; k < report->input_count; k++)
        json_array_foreach(report->inputs[k].result.skipped, i, item) {
            const char *workload = json_string_value(json_object_get(item, "workload"));
            if (workload && strcmp(workload, id) == 0)
                return true;
        }
    return false;
}

/* The value behind `key`, where that begins a word of `line` (a quote before it counts as a blank). */
static bool word_find(const char *line, const char *key, char *text, size_t bytes)
{
    size_t length = strlen(key);
    for (const char *at = line; at && (at = strstr(at, key)); at += length)
        if (at == line || at[-1] == ' ' || at[-1] == '\'') {
            snprintf(text, bytes, "%.*s", (int)strcspn(at + length, " '"), at + length);
            return true;
        }
    return false;
}

bool report_selection(const struct result *result, bool for_linux, char *text, size_t bytes)
{
    const char *system = result_context(result, "system"), *cmdline = result_context(result, "cmdline");
    const char *joined = result_context(result, "linux_cmdline"), *command = result_context(result, "command");
    if (!system || !strstr(system, for_linux ? "linux" : "tollgate"))
        return false;
    bool found = for_linux ? word_find(joined, "tollgate.select=", text, bytes) || word_find(cmdline, "tollgate.select=", text, bytes)
                                 || word_find(command, "--select=", text, bytes)
                           : word_find(cmdline, "select=", text, bytes);
    if (!found)
        snprintf(text, bytes, "*");
    return true;
}

/* GREP_FOUND, GREP_NOT_FOUND, or anything else: git does not know the commit. */
static int commit_grep(const char *tree, const char *commit, const struct workload_entry *entry)
{
    struct arguments a = { 0 };
    static const char *const words[] = { "grep", "-q", "-E" };
    if (!commit || strspn(commit, "0123456789abcdef") != strlen(commit))
        return -1;
    arguments_add(&a, "git");
    arguments_add(&a, "-C");
    arguments_add(&a, "%s", tree);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        arguments_add(&a, "%s", words[i]);
    arguments_add(&a, "workload: +%s +[|]", entry->id);
    arguments_add(&a, "%s", commit);
    arguments_add(&a, "--");
    arguments_add(&a, "%s", entry->file);
    struct process_spec spec = { .arguments = &a, .output_path = "/dev/null", .time_limit_s = GIT_LIMIT_S };
    struct process_end end = process_run(&spec);
    arguments_free(&a);
    return end.outcome == PROCESS_EXITED ? end.status : -1;
}

enum left_out report_left_out(const struct report *report, const char *tree, const struct workload_entry *entry)
{
    const struct report_pattern pattern = { .workload = entry->id, .rungs = true };
    enum left_out found = LEFT_OUT_UNASKED;
    if (report_find(report, &pattern).row)
        return LEFT_OUT_MEASURED;
    if (has_skip(report, entry->id))
        return LEFT_OUT_SKIPPED;
    for (size_t i = 0; i < report->input_count; i++) {
        const struct result *result = &report->inputs[i].result;
        char select[1024];
        if (!report_selection(result, workload_is_linux(entry->id), select, sizeof select) || !workload_is_selected(select, entry->id))
            continue;
        int status = commit_grep(tree, result_context(result, "commit"), entry);
        enum left_out why = status == GREP_FOUND ? LEFT_OUT_MISSING : status == GREP_NOT_FOUND ? LEFT_OUT_NEWER : LEFT_OUT_UNKNOWN;
        found = why > found ? why : found;
    }
    return found;
}
