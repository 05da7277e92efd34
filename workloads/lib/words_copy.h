/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copies and clears of a measured payload (text.h's memcpy and memset are loops of bytes, on purpose).
 */
#ifndef WORKLOADS_LIB_WORDS_COPY_H
#define WORKLOADS_LIB_WORDS_COPY_H

#include <stddef.h>
#include <stdint.h>

void words_copy(uint64_t *to, const uint64_t *from, size_t words);

static inline void bytes_clear(void *to, size_t n) { __asm__ volatile("rep stosb" : "+D"(to), "+c"(n) : "a"(0) : "memory"); }

#endif
