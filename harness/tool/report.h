/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a report is made of: results that were read, and the rows of them that a table or a figure shows. The rule of the whole
 * report lives here: rows whose unit or direction differ are never divided by one another nor put on one axis.
 */
#ifndef HARNESS_TOOL_REPORT_H
#define HARNESS_TOOL_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/tool/error.h"
#include "harness/tool/result.h"

#define REPORT_UNITS 3
extern const char *const report_units[REPORT_UNITS];
extern const char *const report_directions[3];

struct report_input {
    char *path;
    char *label; /* target, with " (2)" when an earlier input has the same one */
    struct result result;
};

struct report {
    struct report_input *inputs;
    size_t input_count;
};

/* A row and where it comes from. */
struct report_row {
    const struct report_input *input;
    const struct result_row *row;
};

struct report_rows {
    struct report_row *items;
    size_t count;
};

/* What rows must be; a NULL string is no condition. */
struct report_pattern {
    const char *workload; /* glob */
    const char *unit, *direction, *relation, *path, *cache, *method;
    const struct report_input *input;
    bool has_words;
    uint64_t words;
    bool rungs; /* rows of a ladder too, which are not what the target does by default (ladder.h) */
};

void report_init(struct report *report);
/* Reads one result; the report keeps it. */
bool report_add(struct report *report, const char *path, struct error *e);
void report_free(struct report *report);
/* The path as seen from the root of the tree if it lies below, otherwise the path itself. */
const char *report_path_short(const char *path);

bool report_row_matches(const struct report_row *row, const struct report_pattern *pattern);
/* All rows that match, ordered by input, workload, relation, path, cache, words, bytes, placement, method. Free items. */
struct report_rows report_select(const struct report *report, const struct report_pattern *pattern);
/* The same without single-shot rows that have a batched twin: one row for each operation. */
struct report_rows report_select_main(const struct report *report, const struct report_pattern *pattern);
/* First match, or a row with NULL members. */
struct report_row report_find(const struct report *report, const struct report_pattern *pattern);
/* The same operation under the same conditions, taken with another method; NULL members when there is none. */
struct report_row report_twin(const struct report_row *row, const char *method);

/* What a row's variant says beyond its fields: "leg=call". At most bytes - 1 of it. Returns `text`. */
const char *report_row_rest(const struct result_row *row, char *text, size_t bytes);
/* Workloads of Linux are called linux.*; everything else is Tollgate's. */
bool report_row_is_linux(const struct result_row *row);
/* First input with rows of Tollgate in this unit, or NULL. */
const struct report_input *report_kernel_input(const struct report *report, const char *unit);
/* A message of one word: Linux's smallest carries a byte, and an empty one would be less than that. */
#define REPORT_REFERENCE_WORDS 1
/* What a row is compared with: ipc.call.inter, 1 word, fast, batched, same unit; from the row's own input, for a target
 * "linux-X" from target X, otherwise from the first input that has one. NULL members when there is none. */
struct report_row report_reference(const struct report *report, const struct report_row *row);
/* a / b of the corrected medians. Refuses unlike units, unlike directions and a divisor that is not positive. */
bool report_ratio(const struct result_row *a, const struct result_row *b, double *ratio, struct error *e);
/* Whether a single-shot and a batched figure of one operation agree: within the larger of 3 units and 1 % of the batched one. */
bool report_methods_agree(const struct result_row *single, const struct result_row *batched);
/* Refuses rows that may not share an axis: unlike units or directions, none at all. */
bool report_axis_check(const struct report_rows *rows, struct error *e);

/* Whether any row of the report is in this unit. */
bool report_has_unit(const struct report *report, const char *unit);

#endif
