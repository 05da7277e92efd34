/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Data of plots/history.gp; see history_figure.h.
 */
#include "harness/tool/history_figure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/tool/report_text.h"

bool history_has_row(const struct history *history, const char *name)
{
    size_t i;
    json_t *entry;
    json_array_foreach(history->entries, i, entry)
        if (json_object_get(json_object_get(entry, "rows"), name))
            return true;
    return false;
}

static double figure_or(const json_t *number, double otherwise)
{
    return json_is_number(number) ? json_number_value(number) : otherwise;
}

/* One row in the making: where each entry stands on the axis of commits, and who has the row. */
struct panel {
    const struct history *history;
    const char *name;
    const size_t *at;
    bool *has;
    size_t *nearest;
};

static const json_t *panel_value(const struct panel *p, size_t entry)
{
    return json_object_get(json_object_get(json_array_get(p->history->entries, entry), "rows"), p->name);
}

static double panel_median(const struct panel *p, size_t entry)
{
    return json_number_value(json_array_get(panel_value(p, entry), 0));
}

#define NOTHING "NaN\tNaN\tNaN\tNaN\t\n" /* so that no block is empty */

/* Commits of the longest chain: place, median, interval, and the value as text where it is another one than before. */
static void main_write(FILE *data, const struct panel *p)
{
    const struct ancestry *a = &p->history->ancestry;
    double before = NAN;
    char number[REPORT_NUMBER_BYTES];
    fputs(NOTHING, data);
    for (size_t n = 0; n < a->count; n++) {
        size_t i = a->order[n];
        double median = panel_median(p, i);
        if (!a->main[i] || !p->has[i])
            continue;
        fprintf(data, "%zu\t%.17g\t%.17g\t%.17g\t%s\n", p->at[i], median, figure_or(json_array_get(panel_value(p, i), 1), median),
                figure_or(json_array_get(panel_value(p, i), 2), median), median != before ? report_number(number, median) : "");
        before = median;
    }
    fputs("\n\n", data);
}

/* Lines of descent beside it: place and median of a commit and of its nearest ancestor, for each pair that is not of the longest chain. */
static void side_write(FILE *data, const struct panel *p)
{
    const struct ancestry *a = &p->history->ancestry;
    fputs(NOTHING, data);
    for (size_t i = 0; i < a->count; i++) {
        size_t above = p->has[i] ? ancestry_nearest(a, i, p->has, p->nearest) : 0;
        for (size_t k = a->main[i] ? 1 : 0; k < above; k++)
            fprintf(data, "%zu\t%.17g\t%zu\t%.17g\t%d\n", p->at[p->nearest[k]], panel_median(p, p->nearest[k]), p->at[i], panel_median(p, i), !a->main[i]);
        if (above == 0 && p->has[i] && !a->main[i])
            fprintf(data, "%zu\t%.17g\t%zu\t%.17g\t1\n", p->at[i], panel_median(p, i), p->at[i], panel_median(p, i));
    }
    fputs("\n\n", data);
}

static bool steps_write(FILE *data, const struct panel *p, struct error *e)
{
    struct history_step *steps;
    size_t count;
    if (!history_steps(p->history, p->name, &steps, &count, e))
        return false;
    fputs(NOTHING, data);
    for (size_t i = 0; i < count; i++)
        fprintf(data, "%zu\t%.17g\n", p->at[steps[i].entry], panel_median(p, steps[i].entry));
    fputs("\n\n", data);
    free(steps);
    return true;
}

static void range_find(struct panel *p, double *low, double *high)
{
    size_t i;
    json_t *entry;
    *low = INFINITY;
    *high = 0;
    json_array_foreach(p->history->entries, i, entry) {
        const json_t *value = json_object_get(json_object_get(entry, "rows"), p->name);
        double median = json_number_value(json_array_get(value, 0));
        p->has[i] = value;
        if (!value)
            continue;
        *low = fmin(*low, figure_or(json_array_get(value, 1), median));
        *high = fmax(*high, figure_or(json_array_get(value, 2), median));
    }
}

static void commits_write(FILE *head, const struct history *history)
{
    const struct ancestry *a = &history->ancestry;
    fputs("commits = '", head);
    for (size_t n = 0; n < a->count; n++) {
        char *commit = report_plain(json_string_value(json_object_get(json_array_get(history->entries, a->order[n]), "commit")), 40);
        for (const char *c = commit; *c && c < commit + 7; c++)
            fputc(strchr("'\\ ", *c) ? '_' : *c, head);
        fputc(' ', head);
        free(commit);
    }
    fputs("'\n", head);
}

bool history_figure_write(FILE *data, FILE *head, const struct history *history, const char *const names[], size_t count, struct error *e)
{
    const struct ancestry *a = &history->ancestry;
    size_t *at = calloc(a->count + 1, sizeof *at), *nearest = calloc(a->count + 1, sizeof *nearest);
    bool good = true, *has = calloc(a->count + 1, sizeof *has);
    const char *unit = json_string_value(json_object_get(json_array_get(history->entries, 0), "unit"));
    if (!at || !nearest || !has)
        abort(); /* a few bytes for each commit */
    for (size_t n = 0; n < a->count; n++)
        at[a->order[n]] = n;
    fprintf(head, "axis = '%s per operation, raw'\npanels = %zu\nentries = %zu\narray low[%zu]\narray high[%zu]\narray panel[%zu]\n", unit, count,
            a->count, count, count, count);
    for (size_t i = 0; good && i < count; i++) {
        struct panel p = { history, names[i], at, has, nearest };
        double low, high;
        range_find(&p, &low, &high);
        fprintf(head, "low[%zu] = %.17g\nhigh[%zu] = %.17g\npanel[%zu] = ", i + 1, low, i + 1, high, i + 1);
        report_gnuplot_string(head, names[i]);
        putc('\n', head);
        main_write(data, &p);
        side_write(data, &p);
        good = steps_write(data, &p, e);
    }
    commits_write(head, history);
    free(at);
    free(nearest);
    free(has);
    return good;
}

void history_figure_caption(FILE *caption, const struct history *history)
{
    const struct ancestry *a = &history->ancestry;
    size_t beside = 0;
    for (size_t i = 0; i < a->count; i++)
        beside += !a->main[i];
    fputs("A level holds until the next measured commit that descends from it. Filled points: the longest chain of commits, each an ancestor of the next. ", caption);
    if (beside)
        fprintf(caption, "Hollow points, joined by dots to their nearest measured relatives: %zu commits of branches beside it. ", beside);
    if (a->unknown)
        fprintf(caption, "%zu commits, last on the axis, are unknown to the repository here and compared with none. ", a->unknown);
    fputs("A ring marks a change: a median that no nearest measured ancestor has; in time, what a rank-sum test finds along a chain. Bars: 95 % interval of the median, where "
          "it is wider than the point. Each panel has an axis of its own, which does not begin at 0; figures stand where there is room for them.", caption);
}
