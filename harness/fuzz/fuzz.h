/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A fuzz target: takes any bytes and says whether the parser accepted them. The same object is linked with libFuzzer (`make fuzz`) and with
 * a driver that runs the committed corpus in the tests (corpus.c).
 */
#ifndef HARNESS_FUZZ_FUZZ_H
#define HARNESS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool fuzz_accepts(const uint8_t *bytes, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* Ends the program: an invariant does not hold. */
_Noreturn void fuzz_fail(const char *what);

#endif
