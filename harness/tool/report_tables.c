/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The tables of a report, its verdict and what it lacks; see report_table.h.
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/tool/report_plots.h"
#include "harness/tool/report_table.h"
#include "harness/tool/report_text.h"

static struct report_table *table_add(struct report_tables *tables, const char *names, const char *note)
{
    struct report_table *grown = reallocarray(tables->items, tables->count + 1, sizeof *grown);
    if (!grown)
        abort(); /* a dozen tables */
    tables->items = grown;
    struct report_table *table = &grown[tables->count++];
    report_table_init(table, names);
    table->note = note ? strdup(note) : NULL;
    return table;
}

__attribute__((format(printf, 2, 3))) static void title_set(struct report_table *table, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (vasprintf(&table->title, format, args) < 0)
        abort(); /* a line of text */
    va_end(args);
}

static void number_cell(struct report_table *table, double value)
{
    char text[REPORT_NUMBER_BYTES];
    report_table_cell(table, "%s", report_number(text, value));
}

/* What an operation moves: its payload, or its message words. */
static void size_cell(struct report_table *table, const struct result_row *row)
{
    if (row->has_bytes)
        report_table_cell(table, "%" PRIu64 " B", row->bytes);
    else if (row->words > 0 || strncmp(row->workload, "ipc.", 4) == 0)
        report_table_cell(table, "%" PRIu64 " words", row->words);
    else
        report_table_cell(table, "-");
}

static void conditions_cells(struct report_table *table, const struct report_row *row)
{
    const struct result_row *r = row->row;
    char rest[256];
    report_row_rest(r, rest, sizeof rest);
    report_table_cell(table, "%s", row->input->label);
    report_table_cell(table, "%s%s%s", r->workload, *rest ? " " : "", rest);
    size_cell(table, r);
    report_table_cell(table, "%s", r->path);
    report_table_cell(table, "%s", r->placement ? r->placement : "-");
    report_table_cell(table, "%s", r->cache);
}

static void ratio_cell(struct report_table *table, const struct report *report, const struct report_row *row)
{
    char text[REPORT_NUMBER_BYTES];
    struct report_row reference = report_reference(report, row);
    double ratio;
    if (reference.row && report_ratio(row->row, reference.row, &ratio, NULL))
        report_table_cell(table, "%s×", report_ratio_number(text, ratio));
    else
        report_table_cell(table, "-");
}

static void direction_table_add(struct report_tables *tables, const struct report *report, const char *unit, const char *direction)
{
    static const char with_ratio[] = "<target|<workload|size|<path|<placement|<cache|<method|p50|corrected|n|ratio";
    static const char without[] = "<target|<workload|size|<path|<placement|<cache|<method|p50|corrected|n";
    const struct report_pattern pattern = { .unit = unit, .direction = direction, .rungs = true };
    struct report_rows rows = report_select_main(report, &pattern);
    bool round_trip = strcmp(direction, "round_trip") == 0;
    struct report_table *table = table_add(tables, round_trip ? with_ratio : without, !round_trip ? NULL
        : "ratio: to ipc.call.inter, 1 word, fast path, batched, of the same unit (of target X for linux-X, otherwise of the first target that has it)");
    title_set(table, "%s, %s per operation", round_trip ? "Round trips" : strcmp(direction, "one_way") == 0 ? "One way"
              : "Single operations", unit);
    for (size_t i = 0; i < rows.count; i++) {
        conditions_cells(table, &rows.items[i]);
        report_table_cell(table, "%s", rows.items[i].row->method);
        number_cell(table, rows.items[i].row->summary.p50);
        number_cell(table, rows.items[i].row->corrected);
        number_cell(table, (double)rows.items[i].row->n);
        if (round_trip)
            ratio_cell(table, report, &rows.items[i]);
    }
    free(rows.items);
}

static void gap_table_add(struct report_tables *tables, const struct report *report, const char *unit)
{
    const struct report_pattern pattern = { .unit = unit, .method = "batched", .rungs = true };
    struct report_rows rows = report_select(report, &pattern);
    struct report_table *table = table_add(tables, "<target|<workload|size|<path|<placement|<cache|single|batched|gap|gap %|<agree",
                                           "gap: single shot minus batched, both corrected by their own overhead; they agree when it is at most 3 or 1 %, whichever is more");
    title_set(table, "Single shot against batched, %s per operation", unit);
    for (size_t i = 0; i < rows.count; i++) {
        const struct result_row *batched = rows.items[i].row, *single = report_twin(&rows.items[i], "single").row;
        if (!single)
            continue;
        double gap = single->corrected - batched->corrected;
        conditions_cells(table, &rows.items[i]);
        number_cell(table, single->corrected);
        number_cell(table, batched->corrected);
        number_cell(table, gap);
        if (batched->corrected > 0)
            number_cell(table, 100 * gap / batched->corrected);
        else
            report_table_cell(table, "-");
        report_table_cell(table, "%s", report_methods_agree(single, batched) ? "yes" : "NO");
    }
    free(rows.items);
}

/* The same row of a later input, or NULL. */
static const struct result_row *row_of(const struct report_input *input, const struct result_row *row)
{
    const struct result_row *other = result_find(&input->result, row->workload, row->variant);
    return other && strcmp(other->unit, row->unit) == 0 ? other : NULL;
}

static void agreement_rows_add(struct report_table *table, const struct report_input *a, const struct report_input *b, const char *unit)
{
    size_t common = 0, equal = 0;
    double worst = 0;
    const struct result_row *worst_row = NULL;
    for (size_t i = 0; i < a->result.row_count; i++) {
        const struct result_row *row = &a->result.rows[i], *other = strcmp(row->unit, unit) == 0 ? row_of(b, row) : NULL;
        if (!other)
            continue;
        double difference = fabs(other->corrected - row->corrected);
        common++;
        equal += difference == 0;
        if (difference > worst) {
            worst = difference;
            worst_row = row;
        }
    }
    if (common == 0)
        return;
    report_table_cell(table, "%s", a->label);
    report_table_cell(table, "%s", b->label);
    number_cell(table, (double)common);
    number_cell(table, (double)equal);
    number_cell(table, worst);
    if (worst_row)
        report_table_cell(table, "%s %s", worst_row->workload, worst_row->variant);
    else
        report_table_cell(table, "-");
}

static void agreement_table_add(struct report_tables *tables, const struct report *report, const char *unit)
{
    struct report_table *table = table_add(tables, "<target|<other target|rows in common|equal|largest difference|<where",
                                           "the same (workload, variant) on two targets; corrected medians");
    title_set(table, "Agreement of targets, %s per operation", unit);
    for (size_t i = 0; i < report->input_count; i++)
        for (size_t j = i + 1; j < report->input_count; j++)
            agreement_rows_add(table, &report->inputs[i], &report->inputs[j], unit);
}

static void difference_rows_add(struct report_table *table, const struct report_input *a, const struct report_input *b, const char *unit)
{
    for (size_t i = 0; i < a->result.row_count; i++) {
        const struct result_row *row = &a->result.rows[i], *other = strcmp(row->unit, unit) == 0 ? row_of(b, row) : NULL;
        if (!other || other->corrected == row->corrected)
            continue;
        report_table_cell(table, "%s", row->workload);
        report_table_cell(table, "%s", row->variant);
        report_table_cell(table, "%s", a->label);
        number_cell(table, row->corrected);
        report_table_cell(table, "%s", b->label);
        number_cell(table, other->corrected);
        number_cell(table, other->corrected - row->corrected);
    }
}

/* For instructions alone: they should not depend on who counts them, cycles of two machines always differ. */
static void difference_table_add(struct report_tables *tables, const struct report *report, const char *unit)
{
    struct report_table *table = table_add(tables, "<workload|<variant|<target|corrected|<other target|corrected|difference", NULL);
    title_set(table, "Rows on which targets differ, %s per operation", unit);
    for (size_t i = 0; i < report->input_count && strcmp(unit, "instructions") == 0; i++)
        for (size_t j = i + 1; j < report->input_count; j++)
            difference_rows_add(table, &report->inputs[i], &report->inputs[j], unit);
}

struct report_tables report_tables_make(const struct report *report)
{
    struct report_tables tables = { 0 };
    for (size_t u = 0; u < REPORT_UNITS; u++) {
        if (!report_has_unit(report, report_units[u]))
            continue;
        for (size_t d = 0; d < 3; d++)
            direction_table_add(&tables, report, report_units[u], report_directions[d]);
        gap_table_add(&tables, report, report_units[u]);
        agreement_table_add(&tables, report, report_units[u]);
        difference_table_add(&tables, report, report_units[u]);
    }
    size_t kept = 0;
    for (size_t i = 0; i < tables.count; i++)
        if (tables.items[i].cell_count > 0)
            tables.items[kept++] = tables.items[i];
        else
            report_table_free(&tables.items[i]);
    tables.count = kept;
    return tables;
}

void report_tables_free(struct report_tables *tables)
{
    for (size_t i = 0; i < tables->count; i++)
        report_table_free(&tables->items[i]);
    free(tables->items);
    *tables = (struct report_tables){ 0 };
}

static void exact_cell(struct report_table *table, double value)
{
    char text[REPORT_NUMBER_BYTES];
    report_table_cell(table, "%s", report_number_exact(text, value));
}

static void statistics_cells(struct report_table *table, const struct result_row *r)
{
    const struct summary *s = &r->summary;
    const double values[] = { s->min, s->p50, s->p90, s->p99, s->max, s->mean, s->stddev };
    char low[REPORT_NUMBER_BYTES], high[REPORT_NUMBER_BYTES];
    exact_cell(table, (double)r->n);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        exact_cell(table, values[i]);
    if (s->has_ci95)
        report_table_cell(table, "%s to %s", report_number_exact(low, s->ci95_low), report_number_exact(high, s->ci95_high));
    else
        report_table_cell(table, "-");
    exact_cell(table, (double)r->overhead);
    exact_cell(table, r->corrected);
}

static void taints_cell(struct report_table *table, const struct result_row *r)
{
    char *text = NULL;
    size_t bytes;
    FILE *out = open_memstream(&text, &bytes);
    if (!out)
        abort(); /* a line of text */
    for (size_t i = 0; i < r->taint_count; i++)
        fprintf(out, "%s%s", i ? ", " : "", r->taints[i]);
    fclose(out);
    report_table_cell(table, "%s", *text ? text : "-");
    free(text);
}

struct report_table report_table_of_rows(const struct report_input *input)
{
    struct report_table table;
    report_table_init(&table, "<workload|<variant|<direction|<relation|words|<path|<cache|<method|batch|<unit|n|min|p50|p90|p99|max|mean|stddev"
                              "|ci95 of the median|overhead per sample|corrected|times the floor|warm-up|bytes|<placement|system calls|<taints");
    for (size_t i = 0; i < input->result.row_count; i++) {
        const struct result_row *r = &input->result.rows[i];
        const char *const names[] = { r->workload, r->variant, r->direction, r->relation };
        const char *const conditions[] = { r->path, r->cache, r->method };
        for (size_t j = 0; j < 4; j++)
            report_table_cell(&table, "%s", names[j]);
        exact_cell(&table, (double)r->words);
        for (size_t j = 0; j < 3; j++)
            report_table_cell(&table, "%s", conditions[j]);
        exact_cell(&table, (double)r->batch);
        report_table_cell(&table, "%s", r->unit);
        statistics_cells(&table, r);
        if (r->has_floor_distance)
            report_table_cell(&table, "%.4g", r->floor_distance);
        else
            report_table_cell(&table, "-");
        exact_cell(&table, (double)r->warmup);
        if (r->has_bytes)
            exact_cell(&table, (double)r->bytes);
        else
            report_table_cell(&table, "-");
        report_table_cell(&table, "%s", r->placement ? r->placement : "-");
        if (r->has_syscalls)
            exact_cell(&table, r->syscalls);
        else
            report_table_cell(&table, "-");
        taints_cell(&table, r);
    }
    return table;
}
