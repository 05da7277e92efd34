/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A row in memory, and the one table of its fields (results/FORMAT.md): raw-log decoder, result reader and result writer all go
 * through it. A row owns its strings and its histogram.
 */
#ifndef HARNESS_TOOL_ROW_H
#define HARNESS_TOOL_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/tool/error.h"
#include "harness/tool/stats.h"

struct result_row {
    char *workload, *variant, *direction, *relation, *path, *cache, *method, *unit;
    uint64_t words, batch, warmup, overhead;
    char *placement;     /* NULL when the row has none */
    uint64_t bytes;      /* valid if has_bytes */
    double syscalls;     /* per operation; valid if has_syscalls */
    bool has_bytes, has_syscalls;
    char **taints;
    size_t taint_count;
    struct histogram_pair *pairs; /* raw samples, ascending */
    size_t pair_count;
    uint64_t n;
    struct summary summary; /* per operation, raw */
    double corrected;       /* (raw p50 - overhead) / batch */
};

enum row_field_type { ROW_STRING, ROW_CHOICE, ROW_COUNT, ROW_DECIMAL, ROW_TAINTS };

struct row_field {
    const char *name;
    enum row_field_type type;
    size_t offset;         /* of the value in struct result_row */
    size_t has_offset;     /* of its bool; 0: a string that is NULL when absent, or a mandatory field */
    bool optional;
    const char *choices;   /* "a b c" for ROW_CHOICE */
    uint64_t least;        /* for ROW_COUNT */
};

extern const struct row_field row_fields[];
extern const size_t row_field_count;

const struct row_field *row_field_find(const char *name);
/* Sets a field from text: what a record holds. */
bool row_field_set(struct result_row *row, const struct row_field *field, const char *text, struct error *e);
/* What one row must satisfy in itself: `single` means batch 1. */
bool row_check(const struct result_row *row, struct error *e);
/* Computes n, summary and corrected from the histogram; false when it is not one. */
bool row_summarise(struct result_row *row, struct error *e);
struct samples row_samples(const struct result_row *row);
/* -1, 0, 1: by workload, then by variant. */
int row_compare_names(const struct result_row *a, const struct result_row *b);
/* Sorted pointers to `count` rows (free it), or NULL with *e naming the first row that is there twice. */
const struct result_row **rows_sorted(const struct result_row *rows, size_t count, struct error *e);
/* Whether a row in `unit` may come out of a run of this fidelity. */
bool row_unit_matches(const char *unit, const char *fidelity);
void row_free(struct result_row *row); /* its members, not the struct */

#endif
