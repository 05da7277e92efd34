/* SPDX-License-Identifier: BSD-2-Clause
 *
 * workload: posix.read.libc | read of one byte and of 64 from /dev/zero by a library that sends the personality server, in another task, a message: from before the library's function to after its return; the server stores the zeroes into the memory of the process | lmbench lat_syscall read
 */
#include "workloads/lib/posix_measure.h"

MEASURE_LOOPS(read_1, library_read(PERSONALITY_ZERO, POSIX_BUFFER, 1) != 1)
MEASURE_LOOPS(read_64, library_read(PERSONALITY_ZERO, POSIX_BUFFER, 64) != 64)
MEASURE_LOOPS(empty, twin_succeeds())

static const struct variant variants[] = {
    POSIX_LIBRARY_ROW("bytes=1", 1, read_1_single, empty_single), POSIX_LIBRARY_ROW("bytes=1", BATCH_OPERATIONS, read_1_batched, empty_batched),
    POSIX_LIBRARY_ROW("bytes=64", 1, read_64_single, empty_single), POSIX_LIBRARY_ROW("bytes=64", BATCH_OPERATIONS, read_64_batched, empty_batched),
};

const struct workload workload = {
    .id = "posix.read.libc", .setup = posix_library_setup, .variants = variants, .variant_count = sizeof variants / sizeof variants[0],
};
