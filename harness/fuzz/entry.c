/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What libFuzzer calls.
 */
#include "harness/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_accepts(bytes, size);
    return 0;
}

void fuzz_fail(const char *what)
{
    fprintf(stderr, "fuzz: %s\n", what);
    abort();
}
