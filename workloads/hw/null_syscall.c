/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The floor under every IPC: into the kernel and out again.
 * workload: hw.null_syscall | the system call that does nothing, from before `syscall` to after it in user mode | Liedtke, Improving IPC by Kernel Design (SOSP 1993), minimal kernel entry and exit
 */
#include "workloads/lib/measure_fill.h"

MEASURE_LOOPS(null, tag_failed(invoke_nothing()))
MEASURE_LOOPS(empty, twin_succeeds())

static const struct variant variants[] = {
    MEASURE_ROWS(NULL, "op", null, empty, NULL, NULL),
};

const struct workload workload = {
    .id = "hw.null_syscall", .variants = variants, .variant_count = sizeof variants / sizeof variants[0],
};
