/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Freestanding memory and text: the four functions that compilers call, and what records and messages need.
 */
#ifndef WORKLOADS_LIB_TEXT_H
#define WORKLOADS_LIB_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *restrict to, const void *restrict from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int value, size_t n);
int memcmp(const void *a, const void *b, size_t n);

size_t text_length(const char *text);
bool text_equal(const char *a, const char *b);
bool text_starts(const char *text, const char *prefix);
/* Shell patterns of `*` and `?`, separated by commas; everything else stands for itself. Linear space, at most length(pattern) * length(text)
 * steps. */
bool text_matches(const char *pattern, const char *text);

/* A line that is put together piece by piece; what does not fit is cut and `overflow` says so. Always NUL-terminated. */
#define TEXT_BYTES 256
struct text {
    char bytes[TEXT_BYTES];
    size_t used;
    bool overflow;
};
void text_init(struct text *t);
void text_add(struct text *t, const char *piece);
void text_add_decimal(struct text *t, uint64_t number);
void text_add_hex(struct text *t, uint64_t number); /* 0x1f */

#endif
