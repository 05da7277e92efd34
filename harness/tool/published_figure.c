/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Data of plots/bars.gp; see published_figure.h.
 */
#include "harness/tool/published_figure.h"

#include <fnmatch.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/tool/report_text.h"

#define NAME_WIDTH 44 /* characters that fit beside a bar */

static bool number_matches(const struct published_number *n, const struct published_choice *choice)
{
    return fnmatch(choice->source, n->source, 0) == 0 && fnmatch(choice->table, n->table, 0) == 0 && fnmatch(choice->system, n->system, 0) == 0
        && fnmatch(choice->variant, n->variant, 0) == 0;
}

size_t published_choose(const struct published *published, const struct published_choice *choices, size_t choice_count, const char *operation,
                        const char *direction, const char *unit, const struct published_number *shown[PUBLISHED_FIGURE_BARS])
{
    size_t count = 0;
    for (size_t c = 0; c < choice_count; c++)
        for (size_t i = 0; i < published->count && count < PUBLISHED_FIGURE_BARS; i++) {
            const struct published_number *n = &published->numbers[i];
            if (strcmp(n->operation, operation) == 0 && strcmp(n->direction, direction) == 0 && strcmp(n->unit, unit) == 0
                && n->value > 0 && number_matches(n, &choices[c]))
                shown[count++] = n;
        }
    return count;
}

/* What tells two bars of one system on one machine apart: the words of the variant that name a choice. */
static const char *variant_short(const char *variant, char text[24])
{
    bool call = strstr(variant, "leg=call"), reply = strstr(variant, "leg=reply"), on = strstr(variant, "skim=on"), off = strstr(variant, "skim=off");
    snprintf(text, 24, "%s%s%s%s", call ? " call" : reply ? " reply" : "", on || off ? ", kpti " : "", on ? "on" : "", off ? "off" : "");
    return text;
}

static void bar_write(FILE *data, const struct published_number *n, size_t position)
{
    char *name, variant[24], number[REPORT_NUMBER_BYTES];
    if (asprintf(&name, "%s%s", n->system, variant_short(n->variant, variant)) < 0)
        abort(); /* a line of text */
    char *plain = report_plain(name, NAME_WIDTH);
    fprintf(data, "%zu\t1\t%.17g\t", position, n->value);
    report_data_field(data, plain);
    fprintf(data, "\t%s   ", report_number(number, n->value));
    report_data_field(data, n->machine);
    putc('\n', data);
    free(plain);
    free(name);
}

static bool same_table(const struct published_number *a, const struct published_number *b)
{
    return strcmp(a->source, b->source) == 0 && strcmp(a->table, b->table) == 0;
}

/* A line of its own above the bars of one table. */
static void heading_write(FILE *data, const struct published_number *n, size_t position)
{
    fprintf(data, "%zu\t2\t%.17g\t\t", position, n->value);
    report_data_field(data, n->source);
    fputs(": ", data);
    report_data_field(data, n->table);
    putc('\n', data);
}

static void source_write(FILE *caption, const struct published_number *n)
{
    char *authors = report_plain(n->authors, 60), *title = report_plain(n->title, 90);
    fprintf(caption, "\n%s: %s%s%s, %s %s, %s", n->source, authors, *authors ? ": " : "", title, n->venue, n->year, n->table);
    free(authors);
    free(title);
}

void published_figure_write(FILE *data, FILE *head, FILE *caption, const struct published_number *const *shown, size_t count, size_t own,
                            double own_low, double own_high)
{
    double low = own ? own_low : INFINITY, high = own ? own_high : 0;
    char *direction = strdup(shown[0]->direction);
    for (char *c = direction; c && *c; c++)
        *c = *c == '_' ? ' ' : *c;
    fprintf(caption, "Hatched: published by others, not measured here; as printed, of the machine named. Decades lie between the machines: shapes and ratios within "
            "one source can be compared, absolute values across machines cannot.");
    if (own == 0 && strcmp(shown[0]->unit, "cycles") == 0)
        fputs(" No row of these results is in cycles, so none stands on this axis.", caption);
    fputs(" Sources:", caption);
    size_t rows = own;
    for (size_t i = 0; i < count; i++) {
        bool told = false;
        if (i == 0 || !same_table(shown[i - 1], shown[i]))
            heading_write(data, shown[i], rows++);
        bar_write(data, shown[i], rows++);
        low = fmin(low, shown[i]->value);
        high = fmax(high, shown[i]->value);
        for (size_t k = 0; !told && k < i; k++)
            told = same_table(shown[k], shown[i]);
        if (!told)
            source_write(caption, shown[i]);
    }
    fprintf(head, "axis = '%s, %s, as printed (logarithmic)'\nrows = %zu\nlow = %.17g\nhigh = %.17g\nkey_0 = '%s'\nkey_1 = 'published'\n", shown[0]->unit,
            direction ? direction : "", rows, low, high, own ? "Tollgate, this run" : "");
    free(direction);
}
