/* SPDX-License-Identifier: BSD-2-Clause */
#include "workloads/lib/trace_steps.h"

#include "harness/measure/fidelity.h"
#include "workloads/lib/invoke.h"

uint64_t trace_swap_ticks;

struct trace_reader trace_reader_start(void)
{
    return (struct trace_reader){ trace_user_ring.tail, trace_user_ring.head, trace_ring(0)->tail, trace_ring(0)->head };
}

const struct trace_record *trace_reader_next(struct trace_reader *r)
{
    const struct trace_record *user = r->user < r->user_end ? &trace_user.records[r->user % TRACE_RING_RECORDS] : NULL;
    const struct trace_record *kernel = r->kernel < r->kernel_end ? trace_record_at(0, r->kernel) : NULL;

    if (user != NULL && (kernel == NULL || user->tsc < kernel->tsc)) {
        r->user++;
        return user;
    }
    r->kernel += kernel != NULL;
    return kernel;
}

/* Points at which GS base is user mode's: two instructions more each, one on either side. */
static bool is_at_user(const struct trace_record *r) { return r->point == TRACE_fast_p1_tag || r->point == TRACE_fast_enter; }

void trace_passed_add(struct trace_passed *p, const struct trace_record *record, const struct trace_record *next)
{
    p->points++;
    p->swaps += (uint64_t)is_at_user(record) + is_at_user(next);
}

/* Ticks from the first point of that kind since `from` to the next one; 0: there is none. */
static uint64_t pair_ticks(uint64_t from, uint32_t point)
{
    while (from + 1 < trace_ring(0)->head && trace_record_at(0, from)->point != point)
        from++;
    return from + 1 < trace_ring(0)->head ? trace_record_at(0, from + 1)->tsc - trace_record_at(0, from)->tsc : 0;
}

bool trace_points_measure(void)
{
    if (!trace_release())
        return false;
    invoke_traced_twin();
    uint64_t head = trace_ring(0)->head, user = trace_user_ring.tail;
    if (invoke_nothing() != TAG_INVOKE(INVOKE_NOTHING))
        return false;
    uint64_t kernel_ticks = pair_ticks(head, TRACE_fast_nothing), outside_ticks = pair_ticks(head, TRACE_fast_nothing_outside);
    uint64_t user_ticks = trace_user.records[(user + 1) % TRACE_RING_RECORDS].tsc - trace_user.records[user % TRACE_RING_RECORDS].tsc;
    trace_swap_ticks = outside_ticks > kernel_ticks ? (outside_ticks - kernel_ticks) / 2 : 0;
    return kernel_ticks != 0 && outside_ticks != 0 && (program_info()->fidelity != FIDELITY_INSTRUCTIONS || kernel_ticks == user_ticks);
}

const char *trace_missing(void) { return trace_is_on() ? NULL : "needs tracepoints: kernel option trace=on"; }
