/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The clock is read by the Linux program itself (workloads/servers/linux/calls.S), around its `syscall`.
 * workload: posix.read.trampoline | read of one byte and of 64 from /dev/zero by the `syscall` of an unmodified static Linux program, served by the personality server in another task as an exception; the server stores the zeroes into the memory of the process | lmbench lat_syscall read
 */
#include "workloads/lib/posix_measure.h"

POSIX_PROGRAM_FILLS(read_1, LINUX_read, PERSONALITY_ZERO, 1)
POSIX_PROGRAM_FILLS(read_64, LINUX_read, PERSONALITY_ZERO, 64)

static const struct variant variants[] = {
    POSIX_PROGRAM_ROW("bytes=1", 1, read_1), POSIX_PROGRAM_ROW("bytes=1", BATCH_OPERATIONS, read_1),
    POSIX_PROGRAM_ROW("bytes=64", 1, read_64), POSIX_PROGRAM_ROW("bytes=64", BATCH_OPERATIONS, read_64),
};

const struct workload workload = {
    .id = "posix.read.trampoline", .setup = posix_program_setup, .variants = variants, .variant_count = sizeof variants / sizeof variants[0],
};
