/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Distance to the floor: what an IPC costs, divided by the sum of the machine's primitives that it cannot avoid, measured in the same run:
 * SYSCALL with SYSRET once in each direction, and a write of the page table once more between address spaces. It carries over
 * between machines better than any absolute figure (results/FORMAT.md section 2).
 */
#ifndef HARNESS_TOOL_FLOOR_H
#define HARNESS_TOOL_FLOOR_H

#include <stdbool.h>

#include "harness/tool/result.h"

struct floor {
    const struct result_row *system_call, *page_table; /* what one direction cannot avoid; NULL: not in this run */
};

/* For a row of this variant: in a ladder (ladder.h) that of its first rung, the machine without guards; "" elsewhere. */
struct floor floor_find(const struct result *result, const char *variant);
/* Sets floor_distance of every row that has one. */
void floors_derive(struct result *result);
/* The same for rows that come from a file: false when the file says otherwise; a file that says nothing is completed. */
bool floors_check(struct result *result, struct error *e);

#endif
