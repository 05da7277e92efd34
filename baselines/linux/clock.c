/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The choice of the clock. The TSC is a count of instructions under icount and in Bochs: rows in `instructions`. On hardware
 * its ticks are neither cycles nor nanoseconds, so rows are CLOCK_MONOTONIC_RAW in `ns`, unconverted and not slewed by NTP.
 * Core cycles come as rows of their own where there is a counter: counters.c.
 */
#include "baselines/linux/clock.h"

#include <time.h>

#include "baselines/linux/clock_loop.h"
#include "harness/measure/tsc.h"

static inline uint64_t raw_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC_RAW, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static bool samples_take_tsc(channel_fn *operation, struct channel *c, uint64_t *ring, size_t n, uint64_t batch)
{
    return samples_loop(tsc_begin, tsc_end, operation, c, ring, n, batch);
}

static bool samples_take_raw(channel_fn *operation, struct channel *c, uint64_t *ring, size_t n, uint64_t batch)
{
    return samples_loop(raw_ns, raw_ns, operation, c, ring, n, batch);
}

static const struct clock clock_instructions = { "tsc", "instructions", samples_take_tsc, tsc_end };
static const struct clock clock_ns = { "clock_monotonic_raw", "ns", samples_take_raw, raw_ns };
static const struct clock clock_none = { "none", "none", NULL, NULL };

const struct clock *clock_choose(enum fidelity fidelity)
{
    switch (fidelity) {
    case FIDELITY_INSTRUCTIONS: return &clock_instructions;
    case FIDELITY_VIRTUAL:
    case FIDELITY_METAL: return &clock_ns;
    case FIDELITY_NONE: return &clock_none;
    }
    return &clock_none;
}

#define TSC_HZ_INTERVAL_NS 50000000u

uint64_t clock_tsc_hz(const char **source)
{
    uint64_t ns = raw_ns(), tsc = tsc_begin();
    uint64_t ns_now;

    do {
        ns_now = raw_ns();
    } while (ns_now - ns < TSC_HZ_INTERVAL_NS);
    uint64_t ticks = tsc_end() - tsc;
    *source = "clock_monotonic_raw";
    return (uint64_t)((double)ticks * 1e9 / (double)(ns_now - ns));
}
