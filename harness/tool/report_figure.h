/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One figure in the making: its data, the variables its script opens with, and the rows that it shows. Private to report_plots.c
 * and report_figures.c.
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
    const char *script; /* plots/<script>.gp */
    const char *title;
    /* Fills the job. False: there can be no such figure, *why says why. */
    bool (*write)(struct figure_job *job, struct error *why);
};

#define FIGURE_KINDS 7
extern const struct figure_kind figure_kinds[FIGURE_KINDS];

#endif
