/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Words of a line that ends in NUL, and the checksum of records (CRC-32, ISO 3309).
 */
#ifndef HANDOVER_TEXT_H
#define HANDOVER_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text { char *to; size_t room, used; bool full; };

/* Bytes up to the next blank or the end. */
size_t text_word(const char *s);
bool text_is(const char *word, size_t n, const char *other);
bool text_starts(const char *word, size_t n, const char *start);
/* Appends; what finds no room makes it full. Ends in NUL always. */
void text_add(struct text *t, const char *s, size_t n);
void text_add_hexadecimal(struct text *t, uint64_t value);
/* Eight lower-case hexadecimal digits at the end of the word. */
bool text_crc32(const char *digits, size_t n, uint32_t *value);
uint32_t crc32_of(const void *bytes, uint64_t n);

#endif
