/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One run; see target_run.h.
 */
#include "harness/tool/target_run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "harness/tool/emulator_progress.h"
#include "harness/tool/file.h"
#include "harness/tool/rawlog.h"
#include "harness/tool/tool.h"
#include "harness/tool/workload_expected.h"

/* Everything that a run owns. */
struct run {
    const struct run_request *request;
    struct run_plan plan;
    struct launch launch;
    struct progress progress;
    struct process_end end;
    time_t start;
    char *serial, *log, *terminal_log, *result;
    struct error error;
};

static char *path_join(const char *folder, const char *name)
{
    char *path;
    if (asprintf(&path, "%s/%s", folder, name) < 0)
        abort();
    return path;
}

static void run_open(struct run *r, const struct run_request *request)
{
    *r = (struct run){ .request = request, .start = time(NULL) };
    r->serial = path_join(request->folder, "raw.log");
    r->log = path_join(request->folder, "emulator.log");
    r->terminal_log = path_join(request->folder, "emulator-terminal.log");
    r->result = path_join(request->folder, "result.json");
    r->plan = (struct run_plan){ .select = request->select, .cmdline = request->cmdline, .cpus = request->cpus, .prepare = request->prepare,
                                 .perf = request->perf, .emulator = request->emulator, .footprint = request->footprint,
                                 .caches = request->caches, .device = request->device, .power_cycle = request->power_cycle,
                                 .folder = request->folder, .serial = r->serial, .log = r->log };
}

static void file_drop_if_empty(const char *path)
{
    struct stat status;
    if (stat(path, &status) == 0 && status.st_size == 0)
        unlink(path);
}

static void run_close(struct run *r)
{
    for (size_t i = 0; i < r->launch.temporary.used; i++)
        unlink(r->launch.temporary.item[i]);
    file_drop_if_empty(r->log);
    file_drop_if_empty(r->terminal_log);
    launch_free(&r->launch);
    free(r->serial);
    free(r->log);
    free(r->terminal_log);
    free(r->result);
}

static double run_time_limit_s(const struct run *r)
{
    return r->request->time_limit_s > 0 ? r->request->time_limit_s : r->request->target->time_limit_s;
}

/* The guest's console file must exist even when the emulator never gets to make it: no stale one, and an unwritable folder shows. */
static bool serial_create(struct run *r)
{
    FILE *f = fopen(r->serial, "wx");
    if (!f || fclose(f) != 0)
        return error_set(&r->error, "%s: %s", r->serial, strerror(errno));
    return true;
}

static void run_start(struct run *r)
{
    struct process_spec spec = {
        .arguments = &r->launch.arguments,
        .environment = &r->launch.environment,
        .output_path = r->launch.output_is_serial ? r->serial : r->log,
        .error_path = r->launch.terminal ? r->terminal_log : r->launch.output_is_serial ? r->log : NULL,
        .terminal = r->launch.terminal,
        .time_limit_s = run_time_limit_s(r),
        .watch = progress_watch,
        .watch_arg = &r->progress,
    };
    progress_begin(&r->progress, r->request->target->name, r->serial, r->log);
    r->end = process_run(&spec);
    progress_end(&r->progress);
}

/* Whether the process ended as one does that has done its work. */
static bool end_judge(struct run *r)
{
    struct error *e = &r->error;
    switch (r->end.outcome) {
    case PROCESS_EXITED:
        return r->request->target->judge(&r->plan, r->end.status, e);
    case PROCESS_KILLED:
        return error_set(e, "%s died of signal %d (%s)", r->launch.arguments.item[0], r->end.status, strsignal(r->end.status));
    case PROCESS_TIMED_OUT:
        return error_set(e, "not done after the time limit of %g s (--timeout changes it); stopped", run_time_limit_s(r));
    case PROCESS_STOPPED:
        return error_set(e, "the console or the emulator's log grew beyond the limit of %u MiB; stopped", PROGRESS_SERIAL_BYTES_MAX >> 20);
    case PROCESS_INTERRUPTED:
        return error_set(e, "interrupted (%s); stopped", strsignal(r->end.status));
    case PROCESS_NOT_STARTED:
        return error_set(e, "cannot start %s: %s", r->launch.arguments.item[0], strerror(r->end.status));
    }
    return error_set(e, "the process ended in an unknown way");
}

/* What a decoded log must say beyond being well-formed. */
static bool log_judge(struct run *r, const struct rawlog *log)
{
    struct error *e = &r->error;
    const char *expected = r->request->target->fidelity;
    const char *fidelity = json_string_value(json_object_get(log->context, "fidelity"));
    if (!log->ok)
        return error_set(e, "the guest's end record says that it failed");
    const char *system = json_string_value(json_object_get(log->context, "system"));
    if (!system || strcmp(system, r->request->target->system) != 0)
        return error_set(e, "the log is not of this target: system=%s, not %s", system ? system : "(missing)", r->request->target->system);
    if (!fidelity || strcmp(fidelity, expected ? expected : fidelity) != 0 || strcmp(fidelity, "none") == 0)
        return error_set(e, "the guest's clock is not what this target promises: fidelity=%s%s%s", fidelity ? fidelity : "(missing)",
                         expected ? ", not " : "", expected ? expected : "");
    if (!workload_expected_check(r->request->target, r->request->select, r->request->cmdline, log, e))
        return false;
    if (log->row_count > 0 || json_array_size(log->tests) > 0)
        return true;
    const char *reason = json_string_value(json_object_get(json_array_get(log->skipped, 0), "reason"));
    if (reason)
        return error_set(e, "no rows: all was skipped (%s)", reason);
    return error_set(e, "no rows: the guest ran nothing for select=%s", r->request->select);
}

/* Names tests that failed, when the log tells. */
static void failed_tests_print(const char *serial)
{
    struct rawlog log;
    size_t i;
    json_t *test;
    if (!rawlog_read(serial, false, &log, NULL))
        return;
    json_array_foreach(log.tests, i, test) {
        const char *name = json_string_value(json_object_get(test, "name"));
        const char *outcome = json_string_value(json_object_get(test, "result"));
        const char *detail = json_string_value(json_object_get(test, "detail"));
        struct error line;
        if (!outcome || strcmp(outcome, "fail") != 0)
            continue;
        error_set(&line, "%s%s%s", name ? name : "?", detail ? ": " : "", detail ? detail : "");
        fprintf(stderr, "  failed test %s\n", line.text);
    }
    rawlog_free(&log);
}

/* What ran cannot say it itself: there was no room for that either. */
static bool disk_full(const char *folder)
{
    struct statvfs disk;
    return statvfs(folder, &disk) == 0 && disk.f_bavail == 0;
}

static void failure_print(const struct run *r)
{
    tool_error("%s: %s%s", r->request->target->name, r->error.text, disk_full(r->request->folder) ? "; no space is left where the run is kept" : "");
    if (r->end.outcome == PROCESS_EXITED)
        failed_tests_print(r->serial);
    console_tail_print(r->serial, "the guest's console");
    console_tail_print(r->log, "the emulator's log");
    console_tail_print(r->terminal_log, "what the emulator said on its terminal");
    fprintf(stderr, "  kept: %s\n", r->request->folder);
}

/* Facts of the host that the guest has told too are the guest's to tell. */
static json_t *context_for(const struct run *r, const struct rawlog *log)
{
    static const char *const guest_may_tell[] = { "hypervisor", "governor", "turbo", "smt", "tsc", "isolation", "host_kernel",
                                                  "host_cpu", "microcode", "compiler", "host_mitigations" };
    json_t *context = host_context(r->request->target, r->request->emulator, r->request->tree, r->start, &r->launch);
    for (size_t i = 0; i < sizeof guest_may_tell / sizeof *guest_may_tell; i++)
        if (json_object_get(log->context, guest_may_tell[i]))
            json_object_del(context, guest_may_tell[i]);
    return context;
}

static bool result_make(struct run *r, struct rawlog *log, struct result *result)
{
    json_t *context = context_for(r, log);
    bool ok = result_from_log(log, context, result, &r->error);
    json_decref(context);
    if (ok && !result_write(r->result, result, &r->error)) {
        result_free(result);
        ok = false;
    }
    return ok;
}

/* From a log of a guest that ended well to a result. The log is sealed when it has proved good, and read again as sealed: the
 * result is made from the very bytes that are kept. */
static int log_take(struct run *r, struct result *result)
{
    struct rawlog log;
    if (!rawlog_read(r->serial, false, &log, &r->error))
        return TOOL_BAD_INPUT;
    bool good = log_judge(r, &log);
    rawlog_free(&log);
    if (!good)
        return TOOL_FAILED;
    if (!rawlog_seal(r->serial, &r->error) || !rawlog_read(r->serial, true, &log, &r->error))
        return TOOL_FAILED;
    good = result_make(r, &log, result);
    rawlog_free(&log);
    return good ? TOOL_OK : TOOL_FAILED;
}

int target_run(const struct run_request *request, struct result *result, bool *interrupted)
{
    struct run r;
    int status = TOOL_FAILED;
    run_open(&r, request);
    r.end.outcome = PROCESS_NOT_STARTED;
    if (serial_create(&r) && request->target->prepare(request->target, &r.plan, &r.launch, &r.error)) {
        run_start(&r);
        if (end_judge(&r))
            status = log_take(&r, result);
    }
    *interrupted = r.end.outcome == PROCESS_INTERRUPTED;
    if (status != TOOL_OK && file_system_is_full(request->folder)) {
        error_prefix(&r.error, "no room is left in %.200s", request->folder);
        status = TOOL_FAILED;
    }
    if (status != TOOL_OK)
        failure_print(&r);
    run_close(&r);
    return status;
}
