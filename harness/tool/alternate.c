/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Boots in turns; see alternate.h.
 */
#include "harness/tool/alternate.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/tool/boots.h"
#include "harness/tool/file.h"
#include "harness/tool/process.h"

#define BOOT_LIMIT_S 3600 /* a run has its own, shorter limit */
#define LOG_BYTES_MAX (1u << 20)

/* What the tool said last: its one line of error. */
static bool boot_failed(const char *log, const char *build, struct error *e)
{
    char *text, *last = NULL, *save;
    size_t size;
    if (!file_read(log, LOG_BYTES_MAX, &text, &size, NULL))
        return error_set(e, "%s/tollgate run left no log", build);
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
        last = strncmp(line, "tollgate: ", 10) == 0 ? line + 10 : last;
    error_set(e, "%s/tollgate run failed: %s", build, last ? last : file_system_is_full(log) ? "no room is left for its log" : "no message");
    free(text);
    return false;
}

static bool boot_take(const struct alternate_plan *plan, int side, const char *folder, struct result *result, struct error *e)
{
    struct arguments a = { 0 };
    char *log, *output;
    if (asprintf(&log, "%s/log", folder) < 0 || asprintf(&output, "%s/boot.json", folder) < 0)
        abort();
    arguments_add(&a, "%s/tollgate", plan->builds[side]);
    arguments_add(&a, "run");
    arguments_add(&a, "--target=%s", plan->target);
    arguments_add(&a, "--select=%s", plan->select);
    arguments_add(&a, "--cmdline=%s", plan->cmdline);
    arguments_add(&a, "--results=%s/runs", folder);
    arguments_add(&a, "--output=%s", output);
    struct process_spec spec = { .arguments = &a, .output_path = log, .time_limit_s = BOOT_LIMIT_S };
    struct process_end end = process_run(&spec);
    bool good = end.outcome == PROCESS_EXITED && end.status == 0 ? result_read(output, result, e)
              : end.outcome == PROCESS_INTERRUPTED ? error_set(e, "interrupted")
              : end.outcome == PROCESS_NOT_STARTED ? error_set(e, "%s/tollgate could not be run: %s", plan->builds[side], strerror(end.status))
              : boot_failed(log, plan->builds[side], e);
    arguments_free(&a);
    free(log);
    free(output);
    return good;
}

static void folder_remove(const char *folder)
{
    struct arguments a = { 0 };
    arguments_add(&a, "rm");
    arguments_add(&a, "-rf");
    arguments_add(&a, "%s", folder);
    struct process_spec spec = { .arguments = &a, .time_limit_s = 60 };
    process_run(&spec);
    arguments_free(&a);
}

static bool boots_take(const struct alternate_plan *plan, const char *folder, struct result *boots[2], struct error *e)
{
    for (unsigned i = 0; i < 2 * plan->boots; i++) {
        int side = (int)((i + i / 2) & 1); /* A B, B A, A B, ...: a steady drift hits both alike */
        if (!boot_take(plan, side, folder, &boots[side][i / 2], e))
            return false;
        if (plan->progress)
            plan->progress(i + 1, 2 * plan->boots);
    }
    return true;
}

static bool result_keep(const char *keep, const char *name, const struct result *result, struct error *e)
{
    char path[4096];
    if (!keep)
        return true;
    if (snprintf(path, sizeof path, "%s/%s.json", keep, name) >= (int)sizeof path)
        return error_set(e, "%.200s: path too long", keep);
    return result_write(path, result, e);
}

/* What would fail after the first boots, or after all of them, is told before them. */
static bool plan_check(const struct alternate_plan *plan, struct error *e)
{
    char path[4096];
    for (int side = 0; side < 2; side++)
        if (snprintf(path, sizeof path, "%s/tollgate", plan->builds[side]) >= (int)sizeof path || access(path, X_OK) != 0)
            return error_set(e, "%.200s/tollgate could not be run: %s", plan->builds[side], strerror(errno));
    if (plan->keep && access(plan->keep, W_OK | X_OK) != 0)
        return error_set(e, "%.200s: %s", plan->keep, strerror(errno));
    return true;
}

bool alternate_run(const struct alternate_plan *plan, struct result results[2], struct error *e)
{
    if (!plan_check(plan, e))
        return false;
    struct result *boots[2] = { calloc(plan->boots, sizeof **boots), calloc(plan->boots, sizeof **boots) };
    const char *base = getenv("TMPDIR");
    char *folder;
    if (!boots[0] || !boots[1] || asprintf(&folder, "%s/tollgate-compare.XXXXXX", base ? base : "/tmp") < 0)
        abort();
    bool made = mkdtemp(folder), merged = false;
    bool good = made ? boots_take(plan, folder, boots, e) : error_set(e, "cannot make a folder %s", folder);
    if (good && boots_merge(boots[0], plan->boots, &results[0], e)) {
        merged = boots_merge(boots[1], plan->boots, &results[1], e);
        good = merged && result_keep(plan->keep, "a", &results[0], e) && result_keep(plan->keep, "b", &results[1], e);
        if (!good) {
            result_free(&results[0]);
            if (merged)
                result_free(&results[1]);
        }
    } else
        good = false;
    for (int side = 0; side < 2; side++) {
        for (unsigned i = 0; i < plan->boots; i++)
            result_free(&boots[side][i]);
        free(boots[side]);
    }
    if (made)
        folder_remove(folder);
    free(folder);
    return good;
}
