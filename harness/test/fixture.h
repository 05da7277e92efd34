/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the tests of the host tool share: a text that grows, a sample log written by the guests' own record writer with console text
 * in between, and results made from logs.
 */
#ifndef HARNESS_TEST_FIXTURE_H
#define HARNESS_TEST_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness/measure/record.h"
#include "harness/tool/rawlog.h"
#include "harness/tool/result.h"

struct text_buffer {
    char *bytes; /* ends with a NUL that does not count */
    size_t size;
};

void buffer_add(struct text_buffer *t, const char *bytes, size_t size);
void buffer_print(struct text_buffer *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buffer_free(struct text_buffer *t);

/* Writes a log: records through harness/measure, framed with consecutive numbers. */
struct log_writer {
    struct text_buffer text;
    struct record_writer writer;
    uint64_t records;
};

void log_open(struct log_writer *log);                    /* begin and the mandatory context, fidelity instructions */
void log_open_as(struct log_writer *log, const char *fidelity, const char *unit);
void log_body(struct log_writer *log, const char *body);  /* any body, framed */
/* A row in `unit` with the samples "value:count ..." given as pairs. */
void log_row(struct log_writer *log, const char *workload, const char *variant, const char *unit, uint64_t batch,
             uint64_t overhead, const struct histogram_pair *pairs, size_t pair_count);
void log_close(struct log_writer *log);                   /* end, status=ok */

/* The sample: console text, two rows, a skip, two tests. */
void sample_log(struct text_buffer *text);
/* Appends the seal in memory, through a file, as the runner does. */
void seal_text(struct text_buffer *text);

/* Result of a log that log_close has closed; frees the log. */
void result_of(struct log_writer *log, struct result *result);
json_t *fixture_context(const char *target);
/* Path of a fresh file in this test run's own folder; valid until the next call. */
const char *scratch_path(const char *name);
void scratch_write(const char *path, const char *bytes, size_t size);

#endif
