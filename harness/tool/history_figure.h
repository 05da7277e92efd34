/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A series over commits as a figure: data and variables of plots/history.gp.
 */
#ifndef HARNESS_TOOL_HISTORY_FIGURE_H
#define HARNESS_TOOL_HISTORY_FIGURE_H

#include <stdio.h>

#include "harness/tool/history.h"

#define HISTORY_FIGURE_ROWS 8

/* Whether any entry has the row "workload variant". */
bool history_has_row(const struct history *history, const char *name);
/* At most HISTORY_FIGURE_ROWS names, each of which history_has_row, a panel each. The history is related. */
bool history_figure_write(FILE *data, FILE *head, const struct history *history, const char *const names[], size_t count, struct error *e);
/* What the marks mean. */
void history_figure_caption(FILE *caption, const struct history *history);

#endif
