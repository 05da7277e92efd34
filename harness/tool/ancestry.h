/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Who of some commits descends from whom, as git tells it. Commits of parallel branches have no order, and nothing here gives them one: a
 * series over commits is a graph. Places are indices of the caller's list.
 */
#ifndef HARNESS_TOOL_ANCESTRY_H
#define HARNESS_TOOL_ANCESTRY_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/tool/error.h"

struct ancestry {
    size_t count, unknown; /* commits; those that the repository does not hold: they have no relatives */
    size_t words;          /* of a set */
    unsigned long *above;  /* a set of places for each place: its ancestors among the commits */
    size_t *order;         /* places, ancestors before descendants, branches together; unknown ones last */
    size_t *depth;         /* commits of the longest chain that ends here, itself counted; 0 when unknown */
    bool *main;            /* on the longest chain of all; of equally long ones, on that of the commit listed last */
};

/* Asks git in `repository`; fails when it cannot be asked or knows none of the commits. Free it in either case. */
bool ancestry_read(const char *repository, const char *const commits[], size_t count, struct ancestry *a, struct error *e);
void ancestry_free(struct ancestry *a);

/* Whether `place` descends from `other`. */
bool ancestry_is_above(const struct ancestry *a, size_t other, size_t place);
/* The nearest ancestors of `place` among those `chosen` (NULL: all), the one on the longest chain first; returns how many. `nearest` has room for `count`. */
size_t ancestry_nearest(const struct ancestry *a, size_t place, const bool *chosen, size_t *nearest);

#endif
