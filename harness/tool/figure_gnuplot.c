/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Runs gnuplot on one script, under a time limit; its first line of complaint becomes the error. See figure.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/tool/figure.h"
#include "harness/tool/file.h"
#include "harness/tool/process.h"
#include "harness/tool/report_text.h"

#define LOG_BYTES_MAX (1u << 20)

/* The line of gnuplot's output that says most: the last one that is not empty. */
static char *complaint_read(const char *path)
{
    char *text, *last = NULL, *save;
    size_t size;
    if (!file_read(path, LOG_BYTES_MAX, &text, &size, NULL))
        return strdup("no message");
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
        if (strspn(line, " ^\t") != strlen(line))
            last = line;
    char *complaint = strdup(last ? last : "no message");
    free(text);
    return complaint;
}

static bool end_check(const struct process_end *end, const char *name, const char *log, double limit_s, struct error *e)
{
    if (end->outcome == PROCESS_EXITED && end->status == 0)
        return true;
    if (end->outcome == PROCESS_NOT_STARTED)
        return error_set(e, "gnuplot could not be started: %s (Debian: apt-get install gnuplot-nox)", strerror(end->status));
    if (end->outcome == PROCESS_TIMED_OUT)
        return error_set(e, "gnuplot %s.gp did not end within %.0f s", name, limit_s);
    if (end->outcome == PROCESS_INTERRUPTED || end->outcome == PROCESS_STOPPED)
        return error_set(e, "gnuplot %s.gp was interrupted", name);
    char *complaint = complaint_read(log);
    error_set(e, "gnuplot %s.gp: %s %d: %s", name, end->outcome == PROCESS_KILLED ? "killed by signal" : "exit status",
              end->status, complaint ? complaint : "no message");
    free(complaint);
    return false;
}

/* A picture that gnuplot left empty is no picture. */
static bool picture_check(const char *plots, const char *name, const char *ending, struct error *e)
{
    char path[4096];
    struct stat info;
    snprintf(path, sizeof path, "%s/%s.%s", plots, name, ending);
    if (stat(path, &info) != 0 || info.st_size == 0)
        return error_set(e, "gnuplot %s.gp wrote no %s.%s (no room left there, or another report at work in the same folder?)", name, name, ending);
    return true;
}

bool figure_gnuplot_run(const char *plots, const char *name, double limit_s, struct error *e)
{
    char log[4096];
    char *cd = NULL;
    size_t cd_bytes;
    struct arguments a = { 0 };
    if (!process_findable("gnuplot"))
        return error_set(e, "gnuplot is not installed, so there are no figures (Debian: apt-get install gnuplot-nox)");
    FILE *out = open_memstream(&cd, &cd_bytes);
    if (!out)
        return error_set(e, "out of memory");
    fputs("cd ", out);
    report_gnuplot_string(out, plots);
    fclose(out);
    snprintf(log, sizeof log, "%s/%s.log", plots, name);
    arguments_add(&a, "gnuplot");
    arguments_add(&a, "-d"); /* no start-up file of the user: the same picture for everybody */
    arguments_add(&a, "-e");
    arguments_add(&a, "%s", cd);
    arguments_add(&a, "%s.gp", name);
    struct process_spec spec = { .arguments = &a, .output_path = log, .time_limit_s = limit_s };
    struct process_end end = process_run(&spec);
    bool good = end_check(&end, name, log, limit_s, e);
    arguments_free(&a);
    free(cd);
    unlink(log);
    return good && picture_check(plots, name, "svg", e) && picture_check(plots, name, "png", e) && picture_check(plots, name, "pdf", e);
}
