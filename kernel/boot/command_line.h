/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The kernel command line: words separated by blanks, each an option of the table in command_line.c, at most once. Pure: for
 * kernel and host tests.
 */
#ifndef KERNEL_BOOT_COMMAND_LINE_H
#define KERNEL_BOOT_COMMAND_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "kernel/x86_64/uart.h"

#define COMMAND_LINE_ERROR_BYTES 160
#define CPUS_OPTION_MAX 256

struct command_line {
    bool fast_path;            /* off by `nofast` */
    bool address_space_tags;   /* PCID where there is one; off by `pcid=off` */
    const char *mitigations;   /* off, auto, full or names (mitigations.h): mitigations_bytes of text */
    size_t mitigations_bytes;
    bool trace;                /* tracepoints, by `trace=on` */
    uint32_t pmu;              /* performance counters wanted, by `pmu=` (kernel/x86_64/pmu.h) */
    enum serial serial;        /* by `console=`; any port and the screen unless told */
    bool framebuffer;
    bool reset;                /* at the end, by `end=reset` */
    unsigned cpus_max;         /* how many CPUs may run, by `cpus=`: 1..CPUS_OPTION_MAX, which is also the default */
    char error[COMMAND_LINE_ERROR_BYTES]; /* names the option that was refused */
};

/* False when an option is unknown, given twice, or has a value that it cannot have; out->error then says which and why. Options
 * that belong to the root server are known here by name only: their values are root's to judge. */
bool command_line_parse(const char *line, struct command_line *out);

#endif
