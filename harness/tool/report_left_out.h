/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Why a workload of this tree has no row in a report: nobody asked for it, the measured commit did not have it yet, or it was asked for
 * and is missing. Asked for is what the selection in a result's context matches; what a commit had is git's to tell.
 */
#ifndef HARNESS_TOOL_REPORT_LEFT_OUT_H
#define HARNESS_TOOL_REPORT_LEFT_OUT_H

#include "harness/tool/report.h"
#include "harness/tool/workload_index.h"

enum left_out {
    LEFT_OUT_MEASURED, /* it has rows */
    LEFT_OUT_SKIPPED,  /* it has none, and a reason */
    LEFT_OUT_UNASKED,  /* no selection matches it */
    LEFT_OUT_NEWER,    /* selections match it, and no commit that was measured with them had it */
    LEFT_OUT_UNKNOWN,  /* selections match it; git does not know their commits */
    LEFT_OUT_MISSING,  /* a selection matches it, its commit had it, and there is neither row nor reason */
    LEFT_OUT_KINDS
};

/* `tree`: a repository that may know the commits. */
enum left_out report_left_out(const struct report *report, const char *tree, const struct workload_entry *entry);
/* Selection of a result for the workloads of one system ("*" where none is said), or false when it did not run that system. */
bool report_selection(const struct result *result, bool for_linux, char *text, size_t bytes);

#endif
