/* SPDX-License-Identifier: BSD-2-Clause
 *
 * hw.*: workloads whose operation only the kernel can time (OP_SCHEDULER_PROBE): it does them in a loop of its own and returns the ticks of
 * that loop and of the same loop without them. There is no single operation: the loop does two at least. Included once by a
 * workload, which then says PROBE_WORKLOAD(id, PROBE_*, why a machine may lack it).
 */
#ifndef WORKLOADS_LIB_PROBE_MEASURE_H
#define WORKLOADS_LIB_PROBE_MEASURE_H

#include "workloads/lib/measure_loop.h"
#include "workloads/lib/object.h"

#define PROBE_FEW 2

static uint64_t probe_kind;

static int32_t probe_once(uint64_t n, uint64_t *ticks, uint64_t *empty_ticks)
{
    struct message_words w = { .w0 = probe_kind, .w1 = n };
    int32_t error = object_call(SELECTOR_SCHEDULER, OP_SCHEDULER_PROBE, 2, &w);
    *ticks = w.w0;
    *empty_ticks = w.w1;
    return error;
}

static bool probe_fill(const struct variant *v, uint64_t *ring, size_t n)
{
    uint64_t empty;
    for (size_t i = 0; i < n; i++)
        if (probe_once(v->batch, &ring[i], &empty) != 0)
            return false;
    return true;
}

static bool probe_fill_empty(const struct variant *v, uint64_t *ring, size_t n)
{
    uint64_t ticks;
    for (size_t i = 0; i < n; i++)
        if (probe_once(v->batch, &ticks, &ring[i]) != 0)
            return false;
    return true;
}

static const struct variant variants[] = {
    { .name = "operations=2", .window = 1, .direction = "op", .relation = "none", .path = "none", .batch = PROBE_FEW, .fill = probe_fill,
      .fill_empty = probe_fill_empty },
    { .name = "operations=100", .window = 1, .direction = "op", .relation = "none", .path = "none", .batch = BATCH_OPERATIONS,
      .fill = probe_fill, .fill_empty = probe_fill_empty },
};

#define PROBE_WORKLOAD(id_text, kind, lack) \
    static const char *probe_unable(void) \
    { \
        uint64_t ticks, empty; \
        probe_kind = kind; \
        return probe_once(PROBE_FEW, &ticks, &empty) == ERR_BAD_OPERATION ? lack : NULL; \
    } \
    const struct workload workload = { \
        .id = id_text, .unable = probe_unable, .variants = variants, .variant_count = sizeof variants / sizeof variants[0], \
    }

#endif
