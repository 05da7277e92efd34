/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A table of strings, built cell by cell and then shown on a terminal or in a page: both show the same cells. And the tables
 * that make up a report, each of them about rows of one unit and one direction.
 */
#ifndef HARNESS_TOOL_REPORT_TABLE_H
#define HARNESS_TOOL_REPORT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "harness/tool/report.h"

#define REPORT_COLUMNS_MAX 32

struct report_table {
    char *title;
    char *note;        /* a sentence below the title, or NULL */
    const char *names; /* of the columns, separated by '|'; '<' in front: flush left, otherwise flush right */
    size_t columns;
    char **cells;      /* row after row */
    size_t cell_count;
};

struct report_tables {
    struct report_table *items;
    size_t count;
};

void report_table_init(struct report_table *table, const char *names);
__attribute__((format(printf, 2, 3))) void report_table_cell(struct report_table *table, const char *format, ...);
void report_table_free(struct report_table *table);
void report_table_print(FILE *out, const struct report_table *table);
void report_table_html(FILE *out, const struct report_table *table);

/* Round trips with their ratios, one way, other operations, single shot against batched, same rows on several targets: for each
 * unit of its own. */
struct report_tables report_tables_make(const struct report *report);
void report_tables_free(struct report_tables *tables);
/* All rows of one input with all fields. */
struct report_table report_table_of_rows(const struct report_input *input);

/* One sentence for each unit: the price of a call, and how Linux's cheapest and dearest mechanisms compare. Free it. */
char *report_verdict(const struct report *report);
/* One line for each thing that a reader should know first: no rows of Linux, no call rows, skipped workloads, tests that did not
 * pass, methods that do not agree. Free it; empty when there is none. */
char *report_absences(const struct report *report);

#endif
