/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The report as one page: no script, nothing fetched from anywhere, the figures inside it as SVG, well-formed as XML. Only what
 * the results say stands in it, so that the same results give the same page.
 */
#ifndef HARNESS_TOOL_REPORT_HTML_H
#define HARNESS_TOOL_REPORT_HTML_H

#include <stdbool.h>
#include <stdio.h>

#include "harness/tool/error.h"
#include "harness/tool/report.h"
#include "harness/tool/report_plots.h"

/* `plots`: folder of the figures, read from here. `command`: how the page was made. */
struct report_page {
    const struct report *report;
    const struct report_figures *figures;
    const char *plots;
    const char *command;
};

bool report_html_write(FILE *out, const struct report_page *page, struct error *e);
/* An SVG file of gnuplot as an element of a page: prolog gone, every id and reference to one prefixed, named for readers. */
bool report_svg_inline(FILE *out, const char *path, const char *prefix, const char *title, struct error *e);

#endif
