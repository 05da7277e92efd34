/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copies of a measured payload (text.h's memcpy is a loop of bytes, on purpose).
 */
#ifndef WORKLOADS_LIB_WORDS_COPY_H
#define WORKLOADS_LIB_WORDS_COPY_H

#include <stddef.h>
#include <stdint.h>

void words_copy(uint64_t *to, const uint64_t *from, size_t words);

#endif
