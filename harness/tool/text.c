/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Strict readings of short texts; see text.h.
 */
#include "harness/tool/text.h"

#include <stdlib.h>
#include <string.h>

#define KEY_CHARACTERS "abcdefghijklmnopqrstuvwxyz0123456789_"
#define DIGITS "0123456789"

bool text_to_count(const char *text, size_t length, uint64_t *value)
{
    uint64_t number = 0;
    if (length == 0 || (length > 1 && text[0] == '0'))
        return false;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        uint64_t digit = (uint64_t)(text[i] - '0');
        if (number > (INT64_MAX - digit) / 10)
            return false;
        number = number * 10 + digit;
    }
    *value = number;
    return true;
}

bool text_to_decimal(const char *text, double *value)
{
    size_t whole = strspn(text, DIGITS);
    const char *rest = text + whole;
    if (whole == 0 || whole > 18)
        return false;
    if (*rest == '.') {
        size_t fraction = strspn(rest + 1, DIGITS);
        if (fraction == 0 || fraction > 18)
            return false;
        rest += 1 + fraction;
    }
    if (*rest)
        return false;
    *value = strtod(text, NULL);
    return true;
}

bool text_is_word_of(const char *text, const char *words)
{
    size_t length = strlen(text);
    while (*words) {
        size_t word = strcspn(words, " ");
        if (word == length && strncmp(words, text, word) == 0)
            return length > 0;
        words += word + strspn(words + word, " ");
    }
    return false;
}

bool text_is_key(const char *text, size_t length)
{
    return length > 0 && strspn(text, KEY_CHARACTERS) >= length;
}

bool text_is_workload_id(const char *text)
{
    size_t parts = 0;
    for (;;) {
        size_t length = strspn(text, KEY_CHARACTERS);
        if (length == 0)
            return false;
        parts++;
        text += length;
        if (*text == 0)
            return parts > 1;
        if (*text++ != '.')
            return false;
    }
}
