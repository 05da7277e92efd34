/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Strict reader of CSV; see csv.h. Fields are unquoted in place: text only shrinks.
 */
#include "harness/tool/csv.h"

#include <stdlib.h>
#include <string.h>

#include "harness/tool/file.h"

#define CSV_BYTES_MAX (64u << 20)
#define CSV_COLUMNS_MAX 64
#define CSV_ROWS_MAX 1000000

struct reader {
    struct csv *csv;
    char *at, *end, *to; /* read from, its end, written to */
    size_t line, used, capacity;
};

static bool field_add(struct reader *r, char *field, struct error *e)
{
    if (r->used == r->capacity) {
        size_t more = r->capacity ? 2 * r->capacity : 256;
        char **grown = reallocarray(r->csv->fields, more, sizeof *grown);
        if (!grown)
            return error_set(e, "out of memory");
        r->csv->fields = grown;
        r->capacity = more;
    }
    r->csv->fields[r->used++] = field;
    return true;
}

/* Moves a quoted field to r->to; r->at is left behind the closing quote. */
static bool quoted_take(struct reader *r, struct error *e)
{
    for (r->at++; r->at < r->end; r->at++) {
        if (*r->at == '\n')
            r->line++;
        if (*r->at == '"' && (++r->at == r->end || *r->at != '"'))
            return true;
        *r->to++ = *r->at;
    }
    return error_set(e, "a quote is not closed");
}

static bool plain_take(struct reader *r, struct error *e)
{
    for (; r->at < r->end && !memchr(",\r\n", *r->at, 3); r->at++) {
        if (*r->at == '"')
            return error_set(e, "a quote within a field that does not begin with one");
        *r->to++ = *r->at;
    }
    return true;
}

/* One field and what ends it; *last when that is the line's end. */
static bool field_take(struct reader *r, bool *last, struct error *e)
{
    char *field = r->to;
    bool ok = r->at < r->end && *r->at == '"' ? quoted_take(r, e) : plain_take(r, e);
    if (!ok)
        return false;
    if (r->at < r->end && *r->at == '\r')
        r->at++;
    else if (r->at < r->end && *r->at == ',') {
        r->at++;
        *r->to++ = 0;
        *last = false;
        return field_add(r, field, e);
    }
    if (r->at == r->end)
        return error_set(e, "cut off: the last line has no line end");
    if (*r->at != '\n')
        return error_set(e, "something between the end of a field and the comma");
    r->at++;
    *r->to++ = 0;
    *last = true;
    return field_add(r, field, e);
}

static bool line_take(struct reader *r, size_t *columns, struct error *e)
{
    bool last = false;
    for (*columns = 0; !last; ++*columns) {
        if (*columns == CSV_COLUMNS_MAX)
            return error_set(e, "more than %d columns", CSV_COLUMNS_MAX);
        if (!field_take(r, &last, e))
            return false;
    }
    return true;
}

static bool lines_take(struct reader *r, struct error *e)
{
    for (r->line = 1; r->at < r->end; r->line++) {
        size_t columns;
        if (!line_take(r, &columns, e))
            return error_prefix(e, "line %zu", r->line);
        if (r->csv->columns == 0)
            r->csv->columns = columns;
        else if (columns != r->csv->columns)
            return error_set(e, "line %zu: %zu columns, the header has %zu", r->line, columns, r->csv->columns);
        else if (r->csv->rows++ == CSV_ROWS_MAX)
            return error_set(e, "more than %d rows", CSV_ROWS_MAX);
    }
    return true;
}

static bool header_check(const struct csv *csv, struct error *e)
{
    for (size_t i = 0; i < csv->columns; i++)
        for (size_t k = 0; k < i; k++)
            if (strcmp(csv->fields[i], csv->fields[k]) == 0)
                return error_set(e, "line 1: column \"%.80s\" is there twice", csv->fields[i]);
    return true;
}

bool csv_decode(const char *bytes, size_t size, struct csv *csv, struct error *e)
{
    *csv = (struct csv){ 0 };
    if (size == 0)
        return error_set(e, "empty file");
    if (memchr(bytes, 0, size))
        return error_set(e, "holds a NUL byte");
    if (!(csv->text = malloc(size + 1)))
        return error_set(e, "out of memory");
    memcpy(csv->text, bytes, size);
    struct reader r = { .csv = csv, .at = csv->text, .end = csv->text + size, .to = csv->text };
    if (lines_take(&r, e) && header_check(csv, e))
        return true;
    csv_free(csv);
    return false;
}

bool csv_read(const char *path, struct csv *csv, struct error *e)
{
    char *bytes;
    size_t size;
    *csv = (struct csv){ 0 };
    if (!file_read(path, CSV_BYTES_MAX, &bytes, &size, e))
        return false;
    bool ok = csv_decode(bytes, size, csv, e) || error_prefix(e, "%s", path);
    free(bytes);
    return ok;
}

void csv_free(struct csv *csv)
{
    free(csv->text);
    free(csv->fields);
    *csv = (struct csv){ 0 };
}

bool csv_column(const struct csv *csv, const char *name, size_t *column)
{
    for (*column = 0; *column < csv->columns; ++*column)
        if (strcmp(csv->fields[*column], name) == 0)
            return true;
    return false;
}

const char *csv_field(const struct csv *csv, size_t row, size_t column)
{
    return csv->fields[(row + 1) * csv->columns + column];
}
