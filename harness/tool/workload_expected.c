/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The workloads of the tree against those of a log; see workload_expected.h.
 */
#include "harness/tool/workload_expected.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "harness/tool/workload_index.h"

/* Ids that start so are questions to Linux; all others are for this kernel. */
#define LINUX_PREFIX "linux."
/* Names in an error line; the rest is counted. */
#define NAMES_SHOWN 4

/* Whether `word` is one of the words of the command line. */
static bool cmdline_says(const char *cmdline, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = cmdline + strspn(cmdline, " "); *at; at += strspn(at, " ")) {
        size_t n = strcspn(at, " ");
        if (n == length && strncmp(at, word, n) == 0)
            return true;
        at += n;
    }
    return false;
}

static bool target_is_linux(const struct target *target) { return strcmp(target->system, "linux") == 0; }

/* As the kernel's root task reads it: patterns separated by commas. */
static bool any_matches(const char *select, const char *id)
{
    char pattern[256];
    for (;; select++) {
        size_t n = strcspn(select, ",");
        if (n < sizeof pattern) {
            memcpy(pattern, select, n);
            pattern[n] = '\0';
            if (fnmatch(pattern, id, 0) == 0)
                return true;
        }
        select += n;
        if (*select == '\0')
            return false;
    }
}

bool workload_is_linux(const char *id)
{
    return strncmp(id, LINUX_PREFIX, sizeof LINUX_PREFIX - 1) == 0;
}

bool workload_is_selected(const char *select, const char *id)
{
    return workload_is_linux(id) ? fnmatch(select, id, FNM_EXTMATCH) == 0 : any_matches(select, id); /* as baselines/linux/main.c reads it */
}

static bool entry_is_wanted(const struct workload_entry *entry, const struct target *target, const char *select)
{
    return workload_is_linux(entry->id) == target_is_linux(target) && workload_is_selected(select, entry->id);
}

/* The command line of a guest Linux has no run=: words of that name mean nothing there. */
static bool run_says(const struct target *target, const char *cmdline, const char *word)
{
    return !target_is_linux(target) && cmdline_says(cmdline, word);
}

int workload_expected_any(const struct target *target, const char *select, const char *cmdline, struct error *e)
{
    struct workload_index index;
    size_t wanted = 0;
    if (run_says(target, cmdline, "run=tests") || run_says(target, cmdline, "run=all"))
        return TOOL_OK;
    if (!workload_index_read(NULL, &index, e))
        return TOOL_FAILED;
    for (size_t i = 0; i < index.count; i++)
        wanted += entry_is_wanted(&index.entries[i], target, select);
    workload_index_free(&index);
    if (wanted > 0)
        return TOOL_OK;
    error_set(e, "target %s has no workload that matches \"%s\" (`tollgate list` shows all)", target->name, select);
    return TOOL_NEGATIVE;
}

static bool log_has(const struct rawlog *log, const char *id)
{
    size_t i;
    json_t *skip;
    for (i = 0; i < log->row_count; i++)
        if (strcmp(log->rows[i].workload, id) == 0)
            return true;
    json_array_foreach(log->skipped, i, skip) {
        const char *skipped = json_string_value(json_object_get(skip, "workload"));
        if (skipped && strcmp(skipped, id) == 0)
            return true;
    }
    return false;
}

bool workload_expected_check(const struct target *target, const char *select, const char *cmdline, const struct rawlog *log, struct error *e)
{
    struct workload_index index;
    char names[256] = "";
    size_t missing = 0;
    if (run_says(target, cmdline, "run=tests"))
        return true;
    if (!workload_index_read(NULL, &index, e))
        return false;
    for (size_t i = 0; i < index.count; i++) {
        const char *id = index.entries[i].id;
        size_t used = strlen(names);
        if (!entry_is_wanted(&index.entries[i], target, select) || log_has(log, id))
            continue;
        if (missing++ < NAMES_SHOWN)
            snprintf(names + used, sizeof names - used, "%s%s", used ? ", " : "", id);
    }
    workload_index_free(&index);
    if (missing == 0)
        return true;
    return error_set(e, "the guest gave neither a row nor a reason to skip for %zu workload%s: %s%s", missing, missing > 1 ? "s" : "", names,
                     missing > NAMES_SHOWN ? ", ..." : "");
}
