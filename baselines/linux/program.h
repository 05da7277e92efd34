/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Another program, run to its end under a time limit.
 */
#ifndef BASELINES_LINUX_PROGRAM_H
#define BASELINES_LINUX_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>

struct program_end {
    bool done;         /* ended with exit status 0 */
    bool missing;      /* there is no such program */
    int status;        /* exit status, -1 when it has none */
    char reason[128];  /* why not done */
};

/* argv[0] is looked up in PATH. Standard output and error go to `output`, of which the first `bytes` - 1 are kept. */
struct program_end program_run(const char *const argv[], unsigned limit_seconds, char *output, size_t bytes);

#endif
