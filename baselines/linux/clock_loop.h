/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The measuring loop that all clocks share. Always inlined with constant clocks, so that no call through a pointer stands between
 * the clock read and the operation.
 */
#ifndef BASELINES_LINUX_CLOCK_LOOP_H
#define BASELINES_LINUX_CLOCK_LOOP_H

#include "baselines/linux/baseline.h"

__attribute__((always_inline)) static inline bool samples_loop(uint64_t (*begin)(void), uint64_t (*end)(void),
                                                               channel_fn *operation, struct channel *c,
                                                               uint64_t *ring, size_t n, uint64_t batch)
{
    channel_fn *before = c->baseline->before;

    for (size_t i = 0; i < n; i++) {
        c->stamp = 0;
        if (before != NULL && !before(c))
            return false;
        uint64_t start = begin();
        for (uint64_t b = 0; b < batch; b++)
            if (!operation(c))
                return false;
        uint64_t stop = end();
        ring[i] = (c->stamp != 0 ? c->stamp : stop) - start;
    }
    return true;
}

#endif
