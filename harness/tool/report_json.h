/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A report for programs, "tollgate-report/1": what the terminal and the page show, cell by cell.
 */
#ifndef HARNESS_TOOL_REPORT_JSON_H
#define HARNESS_TOOL_REPORT_JSON_H

#include <jansson.h>

#include "harness/tool/report.h"
#include "harness/tool/report_plots.h"

/* `page`: path of the page, or NULL when none was written. New reference. */
json_t *report_json(const struct report *report, const struct report_figures *figures, const char *page);

#endif
