/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A row in memory, and the one table of its fields (harness/api/tollgate_fields.def): raw-log decoder, result reader and result writer all go
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
    uint64_t first;      /* raw sample of the first operation of all; valid if has_first */
    uint64_t disturbed;  /* samples; valid if has_disturbed */
    bool has_bytes, has_syscalls, has_first, has_disturbed;
    char *counters;      /* NULL when the row tells nothing of them */
    char **taints;
    size_t taint_count;
    struct histogram_pair *pairs; /* raw samples, ascending */
    size_t pair_count;
    uint64_t n;
    struct row_boot *boots; /* of a result of several boots: what each gave; together they are `pairs` */
    size_t boot_count;      /* 0 or at least 2 */
    struct summary summary; /* per operation, raw */
    double corrected;       /* (raw p50 - overhead) / batch */
    double floor_distance;  /* see floor.h; valid if has_floor_distance */
    bool has_floor_distance;
};

struct row_boot {
    struct histogram_pair *pairs;
    size_t pair_count;
    uint64_t n;
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
    const char *text;      /* what it is, for schema and documents */
};

/* A figure that follows from the samples. Order statistics are one division and thus exact anywhere; mean and stddev are sums, which
 * another compiler may round otherwise. */
struct row_figure {
    const char *name;
    size_t offset;         /* of the double in struct result_row */
    double tolerance;      /* relative */
    bool optional;         /* came into the schema later: older files lack it */
    const char *text;
};

/* A figure that follows from several rows of a result. */
struct row_derived {
    const char *name;
    size_t offset, has_offset; /* of the double and of its bool in struct result_row */
    const char *text;
};

extern const struct row_derived row_deriveds[];
extern const size_t row_derived_count;
extern const struct row_field row_fields[];
extern const size_t row_field_count;
extern const struct row_figure row_figures[];
extern const size_t row_figure_count;

const struct row_field *row_field_find(const char *name);
/* Sets a field from text: what a record holds. */
bool row_field_set(struct result_row *row, const struct row_field *field, const char *text, struct error *e);
/* What one row must satisfy in itself: `single` means batch 1. */
bool row_check(const struct result_row *row, struct error *e);
/* Computes n, summary and corrected from the histogram; false when it is not one. */
bool row_summarise(struct result_row *row, struct error *e);
struct samples row_samples(const struct result_row *row);
struct samples row_boot_samples(const struct result_row *row, size_t boot);
/* -1, 0, 1: by workload, then by variant. */
int row_compare_names(const struct result_row *a, const struct result_row *b);
/* Sorted pointers to `count` rows (free it), or NULL with *e naming the first row that is there twice. */
const struct result_row **rows_sorted(const struct result_row *rows, size_t count, struct error *e);
/* Whether a row in `unit` may come out of a run of this fidelity. */
bool row_unit_matches(const char *unit, const char *fidelity);
void row_free(struct result_row *row); /* its members, not the struct */

#endif
