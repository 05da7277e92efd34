/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Linux's mechanisms in reports; see report_linux.h.
 */
#include "harness/tool/report_linux.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/tool/report_text.h"

#define SMALL_BYTES 64
#define SIZES_MIN 3 /* that make a curve */

static const struct { const char *prefix, *name; } mechanisms[] = {
    { "linux.pipe.", "pipe" },
    { "linux.fifo.", "FIFO" },
    { "linux.unix_stream.", "UNIX stream socket" },
    { "linux.unix_dgram.", "UNIX datagram socket" },
    { "linux.unix_seqpacket.", "UNIX seqpacket socket" },
    { "linux.tcp.", "TCP, loopback" },
    { "linux.udp.", "UDP, loopback" },
    { "linux.posix_mq.", "POSIX message queue" },
    { "linux.sysv_msg.", "System V message queue" },
    { "linux.sysv_sem_shm.", "System V semaphore + shm" },
    { "linux.shm_futex.", "shm + futex" },
    { "linux.shm_posix_sem.", "shm + POSIX semaphore" },
    { "linux.shm_spin.", "shm + spinning (polls)" },
    { "linux.eventfd.", "eventfd" },
    { "linux.signal_kill.", "kill + sigwaitinfo" },
    { "linux.signal_queue.", "sigqueue + sigwaitinfo" },
    { "linux.process_vm.", "process_vm_readv + eventfd" },
    { "linux.splice.", "pipe, relayed by splice" },
    { "linux.vmsplice.", "vmsplice into a pipe" },
    { "linux.scm_rights.round_trip", "SCM_RIGHTS, one descriptor" },
    { "linux.scm_rights.without", "sendmsg, no descriptor" },
    { "linux.io_uring.", "io_uring message ring" },
};
#define MECHANISMS (sizeof mechanisms / sizeof *mechanisms)

const char *report_linux_name(const char *workload)
{
    for (size_t i = 0; i < MECHANISMS; i++)
        if (strncmp(workload, mechanisms[i].prefix, strlen(mechanisms[i].prefix)) == 0)
            return mechanisms[i].name;
    return NULL;
}

bool report_linux_polls(const struct result_row *row)
{
    for (size_t i = 0; i < row->taint_count; i++)
        if (strcmp(row->taints[i], "polling") == 0)
            return true;
    return false;
}

bool report_linux_is_small(const struct result_row *row)
{
    return report_linux_name(row->workload) && strcmp(row->cache, "warm") == 0 && (!row->has_bytes || row->bytes <= SMALL_BYTES);
}

bool report_linux_is_headline(const struct report_row *row)
{
    const struct result_row *r = row->row;
    return r->placement && strcmp(r->placement, report_linux_polls(r) ? "two_cpus" : "same_cpu") == 0 && report_linux_is_smallest(row);
}

bool report_linux_is_smallest(const struct report_row *row)
{
    const struct result_row *r = row->row;
    if (!report_linux_name(r->workload))
        return false;
    for (size_t i = 0; i < row->input->result.row_count; i++) {
        const struct result_row *other = &row->input->result.rows[i];
        if (strcmp(other->workload, r->workload) == 0 && strcmp(other->unit, r->unit) == 0 && other->bytes < r->bytes)
            return false;
    }
    return true;
}

const struct report_input *report_linux_input(const struct report *report, const char *unit)
{
    const struct report_pattern pattern = { .workload = "linux.*", .unit = unit };
    const struct report_input *best = NULL;
    for (size_t i = 0; i < report->input_count; i++) {
        struct report_pattern own = pattern;
        own.input = &report->inputs[i];
        if (report_find(report, &own).row && (!best || strcmp(own.input->label, best->label) < 0))
            best = own.input;
    }
    return best;
}

static struct report_rows rows_take(const struct figure_job *job, const char *direction, bool (*wanted)(const struct report_row *row))
{
    const struct report_pattern pattern = {
        .workload = "linux.*", .unit = job->unit, .direction = direction, .cache = "warm", .input = report_linux_input(job->report, job->unit),
    };
    struct report_rows rows = pattern.input ? report_select_main(job->report, &pattern) : (struct report_rows){ 0 };
    size_t kept = 0;
    for (size_t i = 0; i < rows.count; i++)
        if (report_linux_name(rows.items[i].row->workload) && rows.items[i].row->corrected > 0 && wanted(&rows.items[i]))
            rows.items[kept++] = rows.items[i];
    rows.count = kept;
    return rows;
}

/* --- by size --- */

static bool curve_wanted(const struct report_row *row)
{
    const struct result_row *r = row->row;
    return r->has_bytes && r->bytes > 0 && r->placement && strcmp(r->placement, report_linux_polls(r) ? "two_cpus" : "same_cpu") == 0;
}

/* Rows are ordered by workload, then by size: those of one curve follow one another. */
static size_t curve_length(const struct report_rows *rows, size_t at)
{
    size_t n = 1;
    while (at + n < rows->count && strcmp(rows->items[at + n].row->workload, rows->items[at].row->workload) == 0)
        n++;
    return n;
}

static double row_latency(const struct result_row *row) { return row->corrected; }
static double row_bandwidth(const struct result_row *row) { return (double)row->bytes / row->corrected; }

/* One block of data for each mechanism with enough sizes; rows of the others are dropped. False when there is none. */
static bool curves_write(struct figure_job *job, double (*value)(const struct result_row *row))
{
    size_t curves = 0, kept = 0;
    double low = INFINITY, high = 0, bytes_high = 1;
    for (size_t at = 0, n; at < job->rows.count; at += n) {
        n = curve_length(&job->rows, at);
        if (n < SIZES_MIN)
            continue;
        fprintf(job->data, "%s%s\t\n", curves ? "\n\n" : "", report_linux_name(job->rows.items[at].row->workload));
        for (size_t i = at; i < at + n; i++) {
            const struct result_row *row = job->rows.items[i].row;
            fprintf(job->data, "%" PRIu64 "\t%.17g\n", row->bytes, value(row));
            low = fmin(low, value(row));
            high = fmax(high, value(row));
            bytes_high = fmax(bytes_high, (double)row->bytes);
            job->rows.items[kept++] = job->rows.items[i];
        }
        curves++;
    }
    job->rows.count = kept;
    fprintf(job->head, "curves = %zu\nlow = %.17g\nhigh = %.17g\nbytes_high = %.0f.0\n", curves, low, high, bytes_high);
    return curves > 0;
}

#define ABSENT_SIZES "no mechanism of Linux was measured in %s with at least three sizes (--cmdline tollgate.size=full does)"

bool linux_size_write(struct figure_job *job, struct error *why)
{
    job->rows = rows_take(job, "round_trip", curve_wanted);
    if (!curves_write(job, row_latency) || !report_axis_check(&job->rows, NULL))
        return error_set(why, ABSENT_SIZES, job->unit);
    fprintf(job->head, "axis = '%s per round trip (logarithmic)'\nxaxis = 'payload, bytes (logarithmic)'\n", job->unit);
    fputs("Round trips between two processes on one CPU; what polls has one CPU for each process. Median per operation, measuring overhead "
          "subtracted; warm cache. Lines only join the points.", job->caption);
    return true;
}

bool linux_bandwidth_write(struct figure_job *job, struct error *why)
{
    job->rows = rows_take(job, "one_way", curve_wanted);
    if (!curves_write(job, row_bandwidth) || !report_axis_check(&job->rows, NULL))
        return error_set(why, ABSENT_SIZES, job->unit);
    bool ns = strcmp(job->unit, "ns") == 0;
    fprintf(job->head, "axis = '%s%s (logarithmic)'\nxaxis = 'message, bytes (logarithmic)'\n", ns ? "GB/s" : "bytes per ",
            ns ? "" : strcmp(job->unit, "instructions") == 0 ? "instruction" : "cycle");
    fputs("One way, in bursts whose end the receiver confirms; producing and looking at the data not counted. Message size divided by the "
          "median per message; both processes on one CPU, what polls on two; warm cache.", job->caption);
    return true;
}

/* --- by placement --- */

static bool placement_wanted(const struct report_row *row)
{
    return row->row->placement && report_linux_is_smallest(row);
}

static double placement_value(const struct report_rows *rows, size_t at, size_t n, const char *placement)
{
    for (size_t i = at; i < at + n; i++)
        if (strcmp(rows->items[i].row->placement, placement) == 0)
            return rows->items[i].row->corrected;
    return NAN;
}

/* Groups of placements, dearest first on one CPU, so that the cheapest is at the bottom like a baseline. */
static void placement_groups_write(struct figure_job *job, size_t *groups, double *low, double *high)
{
    static const char *const placements[] = { "same_cpu", "two_cpus", "unpinned" };
    const struct report_rows *rows = &job->rows;
    *groups = 0;
    *low = INFINITY;
    *high = 0;
    for (size_t at = 0, n; at < rows->count; at += n) {
        n = 1;
        while (at + n < rows->count && strcmp(rows->items[at + n].row->workload, rows->items[at].row->workload) == 0)
            n++;
        const struct result_row *row = rows->items[at].row;
        fprintf(job->data, "%zu\t%s, %" PRIu64 " B", (*groups)++, report_linux_name(row->workload), row->bytes);
        for (size_t i = 0; i < 3; i++) {
            double value = placement_value(rows, at, n, placements[i]);
            if (isnan(value)) {
                fputs("\tNaN", job->data);
                continue;
            }
            fprintf(job->data, "\t%.17g", value);
            *low = fmin(*low, value);
            *high = fmax(*high, value);
        }
        putc('\n', job->data);
    }
}

bool linux_placement_write(struct figure_job *job, struct error *why)
{
    size_t groups;
    double low, high;
    job->rows = rows_take(job, "round_trip", placement_wanted);
    if (!report_axis_check(&job->rows, NULL))
        return error_set(why, "the results hold no round trip of Linux in %s", job->unit);
    fputs("# position\tname\tsame CPU\ttwo CPUs\tunpinned\n", job->data);
    placement_groups_write(job, &groups, &low, &high);
    fprintf(job->head, "axis = '%s per round trip (logarithmic)'\nrows = %zu\nlow = %.17g\nhigh = %.17g\n", job->unit, groups, low, high);
    fputs("Smallest payload of each mechanism. Median per operation, measuring overhead subtracted; warm cache.", job->caption);
    if (strcmp(job->unit, "instructions") == 0)
        fputs(" On two CPUs the instructions of both count, those of waiting included: the emulator runs one CPU at a time.", job->caption);
    return true;
}
