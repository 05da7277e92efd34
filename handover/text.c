/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See text.h.
 */
#include "handover/text.h"

#define CRC_POLYNOMIAL 0xedb88320u

size_t text_word(const char *s)
{
    size_t n = 0;
    while (s[n] && s[n] != ' ' && s[n] != '\t')
        n++;
    return n;
}

bool text_starts(const char *word, size_t n, const char *start)
{
    size_t i = 0;
    while (start[i] && i < n && word[i] == start[i])
        i++;
    return !start[i];
}

bool text_is(const char *word, size_t n, const char *other)
{
    size_t length = 0;
    while (other[length])
        length++;
    return length == n && text_starts(word, n, other);
}

void text_add(struct text *t, const char *s, size_t n)
{
    for (size_t i = 0; i < n && !t->full; i++) {
        t->full = t->used + 1 >= t->room;
        if (!t->full)
            t->to[t->used++] = s[i];
    }
    t->to[t->used] = 0;
}

void text_add_hexadecimal(struct text *t, uint64_t value)
{
    char digits[18] = "0x";
    size_t n = 2;
    for (int shift = 60; shift >= 0; shift -= 4)
        if (value >> shift || !shift)
            digits[n++] = "0123456789abcdef"[value >> shift & 0xf];
    text_add(t, digits, n);
}

bool text_crc32(const char *digits, size_t n, uint32_t *value)
{
    *value = 0;
    for (size_t i = 0; i < n; i++) {
        char c = digits[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return false;
        *value = *value << 4 | (uint32_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    return n == 8;
}

uint32_t crc32_of(const void *bytes, uint64_t n)
{
    static uint32_t table[256];
    const uint8_t *at = bytes;
    uint32_t crc = ~0u;
    for (uint32_t i = 0; i < 256 && !table[255]; i++) {
        uint32_t c = i;
        for (unsigned bit = 0; bit < 8; bit++)
            c = c >> 1 ^ (c & 1 ? CRC_POLYNOMIAL : 0);
        table[i] = c;
    }
    for (uint64_t i = 0; i < n; i++)
        crc = crc >> 8 ^ table[(crc ^ at[i]) & 0xff];
    return ~crc;
}
