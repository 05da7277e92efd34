/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The table there has its page already; the capability is removed after each sample.
 * workload: cap.map | one capability copied with fewer rights into another task by an operation on it | sel4bench, CNode copy (seL4 manual, CNode_Copy)
 */
#include "workloads/lib/memory_measure.h"

#define THERE 100

static bool map_fill(const struct variant *v, uint64_t *ring, size_t n)
{
    struct message_words w = { SELECTOR_FACTORY, THERE, RIGHT_SEND, 0, 0, 0 };

    (void)v;
    for (size_t i = 0; i < n; i++)
        if (!memory_sample(&ring[i], SELECTOR_TARGET_TASK, OP_TASK_MAP_CAPABILITY, w, 3, 0) ||
            task_unmap_capability(SELECTOR_TARGET_TASK, THERE) != 0)
            return false;
    return true;
}

static const struct variant variants[] = {
    { .direction = "op", .relation = "inter", .path = "none", .batch = 1, .states = true, .fill = map_fill, .fill_empty = memory_fill_empty },
};

const struct workload workload = {
    .id = "cap.map", .setup = memory_setup, .variants = variants, .variant_count = sizeof variants / sizeof variants[0],
};
