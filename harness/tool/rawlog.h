/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Decoder of raw.log: the checked records of results/FORMAT.md section 1 in the midst of console text. Strict: whatever it does not
 * understand is an error that names line and cause, and a log is decoded wholly or not at all. A log captured by `tollgate run`
 * is sealed (rawlog_seal.h): no byte of it can change or go unnoticed.
 */
#ifndef HARNESS_TOOL_RAWLOG_H
#define HARNESS_TOOL_RAWLOG_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/tool/error.h"
#include "harness/tool/rawlog_seal.h"
#include "harness/tool/row.h"
#include "harness/tool/trace_log.h"

#define RAWLOG_BYTES_MAX (256u << 20)

struct rawlog {
    json_t *context; /* object of strings, in the order of the log; "system" from the begin record among them */
    json_t *skipped; /* array of {workload, reason} */
    json_t *tests;   /* array of {name, result[, detail]} */
    struct trace_log traces; /* with trace=on */
    struct result_row *rows; /* summarised */
    size_t row_count;
    uint64_t records;
    bool ok; /* status of the end record; a log with ok = false is well-formed, but it gives no result */
};

/* Decodes `size` bytes. With `sealed` the seal line must be there and hold; without, it must not be there. On failure *log is
 * empty and *e says "line N: ...". */
bool rawlog_decode(const char *bytes, size_t size, bool sealed, struct rawlog *log, struct error *e);
bool rawlog_read(const char *path, bool sealed, struct rawlog *log, struct error *e);
void rawlog_free(struct rawlog *log);

/* Context keys that every guest gives; ends with NULL. */
extern const char *const rawlog_context_keys[];

#endif
