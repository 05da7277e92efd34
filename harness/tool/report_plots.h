/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The figures: for each one a data file and a script that stands alone are written into a folder, and gnuplot draws SVG, PNG and
 * PDF beside them. The look of a figure is in plots/<figure>.gp of the source tree; only names and numbers come from here.
 */
#ifndef HARNESS_TOOL_REPORT_PLOTS_H
#define HARNESS_TOOL_REPORT_PLOTS_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/tool/error.h"
#include "harness/tool/report.h"

struct report_figure {
    char name[64];   /* of its files, without ending */
    char title[160];
    char *absent;    /* why there is no such figure, or NULL */
    char *caption;   /* what is measured and under which conditions; lines end in '\n' */
};

struct report_figures {
    struct report_figure *items;
    size_t count;
};

/* Of a figure that is not absent: pictures, data, script. */
#define REPORT_FIGURE_ENDINGS 5
extern const char *const report_figure_endings[REPORT_FIGURE_ENDINGS];

/* Draws all figures that the rows allow into the folder `plots`, which exists. `tree`: root of the source tree. An absent
 * figure is not an error; gnuplot that is missing, fails or does not end is one. */
bool report_plots_draw(const struct report *report, const char *tree, const char *plots, struct report_figures *figures,
                       struct error *e);
void report_figures_free(struct report_figures *figures);

/* A row in words, as it stands beside a bar: "pipe, 1 B, same CPU". Free it. */
char *report_row_name(const struct result_row *row);
/* Conditions of an input in one line: fidelity, mitigations, CPU, emulator, commit. Free it. */
char *report_conditions(const struct report_input *input);

#endif
