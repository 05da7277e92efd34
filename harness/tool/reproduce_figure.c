/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A table of a paper and ours as a figure (plots/reproduce.gp): a panel with an axis of its own for each unit, so that unlike units never share
 * one; what was published is hatched.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/tool/figure.h"
#include "harness/tool/report_text.h"
#include "harness/tool/reproduce.h"
#include "harness/tool/tool.h"

#define PANELS_MAX 8
#define NAME_WIDTH 57 /* of a line of a name; longer ones have several */

struct panel {
    const char *unit;
    bool ours;
    size_t rows;
    double low, high;
    unsigned name_lines; /* of the longest name */
};

static bool bar_of(const struct reproduce_line *line, bool ours, double *value, const char **unit)
{
    if (ours && line->measured.there)
        return *value = line->measured.value, *unit = line->measured.unit, *value > 0;
    if (!ours && line->published)
        return *value = line->published->value, *unit = line->published->unit, *value > 0;
    return false;
}

static struct panel *panel_of(struct panel *panels, size_t *count, bool ours, const char *unit)
{
    for (size_t i = 0; i < *count; i++)
        if (panels[i].ours == ours && strcmp(panels[i].unit, unit) == 0)
            return &panels[i];
    if (*count == PANELS_MAX)
        return NULL;
    panels[*count] = (struct panel){ .unit = unit, .ours = ours, .low = INFINITY };
    return &panels[(*count)++];
}

static bool panels_find(const struct reproduce_table *t, struct panel *panels, size_t *count, struct error *e)
{
    for (int ours = 0; ours < 2; ours++)
        for (size_t i = 0; i < t->line_count; i++) {
            double value;
            const char *unit;
            if (!bar_of(&t->lines[i], ours, &value, &unit))
                continue;
            struct panel *p = panel_of(panels, count, ours, unit);
            if (!p)
                return error_set(e, "more than %d units", PANELS_MAX);
            p->rows++;
            p->low = fmin(p->low, value);
            p->high = fmax(p->high, value);
        }
    return *count || error_set(e, "nothing positive to draw");
}

/* Whole, in as many lines as it takes, between which gnuplot reads an escape. Returns their number. */
static unsigned name_write(FILE *data, const char *label)
{
    unsigned lines = 0;
    char *name = report_wrap(label, NAME_WIDTH);
    for (char *line = name, *end; line; line = end) {
        if ((end = strchr(line, '\n')))
            *end++ = 0;
        fputs(lines++ ? "\\n" : "", data);
        report_data_field(data, line);
    }
    free(name);
    return lines;
}

static void panel_write(FILE *data, const struct reproduce_table *t, struct panel *p)
{
    char number[REPORT_NUMBER_BYTES];
    size_t position = 0;
    for (size_t i = 0; i < t->line_count; i++) {
        double value;
        const char *unit;
        if (!bar_of(&t->lines[i], p->ours, &value, &unit) || strcmp(unit, p->unit) != 0)
            continue;
        fprintf(data, "%zu\t%d\t%.17g\t", position++, !p->ours, value);
        unsigned lines = name_write(data, t->lines[i].label);
        fprintf(data, "\t%s\n", report_number(number, value));
        if (lines > p->name_lines)
            p->name_lines = lines;
    }
    fputs("\n\n", data);
}

static void head_write(FILE *head, const struct panel *panels, size_t count)
{
    unsigned lines = 1;
    for (size_t i = 0; i < count; i++)
        lines = panels[i].name_lines > lines ? panels[i].name_lines : lines;
    fprintf(head, "panels = %zu\nname_lines = %u\narray axis[%zu]\narray rows[%zu]\narray low[%zu]\narray high[%zu]\n", count, lines, count, count, count, count);
    for (size_t i = 0; i < count; i++) {
        char *text;
        if (asprintf(&text, "%s, %s", panels[i].ours ? "measured here" : "published, as printed", panels[i].unit) < 0)
            abort();
        fprintf(head, "axis[%zu] = ", i + 1);
        report_gnuplot_string(head, text);
        fprintf(head, "\nrows[%zu] = %zu\nlow[%zu] = %.17g\nhigh[%zu] = %.17g\n", i + 1, panels[i].rows, i + 1, panels[i].low, i + 1, panels[i].high);
        free(text);
    }
}

static void machines_write(FILE *caption, const struct reproduce_table *t)
{
    const char *told = NULL;
    for (size_t i = 0; i < t->line_count; i++) {
        const struct reproduce_measured *m = &t->lines[i].measured;
        if (!m->there || (told && strcmp(told, m->machine) == 0))
            continue;
        fprintf(caption, "%s %s", told ? ";" : "", m->machine);
        told = m->machine;
    }
}

/* Tells of hatching, and of axes, what the panels have of them. */
static void caption_write(FILE *caption, const struct reproduce_table *t, const struct panel *panels, size_t count)
{
    const struct published_number *o = t->origin;
    const char *who = *o->authors ? o->authors : o->title;
    const bool ours = panels[0].ours || panels[count - 1].ours, published = !panels[0].ours || !panels[count - 1].ours;
    fprintf(caption, "%s %s (%s: %s, %s %s, %s).", published ? "Hatched: published" : "After what was published", "by others", o->source, who, o->venue, o->year,
            t->place);
    if (ours) {
        fprintf(caption, " %s (medians without overhead; machine:", published ? "Solid: measured here" : "Measured here");
        machines_write(caption, t);
        fputs(").", caption);
    }
    fputs(count == 1 ? " Logarithmic axis." : " Logarithmic axes, one for each unit: bars of different panels cannot be compared, ratios within one panel can.", caption);
}

bool reproduce_plot(const struct reproduce_table *t, const char *path, struct error *e)
{
    struct panel panels[PANELS_MAX];
    struct figure_text text;
    size_t count = 0;
    char *title;
    if (!panels_find(t, panels, &count, e))
        return false;
    figure_text_open(&text);
    for (size_t i = 0; i < count; i++)
        panel_write(text.data, t, &panels[i]);
    head_write(text.head, panels, count);
    caption_write(text.caption, t, panels, count);
    figure_text_close(&text);
    if (asprintf(&title, "%s", t->title) < 0)
        abort();
    struct figure_parts parts = { .script = "reproduce", .title = title, .unit = panels[0].unit, .caption = text.caption_text, .head = text.head_text,
                                  .data = text.data_text };
    bool ok = figure_draw_at(tool_tree_dir(), path, &parts, e);
    figure_text_free(&text);
    free(title);
    return ok;
}
