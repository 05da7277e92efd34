/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Loops of a workload whose operation is one expression: MEASURE_LOOPS(name, failed) defines name_single and name_batched (fill_fn),
 * MEASURE_SINGLE the former alone; `failed` is an expression that does the operation and is true when that went wrong. An empty twin: twin_succeeds().
 */
#ifndef WORKLOADS_LIB_MEASURE_FILL_H
#define WORKLOADS_LIB_MEASURE_FILL_H

#include "harness/measure/tsc.h"
#include "workloads/lib/invoke.h"
#include "workloads/lib/measure_loop.h"

#define MEASURE_SINGLE(name, failed) \
    static bool name##_single(const struct variant *v, uint64_t *ring, size_t n) \
    { \
        (void)v; \
        for (size_t i = 0; i < n; i++) { \
            uint64_t begin = value_keep(tsc_begin()); \
            if (failed) \
                return false; \
            ring[i] = tsc_end() - begin; \
        } \
        return true; \
    }

#define MEASURE_LOOPS(name, failed) \
    MEASURE_SINGLE(name, failed) \
    static bool name##_batched(const struct variant *v, uint64_t *ring, size_t n) \
    { \
        (void)v; \
        for (size_t i = 0; i < n; i++) { \
            uint64_t begin = value_keep(tsc_begin()); \
            for (uint64_t left = BATCH_OPERATIONS; left != 0; left--) \
                if (failed) \
                    return false; \
            ring[i] = tsc_end() - begin; \
        } \
        return true; \
    }

ALWAYS_INLINE bool twin_succeeds(void)
{
    invoke_twin();
    return false;
}

#define MEASURE_ROWS(label, how, loops, empty, begin_fn, end_fn) \
    { .name = label, .direction = how, .relation = "none", .path = "none", .batch = 1, .states = true, .prepare = begin_fn, .fill = loops##_single, \
      .fill_empty = empty##_single, .finish = end_fn }, \
    { .name = label, .direction = how, .relation = "none", .path = "none", .batch = BATCH_OPERATIONS, .prepare = begin_fn, \
      .fill = loops##_batched, .fill_empty = empty##_batched, .finish = end_fn }

#endif
