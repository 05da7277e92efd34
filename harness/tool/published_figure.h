/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Published numbers as a figure: data and variables of plots/bars.gp. Hatched, and each with its source.
 */
#ifndef HARNESS_TOOL_PUBLISHED_FIGURE_H
#define HARNESS_TOOL_PUBLISHED_FIGURE_H

#include <stdio.h>

#include "harness/tool/published.h"

#define PUBLISHED_FIGURE_BARS 60

/* Globs. */
struct published_choice {
    const char *source, *table, *system, *variant;
};

/* Positive numbers of one operation, direction and unit that match one of the choices, in the order of the choices. Returns how many
 * of them are in `shown`. */
size_t published_choose(const struct published *published, const struct published_choice *choices, size_t choice_count, const char *operation,
                        const char *direction, const char *unit, const struct published_number *shown[PUBLISHED_FIGURE_BARS]);
/* All of one unit and one direction. `own`: bars that the data hold already, of measurements in the same unit and direction. */
void published_figure_write(FILE *data, FILE *head, FILE *caption, const struct published_number *const *shown, size_t count, size_t own,
                            double own_low, double own_high);

#endif
