/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Steps between tracepoints, for workloads that measure them: the records of the kernel's ring and of the program's own as one sequence, and what
 * the points themselves cost. For one CPU.
 */
#ifndef WORKLOADS_LIB_TRACE_STEPS_H
#define WORKLOADS_LIB_TRACE_STEPS_H

#include "workloads/lib/trace.h"

/* The records of both rings by time, from what trace_release left on. */
struct trace_reader {
    uint64_t user, user_end, kernel, kernel_end;
};

struct trace_reader trace_reader_start(void);
/* NULL: there is none left. */
const struct trace_record *trace_reader_next(struct trace_reader *r);

/* What a step holds beside its own ticks: points; swaps of GS base around points that stand where it is user mode's. */
struct trace_passed {
    uint64_t points, swaps;
};

/* Adds what lies between two records, one directly after the other. */
void trace_passed_add(struct trace_passed *p, const struct trace_record *record, const struct trace_record *next);

/* Measures what points cost, back to back. False: one of the kernel does not cost what one of user mode does, where the clock would show. */
bool trace_points_measure(void);
/* Ticks of one swap, as of then. */
extern uint64_t trace_swap_ticks;

/* The `unable` of a workload: NULL, or why there are no points. */
const char *trace_missing(void);

#endif
