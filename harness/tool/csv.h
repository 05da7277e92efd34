/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Comma-separated values (RFC 4180), strict: quoted fields with doubled quotes, LF or CR LF, every line as many fields as the header,
 * no NUL, no stray quote, no unfinished line or quote.
 */
#ifndef HARNESS_TOOL_CSV_H
#define HARNESS_TOOL_CSV_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/tool/error.h"

struct csv {
    char *text;        /* owns the fields */
    char **fields;     /* row after row, the header first */
    size_t columns;
    size_t rows;       /* without the header */
};

/* Takes `size` bytes that end in a line end; errors name the line. Limits: 64 columns, 1,000,000 rows. */
bool csv_decode(const char *bytes, size_t size, struct csv *csv, struct error *e);
bool csv_read(const char *path, struct csv *csv, struct error *e);
void csv_free(struct csv *csv);
/* Index of a column by its name in the header; false when there is none. */
bool csv_column(const struct csv *csv, const char *name, size_t *column);
const char *csv_field(const struct csv *csv, size_t row, size_t column);

#endif
