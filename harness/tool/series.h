/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Results of several files of one stick: those of boots that asked the same of the same machine become one result of as many boots.
 */
#ifndef HARNESS_TOOL_SERIES_H
#define HARNESS_TOOL_SERIES_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/tool/result.h"

struct series {
    struct result *results;
    size_t count;
};

/* Takes what *result holds. */
void series_add(struct series *series, struct result *result);
/* The group that *first is of, as results next to each other from there on: target, unit, options, guards, machine and commit are the same.
 * Returns how many; results may change their places behind *first. */
size_t series_group(struct series *series, size_t first);
void series_free(struct series *series);

#endif
