/* SPDX-License-Identifier: BSD-2-Clause
 *
 * System calls per operation, counted by ptrace in a pass of its own: what a mechanism declares is checked, not believed.
 */
#ifndef BASELINES_LINUX_SYSCOUNT_H
#define BASELINES_LINUX_SYSCOUNT_H

#include "baselines/linux/baseline.h"

enum syscount_result {
    SYSCOUNT_DONE,
    SYSCOUNT_WRONG,       /* another number than declared */
    SYSCOUNT_UNAVAILABLE, /* tracing is not permitted here */
    SYSCOUNT_FAILED,      /* the traced pass did not end well */
};

struct syscount {
    char per_unit[24]; /* calls of all processes per message or unit, decimal */
    char detail[256];  /* the counts; or why there are none */
};

/* Client and server on these CPUs (CPU_NONE: anywhere). */
enum syscount_result syscount_run(struct syscount *result, const struct baseline *b, size_t bytes, const int cpu[2]);

#endif
