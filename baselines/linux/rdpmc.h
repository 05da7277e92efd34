/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The instruction that reads a performance counter in user mode (Intel SDM vol. 2B, RDPMC). Faults where the kernel has not
 * allowed it: only after the mmap page of an event has said cap_user_rdpmc and given an index.
 */
#ifndef BASELINES_LINUX_RDPMC_H
#define BASELINES_LINUX_RDPMC_H

#include <stdint.h>

static inline uint64_t rdpmc(uint32_t counter)
{
    uint32_t low, high;
    __asm__ volatile("rdpmc" : "=a"(low), "=d"(high) : "c"(counter) : "memory");
    return (uint64_t)high << 32 | low;
}

#endif
