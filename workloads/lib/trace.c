/* SPDX-License-Identifier: BSD-2-Clause */
#include "workloads/lib/trace.h"

#include "workloads/lib/invoke.h"
#include "workloads/lib/object.h"

static const uint64_t thread_unknown;

struct trace_ring trace_user_ring;
struct trace_state trace_user = {
    .ring = &trace_user_ring, .records = (struct trace_record *)PROGRAM_TRACE_USER_ADDRESS, .thread = &thread_unknown,
};

static uint64_t lost_before[PROGRAM_TRACE_CPUS]; /* of each ring, when it was last emptied */

bool trace_user_start(void)
{
    trace_counters_use(&trace_user, &program_info()->pmu);
    return service_memory(PROGRAM_TRACE_USER_ADDRESS, LARGE_PAGE_BYTES / PAGE_BYTES, MEMORY_READ | MEMORY_WRITE) == 0;
}

bool trace_user_share(uint64_t task)
{
    return task_map_memory(task, PROGRAM_TRACE_USER_ADDRESS, PROGRAM_TRACE_USER_ADDRESS, LARGE_PAGE_BYTES, MEMORY_READ | MEMORY_WRITE) == 0;
}

bool trace_release(void)
{
    for (uint64_t cpu = 0; cpu < program_info()->trace_cpus; cpu++) {
        const volatile struct trace_ring *ring = trace_ring(cpu);
        lost_before[cpu] = ring->lost;
        if (scheduler_trace_release(SELECTOR_SCHEDULER, cpu, ring->head - ring->tail) != 0)
            return false;
    }
    trace_user_ring.tail = trace_user_ring.head;
    trace_user_ring.lost = 0;
    return true;
}

uint64_t trace_lost(void)
{
    uint64_t lost = trace_user_ring.lost;

    for (uint64_t cpu = 0; cpu < program_info()->trace_cpus; cpu++)
        lost += trace_ring(cpu)->lost - lost_before[cpu];
    return lost;
}

uint64_t trace_used(void)
{
    uint64_t most = trace_user_ring.head - trace_user_ring.tail;

    for (uint64_t cpu = 0; cpu < program_info()->trace_cpus; cpu++) {
        const volatile struct trace_ring *ring = trace_ring(cpu);
        uint64_t used = ring->head - ring->tail;
        if (used > most)
            most = used;
    }
    return most;
}

void trace_calibrate(void)
{
    invoke_nothing();
    if (trace_user_ring.head != 0) {
        invoke_traced_twin();
        invoke_traced_twin();
    }
}

void trace_stop(struct trace_heads *heads)
{
    for (uint64_t cpu = 0; cpu < program_info()->trace_cpus; cpu++) {
        heads->head[cpu] = trace_ring(cpu)->head;
        heads->lost[cpu] = trace_ring(cpu)->lost - lost_before[cpu];
    }
}

static const struct trace_record *kernel_record(uint64_t cpu, uint64_t number) { return trace_record_at(cpu, number); }

static const struct trace_record *user_record(uint64_t cpu, uint64_t number)
{
    (void)cpu;
    return &trace_user.records[number % TRACE_RING_RECORDS];
}

static void ring_report(const char *workload, const char *variant, uint64_t cpu, uint64_t from, uint64_t to, uint64_t lost,
                        const struct trace_record *(*record)(uint64_t cpu, uint64_t number))
{
    record_trace_open(&program_records, workload, variant, cpu, lost);
    for (uint64_t number = from; number < to; number++)
        record_trace_add(&program_records, record(cpu, number));
    record_trace_close(&program_records);
}

void trace_report(const char *workload, const char *variant, const struct trace_heads *heads)
{
    for (uint64_t cpu = 0; cpu < program_info()->trace_cpus; cpu++)
        ring_report(workload, variant, cpu, trace_ring(cpu)->tail, heads->head[cpu], heads->lost[cpu], kernel_record);
    if (trace_user_ring.head != trace_user_ring.tail)
        ring_report(workload, variant, 0, trace_user_ring.tail, trace_user_ring.head, trace_user_ring.lost, user_record);
}
