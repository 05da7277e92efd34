/* SPDX-License-Identifier: BSD-2-Clause
 *
 * shape=wide: all derived from one; shape=deep: each from the one before. They are made before each sample, in another task and in this one.
 * workload: cap.revoke | all capabilities that were derived from one are removed, by one operation that others may interrupt | sel4bench, CNode revoke (seL4 manual, CNode_Revoke)
 */
#include "workloads/lib/memory_measure.h"

#define FIRST 2000

static bool derive(uint64_t derived, bool deep)
{
    for (uint64_t i = 0; i < derived; i++) {
        uint64_t from = deep && i > 0 ? FIRST + i - 1 : SELECTOR_TARGET_TASK;
        if (task_map_capability(SELECTOR_TASK, from, FIRST + i, RIGHTS_ALL) != 0)
            return false;
    }
    return true;
}

static bool revoke_fill(uint64_t *ring, size_t n, uint64_t derived, bool deep)
{
    struct message_words w = { SELECTOR_TARGET_TASK, UNMAP_DERIVED, 0, 0, 0, 0 };

    for (size_t i = 0; i < n; i++)
        if (!derive(derived, deep) || !memory_sample(&ring[i], SELECTOR_TASK, OP_TASK_UNMAP_CAPABILITY, w, 2, 0))
            return false;
    return true;
}

#define REVOKE_SIZES(X, shape, deep) \
    X(1, 250, shape, deep) X(4, 100, shape, deep) X(16, 50, shape, deep) X(64, 10, shape, deep) X(256, 5, shape, deep) \
    X(1024, 2, shape, deep) X(4096, 2, shape, deep)
#define REVOKE_LOOP(derived, samples, shape, deep) \
    static bool revoke_##shape##_##derived(const struct variant *v, uint64_t *ring, size_t n) \
    { \
        (void)v; \
        return revoke_fill(ring, n, derived, deep); \
    }
REVOKE_SIZES(REVOKE_LOOP, wide, false)
REVOKE_SIZES(REVOKE_LOOP, deep, true)

#define REVOKE_ROW(derived, samples, shape, deep) \
    { .name = "derived=" #derived ",shape=" #shape, .direction = "op", .relation = "intra", .path = "none", .batch = 1, \
      .ring_samples = samples, .fill = revoke_##shape##_##derived, .fill_empty = memory_fill_empty },

static const struct variant variants[] = { REVOKE_SIZES(REVOKE_ROW, wide, false) REVOKE_SIZES(REVOKE_ROW, deep, true) };

const struct workload workload = {
    .id = "cap.revoke", .setup = memory_setup, .variants = variants, .variant_count = sizeof variants / sizeof variants[0],
};
