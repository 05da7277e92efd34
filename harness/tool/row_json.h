/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A row as JSON, both ways; strict, and summaries are recomputed, never believed. Private to the result reader and writer.
 */
#ifndef HARNESS_TOOL_ROW_JSON_H
#define HARNESS_TOOL_ROW_JSON_H

#include <jansson.h>
#include <stdbool.h>

#include "harness/tool/error.h"
#include "harness/tool/row.h"

/* New reference, NULL when there is no memory. */
json_t *row_to_json(const struct result_row *row);
bool row_from_json(const json_t *object, struct result_row *row, struct error *e);

#endif
