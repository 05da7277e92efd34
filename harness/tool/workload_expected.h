/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a run must bring: a row or a skip record for every workload of this tree (workload_index.h) that its selection matches and that
 * belongs to the system its target runs. The ids come from the sources, not from the guest: what a guest leaves out shows.
 */
#ifndef HARNESS_TOOL_WORKLOAD_EXPECTED_H
#define HARNESS_TOOL_WORKLOAD_EXPECTED_H

#include "harness/tool/rawlog.h"
#include "harness/tool/target.h"
#include "harness/tool/tool.h"

/* Whether a workload is a question to Linux; all others are for this kernel. */
bool workload_is_linux(const char *id);
/* Whether a selection, as the system of that workload reads it, matches. */
bool workload_is_selected(const char *select, const char *id);

/* Before a run: the selection matches something that the target can run, or TOOL_NEGATIVE; TOOL_FAILED without an index (enum tool_status). `cmdline` with run=tests asks for no workload, with
 * run=all for tests as well, whose names only the guest knows. */
int workload_expected_any(const struct target *target, const char *select, const char *cmdline, struct error *e);
/* After it: nothing of it is missing. One line names what is. */
bool workload_expected_check(const struct target *target, const char *select, const char *cmdline, const struct rawlog *log, struct error *e);

#endif
