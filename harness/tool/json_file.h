/* SPDX-License-Identifier: BSD-2-Clause
 *
 * JSON in files: strict on reading (no duplicate keys, nothing behind the value, bounded size and depth), and written so that
 * a diff reads well (one member per line down to a depth, compact below) and every number survives the round trip exactly.
 */
#ifndef HARNESS_TOOL_JSON_FILE_H
#define HARNESS_TOOL_JSON_FILE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "harness/tool/error.h"

#define JSON_FILE_BYTES_MAX (256u << 20)

/* Returns a new reference, or NULL with *e set. */
json_t *json_file_read(const char *path, struct error *e);
/* The same for bytes in memory. */
json_t *json_decode(const char *bytes, size_t size, struct error *e);
/* Atomically. `depth`: levels of nesting that get one line per member. */
bool json_file_write(const char *path, const json_t *value, int depth, struct error *e);
void json_print(FILE *out, const json_t *value, int depth);
/* Documents that json_print gave to standard output so far. */
size_t json_print_count(void);
/* A double as JSON: an integer when it is one. */
json_t *json_number(double value);
/* Shortest decimal text that reads back as the same double. Returns `text`. */
#define JSON_NUMBER_BYTES 32
const char *json_number_text(char text[JSON_NUMBER_BYTES], double value);

#endif
