/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What obj.create.* and obj.destroy.* share: OBJECT_WORKLOADS(id, KIND, argument, argument) in a file of its own for each. Another object
 * of the kind exists all the time, so that its page of kernel memory is there; the new one's selector has its page of the table.
 * What is created is not used: the thread never runs, the task is empty, the gate and the Irq never carry anything.
 */
#ifndef WORKLOADS_LIB_OBJECT_MEASURE_H
#define WORKLOADS_LIB_OBJECT_MEASURE_H

#include "harness/measure/tsc.h"
#include "workloads/lib/measure_loop.h"
#include "workloads/lib/object.h"
#include "workloads/lib/worker.h"

#define OBJECT_KEPT SELECTOR_PROGRAM_FREE
#define OBJECT_NEW (SELECTOR_PROGRAM_FREE + 1)

struct object_made { uint64_t kind, first, second, second_kept; };

ALWAYS_INLINE bool object_create_fails(const struct object_made *o, uint64_t selector, uint64_t second)
{
    const struct message_words w = { o->kind, selector, o->first, second, 0, 0 };

    return tag_failed(ipc_call(SELECTOR_FACTORY, tag_make(0, OP_FACTORY_CREATE, 4), w).tag);
}

ALWAYS_INLINE bool object_destroy_fails(void)
{
    return tag_failed(ipc_call(SELECTOR_TASK, tag_make(0, OP_TASK_UNMAP_CAPABILITY, 1), (struct message_words){ .w0 = OBJECT_NEW }).tag);
}

static inline bool object_fill(const struct object_made *o, uint64_t *ring, size_t n, bool destroy)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t begin = value_keep(tsc_begin());
        if (object_create_fails(o, OBJECT_NEW, o->second))
            return false;
        uint64_t middle = value_keep(tsc_end()), again = value_keep(tsc_begin());
        if (object_destroy_fails())
            return false;
        ring[i] = destroy ? tsc_end() - again : middle - begin;
    }
    return true;
}

static inline bool object_fill_empty(const struct variant *v, uint64_t *ring, size_t n)
{
    (void)v;
    for (size_t i = 0; i < n; i++) {
        uint64_t begin = value_keep(tsc_begin());
        invoke_twin();
        ring[i] = tsc_end() - begin;
    }
    return true;
}

#define OBJECT_WORKLOAD(name, destroys, ...) \
    static const struct object_made made = { __VA_ARGS__ }; \
    static bool object_begin(void) { return !object_create_fails(&made, OBJECT_KEPT, made.second_kept); } \
    static bool object_measure(const struct variant *v, uint64_t *ring, size_t n) \
    { \
        (void)v; \
        return object_fill(&made, ring, n, destroys); \
    } \
    static const struct variant variants[] = { \
        { .direction = "op", .relation = "none", .path = "none", .batch = 1, .fill = object_measure, .fill_empty = object_fill_empty }, \
    }; \
    const struct workload workload = { .id = name, .setup = object_begin, .variants = variants, .variant_count = 1 }

#endif
