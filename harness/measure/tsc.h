/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The clock of every target: the time stamp counter. All time is taken through this file (style.md rule 12).
 * The order of instructions around a measured region is Intel's: "lfence; rdtsc" opens it, "rdtscp; lfence" closes it
 * (Intel SDM vol. 2B, RDTSC and RDTSCP). On AMD, LFENCE orders only with MSR C001_1029 bit 1 set.
 */
#ifndef HARNESS_MEASURE_TSC_H
#define HARNESS_MEASURE_TSC_H

#include <stdint.h>

static inline void lfence(void) { __asm__ volatile("lfence" ::: "memory"); }

static inline uint64_t rdtsc(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high) :: "memory");
    return (uint64_t)high << 32 | low;
}

static inline uint64_t rdtscp(void)
{
    uint32_t low, high, aux;
    __asm__ volatile("rdtscp" : "=a"(low), "=d"(high), "=c"(aux) :: "memory");
    return (uint64_t)high << 32 | low;
}

/* A performance counter; a fault where it does not exist. */
static inline uint64_t rdpmc(uint32_t index)
{
    uint32_t low, high;
    __asm__ volatile("rdpmc" : "=a"(low), "=d"(high) : "c"(index) : "memory");
    return (uint64_t)high << 32 | low;
}

/* Clock at the start of a measured region, in ticks of the TSC. */
static inline uint64_t tsc_begin(void)
{
    lfence();
    uint64_t now = rdtsc();
    lfence();
    return now;
}

/* Clock at the end of a measured region, in ticks of the TSC. */
static inline uint64_t tsc_end(void)
{
    uint64_t now = rdtscp();
    lfence();
    return now;
}

#endif
