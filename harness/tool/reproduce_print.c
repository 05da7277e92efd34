/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A table of a paper and ours side by side: for a terminal, for a document, as JSON; see reproduce.h.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "harness/tool/json_file.h"
#include "harness/tool/report_text.h"
#include "harness/tool/reproduce.h"
#include "harness/tool/terminal.h"

#define CELL_BYTES 128
#define COLUMNS 5
#define LABEL_WIDTH_MIN 16

struct cells {
    char text[COLUMNS][CELL_BYTES]; /* label, published, its ratio, measured, its ratio */
};

/* --- lines of a terminal --- */

/* Text whose lines are broken between words when it is closed. */
struct folded {
    FILE *stream;
    char *text;
    size_t size;
};

static void folded_open(struct folded *f)
{
    f->stream = open_memstream(&f->text, &f->size);
    if (!f->stream)
        abort();
}

static void folded_close(struct folded *f, FILE *out, size_t width)
{
    fclose(f->stream);
    terminal_lines_fold(out, f->text, width ? width : SIZE_MAX);
    free(f->text);
}

static bool same_scale(const struct published_number *a, const struct published_number *b)
{
    return a && b && strcmp(a->unit, b->unit) == 0 && strcmp(a->source, b->source) == 0 && strcmp(a->machine, b->machine) == 0;
}

static void published_cells(const struct reproduce_line *line, struct cells *c)
{
    char number[REPORT_NUMBER_BYTES];
    const struct published_number *p = line->published, *base = line->base ? line->base->published : NULL;
    snprintf(c->text[1], CELL_BYTES, "-");
    snprintf(c->text[2], CELL_BYTES, "-");
    if (p)
        snprintf(c->text[1], CELL_BYTES, "%s %.60s", report_number(number, p->value), p->unit);
    if (same_scale(p, base) && base->value > 0)
        snprintf(c->text[2], CELL_BYTES, "%s", report_ratio_number(number, p->value / base->value));
}

static void measured_cells(const struct reproduce_line *line, struct cells *c)
{
    char number[REPORT_NUMBER_BYTES];
    const struct reproduce_measured *m = &line->measured, *base = line->base ? &line->base->measured : NULL;
    snprintf(c->text[3], CELL_BYTES, "-");
    snprintf(c->text[4], CELL_BYTES, "-");
    if (m->there)
        snprintf(c->text[3], CELL_BYTES, "%s %.79s", report_number(number, m->value), m->unit);
    if (m->there && base && base->there && strcmp(m->machine, base->machine) == 0 && strcmp(m->unit, base->unit) == 0 && base->value > 0)
        snprintf(c->text[4], CELL_BYTES, "%s", report_ratio_number(number, m->value / base->value));
}

static const char *const heads[COLUMNS] = { "", "published", "ratio", "measured", "ratio" };

/* First column behind the label: ours, where nothing was published. */
static size_t first_column(const struct reproduce_table *t)
{
    for (size_t i = 0; i < t->line_count; i++)
        if (t->lines[i].published)
            return 1;
    return 3;
}

/* The label in as many lines as the width takes; the cells stand behind the last of them. */
static void row_print_text(FILE *out, const struct cells *row, const int width[COLUMNS], size_t first)
{
    const char *label = row->text[0];
    while ((int)strlen(label) > width[0]) {
        int n = width[0];
        while (n > 0 && label[n] != ' ')
            n--;
        n = n > 0 ? n : width[0];
        fprintf(out, "  %.*s\n", n, label);
        label += n + (label[n] == ' ');
    }
    fprintf(out, "  %-*s", width[0], label);
    for (size_t c = first; c < COLUMNS; c++)
        fprintf(out, "  %*s", width[c], row->text[c]);
    putc('\n', out);
}

/* Below each label its figures, with their names: for a terminal that has no room for columns. */
static void row_print_stacked(FILE *out, const struct cells *row, size_t first)
{
    const char *separator = "    ";
    fprintf(out, "  %s\n", row->text[0]);
    for (size_t c = first; c < COLUMNS; c++)
        if (strcmp(row->text[c], "-") != 0) {
            fprintf(out, "%s%s %s", separator, heads[c], row->text[c]);
            separator = "; ";
        }
    fputs(*separator == ';' ? "\n" : "    no figures\n", out);
}

static void lines_print_text(FILE *out, const struct reproduce_table *t, size_t columns)
{
    int width[COLUMNS] = { 0 }, others = 2;
    struct cells *rows = calloc(t->line_count + 1, sizeof *rows);
    if (!rows)
        abort();
    for (size_t c = 0; c < COLUMNS; c++)
        snprintf(rows[0].text[c], CELL_BYTES, "%s", heads[c]);
    for (size_t i = 0; i < t->line_count; i++) {
        snprintf(rows[i + 1].text[0], CELL_BYTES, "%s", t->lines[i].label);
        published_cells(&t->lines[i], &rows[i + 1]);
        measured_cells(&t->lines[i], &rows[i + 1]);
    }
    for (size_t i = 0; i <= t->line_count; i++)
        for (size_t c = 0; c < COLUMNS; c++)
            width[c] = (int)strlen(rows[i].text[c]) > width[c] ? (int)strlen(rows[i].text[c]) : width[c];
    for (size_t c = first_column(t); c < COLUMNS; c++)
        others += 2 + width[c];
    if (columns && others + width[0] > (int)columns)
        width[0] = (int)columns - others > LABEL_WIDTH_MIN ? (int)columns - others : LABEL_WIDTH_MIN;
    bool stacked = columns && others + width[0] > (int)columns;
    for (size_t i = stacked; i <= t->line_count; i++)
        if (stacked)
            row_print_stacked(out, &rows[i], first_column(t));
        else
            row_print_text(out, &rows[i], width, first_column(t));
    free(rows);
}

static void row_print_markdown(FILE *out, const struct cells *c, size_t first)
{
    fprintf(out, "| %s |", c->text[0]);
    for (size_t k = first; k < COLUMNS; k++)
        fprintf(out, " %s |", c->text[k]);
    putc('\n', out);
}

static void lines_print_markdown(FILE *out, const struct reproduce_table *t)
{
    struct cells c;
    size_t first = first_column(t);
    for (size_t k = 0; k < COLUMNS; k++)
        snprintf(c.text[k], CELL_BYTES, "%s", heads[k]);
    row_print_markdown(out, &c, first);
    fputs("|---|", out);
    for (size_t k = first; k < COLUMNS; k++)
        fputs("---:|", out);
    putc('\n', out);
    for (size_t i = 0; i < t->line_count; i++) {
        snprintf(c.text[0], CELL_BYTES, "%s", t->lines[i].label);
        published_cells(&t->lines[i], &c);
        measured_cells(&t->lines[i], &c);
        row_print_markdown(out, &c, first);
    }
}

/* The sum that a measured figure is. */
static void terms_print(FILE *out, const struct reproduce_line *line, const char *code)
{
    char number[REPORT_NUMBER_BYTES];
    if (line->bytes > 0)
        fprintf(out, "1000 x %s bytes over ", report_number(number, line->bytes));
    for (size_t k = 0; k < line->term_count; k++) {
        double times = line->terms[k].times;
        fputs(k && times > 0 ? " + " : k || times < 0 ? " - " : "", out);
        if (fabs(times) != 1)
            fprintf(out, "%s x ", report_number_exact(number, fabs(times)));
        fprintf(out, "%s%s%s", code, line->terms[k].row, code);
    }
}

/* Which rows each measured figure is made of, and what differs from the paper. */
static void notes_print(FILE *out, const struct reproduce_table *t, const char *mark)
{
    const char *code = *mark == '*' ? "`" : "";
    for (size_t i = 0; i < t->line_count; i++) {
        const struct reproduce_line *line = &t->lines[i];
        if (!line->term_count && !line->note)
            continue;
        fprintf(out, "%s%s: ", mark, line->label);
        terms_print(out, line, code);
        if (line->condition->cpus > 1)
            fprintf(out, "; %u CPUs", line->condition->cpus);
        if (*line->condition->cmdline)
            fprintf(out, "; %s%s%s", code, line->condition->cmdline, code);
        if (line->condition->rung)
            fprintf(out, "; %smitigations=%s%s", code, line->condition->rung, code);
        if (line->condition->caches)
            fprintf(out, "; misses of %s a sample in the model %s%s%s", line->condition->misses, code, line->condition->caches, code);
        fprintf(out, "%s%s\n", line->note && line->term_count ? ". " : "", line->note ? line->note : "");
    }
}

static bool reason_told(const struct reproduce_table *t, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (!t->lines[i].measured.there && strcmp(t->lines[i].measured.why, t->lines[index].measured.why) == 0)
            return true;
    return false;
}

/* Lines without a figure of ours, by reason. */
static void missing_print(FILE *out, const struct reproduce_table *t, const char *mark)
{
    for (size_t i = 0; i < t->line_count; i++) {
        const struct reproduce_measured *m = &t->lines[i].measured;
        size_t same = 0;
        if (m->there || reason_told(t, i))
            continue;
        for (size_t k = i; k < t->line_count; k++)
            same += !t->lines[k].measured.there && strcmp(t->lines[k].measured.why, m->why) == 0;
        fprintf(out, "%sNot measured, ", mark);
        if (same > 3)
            fprintf(out, "%zu lines: ", same);
        for (size_t k = i, left = same; left > 0 && same <= 3; k++)
            if (!t->lines[k].measured.there && strcmp(t->lines[k].measured.why, m->why) == 0)
                fprintf(out, "%s%s", t->lines[k].label, --left ? "; " : ": ");
        fprintf(out, "%s\n", m->why);
    }
}

/* Runs of several tables may be there; what was given is of any. */
static bool source_is_of(const struct reproduce_source *s, const struct reproduce_table *t)
{
    bool is = !s->condition;
    for (size_t i = 0; !is && i < t->line_count; i++)
        is = t->lines[i].term_count && t->lines[i].terms[0].linux == s->linux && reproduce_condition_same(t->lines[i].condition, s->condition);
    return is;
}

static void targets_print(FILE *out, const struct reproduce_table *t, const struct reproduce_source *sources, size_t count)
{
    const char *separator = "";
    for (size_t i = 0; i < count; i++) {
        const struct reproduce_source *s = &sources[i];
        bool told = !source_is_of(s, t);
        const char *target = reproduce_source_target(s), *commit = s->commit ? json_string_value(s->commit) : s->reference.root
                                 ? reference_text(&s->reference, "commit") : result_context(&s->result, "commit");
        for (size_t k = 0; !told && k < i; k++)
            told = source_is_of(&sources[k], t) && strcmp(reproduce_source_target(&sources[k]), target) == 0;
        if (!told) {
            fprintf(out, "%s%s (commit %s)", separator, target, commit ? commit : "unknown");
            separator = ", ";
        }
    }
}

static void origin_print(FILE *out, const struct reproduce_table *t)
{
    const struct published_number *o = t->origin;
    fprintf(out, "%s: %s. %s %s, %s", *o->authors ? o->authors : o->source, o->title, o->venue, o->year, t->place);
}

/* --- claims --- */

static void claim_print(FILE *out, const struct reproduce_table *t, const struct reproduce_claim *c, bool markdown)
{
    char published[REPORT_NUMBER_BYTES], measured[REPORT_NUMBER_BYTES] = "-";
    report_ratio_number(published, c->published);
    if (c->verdict != NOT_MEASURED)
        report_ratio_number(measured, c->measured);
    const char *sense = c->sense == AT_LEAST ? "at least " : c->sense == AT_MOST ? "at most " : "about ";
    if (markdown) {
        fprintf(out, "| %s | %s | %s%s | %s | %s%s%s%s%s |\n", t->id, c->text, sense, published, measured, c->verdict == HOLDS ? "" : "**",
                reproduce_verdict_text(c->verdict), c->verdict == HOLDS ? "" : "**", c->note ? ": " : "", c->note ? c->note : "");
        return;
    }
    fprintf(out, "  %-13s %s: %s%s there, %s here\n", reproduce_verdict_text(c->verdict), c->text, sense, published, measured);
    if (c->verdict == NOT_MEASURED)
        fprintf(out, "  %-13s %s\n", "", c->why);
    if (c->note)
        fprintf(out, "  %-13s %s\n", "", c->note);
}

void reproduce_claims_head(FILE *out, bool markdown)
{
    fputs(markdown ? "| table | claim | ratio there | ratio here | verdict |\n|---|---|---:|---:|---|\n" : "Claims\n", out);
}

static void claims_print(FILE *out, const struct reproduce_table *table, bool markdown)
{
    for (size_t i = 0; i < table->claim_count; i++)
        claim_print(out, table, &table->claims[i], markdown);
}

void reproduce_claims_print(FILE *out, const struct reproduce_table *table, const struct reproduce_style *style)
{
    struct folded f;
    folded_open(&f);
    claims_print(f.stream, table, style->markdown);
    folded_close(&f, out, style->width);
}

void reproduce_verdicts_count(struct reproduce_verdicts *verdicts, const struct reproduce_table *table)
{
    for (size_t i = 0; i < table->claim_count; i++)
        verdicts->count[table->claims[i].verdict]++;
}

void reproduce_verdicts_print(FILE *out, const struct reproduce_verdicts *verdicts)
{
    const size_t *n = verdicts->count, all = n[HOLDS] + n[WEAKER] + n[FAILS] + n[NOT_MEASURED];
    if (!all)
        return;
    terminal_printf(out, "\nClaims: %zu; hold: %zu, weaker: %zu, do not hold: %zu, not measured: %zu.\n", all, n[HOLDS], n[WEAKER], n[FAILS], n[NOT_MEASURED]);
}

/* --- all of it --- */

static void print_markdown(FILE *out, const struct reproduce_table *t, const struct reproduce_source *sources, size_t count, const char *command)
{
    fprintf(out, "**%s** (", t->title);
    origin_print(out, t);
    fprintf(out, "). %s\n\nHere: %s\n\n    %s\n\n", t->did, t->ours, command);
    lines_print_markdown(out, t);
    fputs("\nRows: ", out);
    targets_print(out, t, sources, count);
    fputs(".\n\n", out);
    notes_print(out, t, "* ");
    missing_print(out, t, "* ");
    if (t->claim_count) {
        putc('\n', out);
        reproduce_claims_head(out, true);
        claims_print(out, t, true);
    }
}

static void print_text(FILE *out, const struct reproduce_table *t, const struct reproduce_source *sources, size_t count,
                       const struct reproduce_style *style)
{
    fprintf(out, "%s: %s\n  ", t->id, t->title);
    origin_print(out, t);
    fprintf(out, "\nThere: %s\nHere: %s\nCommand: %s\nMeasured on: ", t->did, t->ours, style->command);
    targets_print(out, t, sources, count);
    fputs("\n\n", out);
    lines_print_text(out, t, style->width);
    fputs("\nRatios are within each machine; instructions are no time.\n\nRows\n", out);
    notes_print(out, t, "  ");
    missing_print(out, t, "  ");
    if (t->claim_count) {
        putc('\n', out);
        reproduce_claims_head(out, false);
        claims_print(out, t, false);
    }
}

void reproduce_print(FILE *out, const struct reproduce_table *t, const struct reproduce_source *sources, size_t count,
                     const struct reproduce_style *style)
{
    if (style->markdown) {
        print_markdown(out, t, sources, count, style->command);
        return;
    }
    struct folded f;
    folded_open(&f);
    print_text(f.stream, t, sources, count, style);
    folded_close(&f, out, style->width);
}

/* --- JSON --- */

static json_t *line_json(const struct reproduce_line *line)
{
    json_t *object = json_pack("{s:s, s:s}", "id", line->id, "label", line->label), *rows = json_array();
    if (line->published)
        json_object_set_new(object, "published", json_pack("{s:o, s:s, s:s, s:s, s:s, s:s, s:s}", "value", json_number(line->published->value),
                                                           "unit", line->published->unit, "direction", line->published->direction, "system",
                                                           line->published->system, "variant", line->published->variant, "machine",
                                                           line->published->machine, "source", line->published->source));
    for (size_t i = 0; i < line->term_count; i++)
        json_array_append_new(rows, json_pack("{s:o, s:s}", "times", json_number(line->terms[i].times), "row", line->terms[i].row));
    json_object_set_new(object, "rows", rows);
    if (line->measured.there)
        json_object_set_new(object, "measured", json_pack("{s:o, s:s, s:s}", "value", json_number(line->measured.value), "unit", line->measured.unit,
                                                          "machine", line->measured.machine));
    else
        json_object_set_new(object, "not_measured", json_string(line->measured.why));
    if (line->note)
        json_object_set_new(object, "note", json_string(line->note));
    return object;
}

static json_t *claim_json(const struct reproduce_claim *c)
{
    json_t *object = json_pack("{s:s, s:s, s:s, s:s, s:o, s:s}", "text", c->text, "over", c->over->id, "under", c->under->id, "sense",
                               reproduce_sense_text(c->sense), "published", json_number(c->published), "verdict", reproduce_verdict_text(c->verdict));
    if (c->verdict != NOT_MEASURED)
        json_object_set_new(object, "measured", json_number(c->measured));
    else
        json_object_set_new(object, "why", json_string(c->why));
    return object;
}

json_t *reproduce_json(const struct reproduce_table *t)
{
    json_t *lines = json_array(), *claims = json_array();
    for (size_t i = 0; i < t->line_count; i++)
        json_array_append_new(lines, line_json(&t->lines[i]));
    for (size_t i = 0; i < t->claim_count; i++)
        json_array_append_new(claims, claim_json(&t->claims[i]));
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o}", "schema", REPRODUCE_REPORT_SCHEMA, "table", t->id, "title", t->title, "source",
                     t->origin->source, "place", t->place, "did", t->did, "ours", t->ours, "lines", lines, "claims", claims);
}
