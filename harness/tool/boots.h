/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Several boots of one image as one result: the sampling level that matters is boots, not iterations (results/FORMAT.md section 2).
 */
#ifndef HARNESS_TOOL_BOOTS_H
#define HARNESS_TOOL_BOOTS_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/tool/result.h"

/* Whether a boot ran what the first one ran: the same files, emulator and lockstep (context keys; one that neither has is none). */
bool boots_alike(const struct result *first, const struct result *later, size_t number, struct error *e);

/* Whether a row's boots hold together exactly its samples. */
bool row_boots_match(const struct result_row *row);

/* One result of `count` >= 2 boots. In cycles and ns each row pools the samples of all boots and keeps every boot's own; in
 * instructions the boots must be identical to the digit, and the first one stands for all. The context is the first boot's, with
 * "boots" added. Refuses boots that are not alike, that differ in their rows, or in what rows ask. */
bool boots_merge(const struct result *boots, size_t count, struct result *merged, struct error *e);

/* The odd boots and the even boots of one result as two results: nothing changed between them but the boot, and time passed alike. Refuses a
 * row of fewer than four boots. */
bool boots_split(const struct result *result, struct result *odd, struct result *even, struct error *e);

/* Medians per operation of a row's boots: lowest and highest. False when it has none. */
bool row_boots_spread(const struct result_row *row, double *low, double *high);

#endif
