/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The clock is read by the Linux program itself (workloads/servers/linux/calls.S), around its `syscall`. Its system call goes to the server in one
 * exception message with all registers; the paper's bounces it to a library in the program's own address space, which then calls.
 * workload: posix.getpid.trampoline | getpid by the `syscall` of an unmodified static Linux program, served by the personality server in another task as an exception | Härtig et al., The Performance of mu-Kernel-Based Systems (SOSP 1997), table 2, trampoline
 */
#include "workloads/lib/posix_measure.h"

POSIX_PROGRAM_FILLS(getpid, LINUX_getpid, 0, 0)

static const struct variant variants[] = { POSIX_PROGRAM_ROW(NULL, 1, getpid), POSIX_PROGRAM_ROW(NULL, BATCH_OPERATIONS, getpid) };

const struct workload workload = {
    .id = "posix.getpid.trampoline", .setup = posix_program_setup, .variants = variants, .variant_count = sizeof variants / sizeof variants[0],
};
