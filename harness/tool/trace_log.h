/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Tracepoints of a raw log (kernel/abi/trace.h): for each traced sample its events in the order of the clock.
 */
#ifndef HARNESS_TOOL_TRACE_LOG_H
#define HARNESS_TOOL_TRACE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/tool/error.h"
#include "kernel/abi/trace.h"

#define TRACE_NONE "the log holds no tracepoints: was the kernel booted with trace=on?"
#define TRACE_EVENTS_MAX (4u << 20) /* of one sample */

/* What trace.def says of a point; name NULL: there is no such point. */
struct trace_point_info {
    const char *name;
    enum trace_step step;
    const char *arguments[2]; /* "" for one without meaning */
    bool in_c, at_user; /* declared by TRACE_IN_C, TRACE_AT_USER */
};
extern const struct trace_point_info trace_points[TRACE_POINTS_END];
extern const char *const trace_step_titles[TRACE_STEPS];

struct trace_event {
    uint64_t tsc;
    uint32_t point, cpu;
    uint64_t thread; /* in user mode: whom the kernel ran last there; 0 when that is not known */
    uint64_t arguments[2], counters[2];
    bool counted;    /* the counters were read */
};

struct trace_sample {
    char *workload, *variant;
    uint64_t lost;
    struct trace_event *events;
    size_t count, capacity;
    uint64_t ring_count; /* events of the ring that is being read */
};

struct trace_log {
    struct trace_sample *samples;
    size_t count, capacity;
};

/* One record of a log: the numbers as they stand there. */
struct trace_line {
    const char *workload, *variant, *data;
    uint64_t cpu, lost, first;
};
bool trace_log_add(struct trace_log *log, const struct trace_line *line, struct error *e);
/* All lines are in: orders events, finds threads. */
void trace_log_finish(struct trace_log *log);
void trace_log_free(struct trace_log *log);

static inline bool trace_is_user(const struct trace_event *event) { return event->point <= TRACE_user_library; }

#endif
