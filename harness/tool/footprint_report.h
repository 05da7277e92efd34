/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Footprints for people and as JSON, and as figures that a reference holds.
 */
#ifndef HARNESS_TOOL_FOOTPRINT_REPORT_H
#define HARNESS_TOOL_FOOTPRINT_REPORT_H

#include "harness/tool/footprint.h"
#include "harness/tool/symbols.h"

struct footprint_names {
    const struct symbols *space[SPACES]; /* of the kernel, and of the program that measured the row */
};

void footprint_row_print(FILE *out, const struct footprint *f, const struct footprint_row *row, const struct result_row *of,
                         const struct footprint_names *names, bool with_lines);
/* New reference. */
json_t *footprint_row_json(const struct footprint_row *row, const struct result_row *of, const struct footprint_names *names);
json_t *footprint_geometry_json(const struct footprint *f);
/* Figures of the typical window: instructions of both sides, loads, stores, transfers; `with_layout` also lines and pages. */
json_t *footprint_figures_json(const struct footprint_row *row, bool with_layout);
/* Sums of the misses of each model over the windows of a row, and how many they are: "windows", "l2_misses". */
json_t *footprint_misses_figures(const struct footprint_row *row);

#endif
