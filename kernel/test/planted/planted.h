/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Planted faults: each file here stands in the place of the function that it is named after (ld --wrap), in a checking kernel of its own,
 * and does something wrong now and then, on one CPU or on PLANTED_CPUS. kernel/test/fuzz.sh: the fuzzing program must bring each of them to light.
 */
#ifndef KERNEL_TEST_PLANTED_PLANTED_H
#define KERNEL_TEST_PLANTED_PLANTED_H

#include <stdbool.h>

/* True once in n times. */
static inline bool planted_now(unsigned n)
{
    static unsigned count;
    return ++count % n == 0;
}

#endif
