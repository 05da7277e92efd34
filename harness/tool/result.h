/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A result in memory and on disk: results/FORMAT.md section 2, schema "tollgate-result/1". The reader believes nothing: it
 * recomputes each summary from the histogram and refuses a file that says otherwise.
 */
#ifndef HARNESS_TOOL_RESULT_H
#define HARNESS_TOOL_RESULT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "harness/tool/error.h"
#include "harness/tool/rawlog.h"
#include "harness/tool/row.h"

#define RESULT_SCHEMA_FAMILY "tollgate-result/"
#define RESULT_VERSION 1
#define RESULT_SCHEMA RESULT_SCHEMA_FAMILY "1"

struct result {
    json_t *context; /* object; strings, and the boolean `dirty` */
    struct result_row *rows;
    size_t row_count;
    json_t *skipped; /* array of {workload, reason}; may be empty */
    json_t *tests;   /* array of {name, result[, detail]}; may be empty */
};

/* Takes the rows out of *log (which stays valid and must still be freed) and adds the host's context: an object with at least
 * target, commit, dirty (boolean), date. A key that both give must have equal values. Refuses a log whose guest failed. */
bool result_from_log(struct rawlog *log, const json_t *host_context, struct result *result, struct error *e);
/* Atomically: temporary file and rename. */
bool result_write(const char *path, const struct result *result, struct error *e);
/* `path`: a result file, or a folder that holds result.json. */
bool result_read(const char *path, struct result *result, struct error *e);
/* The bytes of a result file. */
bool result_decode(const char *bytes, size_t size, struct result *result, struct error *e);
void result_free(struct result *result);

/* String of the context, or NULL. */
const char *result_context(const struct result *result, const char *key);
/* First row with these names, or NULL. */
const struct result_row *result_find(const struct result *result, const char *workload, const char *variant);

#endif
