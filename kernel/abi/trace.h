/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Tracing as user space sees it (kernel option trace=on): for each CPU a ring of records in memory that the root task may map on, read-only, like
 * any other of its pages, at ROOT_TRACE_ADDRESS + cpu * TRACE_CPU_BYTES: the records, and behind them a page of struct trace_ring.
 * The kernel writes record `head` % TRACE_RING_RECORDS and counts `head` up. A record stays until it is released (OP_SCHEDULER_TRACE):
 * when none is free, new ones are counted in `lost` and the kernel goes on. What a point means: trace.def. For C and assembly.
 */
#ifndef KERNEL_ABI_TRACE_H
#define KERNEL_ABI_TRACE_H

#include "kernel/abi/abi.h"

#define ROOT_TRACE_ADDRESS ABI_CONST(uint64_t, 0x7f4000000000)
#define TRACE_CPU_BYTES (2 * LARGE_PAGE_BYTES)
#define TRACE_RING_OFFSET LARGE_PAGE_BYTES
#define TRACE_RECORD_SHIFT 6
#define TRACE_RING_RECORDS (LARGE_PAGE_BYTES >> TRACE_RECORD_SHIFT)
#define TRACE_POINTS_MAX 96 /* ids are below */

/* struct trace_record */
#define TRACE_RECORD_TSC 0
#define TRACE_RECORD_TSC_HIGH 4
#define TRACE_RECORD_POINT 8
#define TRACE_RECORD_CPU 12
#define TRACE_RECORD_THREAD 16
#define TRACE_RECORD_ARGUMENT0 24
#define TRACE_RECORD_ARGUMENT1 32
#define TRACE_RECORD_COUNTER0 40
#define TRACE_RECORD_COUNTER1 48
#define TRACE_RECORD_COUNTED 56
/* struct trace_ring */
#define TRACE_RING_HEAD 0
#define TRACE_RING_TAIL 8
#define TRACE_RING_LOST 16
#define TRACE_RING_COUNTS 24
/* struct trace_state */
#define TRACE_STATE_RING 0
#define TRACE_STATE_RECORDS 8
#define TRACE_STATE_ARGUMENT0 16
#define TRACE_STATE_ARGUMENT1 24
#define TRACE_STATE_RAX 32
#define TRACE_STATE_RBX 40
#define TRACE_STATE_RCX 48
#define TRACE_STATE_RDX 56
#define TRACE_STATE_RESUME 64
#define TRACE_STATE_THREAD 72
#define TRACE_STATE_CPU 80
#define TRACE_STATE_COUNTERS 84
#define TRACE_STATE_SELECTOR0 88
#define TRACE_STATE_SELECTOR1 92

#ifndef __ASSEMBLER__
#include <stddef.h>

struct trace_record {
    uint64_t tsc;
    uint32_t point;            /* id of trace.def */
    uint32_t cpu;
    uint64_t thread;           /* object number of the CPU's current thread; 0 in user mode: not known */
    uint64_t arguments[2];     /* as trace.def names them */
    uint64_t counters[2];      /* performance counters, where `counted` */
    uint64_t counted;          /* 0: this machine has no counters, and they read 0 */
};

struct trace_ring {
    uint64_t head;             /* records written since boot */
    uint64_t tail;             /* of these, released */
    uint64_t lost;             /* points that found no free record */
    uint64_t counts[TRACE_POINTS_MAX]; /* how often each point was passed since boot, lost ones included */
};

/* What the writer of a ring needs (trace_record.h): the kernel has one for each CPU, a program one for its own points. */
struct trace_state {
    struct trace_ring *ring;
    struct trace_record *records;
    uint64_t arguments[2];
    uint64_t rax, rbx, rcx, rdx;
    const void *resume;
    const uint64_t *thread;    /* user mode: points at what goes into records; the kernel asks the CPU */
    uint32_t cpu;
    uint32_t counters;         /* not 0: two can be read */
    uint32_t selectors[2];     /* what RDPMC takes for each */
};

/* Records hold core cycles and instructions where there are counters of both. Not exercised on hardware. */
static inline void trace_counters_use(struct trace_state *state, const struct pmu_info *pmu)
{
    static const uint8_t events[2] = { PMU_TOT_CYC, PMU_TOT_INS };
    uint32_t found = 0;
    for (uint32_t event = 0; event < 2; event++)
        for (uint32_t i = 0; i < pmu->count; i++)
            if (pmu->counters[i].event == events[event] && pmu->counters[i].modes == (PMU_USER | PMU_KERNEL)) {
                state->selectors[event] = pmu->counters[i].index;
                found |= 1u << event;
            }
    state->counters = found == 3;
}

_Static_assert(sizeof(struct trace_record) == 1 << TRACE_RECORD_SHIFT, "a record is a cache line");
_Static_assert(offsetof(struct trace_record, point) == TRACE_RECORD_POINT && offsetof(struct trace_record, cpu) == TRACE_RECORD_CPU &&
               offsetof(struct trace_record, thread) == TRACE_RECORD_THREAD &&
               offsetof(struct trace_record, arguments) == TRACE_RECORD_ARGUMENT0 &&
               offsetof(struct trace_record, counters) == TRACE_RECORD_COUNTER0 &&
               offsetof(struct trace_record, counted) == TRACE_RECORD_COUNTED, "offsets are those of the struct");
_Static_assert(offsetof(struct trace_ring, tail) == TRACE_RING_TAIL && offsetof(struct trace_ring, lost) == TRACE_RING_LOST &&
               offsetof(struct trace_ring, counts) == TRACE_RING_COUNTS, "offsets are those of the struct");
_Static_assert(offsetof(struct trace_state, arguments) == TRACE_STATE_ARGUMENT0 && offsetof(struct trace_state, rax) == TRACE_STATE_RAX &&
               offsetof(struct trace_state, rdx) == TRACE_STATE_RDX && offsetof(struct trace_state, resume) == TRACE_STATE_RESUME &&
               offsetof(struct trace_state, thread) == TRACE_STATE_THREAD && offsetof(struct trace_state, cpu) == TRACE_STATE_CPU &&
               offsetof(struct trace_state, counters) == TRACE_STATE_COUNTERS &&
               offsetof(struct trace_state, selectors) == TRACE_STATE_SELECTOR0, "offsets are those of the struct");

#define TRACE_STEP(id, name, title) TRACE_STEP_##name = id,
#define TRACE(id, name, step, argument0, argument1)
enum trace_step {
#include "kernel/abi/trace.def"
    TRACE_STEPS
};
#undef TRACE_STEP
#undef TRACE
#define TRACE_STEP(id, name, title)
#define TRACE(id, name, step, argument0, argument1) TRACE_##name = id,
enum trace_point {
#include "kernel/abi/trace.def"
    TRACE_POINTS_END
};
#undef TRACE_STEP
#undef TRACE
_Static_assert(TRACE_POINTS_END <= TRACE_POINTS_MAX, "each point has a counter");
#endif

#endif
