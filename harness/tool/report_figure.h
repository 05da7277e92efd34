/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One figure of a report in the making: its data, the variables its script opens with, and the rows that it shows. Private to
 * report_plots.c and the files that write figures (report_figures.c, report_linux.c, report_shapes.c, ...).
 */
#ifndef HARNESS_TOOL_REPORT_FIGURE_H
#define HARNESS_TOOL_REPORT_FIGURE_H

#include <stdio.h>

#include "harness/tool/report.h"

struct figure_job {
    const struct report *report;
    const char *tree;
    const char *unit;
    FILE *data;       /* rows of the data file */
    FILE *head;       /* variables of the script beyond those that every figure has */
    FILE *caption;    /* what is measured, in one sentence or two */
    struct report_rows rows; /* what the figure shows: conditions and n of the caption come from here */
};

struct figure_kind {
    const char *name;   /* of its files */
    const char *script; /* plots/<script>.gp */
    const char *title;
    const char *unit;   /* of its own, whatever the results are in; NULL: one figure for each unit of the report */
    /* Fills the job. False: there can be no such figure, *why says why. */
    bool (*write)(struct figure_job *job, struct error *why);
};

/* Rows that stand for their kind in a comparison: calls of one word and of eight, the empty call within one space, each mechanism of Linux with
 * its smallest payload. Calls first, then by value. method NULL: batched where there is such a row. Free items. */
struct report_rows report_headline_rows(const struct report *report, const char *unit, const char *method);

/* Writers of figures that are not in report_figures.c or report_linux.h. */
bool ecdf_write(struct figure_job *job, struct error *why);
bool breakdown_write(struct figure_job *job, struct error *why);
bool warm_cold_write(struct figure_job *job, struct error *why);
bool smp_write(struct figure_job *job, struct error *why);
bool ladder_write(struct figure_job *job, struct error *why);
bool servers_write(struct figure_job *job, struct error *why);
bool history_write(struct figure_job *job, struct error *why);
bool literature_write(struct figure_job *job, struct error *why);
bool published_steps_write(struct figure_job *job, struct error *why);
bool published_getpid_write(struct figure_job *job, struct error *why);

extern const struct figure_kind figure_kinds[]; /* in the order of the page */
extern const size_t figure_kind_count;

#endif
