/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What reports know of Linux's mechanisms: their names, which of them poll, and the figures that show them by size and placement.
 */
#ifndef HARNESS_TOOL_REPORT_LINUX_H
#define HARNESS_TOOL_REPORT_LINUX_H

#include "harness/tool/report_figure.h"

/* "UNIX stream socket" for linux.unix_stream.*; NULL for what is no mechanism of Linux. */
const char *report_linux_name(const char *workload);
/* Waits by spinning: no like of a mechanism that sleeps. */
bool report_linux_polls(const struct result_row *row);
/* A row that shows what one small message costs: at most 64 bytes, warm, a mechanism and no cross-check. */
bool report_linux_is_small(const struct result_row *row);
/* The row that stands for its mechanism in a comparison: smallest payload, one CPU, or two for one that polls. */
bool report_linux_is_headline(const struct report_row *row);
/* A row of a mechanism with the smallest payload that its input has of it. */
bool report_linux_is_smallest(const struct report_row *row);
/* The input that Linux's figures of this unit come from, or NULL. */
const struct report_input *report_linux_input(const struct report *report, const char *unit);

bool linux_size_write(struct figure_job *job, struct error *why);
bool linux_bandwidth_write(struct figure_job *job, struct error *why);
bool linux_placement_write(struct figure_job *job, struct error *why);

#endif
