/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Figure of what user-level servers cost beside Linux: the questions of Härtig et al. (1997), tables 2 to 5, a bar for each answer.
 */
#include "harness/tool/report_figure.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/tool/report_linux.h"
#include "harness/tool/report_text.h"

/* In the order of the figure. `part` must occur in the variant; the ratio is to the line of Linux that ends the question. */
static const struct answer {
    const char *name, *workload, *part;
    bool is_linux;
} answers[] = {
    { "getpid, in the process", "posix.getpid.in_process", "method=batched", false },
    { "getpid, library and server", "posix.getpid.libc", "method=batched", false },
    { "getpid, unmodified binary", "posix.getpid.trampoline", "method=batched", false },
    { "getpid", "linux.null_syscall.getpid", "method=batched", true },
    { "write to /dev/null, library and server", "posix.write.libc", "bytes=1,path=fast,method=batched", false },
    { "write to /dev/null, unmodified binary", "posix.write.trampoline", "bytes=1,method=batched", false },
    { "write to /dev/null", "linux.dev_null.write", "method=batched", true },
    { "1 byte there and back, RPC", "pipe.rpc.round_trip", "method=batched", false },
    { "1 page mapped and revoked", "pipe.mapping.round_trip", "method=batched", false },
    { "1 byte there and back, pipe", "pipe.server.round_trip", "bytes=1,method=batched", false },
    { "1 byte there and back, pipe", "linux.pipe.round_trip", "bytes=1,placement=same_cpu,method=batched", true },
    { "64 KiB mapped", "pipe.mapping.bandwidth", "method=batched", false },
    { "64 KiB, RPC", "pipe.rpc.bandwidth", "transfer=memory,method=batched", false },
    { "64 KiB, pipe", "pipe.server.bandwidth", "method=batched", false },
    { "64 KiB, pipe", "linux.pipe.bandwidth", "placement=same_cpu,method=batched", true },
    { "trap", "vm.trap", "via=exception,handler=inter", false },
    { "trap", "linux.vm.trap", "method=single", true },
    { "Appel1", "vm.appel1", "protect=read_only,method=batched", false },
    { "Appel1", "linux.vm.appel1", "method=batched", true },
    { "Appel2, per page", "vm.appel2", "protect=read_only", false },
    { "Appel2, per page", "linux.vm.appel2", "method=batched", true },
};
#define ANSWERS (sizeof answers / sizeof *answers)

static struct report_row answer_find(const struct figure_job *job, const struct answer *a)
{
    const struct report_pattern pattern = { .workload = a->workload, .unit = job->unit };
    struct report_rows rows = report_select_main(job->report, &pattern);
    struct report_row found = { 0 };
    for (size_t i = 0; i < rows.count && !found.row; i++)
        if (strstr(rows.items[i].row->variant, a->part) && rows.items[i].row->corrected > 0)
            found = rows.items[i];
    free(rows.items);
    return found;
}

static void answer_write(struct figure_job *job, size_t position, const struct answer *a, const struct report_row *row, const struct report_row *system)
{
    char number[REPORT_NUMBER_BYTES];
    double value = row->row->corrected, ratio;
    fprintf(job->data, "%zu\t%d\t%.17g\t", position, a->is_linux, value);
    report_data_field(job->data, a->name);
    fprintf(job->data, "\t%s", report_number(number, value >= 1000 ? round(value) : value));
    if (!a->is_linux && system->row && report_ratio(row->row, system->row, &ratio, NULL))
        fprintf(job->data, "   %s×", report_ratio_number(number, ratio));
    putc('\n', job->data);
}

/* Linux's answer alone says nothing here: of a question that no server answers there is no bar. */
static void lone_drop(struct report_row rows[ANSWERS])
{
    bool asked = false;
    for (size_t i = 0; i < ANSWERS; i++) {
        if (answers[i].is_linux && !asked)
            rows[i] = (struct report_row){ 0 };
        asked = !answers[i].is_linux && (asked || rows[i].row);
    }
}

bool servers_write(struct figure_job *job, struct error *why)
{
    struct report_row rows[ANSWERS], system = { 0 }, systems[ANSWERS];
    double low = INFINITY, high = 0;
    size_t own = 0;
    for (size_t i = ANSWERS; i-- > 0;) {
        rows[i] = answer_find(job, &answers[i]);
        if (answers[i].is_linux)
            system = rows[i];
        systems[i] = system;
        own += rows[i].row && !answers[i].is_linux;
    }
    if (own == 0)
        return error_set(why, "no row of a user-level server in %s (build/tollgate run --select 'posix.*', 'pipe.*', 'vm.*')", job->unit);
    lone_drop(rows);
    job->rows = (struct report_rows){ calloc(ANSWERS, sizeof *job->rows.items), 0 };
    for (size_t i = 0; job->rows.items && i < ANSWERS; i++)
        if (rows[i].row) {
            answer_write(job, job->rows.count, &answers[i], &rows[i], &systems[i]);
            low = fmin(low, rows[i].row->corrected);
            high = fmax(high, rows[i].row->corrected);
            job->rows.items[job->rows.count++] = rows[i];
        }
    fprintf(job->head, "axis = '%s (logarithmic)'\nrows = %zu\nlow = %.17g\nhigh = %.17g\nkey_0 = 'Tollgate, server in another task'\nkey_1 = 'Linux'\n",
            job->unit, job->rows.count, low, high);
    fputs("The questions of Härtig et al. (SOSP 1997), tables 2 to 5. × is the ratio to Linux's answer to the same question. Median per operation, measuring "
          "overhead subtracted; one CPU, warm cache.", job->caption);
    if (strcmp(job->unit, "instructions") == 0)
        fputs(" A byte that is copied counts one instruction each time, on both systems.", job->caption);
    return true;
}
