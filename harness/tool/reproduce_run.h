/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Where rows of tables come from when they are measured anew: all tables that are asked for are run together, under each condition what any of them wants,
 * so that a row which several tables show is one measurement.
 */
#ifndef HARNESS_TOOL_REPRODUCE_RUN_H
#define HARNESS_TOOL_REPRODUCE_RUN_H

#include "harness/tool/reproduce.h"
#include "harness/tool/target.h"
#include "harness/tool/target_context.h"

#define REPRODUCE_SOURCES_MAX 256

struct reproduce_sources {
    struct reproduce_source all[REPRODUCE_SOURCES_MAX];
    size_t count;
    char *session; /* folder of this invocation's runs, once there is one */
    struct tree_state tree;
};

void reproduce_sources_free(struct reproduce_sources *s);
/* kernel, linux: either may be NULL. Runs are kept in `results`. Returns an enum tool_status; what went wrong in a run has been said by it: then *e
 * stays as it is. */
int reproduce_run_tables(struct reproduce_sources *s, const struct reproduce_table *tables, size_t count, const struct target *kernel,
                         const struct target *linux_target, const char *results, bool *interrupted, struct error *e);
/* The accepted counts of `folder` that the tables want. */
int reproduce_read_accepted(struct reproduce_sources *s, const struct reproduce_table *tables, size_t count, const char *folder, struct error *e);

#endif
