/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The rate of the TSC, from two sources.
 */
#ifndef KERNEL_X86_64_CLOCK_H
#define KERNEL_X86_64_CLOCK_H

#include <stdint.h>

#define CLOCK_SOURCES 2

struct clock_rate {
    const char *source;        /* "cpuid", "hpet", "acpi_pm", "pit"; "" when there is none */
    uint64_t hz;               /* 0: none */
};

/* Finds the first two sources that answer, in the order of the names above. Returns NULL, or that there is none. */
const char *clock_init(void);
/* [0] is the one in use. */
const struct clock_rate *clock_rates(void);

#endif
