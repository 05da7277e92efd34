/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Tracepoints as a program sees them (kernel/abi/trace.h): the kernel's rings, and one of its own for points of user mode, in the same clock and
 * the same format. The latter is for one CPU: two threads must not write it at once.
 */
#ifndef WORKLOADS_LIB_TRACE_H
#define WORKLOADS_LIB_TRACE_H

#include <stdbool.h>

#include "kernel/abi/trace.h"
#include "workloads/lib/layout.h"
#include "workloads/lib/service.h"

static inline bool trace_is_on(void) { return program_info()->trace_cpus != 0; }

static inline const volatile struct trace_ring *trace_ring(uint64_t cpu)
{
    return (const volatile struct trace_ring *)(PROGRAM_TRACE_ADDRESS + cpu * TRACE_CPU_BYTES + TRACE_RING_OFFSET);
}

/* Record `number` of a CPU; it must have been written and not been released. */
static inline const struct trace_record *trace_record_at(uint64_t cpu, uint64_t number)
{
    return (const struct trace_record *)(PROGRAM_TRACE_ADDRESS + cpu * TRACE_CPU_BYTES) + number % TRACE_RING_RECORDS;
}

/* The ring of user mode (trace_user.S). */
extern struct trace_state trace_user;
extern struct trace_ring trace_user_ring;
/* Memory for it: once, before the first point. share: for a second task that writes it too. */
bool trace_user_start(void);
bool trace_user_share(uint64_t task);
/* All rings are empty afterwards, but for what the kernel did since to say so. */
bool trace_release(void);
/* Since then: points that found no room, in whatever ring; records in the fullest one. */
uint64_t trace_lost(void);
uint64_t trace_used(void);

/* The null system call, for what points cost: leaves a pair of the kernel's; where user mode has points, its pair without
 * any system call between, twice. */
void trace_calibrate(void);

/* Writes what the rings hold as trace records of this program: up to `heads` of the kernel's, noted by trace_stop. */
struct trace_heads {
    uint64_t head[PROGRAM_TRACE_CPUS], lost[PROGRAM_TRACE_CPUS];
};
void trace_stop(struct trace_heads *heads);
void trace_report(const char *workload, const char *variant, const struct trace_heads *heads);

/* In trace_user.S. Not C functions: each keeps all registers but what a system call changes.
 * trace_user_invoke: point, system call, point. trace_user_twin: the two points alone. trace_user_mark: a point at which a library is entered. */
void trace_user_invoke(void);
void trace_user_twin(void);
void trace_user_mark(void);

#endif
