/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Reader of the published numbers; see published.h.
 */
#include "harness/tool/published.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/tool/text.h"

enum file { NUMBERS, SOURCES, PEERS };
static const char *const file_names[] = { "numbers.csv", "sources.csv", "measured_peers.csv" };

#define PEERS_SOURCE "this project"

/* Column of `name` in each row, or an error. */
static bool column_find(const struct csv *csv, const char *name, size_t *column, struct error *e)
{
    return csv_column(csv, name, column) || error_set(e, "column \"%s\" is missing", name);
}

/* Decimal or with exponent, finite, nothing behind it. */
static bool number_parse(const char *text, double *value)
{
    char *end;
    if (!strchr("0123456789.-", text[0]) || text[0] == 0 || strpbrk(text, "xXnN"))
        return false;
    *value = strtod(text, &end);
    return *end == 0 && end != text && isfinite(*value);
}

static const char *const text_columns[] = { "source", "table", "system", "variant", "machine", "mhz", "operation", "direction", "unit",
                                            "note" };
#define TEXT_COLUMNS (sizeof text_columns / sizeof text_columns[0])

static const char **number_text(struct published_number *n, size_t column)
{
    const char **members[TEXT_COLUMNS] = { &n->source, &n->table, &n->system, &n->variant, &n->machine, &n->mhz, &n->operation,
                                           &n->direction, &n->unit, &n->note };
    return members[column];
}

static bool number_check(struct published_number *n, const char *value, const char *stddev, struct error *e)
{
    if (!number_parse(value, &n->value))
        return error_set(e, "value \"%.40s\" is not a number", value);
    n->has_stddev = *stddev != 0;
    if (n->has_stddev && (!number_parse(stddev, &n->stddev) || n->stddev < 0))
        return error_set(e, "stddev \"%.40s\" is not a number", stddev);
    if (!text_is_word_of(n->direction, "one_way round_trip n/a"))
        return error_set(e, "direction \"%.40s\" is none of: one_way round_trip n/a", n->direction);
    if (!*n->system || !*n->operation || !*n->unit)
        return error_set(e, "system, operation or unit is empty");
    return true;
}

/* Appends all rows of one file; columns that the peers' file lacks are empty. */
static bool file_take(struct published *p, enum file file, struct error *e)
{
    const struct csv *csv = &p->files[file];
    size_t columns[TEXT_COLUMNS], value, stddev;
    bool has_stddev = csv_column(csv, "stddev", &stddev);
    for (size_t c = 0; c < TEXT_COLUMNS; c++)
        if (!csv_column(csv, text_columns[c], &columns[c])) {
            columns[c] = SIZE_MAX;
            if (file == NUMBERS && !column_find(csv, text_columns[c], &value, e))
                return false;
        }
    if (!column_find(csv, "value", &value, e))
        return false;
    for (size_t row = 0; row < csv->rows; row++) {
        struct published_number n = { .authors = "", .title = "", .venue = "", .year = "", .where = "" };
        for (size_t c = 0; c < TEXT_COLUMNS; c++)
            *number_text(&n, c) = columns[c] == SIZE_MAX ? "" : csv_field(csv, row, columns[c]);
        if (file == PEERS)
            n.source = PEERS_SOURCE;
        if (!number_check(&n, csv_field(csv, row, value), has_stddev ? csv_field(csv, row, stddev) : "", e))
            return error_prefix(e, "row %zu", row + 1);
        p->numbers[p->count++] = n;
    }
    return true;
}

static bool sources_join(struct published *p, struct error *e)
{
    static const char *const names[] = { "authors", "title", "venue", "year", "where" };
    const struct csv *csv = &p->files[SOURCES];
    size_t id, columns[5];
    if (!column_find(csv, "id", &id, e))
        return false;
    for (size_t c = 0; c < 5; c++)
        if (!column_find(csv, names[c], &columns[c], e))
            return false;
    for (size_t i = 0; i < p->count; i++) {
        struct published_number *n = &p->numbers[i];
        const char **members[] = { &n->authors, &n->title, &n->venue, &n->year, &n->where };
        size_t row = 0;
        while (row < csv->rows && strcmp(csv_field(csv, row, id), n->source) != 0)
            row++;
        if (row == csv->rows && strcmp(n->source, PEERS_SOURCE) != 0)
            return error_set(e, "source \"%.80s\" has no line", n->source);
        for (size_t c = 0; row < csv->rows && c < 5; c++)
            *members[c] = csv_field(csv, row, columns[c]);
    }
    return true;
}

/* Order by what a reader looks for; the fields of the rule of uniqueness (README) are all in it. */
static int number_compare(const void *x, const void *y)
{
    const struct published_number *a = x, *b = y;
    const char *const ka[] = { a->operation, a->direction, a->unit, a->system, a->source, a->table, a->variant, a->machine, a->mhz };
    const char *const kb[] = { b->operation, b->direction, b->unit, b->system, b->source, b->table, b->variant, b->machine, b->mhz };
    int order = 0;
    for (size_t i = 0; order == 0 && i < sizeof ka / sizeof ka[0]; i++)
        order = strcmp(ka[i], kb[i]);
    return order;
}

static bool order_and_uniqueness(struct published *p, struct error *e)
{
    qsort(p->numbers, p->count, sizeof *p->numbers, number_compare);
    for (size_t i = 1; i < p->count; i++) {
        const struct published_number *n = &p->numbers[i];
        if (number_compare(n - 1, n) == 0)
            return error_set(e, "two numbers for %.80s, %.80s, %.80s, %.120s, %.80s", n->source, n->table, n->system, n->variant,
                             n->operation);
    }
    return true;
}

bool published_make(struct csv files[3], struct published *p, struct error *e)
{
    *p = (struct published){ .files = { files[0], files[1], files[2] } };
    bool ok = (p->numbers = calloc(p->files[NUMBERS].rows + p->files[PEERS].rows + 1, sizeof *p->numbers)) || error_set(e, "out of memory");
    ok = ok && (file_take(p, NUMBERS, e) || error_prefix(e, "%s", file_names[NUMBERS])) &&
         (file_take(p, PEERS, e) || error_prefix(e, "%s", file_names[PEERS])) &&
         (sources_join(p, e) || error_prefix(e, "%s", file_names[SOURCES])) && order_and_uniqueness(p, e);
    if (!ok)
        published_free(p);
    return ok;
}

bool published_read(const char *folder, struct published *p, struct error *e)
{
    char path[PATH_MAX];
    struct csv files[3] = { { 0 }, { 0 }, { 0 } };
    *p = (struct published){ 0 };
    for (size_t f = 0; f < 3; f++) {
        snprintf(path, sizeof path, "%s/%s", folder, file_names[f]);
        if (csv_read(path, &files[f], e))
            continue;
        for (size_t k = 0; k < f; k++)
            csv_free(&files[k]);
        return false;
    }
    return published_make(files, p, e) || error_prefix(e, "%s", folder);
}

void published_free(struct published *p)
{
    for (size_t f = 0; f < 3; f++)
        csv_free(&p->files[f]);
    free(p->numbers);
    *p = (struct published){ 0 };
}
