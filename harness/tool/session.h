/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Where runs are kept: one folder for each invocation that measures, below results/local.
 */
#ifndef HARNESS_TOOL_SESSION_H
#define HARNESS_TOOL_SESSION_H

#include <stdbool.h>

#include "harness/tool/error.h"
#include "harness/tool/target_context.h"

/* Makes a folder and those above it; an existing one is fine only with `may_exist`. */
bool folder_make(const char *path, bool may_exist, struct error *e);
/* <results_wanted>/<time>-<commit>[-dirty], with a number behind it when two invocations fall into one second. `results_wanted` NULL: results/local. The
 * caller frees *folder. */
bool session_folder_make(const char *results_wanted, const struct tree_state *tree, char **folder, struct error *e);

#endif
