/* SPDX-License-Identifier: BSD-2-Clause
 *
 * workload: sem.up_down | one up and one down of a semaphore that nobody waits for | Composite and sel4bench, notification round trips
 */
#include "workloads/lib/measure_fill.h"
#include "workloads/lib/object.h"
#include "workloads/lib/worker.h"

#define SEMAPHORE SELECTOR_PROGRAM_FREE

ALWAYS_INLINE bool operation_fails(int32_t operation)
{
    return tag_failed(ipc_call(SEMAPHORE, tag_make(0, operation, 0), MESSAGE_EMPTY).tag);
}

ALWAYS_INLINE bool pair_fails(void)
{
    return operation_fails(OP_SEMAPHORE_UP) || operation_fails(OP_SEMAPHORE_DOWN);
}

MEASURE_LOOPS(pair, pair_fails())
MEASURE_LOOPS(empty, twin_succeeds())

static bool begin(void)
{
    return factory_create_semaphore(SELECTOR_FACTORY, SEMAPHORE, 0) == 0;
}

static const struct variant variants[] = { MEASURE_ROWS(NULL, "op", pair, empty, NULL, NULL) };

const struct workload workload = {
    .id = "sem.up_down", .setup = begin, .variants = variants, .variant_count = sizeof variants / sizeof variants[0],
};
