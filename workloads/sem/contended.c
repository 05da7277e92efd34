/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Two threads of one priority pass the turn to and fro: each up wakes the other, each down waits for it. One operation is a whole round.
 * workload: sem.contended | round trip of two threads of one task that wake each other by two semaphores: two ups, two downs, two switches | Liedtke, On micro-kernel construction (SOSP 1995), on semaphores by IPC
 */
#include "workloads/lib/measure_fill.h"
#include "workloads/lib/object.h"
#include "workloads/lib/worker.h"

#define PING SELECTOR_PROGRAM_FREE
#define PONG (SELECTOR_PROGRAM_FREE + 1)

ALWAYS_INLINE bool operation_fails(uint64_t semaphore, int32_t operation)
{
    return tag_failed(ipc_call(semaphore, tag_make(0, operation, 0), MESSAGE_EMPTY).tag);
}

static void partner_run(void *arg)
{
    (void)arg;
    while (!operation_fails(PING, OP_SEMAPHORE_DOWN) && !operation_fails(PONG, OP_SEMAPHORE_UP))
        ;
}

ALWAYS_INLINE bool round_fails(void)
{
    return operation_fails(PING, OP_SEMAPHORE_UP) || operation_fails(PONG, OP_SEMAPHORE_DOWN);
}

MEASURE_LOOPS(round, round_fails())
MEASURE_LOOPS(empty, twin_succeeds())

static bool begin(void)
{
    return factory_create_semaphore(SELECTOR_FACTORY, PING, 0) == 0 && factory_create_semaphore(SELECTOR_FACTORY, PONG, 0) == 0 &&
           worker_start(0, SELECTOR_TASK, partner_run, NULL, PROGRAM_PRIORITY) == 0 && !round_fails();
}

static const struct variant variants[] = { MEASURE_ROWS(NULL, "round_trip", round, empty, NULL, NULL) };

const struct workload workload = {
    .id = "sem.contended", .setup = begin, .variants = variants, .variant_count = sizeof variants / sizeof variants[0],
};
