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

/* One curve: commit's place, median, interval, and the value as text where it is another one than before. */
static void row_write(FILE *data, const struct history *history, const char *name, double *low, double *high)
{
    size_t i;
    json_t *entry;
    double before = NAN;
    char number[REPORT_NUMBER_BYTES];
    report_data_field(data, name);
    fputs("\t\n", data);
    json_array_foreach(history->entries, i, entry) {
        const json_t *value = json_object_get(json_object_get(entry, "rows"), name);
        double median = json_number_value(json_array_get(value, 0));
        if (!value)
            continue;
        fprintf(data, "%zu\t%.17g\t%.17g\t%.17g\t%s\n", i, median, figure_or(json_array_get(value, 1), median),
                figure_or(json_array_get(value, 2), median), median != before ? report_number(number, median) : "");
        before = median;
        *low = fmin(*low, median);
        *high = fmax(*high, median);
    }
    fputs("\n\n", data);
}

void history_figure_write(FILE *data, FILE *head, const struct history *history, const char *const names[], size_t count)
{
    size_t i;
    json_t *entry;
    double low = INFINITY, high = 0;
    const char *unit = json_string_value(json_object_get(json_array_get(history->entries, 0), "unit"));
    for (i = 0; i < count; i++)
        row_write(data, history, names[i], &low, &high);
    fprintf(head, "axis = '%s per operation, raw (logarithmic)'\ncurves = %zu\nlow = %.17g\nhigh = %.17g\nentries = %zu\ncommits = '", unit, count,
            fmax(low, 0.1), fmax(high, 1), json_array_size(history->entries));
    json_array_foreach(history->entries, i, entry) {
        char *commit = report_plain(json_string_value(json_object_get(entry, "commit")), 40);
        for (const char *c = commit; *c && c < commit + 7; c++)
            fputc(strchr("'\\ ", *c) ? '_' : *c, head);
        fputc(' ', head);
        free(commit);
    }
    fputs("'\n", head);
}
