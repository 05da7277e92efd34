/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One figure as files: a data file, a script that stands alone (variables, then plots/<script>.gp of the tree), and what gnuplot
 * draws of them as SVG, PNG and PDF. Whoever draws anything goes through here: reports, series, published numbers.
 */
#ifndef HARNESS_TOOL_FIGURE_H
#define HARNESS_TOOL_FIGURE_H

#include <stdbool.h>
#include <stdio.h>

#include "harness/tool/error.h"

struct figure_parts {
    const char *script;  /* plots/<script>.gp */
    const char *name;    /* of the files, without ending */
    const char *title, *unit;
    const char *caption; /* lines end in '\n'; long ones are broken */
    const char *head;    /* further variables of the script */
    const char *data;    /* tab-separated */
};

/* Text of a figure in the making. */
struct figure_text {
    FILE *data, *head, *caption;
    char *data_text, *head_text, *caption_text; /* valid after figure_text_close */
    size_t bytes[3];
};

void figure_text_open(struct figure_text *text);
void figure_text_close(struct figure_text *text);
void figure_text_free(struct figure_text *text);

/* Writes the one style file that all scripts of `folder` load. `tree`: root of the source tree. */
bool figure_style_write(const char *tree, const char *folder, struct error *e);
/* Writes data and script into `folder`, where the style is, and draws. */
bool figure_draw(const char *tree, const char *folder, const struct figure_parts *parts, struct error *e);
/* The same for a file that a user named: FILE.svg, and beside it FILE.png, .pdf, .dat, .gp and style.gp. Sets parts->name. */
bool figure_draw_at(const char *tree, const char *path, struct figure_parts *parts, struct error *e);
/* Runs `gnuplot <folder>/<name>.gp` under a time limit; each of the three pictures must come out. */
bool figure_gnuplot_run(const char *folder, const char *name, double limit_s, struct error *e);

#endif
