/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The clock is read by the Linux program itself (workloads/servers/linux/calls.S), around its `syscall`.
 * workload: posix.write.trampoline | write of one byte and of 64 to /dev/null by the `syscall` of an unmodified static Linux program, served by the personality server in another task as an exception; the server looks whether the bytes are the process's, and at no more | Härtig et al., The Performance of mu-Kernel-Based Systems (SOSP 1997), table 3, write to /dev/null, trampoline
 */
#include "workloads/lib/posix_measure.h"

POSIX_PROGRAM_FILLS(write_1, LINUX_write, PERSONALITY_NULL, 1)
POSIX_PROGRAM_FILLS(write_64, LINUX_write, PERSONALITY_NULL, 64)

static const struct variant variants[] = {
    POSIX_PROGRAM_ROW("bytes=1", 1, write_1), POSIX_PROGRAM_ROW("bytes=1", BATCH_OPERATIONS, write_1),
    POSIX_PROGRAM_ROW("bytes=64", 1, write_64), POSIX_PROGRAM_ROW("bytes=64", BATCH_OPERATIONS, write_64),
};

const struct workload workload = {
    .id = "posix.write.trampoline", .setup = posix_program_setup, .variants = variants, .variant_count = sizeof variants / sizeof variants[0],
};
