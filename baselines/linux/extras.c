/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Passes beside the rows; see extras.h.
 */
#include "baselines/linux/extras.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "baselines/linux/program.h"

#define PAPI_PROGRAM "papi-counters"
#define PAPI_UNAVAILABLE 77
#define PAPI_DISAGREES 1
#define LIMIT_SECONDS 120
#define SAMPLES "--samples=200"

/* Last line of a text without its line end; text itself when it has but one. */
static char *line_last(char *text)
{
    size_t n = strlen(text);

    while (n > 0 && text[n - 1] == '\n')
        text[--n] = '\0';
    char *end = strrchr(text, '\n');
    return end != NULL ? end + 1 : text;
}

/* Path of this program; false when /proc does not tell. */
static bool own_path(char *path, size_t bytes)
{
    ssize_t n = readlink("/proc/self/exe", path, bytes - 1);

    path[n > 0 ? n : 0] = '\0';
    return n > 0;
}

bool papi_compare(struct record_writer *w)
{
    char path[4096 + sizeof PAPI_PROGRAM], output[1024];
    char *slash = own_path(path, 4096) ? strrchr(path, '/') : NULL;

    if (slash == NULL) {
        record_test(w, "counters/papi", "skip", "/proc does not tell where this program lies");
        return true;
    }
    snprintf(slash + 1, sizeof PAPI_PROGRAM, "%s", PAPI_PROGRAM);
    const char *const command[] = { path, NULL };
    struct program_end end = program_run(command, LIMIT_SECONDS, output, sizeof output);
    if (end.missing)
        record_test(w, "counters/papi", "skip", PAPI_PROGRAM " is not there (it is built where PAPI is installed)");
    else if (end.status == PAPI_UNAVAILABLE)
        record_test(w, "counters/papi", "skip", line_last(output));
    else if (end.done || end.status == PAPI_DISAGREES)
        record_test(w, "counters/papi", end.done ? "pass" : "fail", line_last(output));
    else
        record_test(w, "counters/papi", "skip", end.reason);
    return end.status != PAPI_DISAGREES;
}

static bool file_filled(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && status.st_size > 0;
}

/* What perf says that it could not count, as "; <not supported>: cycles, ..."; empty when there is none. */
static void uncounted_name(const char *path, char *text, size_t bytes)
{
    static const char mark[] = "<not supported>";
    char line[256], name[64];
    size_t n = 0;
    FILE *f = fopen(path, "r");

    text[0] = '\0';
    while (f != NULL && fgets(line, sizeof line, f) != NULL) {
        const char *at = strstr(line, mark);
        if (at == NULL || sscanf(at + sizeof mark - 1, "%63s", name) != 1 || n + sizeof mark + sizeof name + 8 > bytes)
            continue;
        n += (size_t)snprintf(text + n, bytes - n, "%s%s", n == 0 ? "; <not supported>: " : ", ", name);
    }
    if (f != NULL)
        fclose(f);
}

/* A figure of such a pass would be wrong, so its records are dropped; what perf wrote is what counts. */
static void pass_record(struct record_writer *w, const char *name, const char *path, const char *const command[])
{
    static char output[1 << 16];
    char detail[640], uncounted[320];
    struct program_end end = program_run(command, LIMIT_SECONDS, output, sizeof output);

    if (end.done && file_filled(path)) {
        uncounted_name(path, uncounted, sizeof uncounted);
        snprintf(detail, sizeof detail, "%.300s%s", path, uncounted);
        record_test(w, name, "pass", detail);
        return;
    }
    if (end.missing)
        snprintf(detail, sizeof detail, "perf is not installed (Debian: linux-perf)");
    else
        snprintf(detail, sizeof detail, "%s; %.160s", end.done ? "perf wrote nothing" : end.reason, line_last(output));
    record_test(w, name, "skip", detail);
}

void perf_passes(struct record_writer *w, const char *folder, const char *select)
{
    char self[4096], selection[300], stat_path[4096], profile_path[4096];

    snprintf(selection, sizeof selection, "--select=%s", select);
    snprintf(stat_path, sizeof stat_path, "%s/perf-stat.txt", folder);
    snprintf(profile_path, sizeof profile_path, "%s/perf.data", folder);
    if (!own_path(self, sizeof self)) {
        record_test(w, "perf/stat", "skip", "/proc does not tell where this program lies");
        return;
    }
    const char *const stat_command[] = { "perf", "stat", "-d", "-o", stat_path, "--", self, selection, SAMPLES, "--no-extras", NULL };
    const char *const profile_command[] = { "perf", "record", "-q", "-g", "-o", profile_path, "--", self, selection, SAMPLES,
                                            "--no-extras", NULL };
    pass_record(w, "perf/stat", stat_path, stat_command);
    pass_record(w, "perf/profile", profile_path, profile_command);
}
