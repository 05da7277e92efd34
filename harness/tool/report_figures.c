/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What each figure shows: the rows it takes and the columns of its data. Rows reach an axis only through report_axis_check.
 */
#include "harness/tool/report_figure.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/tool/compare.h"
#include "harness/tool/report_linux.h"
#include "harness/tool/report_peers.h"
#include "harness/tool/report_plots.h"
#include "harness/tool/report_text.h"

#define CAPTION_METHOD "Median per operation, measuring overhead subtracted; warm cache."

static int compare_bars(const void *left, const void *right)
{
    const struct report_row *a = left, *b = right;
    int group = report_row_is_linux(a->row) - report_row_is_linux(b->row);
    if (group)
        return group;
    return (a->row->corrected > b->row->corrected) - (a->row->corrected < b->row->corrected);
}

/* Bars: of each of Linux's mechanisms the smallest payload; of Tollgate's calls between address spaces those with no payload and with 64 bytes, and as a landmark the
 * empty call within one. */
static bool bar_wanted(const struct report_row *row, const struct report_input *kernel)
{
    if (strcmp(row->row->cache, "warm") != 0)
        return false;
    if (report_row_is_linux(row->row))
        return report_linux_is_headline(row);
    if (row->input != kernel)
        return false;
    if (strcmp(row->row->workload, "ipc.call.intra") == 0)
        return row->row->words == REPORT_REFERENCE_WORDS && strcmp(row->row->path, "fast") == 0;
    return strcmp(row->row->workload, "ipc.call.inter") == 0 && (row->row->words == REPORT_REFERENCE_WORDS || row->row->words == 8);
}

struct report_rows report_headline_rows(const struct report *report, const char *unit, const char *method)
{
    const struct report_pattern pattern = { .unit = unit, .direction = "round_trip", .method = method };
    const struct report_input *kernel = report_kernel_input(report, unit);
    struct report_rows rows = method ? report_select(report, &pattern) : report_select_main(report, &pattern);
    size_t kept = 0;
    for (size_t i = 0; i < rows.count; i++)
        if (bar_wanted(&rows.items[i], kernel))
            rows.items[kept++] = rows.items[i];
    rows.count = kept;
    qsort(rows.items, rows.count, sizeof *rows.items, compare_bars);
    return rows;
}

/* Both sides there, one unit, and nothing that a logarithmic axis cannot show. */
static bool bars_check(const struct report_rows *rows, const char *unit, struct error *why)
{
    size_t linux_rows = 0;
    if (!report_axis_check(rows, why))
        return error_set(why, "the results hold no round trip in %s", unit);
    for (size_t i = 0; i < rows->count; i++) {
        linux_rows += report_row_is_linux(rows->items[i].row);
        if (!(rows->items[i].row->corrected > 0))
            return error_set(why, "%s (%s) is not above its measuring overhead", rows->items[i].row->workload,
                             rows->items[i].row->variant);
    }
    if (linux_rows == 0)
        return error_set(why, "the results hold no round trip of Linux in %s", unit);
    if (linux_rows == rows->count)
        return error_set(why, "the results hold no round trip of Tollgate in %s", unit);
    return true;
}

static bool bar_inputs_differ(const struct report_rows *rows, bool is_linux)
{
    const struct report_input *first = NULL;
    for (size_t i = 0; i < rows->count; i++)
        if (report_row_is_linux(rows->items[i].row) == is_linux) {
            if (first && first != rows->items[i].input)
                return true;
            first = rows->items[i].input;
        }
    return false;
}

/* Beside a bar nobody reads hundredths of thousands; the tables have them. */
static const char *bar_number(char text[REPORT_NUMBER_BYTES], double value)
{
    return report_number(text, value >= 1000 ? round(value) : value);
}

static void bar_write(struct figure_job *job, size_t i)
{
    const struct report_row *bar = &job->rows.items[i];
    struct report_row reference = report_reference(job->report, bar);
    char number[REPORT_NUMBER_BYTES];
    bool is_linux = report_row_is_linux(bar->row);
    char *name = report_row_name(bar->row);
    double ratio;
    fprintf(job->data, "%zu\t%d\t%.17g\t", i, is_linux, bar->row->corrected);
    report_data_field(job->data, name);
    if (bar_inputs_differ(&job->rows, is_linux)) {
        fputs(", ", job->data);
        report_data_field(job->data, bar->input->label);
    }
    fprintf(job->data, "\t%s", bar_number(number, bar->row->corrected));
    if (reference.row && report_ratio(bar->row, reference.row, &ratio, NULL))
        fprintf(job->data, "   %s×", report_ratio_number(number, ratio));
    putc('\n', job->data);
    free(name);
}

/* `ours`: what the legend calls Tollgate's bars; '' when there are none. */
static void bars_write(struct figure_job *job, const char *ours)
{
    double low = INFINITY, high = 0;
    fputs("# position\tgroup (0 Tollgate, 1 Linux)\tvalue\tname\ttext\n", job->data);
    for (size_t i = 0; i < job->rows.count; i++) {
        bar_write(job, i);
        low = fmin(low, job->rows.items[i].row->corrected);
        high = fmax(high, job->rows.items[i].row->corrected);
    }
    fprintf(job->head, "axis = '%s per round trip (logarithmic)'\nrows = %zu\nlow = %.17g\nhigh = %.17g\nkey_0 = '%s'\nkey_1 = 'Linux'\n", job->unit,
            job->rows.count, low, high, ours);
}

static bool ipc_vs_linux_write(struct figure_job *job, struct error *why)
{
    job->rows = report_headline_rows(job->report, job->unit, NULL);
    if (!bars_check(&job->rows, job->unit, why))
        return false;
    bars_write(job, "Tollgate");
    fputs(CAPTION_METHOD " × is the ratio to Tollgate's call between address spaces, 1 word, fast path, batched; a word has 8 bytes.", job->caption);
    return true;
}

/* The same bars where the unit has no row of Tollgate, as ns on a host. */
static bool linux_mechanism_write(struct figure_job *job, struct error *why)
{
    job->rows = report_headline_rows(job->report, job->unit, NULL);
    if (!report_axis_check(&job->rows, NULL) || !report_row_is_linux(job->rows.items[job->rows.count - 1].row))
        return error_set(why, "the results hold no round trip of Linux in %s", job->unit);
    if (!report_row_is_linux(job->rows.items[0].row)) /* Tollgate's come first */
        return error_set(why, "Linux's mechanisms in %s stand beside Tollgate's calls: see ipc_vs_linux", job->unit);
    bars_write(job, "");
    fputs(CAPTION_METHOD " The smallest payload of each mechanism; both processes on one CPU, what polls on two.", job->caption);
    return true;
}

/* Which points of a curve get their value printed: the ends, then where the curve bends most, as far as there is room. */
static void labels_choose(const double *x, const double *y, size_t n, bool *chosen)
{
    double room = n ? 0.05 * x[n - 1] : 0;
    bool *refused = calloc(n + 1, sizeof *refused);
    for (size_t round = 0; refused && round < n; round++) {
        size_t best = n;
        double best_bend = -1;
        for (size_t i = 0; i < n; i++) {
            bool end = i == 0 || i == n - 1;
            double bend = end ? INFINITY : fabs((y[i + 1] - y[i]) / (x[i + 1] - x[i]) - (y[i] - y[i - 1]) / (x[i] - x[i - 1]));
            if (!chosen[i] && !refused[i] && bend > best_bend) {
                best = i;
                best_bend = bend;
            }
        }
        if (best == n)
            break;
        bool fits = true;
        for (size_t i = 0; i < n; i++)
            fits &= !chosen[i] || fabs(x[i] - x[best]) >= room;
        *(fits ? &chosen[best] : &refused[best]) = true;
    }
    free(refused);
}

/* A knee is a point behind which the curve does not go on as before: the line through it and the point before it misses the next one by
 * what counts as an effect elsewhere too. */
static bool is_knee(const double *x, const double *y, size_t n, size_t i)
{
    if (i == 0 || i + 1 >= n)
        return false;
    double expected = y[i] + (y[i] - y[i - 1]) / (x[i] - x[i - 1]) * (x[i + 1] - x[i]);
    return fabs(y[i + 1] - expected) >= fmax(COMPARE_EFFECT_MIN, COMPARE_EFFECT_SHARE_MIN * y[i + 1]);
}

/* Into the caption: where the knees are, and what a word more costs before and behind each. */
static void knees_tell(FILE *caption, const char *name, const double *x, const double *y, size_t n)
{
    size_t told = 0;
    char number[2][REPORT_NUMBER_BYTES];
    for (size_t i = 0; i < n; i++)
        if (is_knee(x, y, n, i))
            fprintf(caption, "%s %.0f words (%s a word before, %s behind)", told++ ? "," : name, x[i],
                    report_number(number[0], (y[i] - y[i - 1]) / (x[i] - x[i - 1])), report_number(number[1], (y[i + 1] - y[i]) / (x[i + 1] - x[i])));
    fputs(told ? "." : "", caption);
}

/* Points of one curve, written with the label of those that have room, and a mark on those that are knees. */
static void curve_write(struct figure_job *job, const struct report_rows *rows, int group, const char *name)
{
    FILE *data = job->data;
    double *x = calloc(2 * rows->count + 1, sizeof *x), *y = x ? x + rows->count : NULL;
    bool *chosen = calloc(rows->count + 1, sizeof *chosen);
    char number[REPORT_NUMBER_BYTES];
    for (size_t i = 0; x && i < rows->count; i++) {
        x[i] = (double)rows->items[i].row->words;
        y[i] = rows->items[i].row->corrected;
    }
    if (x && chosen)
        labels_choose(x, y, rows->count, chosen);
    for (size_t i = 0; x && chosen && i < rows->count; i++)
        fprintf(data, "%.0f\t%.17g\t%d\t%s\t%s\n", x[i], y[i], group, chosen[i] ? report_number(number, y[i]) : "",
                is_knee(x, y, rows->count, i) ? "1" : "NaN");
    fputs("\n\n", data);
    if (x)
        knees_tell(job->caption, name, x, y, rows->count);
    free(x);
    free(chosen);
}

static struct report_rows words_select(const struct figure_job *job, const char *workload, const char *path)
{
    const struct report_pattern pattern = {
        .workload = workload, .unit = job->unit, .direction = "round_trip", .path = path, .cache = "warm", .method = "batched",
        .input = report_kernel_input(job->report, job->unit),
    };
    return pattern.input ? report_select(job->report, &pattern) : (struct report_rows){ 0 };
}

/* Appends b to a and releases b. */
static void rows_append(struct report_rows *a, struct report_rows *b)
{
    struct report_row *grown = reallocarray(a->items, a->count + b->count + 1, sizeof *grown);
    if (!grown)
        abort(); /* a few hundred pointers */
    a->items = grown;
    for (size_t i = 0; i < b->count; i++)
        a->items[a->count++] = b->items[i];
    free(b->items);
    *b = (struct report_rows){ 0 };
}

static double rows_high(const struct report_rows *rows, uint64_t *words_high)
{
    double high = 1;
    *words_high = 1;
    for (size_t i = 0; i < rows->count; i++) {
        high = fmax(high, rows->items[i].row->corrected);
        if (rows->items[i].row->words > *words_high)
            *words_high = rows->items[i].row->words;
    }
    return high;
}

static void words_head_write(struct figure_job *job)
{
    uint64_t words_high;
    double high = rows_high(&job->rows, &words_high);
    fprintf(job->head, "axis = '%s per round trip'\nhigh = %.17g\nwords_high = %" PRIu64 ".0\n", job->unit, high, words_high);
}

static bool message_words_write(struct figure_job *job, struct error *why)
{
    struct report_rows inter = words_select(job, "ipc.call.inter", "fast"), intra = words_select(job, "ipc.call.intra", "fast");
    bool enough = inter.count > 1 || intra.count > 1;
    fputs("Fast path, batched calls; a point for each measured size, lines only join them. " CAPTION_METHOD " A ring marks a knee: going on as before "
          "would miss the next point by at least 3 and 1 %.", job->caption);
    fputs("# words\tvalue\trelation (0 inter, 1 intra)\ttext\tknee\n", job->data);
    curve_write(job, &inter, 0, " Inter: at");
    curve_write(job, &intra, 1, " Intra: at");
    fprintf(job->head, "have_inter = %d\nhave_intra = %d\n", inter.count > 0, intra.count > 0);
    rows_append(&inter, &intra);
    job->rows = inter;
    if (!enough || !report_axis_check(&job->rows, why))
        return error_set(why, "no ipc.call row of the fast path, batched, in %s with more than one message size", job->unit);
    words_head_write(job);
    return true;
}

struct difference {
    double *words, *value;
    bool *chosen;
    size_t count;
};

static const struct result_row *words_find(const struct report_rows *rows, uint64_t words)
{
    for (size_t i = 0; i < rows->count; i++)
        if (rows->items[i].row->words == words)
            return rows->items[i].row;
    return NULL;
}

static bool difference_make(struct difference *d, const struct report_rows *fast, const struct report_rows *slow)
{
    *d = (struct difference){ calloc(fast->count + 1, sizeof(double)), calloc(fast->count + 1, sizeof(double)),
                              calloc(fast->count + 1, sizeof(bool)), 0 };
    if (!d->words || !d->value || !d->chosen)
        return false;
    for (size_t i = 0; i < fast->count; i++) {
        const struct result_row *f = fast->items[i].row, *s = words_find(slow, f->words);
        if (!s)
            continue;
        d->words[d->count] = (double)f->words;
        d->value[d->count++] = s->corrected - f->corrected;
    }
    labels_choose(d->words, d->value, d->count, d->chosen);
    return d->count > 0;
}

static void difference_write(struct figure_job *job, const struct difference *d)
{
    double low = 0, high = 0;
    char number[REPORT_NUMBER_BYTES];
    for (size_t i = 0; i < d->count; i++) {
        fprintf(job->data, "%.0f\tNaN\tNaN\t%.17g\t%s\n", d->words[i], d->value[i],
                d->chosen[i] ? report_number(number, d->value[i]) : "");
        low = fmin(low, d->value[i]);
        high = fmax(high, d->value[i]);
    }
    if (low == high)
        high = 1;
    fprintf(job->head, "difference_low = %.17g\ndifference_high = %.17g\n", low * 1.3, high * 1.3);
}

/* A block of the data: the values of some rows in one column of their own. */
static double column_write(struct figure_job *job, const struct report_rows *rows, int column)
{
    double high = 0;
    for (size_t i = 0; i < rows->count; i++) {
        fprintf(job->data, "%" PRIu64 "%s\t%.17g\n", rows->items[i].row->words, column == 0 ? "" : column == 1 ? "\tNaN" : "\tNaN\tNaN\tNaN\t",
                rows->items[i].row->corrected);
        high = fmax(high, rows->items[i].row->corrected);
    }
    fputs("\n\n", job->data);
    return high;
}

/* Calls of the instrumented build that take the steps of `path`. They need a boot with tracing, and so another result of the same target. */
static struct report_rows traced_select(const struct figure_job *job, const char *path)
{
    const struct report_input *kernel = report_kernel_input(job->report, job->unit);
    const struct report_pattern pattern = { .workload = "ipc.call.inter", .unit = job->unit, .direction = "round_trip", .path = "traced", .cache = "warm" };
    struct report_rows rows = report_select_main(job->report, &pattern);
    char steps[32], rest[64];
    size_t kept = 0;
    snprintf(steps, sizeof steps, "steps=%s", path);
    for (size_t i = 0; kernel && i < rows.count; i++) {
        const struct report_row *row = &rows.items[i];
        if (strcmp(result_context(&row->input->result, "target"), result_context(&kernel->result, "target")) == 0 &&
            strcmp(report_row_rest(row->row, rest, sizeof rest), steps) == 0 && (kept == 0 || row->input == rows.items[0].input))
            rows.items[kept++] = *row;
    }
    rows.count = kept;
    return rows;
}

static bool fast_vs_slow_write(struct figure_job *job, struct error *why)
{
    static const char *const paths[2] = { "fast", "slow" };
    struct report_rows plain[2], traced[2];
    struct difference d;
    double traced_high = 0;
    for (int i = 0; i < 2; i++) {
        plain[i] = words_select(job, "ipc.call.inter", paths[i]);
        traced[i] = traced_select(job, paths[i]);
    }
    bool good = difference_make(&d, &plain[0], &plain[1]), have_traced = traced[0].count > 0 && traced[1].count > 0;
    fputs("# words\tfast\tslow\tslow - fast\ttext\ttraced\n", job->data);
    for (int i = 0; i < 2; i++)
        column_write(job, &plain[i], i);
    difference_write(job, &d);
    fputs("\n\n", job->data);
    for (int i = 0; i < 2 && have_traced; i++)
        traced_high = fmax(traced_high, column_write(job, &traced[i], 2));
    rows_append(&plain[0], &plain[1]);
    job->rows = plain[0];
    words_head_write(job);
    fprintf(job->head, "have_traced = %d\ntraced_high = %.17g\n", have_traced, traced_high);
    for (int i = 0; i < 2; i++)
        rows_append(&job->rows, &traced[i]);
    free(d.words);
    free(d.value);
    free(d.chosen);
    if (!good || !report_axis_check(&job->rows, why))
        return error_set(why, "no message size of ipc.call.inter, batched, in %s with both paths", job->unit);
    fputs("Call between address spaces, batched; below, what the fast path saves. ", job->caption);
    if (have_traced)
        fputs("Lowest, on an axis of its own: the same calls in the instrumented build (kernel option trace=on), single; what its points cost is in them. ", job->caption);
    fputs(CAPTION_METHOD, job->caption);
    return true;
}

#define PEER_SYSTEMS 3

/* Where the kernels came from: baselines/published/README.md. A system that is not listed stands under its name in the file. */
static const struct { const char *system, *name; } peer_names[] = {
    { "sel4-2026-08", "seL4 1326364b" }, { "nova-2024-01", "NOVA 8b6c28a0" }, { "pistachio-2014", "Pistachio 8be66aa9" },
};

static const char *peer_name(const char *system)
{
    for (size_t i = 0; i < sizeof peer_names / sizeof *peer_names; i++)
        if (strcmp(peer_names[i].system, system) == 0)
            return peer_names[i].name;
    return system;
}

/* Bars of one message size, Tollgate's first. Returns how many there are. */
static size_t peer_group_write(struct figure_job *job, const struct peers *peers, const char *const systems[], size_t system_count,
                               const struct result_row *row, size_t position, double *high)
{
    char number[REPORT_NUMBER_BYTES];
    double own = row->summary.p50; /* raw: the others' loops are in their figures too */
    size_t bars = 1;
    fprintf(job->data, "%zu\t0\t%.17g\t%s\n", position, own, report_number(number, own));
    *high = fmax(*high, own);
    for (size_t i = 0; i < system_count; i++) {
        const struct peer_value *v = peers_best(peers, systems[i], row->words);
        if (!v)
            continue;
        fprintf(job->data, "%zu\t%zu\t%.17g\t%s", position + bars, i + 1, v->value, report_number(number, v->value));
        fprintf(job->data, "   %s×\n", report_ratio_number(number, v->value / own));
        *high = fmax(*high, v->value);
        bars++;
    }
    return bars;
}

static size_t peers_at(const struct peers *peers, const char *const systems[], size_t system_count, uint64_t words)
{
    size_t n = 0;
    for (size_t i = 0; i < system_count; i++)
        n += peers_best(peers, systems[i], words) != NULL;
    return n;
}

static void peer_groups_write(struct figure_job *job, const struct peers *peers, const char *const systems[], size_t system_count)
{
    size_t position = 0;
    double high = 0;
    fputs("# position\tsystem (0 Tollgate)\tvalue\ttext\n", job->data);
    fputs("groups = '", job->head);
    for (size_t i = 0; i < job->rows.count; i++) {
        const struct result_row *row = job->rows.items[i].row;
        size_t bars = peer_group_write(job, peers, systems, system_count, row, position, &high);
        fprintf(job->head, "%s%.1f %" PRIu64, i ? " " : "", (double)position + ((double)bars - 1) / 2, row->words);
        position += bars + 1;
    }
    fprintf(job->head, "'\naxis = '%s per round trip'\nhigh = %.17g\npositions = %zu\nsystem_0 = 'Tollgate, this run'\n", job->unit,
            high, position - 1);
    for (size_t i = 0; i < PEER_SYSTEMS; i++) {
        fprintf(job->head, "system_%zu = ", i + 1);
        report_gnuplot_string(job->head, i < system_count ? peer_name(systems[i]) : "");
        putc('\n', job->head);
    }
}

/* Rows of Tollgate at sizes that most of the peers were measured with too: a group of bars each. */
static void peer_rows_keep(struct report_rows *rows, const struct peers *peers, const char *const systems[], size_t system_count)
{
    size_t kept = 0;
    for (size_t i = 0; i < rows->count; i++)
        if (rows->items[i].row->summary.p50 > 0
            && 2 * peers_at(peers, systems, system_count, rows->items[i].row->words) > system_count)
            rows->items[kept++] = rows->items[i];
    rows->count = kept;
}

static bool peers_write(struct figure_job *job, struct error *why)
{
    struct peers peers;
    const char *systems[PEER_SYSTEMS];
    char path[4096];
    if (strcmp(job->unit, "instructions") != 0)
        return error_set(why, "the other kernels were counted in instructions, these rows are in %s", job->unit);
    snprintf(path, sizeof path, "%s/baselines/published/measured_peers.csv", job->tree);
    if (!peers_read(path, &peers, why))
        return false;
    size_t system_count = peers_systems(&peers, systems, PEER_SYSTEMS);
    bool good = system_count <= PEER_SYSTEMS
             || error_set(why, "%s names %zu systems, the figure has room for %d", path, system_count, PEER_SYSTEMS);
    if (good) {
        job->rows = words_select(job, "ipc.call.inter", "fast");
        peer_rows_keep(&job->rows, &peers, systems, system_count);
        good = report_axis_check(&job->rows, NULL)
            || error_set(why, "no ipc.call.inter row of the fast path in instructions at a size that other kernels were counted with");
    }
    if (good) {
        peer_groups_write(job, &peers, systems, system_count);
        fputs("Tollgate: median per operation as the client's loop sees it, loop and clock overhead included; warm cache, batched. "
              "Hatched: measured separately in QEMU 7.2 -icount shift=0, each kernel's own round-trip loop with its user stubs, fastest "
              "configuration (seL4: no page-table isolation, no FPU owners; Pistachio: global thread ids, no capability lookup); "
              "no bar: not measured at this size. × is the ratio to Tollgate at the same size.", job->caption);
    }
    peers_free(&peers);
    return good;
}

const struct figure_kind figure_kinds[] = {
    { "ipc_vs_linux", "bars", "IPC round trip: Tollgate and Linux's mechanisms", NULL, ipc_vs_linux_write },
    { "ecdf", "ecdf", "Distribution of single round trips", NULL, ecdf_write },
    { "breakdown", "breakdown", "Steps of a message, against the hardware floor", NULL, breakdown_write },
    { "message_words", "message_words", "Cost of a call by message words", NULL, message_words_write },
    { "fast_vs_slow", "fast_vs_slow", "Paths of a call by message words", NULL, fast_vs_slow_write },
    { "ladder", "bars", "Mitigations, step by step", NULL, ladder_write },
    { "warm_cold", "warm_cold", "The first operation, and the warm ones", NULL, warm_cold_write },
    { "smp", "bars", "Round trips between two CPUs", NULL, smp_write },
    { "servers", "bars", "Servers in user mode: pipes, traps and getpid beside Linux", NULL, servers_write },
    { "peers", "peers", "IPC between address spaces: Tollgate and other microkernels", NULL, peers_write },
    { "linux_mechanism", "bars", "Linux's mechanisms", NULL, linux_mechanism_write },
    { "linux_size", "linux_size", "Linux's mechanisms by size of the payload", NULL, linux_size_write },
    { "linux_bandwidth", "linux_bandwidth", "Linux's mechanisms by bandwidth", NULL, linux_bandwidth_write },
    { "linux_placement", "linux_placement", "Linux's mechanisms by placement of the processes", NULL, linux_placement_write },
    { "history", "history", "Medians over commits", NULL, history_write },
    { "literature", "bars", "The literature: one message to another address space", "cycles", literature_write },
    { "published_steps", "breakdown", "The literature: steps of a message", "cycles", published_steps_write },
    { "published_getpid", "breakdown", "The literature: a system call by messages", "cycles", published_getpid_write },
};
const size_t figure_kind_count = sizeof figure_kinds / sizeof *figure_kinds;
