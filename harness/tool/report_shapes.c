/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Figures of what a call is made of and what changes it: its steps against the hardware floor, mitigations, other CPUs.
 */
#include "harness/tool/report_figure.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/tool/report_linux.h"
#include "harness/tool/report_plots.h"
#include "harness/tool/report_text.h"

/* --- bars with a name, a value and a text --- */

struct bars {
    double low, high;
    size_t count;
};

static void bar_write(struct figure_job *job, struct bars *bars, int group, const struct report_row *row, const char *name, const struct report_row *reference)
{
    char number[REPORT_NUMBER_BYTES];
    double value = row->row->corrected, ratio;
    fprintf(job->data, "%zu\t%d\t%.17g\t", bars->count++, group, value);
    report_data_field(job->data, name);
    fprintf(job->data, "\t%s", report_number(number, value >= 1000 ? round(value) : value));
    if (reference->row && reference->row != row->row && report_ratio(row->row, reference->row, &ratio, NULL))
        fprintf(job->data, "   %s×", report_ratio_number(number, ratio));
    putc('\n', job->data);
    bars->low = fmin(bars->low, value);
    bars->high = fmax(bars->high, value);
}

static void bars_head_write(struct figure_job *job, const struct bars *bars, const char *const keys[2])
{
    fprintf(job->head, "axis = '%s per round trip (logarithmic)'\nrows = %zu\nlow = %.17g\nhigh = %.17g\nroom = 0.46\nkey_0 = '%s'\nkey_1 = '%s'\n", job->unit,
            bars->count, bars->low, bars->high, keys[0], keys[1]);
}

/* --- several CPUs --- */

static bool smp_wanted(const struct report_row *row, const struct report_input *host)
{
    const struct result_row *r = row->row;
    if (!(r->corrected > 0) || strcmp(r->cache, "warm") != 0)
        return false;
    if (report_row_is_linux(r))
        return row->input == host && r->placement && strcmp(r->placement, "two_cpus") == 0 && report_linux_is_smallest(row);
    return strcmp(r->relation, "cross_cpu") == 0 && (r->words == REPORT_REFERENCE_WORDS || r->words == 8);
}

static int compare_values(const void *left, const void *right)
{
    const struct report_row *a = left, *b = right;
    int group = report_row_is_linux(a->row) - report_row_is_linux(b->row);
    return group ? group : (a->row->corrected > b->row->corrected) - (a->row->corrected < b->row->corrected);
}

bool smp_write(struct figure_job *job, struct error *why)
{
    static const char *const keys[2] = { "Tollgate", "Linux" };
    const struct report_pattern pattern = { .unit = job->unit, .direction = "round_trip" };
    const struct report_input *host = report_linux_input(job->report, job->unit);
    struct bars bars = { INFINITY, 0, 0 };
    job->rows = report_select_main(job->report, &pattern);
    size_t kept = 0, own = 0;
    for (size_t i = 0; i < job->rows.count; i++)
        if (smp_wanted(&job->rows.items[i], host)) {
            own += !report_row_is_linux(job->rows.items[i].row);
            job->rows.items[kept++] = job->rows.items[i];
        }
    job->rows.count = kept;
    if (own == 0 || !report_axis_check(&job->rows, NULL))
        return error_set(why, "no round trip of Tollgate between two CPUs in %s (build/tollgate run --cpus 2 --select 'smp.*')", job->unit);
    qsort(job->rows.items, kept, sizeof *job->rows.items, compare_values);
    struct report_row reference = report_reference(job->report, &job->rows.items[0]);
    if (reference.row) {
        char *name = report_row_name(reference.row);
        bar_write(job, &bars, 0, &reference, name, &reference);
        free(name);
    }
    for (size_t i = 0; i < kept; i++) {
        char *name = report_row_name(job->rows.items[i].row);
        bar_write(job, &bars, report_row_is_linux(job->rows.items[i].row), &job->rows.items[i], name, &reference);
        free(name);
    }
    bars_head_write(job, &bars, keys);
    fputs("Client and server on two CPUs; the topmost bar, on one, is what × is the ratio to. Median per operation, measuring overhead subtracted; warm cache.", job->caption);
    if (strcmp(job->unit, "instructions") == 0)
        fputs(" The instructions of both CPUs count, those of waiting included: the emulator runs one CPU at a time.", job->caption);
    return true;
}

/* --- mitigations --- */

/* What a row says of mitigations: its own variant first, otherwise its input. */
static const char *mitigations_of(const struct report_row *row, char text[64])
{
    const char *at = strstr(row->row->variant, "mitigations=");
    if (at)
        snprintf(text, 64, "%.*s", (int)strcspn(at + 12, ","), at + 12);
    else {
        const char *value = result_context(&row->input->result, "mitigations");
        snprintf(text, 64, "%.63s", value ? value : "not stated");
    }
    return text;
}

static struct report_rows ladder_select(const struct figure_job *job)
{
    const struct report_pattern pattern = { .unit = job->unit, .direction = "round_trip", .cache = "warm" };
    struct report_rows rows = report_select_main(job->report, &pattern);
    size_t kept = 0;
    for (size_t i = 0; i < rows.count; i++) {
        const struct report_row *row = &rows.items[i];
        bool wanted = report_row_is_linux(row->row) ? report_linux_is_headline(row) && strcmp(row->row->workload, "linux.pipe.round_trip") == 0
                    : strcmp(row->row->workload, "ipc.call.inter") == 0 && row->row->words == REPORT_REFERENCE_WORDS;
        if (wanted && row->row->corrected > 0)
            rows.items[kept++] = *row;
    }
    rows.count = kept;
    return rows;
}

/* Whether another rung of the same question has other mitigations. */
static bool has_rungs(const struct report_rows *rows, const struct report_row *row)
{
    char own[64], other[64];
    mitigations_of(row, own);
    for (size_t i = 0; i < rows->count; i++)
        if (strcmp(rows->items[i].row->workload, row->row->workload) == 0 && strcmp(rows->items[i].row->path, row->row->path) == 0
            && strcmp(mitigations_of(&rows->items[i], other), own) != 0)
            return true;
    return false;
}

static int compare_rungs(const void *left, const void *right)
{
    const struct report_row *a = left, *b = right;
    int group = report_row_is_linux(a->row) - report_row_is_linux(b->row);
    group = group ? group : strcmp(a->row->path, b->row->path);
    return group ? group : (a->row->corrected > b->row->corrected) - (a->row->corrected < b->row->corrected);
}

bool ladder_write(struct figure_job *job, struct error *why)
{
    static const char *const keys[2] = { "Tollgate", "Linux, pipe" };
    struct bars bars = { INFINITY, 0, 0 };
    struct report_rows all = ladder_select(job);
    job->rows = (struct report_rows){ calloc(all.count + 1, sizeof *all.items), 0 };
    for (size_t i = 0; job->rows.items && i < all.count; i++)
        if (has_rungs(&all, &all.items[i]))
            job->rows.items[job->rows.count++] = all.items[i];
    free(all.items);
    if (job->rows.count == 0)
        return error_set(why, "no call or pipe in %s was measured under more than one setting of mitigations", job->unit);
    qsort(job->rows.items, job->rows.count, sizeof *job->rows.items, compare_rungs);
    struct report_row lowest = { 0 };
    for (size_t i = 0; i < job->rows.count; i++) {
        const struct report_row *row = &job->rows.items[i];
        char text[64], *name;
        if (i == 0 || strcmp(row->row->workload, lowest.row->workload) != 0 || strcmp(row->row->path, lowest.row->path) != 0)
            lowest = *row;
        bool is_linux = report_row_is_linux(row->row);
        mitigations_of(row, text);
        char *setting = report_plain(text, 34);
        if (asprintf(&name, "%s%s, %s", is_linux ? "pipe" : row->row->path, is_linux ? "" : " path", setting) < 0)
            abort();
        bar_write(job, &bars, is_linux, row, name, &lowest);
        free(name);
        free(setting);
    }
    bars_head_write(job, &bars, keys);
    fputs("Call between address spaces, 1 word, and Linux's pipe, 1 byte, under each setting of mitigations that was measured; × is the ratio to the cheapest of the same "
          "kind. Median per operation, measuring overhead subtracted; warm cache.", job->caption);
    return true;
}
