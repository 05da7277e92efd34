/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Reading an event's counter in user mode by its page (linux/perf_event.h, perf_event_mmap_page): the kernel changes the page under an odd or
 * other `lock`, `index` 0 says that the event has no counter at the moment, and counters are narrower than 64 bits. What reads the counter
 * is an argument, so that a model can stand in its place: baselines/linux/test/test_perf_page.c. Not exercised on hardware.
 */
#ifndef BASELINES_LINUX_PERF_PAGE_H
#define BASELINES_LINUX_PERF_PAGE_H

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdint.h>

#include "harness/measure/tsc.h"

typedef uint64_t counter_read_fn(uint32_t counter);

/* Whether, and for how long, the event has had a counter. */
struct perf_page_state {
    bool counts;
    uint64_t enabled, running; /* ns */
};

/* A counter's bits as a signed number: what is added to `offset`. */
static inline uint64_t counter_extend(uint64_t bits, unsigned width)
{
    unsigned unused = 64u - width;

    return (uint64_t)((int64_t)(bits << unused) >> unused);
}

__attribute__((always_inline)) static inline uint64_t perf_page_read(const volatile struct perf_event_mmap_page *page, counter_read_fn *counter_read)
{
    uint32_t lock;
    uint64_t count;

    do {
        lock = page->lock;
        lfence();
        uint32_t index = page->index;
        count = (uint64_t)page->offset;
        if (index != 0)
            count += counter_extend(counter_read(index - 1), page->pmc_width);
        lfence();
    } while (page->lock != lock);
    return count;
}

static inline struct perf_page_state perf_page_state_read(const volatile struct perf_event_mmap_page *page)
{
    struct perf_page_state s;
    uint32_t lock;

    do {
        lock = page->lock;
        lfence();
        s.counts = page->cap_user_rdpmc && page->index != 0 && page->pmc_width > 0 && page->pmc_width <= 64;
        s.enabled = page->time_enabled;
        s.running = page->time_running;
        lfence();
    } while (page->lock != lock);
    return s;
}

/* Whether the event had its counter from one state to the other: never taken away, nor lent to another event in turns. */
static inline bool perf_page_counted(const struct perf_page_state *before, const struct perf_page_state *after)
{
    return before->counts && after->counts && after->enabled - before->enabled == after->running - before->running;
}

#endif
