/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the workloads of memory and capabilities share: an empty task to pass things on to, memory to pass on, and the loops around an
 * operation that has to be undone, or prepared, before each sample, outside of the clock reads.
 */
#ifndef WORKLOADS_LIB_MEMORY_MEASURE_H
#define WORKLOADS_LIB_MEMORY_MEASURE_H

#include "harness/measure/tsc.h"
#include "workloads/lib/measure_loop.h"
#include "workloads/lib/object.h"
#include "workloads/lib/service.h"
#include "workloads/lib/worker.h"

#define SELECTOR_TARGET_TASK (SELECTOR_PROGRAM_FREE + 20)
#define TARGET_ADDRESS PROGRAM_FREE_ADDRESS
/* One page off: small pages, however many. */
#define SMALL_ADDRESS (PROGRAM_FREE_ADDRESS + PAGE_BYTES)
#define LARGE_ADDRESS (PROGRAM_FREE_ADDRESS + 0x40000000)
#define PAGES_MAX 512
#define MEMORY_RW (MEMORY_READ | MEMORY_WRITE)

/* The task, PAGES_MAX small pages and a large one. The task has a page already: its kernel memory for mappings has room. */
static inline bool memory_setup(void)
{
    return factory_create_task(SELECTOR_FACTORY, SELECTOR_TARGET_TASK) == 0 && service_memory(SMALL_ADDRESS, PAGES_MAX, MEMORY_RW) == 0 &&
           service_memory(LARGE_ADDRESS, PAGES_MAX, MEMORY_RW) == 0 &&
           task_map_memory(SELECTOR_TARGET_TASK, LARGE_ADDRESS, LARGE_ADDRESS + PAGE_BYTES, PAGE_BYTES, MEMORY_READ) == 0;
}

/* A twin of an operation by object_call: clock reads around nothing that the compiler may move. */
static inline bool memory_fill_empty(const struct variant *v, uint64_t *ring, size_t n)
{
    (void)v;
    for (size_t i = 0; i < n; i++) {
        uint64_t begin = value_keep(tsc_begin());
        invoke_twin();
        ring[i] = tsc_end() - begin;
    }
    return true;
}

/* An operation that ought to give `result` as word 0, timed. */
ALWAYS_INLINE bool memory_sample(uint64_t *sample, uint64_t task, int32_t operation, struct message_words w, uint64_t words, uint64_t result)
{
    uint64_t begin = value_keep(tsc_begin());
    struct message m = ipc_call(task, tag_make(0, operation, words), w);

    *sample = tsc_end() - begin;
    return !tag_failed(m.tag) && m.w.w0 == result;
}

static inline bool memory_unmap(uint64_t bytes)
{
    uint64_t unmapped = 0;

    return task_unmap_memory(SELECTOR_TARGET_TASK, TARGET_ADDRESS, bytes, &unmapped) == 0 && unmapped == bytes;
}

#endif
