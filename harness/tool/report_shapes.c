/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Figures of what a call is made of and what changes it: its steps against the hardware floor, mitigations, other CPUs.
 */
#include "harness/tool/report_figure.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/tool/floor.h"
#include "harness/tool/ladder.h"
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

/* Bars of one order of magnitude stand on an axis from 0, where lengths are ratios. */
static void bars_head_write(struct figure_job *job, const struct bars *bars, const char *const keys[2])
{
    bool linear = bars->high < 10 * bars->low;
    fprintf(job->head, "axis = '%s per round trip%s'\nlinear = %d\nrows = %zu\nlow = %.17g\nhigh = %.17g\nkey_0 = '%s'\nkey_1 = '%s'\n", job->unit,
            linear ? "" : " (logarithmic)", linear, bars->count, bars->low, bars->high, keys[0], keys[1]);
}

/* --- steps of a call --- */

#define STEPS_MAX 16
#define LEGS_MAX 8

/* Value of `key=` in a variant; empty when it is not there. */
static const char *variant_part(const struct result_row *row, const char *key, char text[64])
{
    size_t length = strlen(key);
    text[0] = 0;
    for (const char *part = row->variant; *part; part += strcspn(part, ","), part += *part == ',')
        if (strncmp(part, key, length) == 0 && part[length] == '=')
            snprintf(text, 64, "%.*s", (int)strcspn(part + length + 1, ","), part + length + 1);
    return text;
}

struct stack {
    char steps[STEPS_MAX][64];
    size_t step_count;
    struct { char relation[64], leg[64]; double end; } bars[LEGS_MAX];
    size_t bar_count;
    double high;
};

static size_t step_number(struct stack *s, const char *name)
{
    size_t i = 0;
    while (i < s->step_count && strcmp(s->steps[i], name) != 0)
        i++;
    if (i == s->step_count && s->step_count < STEPS_MAX)
        snprintf(s->steps[s->step_count++], 64, "%s", name);
    return i;
}

static size_t bar_number_of(struct stack *s, const char *relation, const char *leg)
{
    size_t i = 0;
    while (i < s->bar_count && (strcmp(s->bars[i].relation, relation) != 0 || strcmp(s->bars[i].leg, leg) != 0))
        i++;
    if (i == s->bar_count && s->bar_count < LEGS_MAX) {
        snprintf(s->bars[i].relation, 64, "%s", relation);
        snprintf(s->bars[i].leg, 64, "%s", leg);
        s->bar_count++;
    }
    return i;
}

static bool segment_write(struct figure_job *job, struct stack *s, const char *relation, const char *leg, const char *step, double value)
{
    char number[REPORT_NUMBER_BYTES];
    size_t bar = bar_number_of(s, relation, leg), n = step_number(s, step);
    if (bar == LEGS_MAX || n == STEPS_MAX)
        return false;
    fprintf(job->data, "%zu\t", bar);
    report_data_field(job->data, relation);
    fputs(", ", job->data);
    report_data_field(job->data, leg);
    fprintf(job->data, "\t%.17g\t%.17g\t%zu\t%s\n", s->bars[bar].end, s->bars[bar].end + value, n, report_number(number, value));
    s->bars[bar].end += value;
    s->high = fmax(s->high, s->bars[bar].end);
    return true;
}

/* Which steps were measured, in the order of the result, which is that of the path. */
static bool steps_write(struct figure_job *job, struct stack *s)
{
    const struct result *result = &job->rows.items[0].input->result;
    for (size_t i = 0; i < result->row_count; i++) {
        const struct result_row *row = &result->rows[i];
        char leg[64], step[64];
        if (strcmp(row->workload, "ipc.breakdown") != 0 || strcmp(row->unit, job->unit) != 0)
            continue;
        variant_part(row, "leg", leg);
        if (*variant_part(row, "step", step) && !segment_write(job, s, row->relation, leg, step, row->corrected))
            return false;
    }
    return true;
}

/* Steps take a boot with tracing, the whole and the floor one without: the first result of the kernel that is. */
static const struct report_input *plain_input(const struct figure_job *job)
{
    const struct report_input *kernel = report_kernel_input(job->report, job->unit);
    return kernel ? kernel : job->rows.items[0].input;
}

/* What no message between threads can avoid: one bar within a space, one across spaces. */
static bool floor_write(struct figure_job *job, struct stack *s)
{
    struct floor f = floor_find(&plain_input(job)->result, "");
    if (!f.system_call || !f.page_table || strcmp(f.system_call->unit, job->unit) != 0)
        return false;
    return segment_write(job, s, "intra", "hardware floor", "SYSCALL_and_SYSRET", f.system_call->corrected)
        && segment_write(job, s, "inter", "hardware floor", "SYSCALL_and_SYSRET", f.system_call->corrected)
        && segment_write(job, s, "inter", "hardware floor", "page_table_write", f.page_table->corrected);
}

/* Behind the segments: what each bar comes to, and how often the floor of its kind goes into it. */
static void totals_write(struct figure_job *job, const struct stack *s)
{
    char number[2][REPORT_NUMBER_BYTES];
    fputs("\n\n", job->data);
    for (size_t i = 0; i < s->bar_count; i++) {
        double floor = 0;
        for (size_t k = 0; k < s->bar_count; k++)
            if (strcmp(s->bars[k].leg, "hardware floor") == 0 && strcmp(s->bars[k].relation, s->bars[i].relation) == 0)
                floor = s->bars[k].end;
        fprintf(job->data, "%zu\t%.17g\t%s", i, s->bars[i].end, report_number(number[0], s->bars[i].end));
        if (floor > 0 && floor != s->bars[i].end)
            fprintf(job->data, ", %s× the floor", report_ratio_number(number[1], s->bars[i].end / floor));
        putc('\n', job->data);
    }
}

/* The parts must add up to the whole: the caption holds both. */
static void sum_tell(struct figure_job *job, const struct stack *s, const char *relation)
{
    char workload[80], number[2][REPORT_NUMBER_BYTES];
    double sum = 0;
    for (size_t i = 0; i < s->bar_count; i++)
        if (strcmp(s->bars[i].relation, relation) == 0 && strcmp(s->bars[i].leg, "hardware floor") != 0)
            sum += s->bars[i].end;
    snprintf(workload, sizeof workload, "ipc.call.%s", relation);
    const struct report_pattern pattern = { .workload = workload, .unit = job->unit, .path = "fast", .method = "batched", .has_words = true,
                                            .input = plain_input(job) };
    const struct result_row *whole = report_find(job->report, &pattern).row;
    if (sum > 0 && whole)
        fprintf(job->caption, " Sum %s: %s; %s of 0 words: %s.", relation, report_number(number[0], sum), workload, report_number(number[1], whole->corrected));
}

/* Rows of the first result that has any. */
static struct report_rows steps_select(const struct report *report, const struct report_pattern *pattern)
{
    struct report_rows rows = report_select(report, pattern);
    size_t kept = 0;
    for (size_t i = 0; i < rows.count; i++)
        if (rows.items[i].input == rows.items[0].input)
            rows.items[kept++] = rows.items[i];
    rows.count = kept;
    return rows;
}

bool breakdown_write(struct figure_job *job, struct error *why)
{
    const struct report_pattern pattern = { .workload = "ipc.breakdown", .unit = job->unit };
    struct stack *s = calloc(1, sizeof *s);
    if (!s)
        return error_set(why, "out of memory");
    job->rows = steps_select(job->report, &pattern);
    bool good = job->rows.count > 0 || error_set(why, "no row of ipc.breakdown in %s", job->unit);
    if (good)
        good = steps_write(job, s) || error_set(why, "more than %d legs or %d steps", LEGS_MAX, STEPS_MAX);
    if (good) {
        bool floor = floor_write(job, s);
        totals_write(job, s);
        fprintf(job->head, "axis = '%s per message'\nbars = %zu\nhigh = %.17g\nsteps = '", job->unit, s->bar_count, s->high);
        for (size_t i = 0; i < s->step_count; i++) {
            for (const char *c = s->steps[i]; *c; c++)
                fputc(strchr("'\\\t\n ", *c) ? '_' : *c, job->head);
            fputc(' ', job->head);
        }
        fputs("'\n", job->head);
        fputs("One message each way on the fast path, 0 words, by the tracepoints of the instrumented build, their own cost taken off. Numbers name the steps; thin: those of segments too narrow for their number.", job->caption);
        fputs(floor ? " Floor: SYSCALL with SYSRET and, across spaces, one page-table write, measured without tracing." : " The machine's floor was not measured.", job->caption);
        sum_tell(job, s, "intra");
        sum_tell(job, s, "inter");
    }
    free(s);
    return good;
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

/* What a row says of mitigations: its rung of a ladder first, otherwise its input, spelled alike. */
static const char *mitigations_of(const struct report_row *row, char text[64])
{
    const size_t mark = sizeof LADDER_MARK - 1;
    size_t bytes = ladder_prefix_bytes(row->row->variant);
    const char *value = result_context(&row->input->result, "mitigations");
    if (bytes > 0)
        snprintf(text, 64, "%.*s", (int)(bytes - mark - 1), row->row->variant + mark);
    else
        snprintf(text, 64, "%.63s", value ? value : "not stated");
    for (char *comma = strchr(text, ','); comma; comma = strchr(comma, ','))
        *comma = '+';
    return text;
}

/* Whether an earlier row says the same: a ladder repeats what the target's own run holds. */
static bool is_repeated(const struct report_rows *rows, size_t index)
{
    const struct report_row *row = &rows->items[index];
    const char *target = result_context(&row->input->result, "target");
    char own[64], other[64];
    mitigations_of(row, own);
    for (size_t i = 0; i < index; i++) {
        const struct report_row *before = &rows->items[i];
        const char *its_target = result_context(&before->input->result, "target");
        if (target && its_target && strcmp(target, its_target) == 0 && strcmp(before->row->workload, row->row->workload) == 0
            && strcmp(before->row->path, row->row->path) == 0 && before->row->corrected == row->row->corrected
            && strcmp(mitigations_of(before, other), own) == 0)
            return true;
    }
    return false;
}

static struct report_rows ladder_select(const struct figure_job *job)
{
    const struct report_pattern pattern = { .unit = job->unit, .direction = "round_trip", .cache = "warm", .rungs = true };
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

/* Its step on the ladder, as `run --ladder` takes them; what is no step of it stands behind. */
static int rung_number(const struct report_row *row)
{
    char own[64];
    int rung = 0;
    mitigations_of(row, own);
    for (char *plus = strchr(own, '+'); plus; plus = strchr(plus, '+'))
        *plus = ',';
    while (rung < LADDER_RUNGS && strcmp(ladder_rungs[rung], own) != 0)
        rung++;
    return rung;
}

static int compare_rungs(const void *left, const void *right)
{
    const struct report_row *a = left, *b = right;
    int group = report_row_is_linux(a->row) - report_row_is_linux(b->row);
    group = group ? group : strcmp(a->row->path, b->row->path);
    group = group ? group : rung_number(a) - rung_number(b);
    return group ? group : (a->row->corrected > b->row->corrected) - (a->row->corrected < b->row->corrected);
}

bool ladder_write(struct figure_job *job, struct error *why)
{
    bool any[2] = { false, false };
    struct bars bars = { INFINITY, 0, 0 };
    struct report_rows all = ladder_select(job);
    job->rows = (struct report_rows){ calloc(all.count + 1, sizeof *all.items), 0 };
    for (size_t i = 0; job->rows.items && i < all.count; i++)
        if (has_rungs(&all, &all.items[i]) && !is_repeated(&all, i))
            job->rows.items[job->rows.count++] = all.items[i];
    free(all.items);
    if (job->rows.count == 0)
        return error_set(why, "no call or pipe in %s was measured under more than one setting of mitigations", job->unit);
    qsort(job->rows.items, job->rows.count, sizeof *job->rows.items, compare_rungs);
    struct report_row first = { 0 };
    for (size_t i = 0; i < job->rows.count; i++) {
        const struct report_row *row = &job->rows.items[i];
        char text[64], *name;
        if (i == 0 || strcmp(row->row->workload, first.row->workload) != 0 || strcmp(row->row->path, first.row->path) != 0)
            first = *row;
        bool is_linux = report_row_is_linux(row->row);
        any[is_linux] = true;
        mitigations_of(row, text);
        char *setting = report_plain(text, 34);
        if (asprintf(&name, "%s%s, %s", is_linux ? "pipe" : row->row->path, is_linux ? "" : " path", setting) < 0)
            abort();
        bar_write(job, &bars, is_linux, row, name, &first);
        free(name);
        free(setting);
    }
    bars_head_write(job, &bars, (const char *const[2]){ any[0] ? "Tollgate" : "", any[1] ? "Linux, pipe" : "" });
    fprintf(job->caption, "%s%s%s, under each setting of mitigations that was measured; × is the ratio to the first of the same kind. ",
            any[0] ? "Call between address spaces, 1 word" : "", any[0] && any[1] ? ", and " : "", any[1] ? "Linux's pipe, 1 byte" : "");
    fputs("Median per operation, measuring overhead subtracted; warm cache.", job->caption);
    if (strcmp(job->unit, "instructions") == 0)
        fputs(" Instructions alone: what a barrier or an emptied buffer costs a CPU in time is not among them.", job->caption);
    return true;
}
