/* SPDX-License-Identifier: BSD-2-Clause
 *
 * System calls per operation, counted by ptrace in a pass of its own: what a mechanism declares is checked, not believed.
 */
#ifndef BASELINES_LINUX_SYSCOUNT_H
#define BASELINES_LINUX_SYSCOUNT_H

#include "baselines/linux/baseline.h"

enum syscount_result {
    SYSCOUNT_DONE,
    SYSCOUNT_UNAVAILABLE, /* tracing is not permitted here */
    SYSCOUNT_FAILED,      /* the traced pass did not end well */
};

struct syscount {
    unsigned client, server; /* system calls per operation */
    char detail[128];        /* why not SYSCOUNT_DONE */
};

enum syscount_result syscount_run(struct syscount *result, const struct baseline *b, size_t bytes, int cpu);

#endif
