/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What lies between tracepoints: for each point the ticks until the next one of its CPU, with what the points themselves cost told apart. That
 * cost is measured in the same sample: pairs of points back to back (trace.def).
 */
#ifndef HARNESS_TOOL_TRACE_BREAKDOWN_H
#define HARNESS_TOOL_TRACE_BREAKDOWN_H

#include <jansson.h>
#include <stdio.h>

#include "harness/tool/rawlog.h"

/* What a point costs; 0: no pair of that kind is in the sample. */
struct trace_costs {
    uint64_t assembly, c, user, stub; /* stub: from a system call's second point to the next one's first */
    uint64_t swap;                    /* more on each side of a point at which GS base is user mode's */
};

struct trace_interval {
    const struct trace_event *event; /* what it begins with */
    uint64_t ticks, cost;
    bool user_inside; /* from the kernel's way out to its next way in: what user mode did is in it */
};

struct trace_intervals {
    struct trace_costs costs;
    struct trace_interval *items; /* of all CPUs, in the order of the clock, before those of calibration */
    size_t count;
    size_t first, end; /* one round trip: from a thread's system call to its next; all there is where user mode has no points */
};

/* False: the sample holds nothing but calibration. Free items. */
bool trace_intervals_make(const struct trace_sample *sample, struct trace_intervals *intervals, struct error *e);
/* The table: step, points, ticks, cost taken off, what remains, share. */
void trace_breakdown_print(FILE *out, const struct trace_sample *sample, const struct trace_intervals *intervals, const char *unit);
/* The same for programs. New reference. */
json_t *trace_breakdown_json(const struct trace_sample *sample, const struct trace_intervals *intervals, const char *unit);
/* Folded stacks, "workload;thread;step;point ticks", in the order of the clock, equal ones not summed. */
void trace_folded_print(FILE *out, const struct trace_sample *sample, const struct trace_intervals *intervals);
/* The Chrome trace event format, of all samples of a log. False: there are none, or one holds nothing but calibration. */
bool trace_chrome_print(FILE *out, const struct rawlog *log, struct error *e);

#endif
