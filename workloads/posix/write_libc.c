/* SPDX-License-Identifier: BSD-2-Clause
 *
 * workload: posix.write.libc | write of one byte and of 64 to /dev/null by a library that sends the personality server, in another task, a message: from before the library's function to after its return; the server looks whether the bytes are the process's, and at no more | Härtig et al., The Performance of mu-Kernel-Based Systems (SOSP 1997), table 3, write to /dev/null, shared library
 */
#include "workloads/lib/posix_measure.h"

MEASURE_LOOPS(write_1, library_write(PERSONALITY_NULL, POSIX_BUFFER, 1) != 1)
MEASURE_LOOPS(write_64, library_write(PERSONALITY_NULL, POSIX_BUFFER, 64) != 64)
MEASURE_LOOPS(empty, twin_succeeds())

static const struct variant variants[] = {
    POSIX_LIBRARY_ROW("bytes=1", 1, write_1_single, empty_single), POSIX_LIBRARY_ROW("bytes=1", BATCH_OPERATIONS, write_1_batched, empty_batched),
    POSIX_LIBRARY_ROW("bytes=64", 1, write_64_single, empty_single), POSIX_LIBRARY_ROW("bytes=64", BATCH_OPERATIONS, write_64_batched, empty_batched),
};

const struct workload workload = {
    .id = "posix.write.libc", .setup = posix_library_setup, .variants = variants, .variant_count = sizeof variants / sizeof variants[0],
};
