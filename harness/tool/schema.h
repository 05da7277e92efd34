/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the one definition of a result (harness/api/tollgate_fields.def) says, for others: as JSON Schema and as a table for documents.
 */
#ifndef HARNESS_TOOL_SCHEMA_H
#define HARNESS_TOOL_SCHEMA_H

#include <jansson.h>
#include <stdio.h>

/* JSON Schema (draft 2020-12) of tollgate-result/1; new reference, NULL when there is no memory. */
json_t *schema_result(void);
/* Table of the fields of a row in Markdown. */
void schema_print_markdown(FILE *out);

#endif
