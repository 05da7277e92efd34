/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Numbers of the literature: baselines/published (its README tells the columns). A number is never read without its source.
 */
#ifndef HARNESS_TOOL_PUBLISHED_H
#define HARNESS_TOOL_PUBLISHED_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/tool/csv.h"

struct published_number {
    const char *source, *table, *system, *variant, *machine, *mhz, *operation, *direction, *unit, *note;
    double value, stddev;
    bool has_stddev;
    /* of the source; empty strings for numbers that this project counted itself */
    const char *authors, *title, *venue, *year, *where;
};

struct published {
    struct published_number *numbers;
    size_t count;
    struct csv files[3]; /* own the strings */
};

/* Reads numbers.csv, sources.csv and measured_peers.csv of `folder`. Refuses a missing column, a value that is no finite number, an unknown
 * direction, a source that sources.csv lacks, and two numbers of one place. */
bool published_read(const char *folder, struct published *published, struct error *e);
/* The same for three decoded files (numbers, sources, peers), which *published takes over in any case. */
bool published_make(struct csv files[3], struct published *published, struct error *e);
void published_free(struct published *published);

#endif
