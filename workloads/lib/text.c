/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Freestanding memory and text. The memory functions are byte loops on purpose: nothing measured copies by them.
 */
#include "workloads/lib/text.h"

/* The loops below must not become calls of themselves. */
#if defined(__clang__)
#define NO_LIBRARY_CALLS __attribute__((no_builtin))
#else
#define NO_LIBRARY_CALLS __attribute__((optimize("no-tree-loop-distribute-patterns")))
#endif

NO_LIBRARY_CALLS void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
    char *d = to;
    const char *s = from;

    for (size_t i = 0; i < n; i++)
        d[i] = s[i];
    return to;
}

NO_LIBRARY_CALLS void *memmove(void *to, const void *from, size_t n)
{
    char *d = to;
    const char *s = from;

    if (d <= s)
        for (size_t i = 0; i < n; i++)
            d[i] = s[i];
    else
        for (size_t i = n; i > 0; i--)
            d[i - 1] = s[i - 1];
    return to;
}

NO_LIBRARY_CALLS void *memset(void *to, int value, size_t n)
{
    char *d = to;

    for (size_t i = 0; i < n; i++)
        d[i] = (char)value;
    return to;
}

NO_LIBRARY_CALLS int memcmp(const void *a, const void *b, size_t n)
{
    const unsigned char *x = a, *y = b;

    for (size_t i = 0; i < n; i++)
        if (x[i] != y[i])
            return x[i] < y[i] ? -1 : 1;
    return 0;
}

size_t text_length(const char *text)
{
    size_t n = 0;

    while (text[n] != '\0')
        n++;
    return n;
}

bool text_equal(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

bool text_starts(const char *text, const char *prefix)
{
    while (*prefix != '\0' && *text == *prefix) {
        text++;
        prefix++;
    }
    return *prefix == '\0';
}

static bool at_end(const char *pattern) { return *pattern == '\0' || *pattern == ','; }

static bool alternative_matches(const char *pattern, const char *text)
{
    const char *star = NULL, *resume = NULL;

    while (*text != '\0') {
        if (*pattern == '*') {
            star = ++pattern;
            resume = text;
        } else if (!at_end(pattern) && (*pattern == '?' || *pattern == *text)) {
            pattern++;
            text++;
        } else if (star != NULL) {
            pattern = star;
            text = ++resume;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return at_end(pattern);
}

bool text_matches(const char *pattern, const char *text)
{
    while (!alternative_matches(pattern, text)) {
        while (!at_end(pattern))
            pattern++;
        if (*pattern++ == '\0')
            return false;
    }
    return true;
}

void text_init(struct text *t)
{
    t->used = 0;
    t->overflow = false;
    t->bytes[0] = '\0';
}

static void text_add_char(struct text *t, char c)
{
    if (t->used + 1 == sizeof t->bytes) {
        t->overflow = true;
        return;
    }
    t->bytes[t->used++] = c;
    t->bytes[t->used] = '\0';
}

void text_add(struct text *t, const char *piece)
{
    while (*piece != '\0')
        text_add_char(t, *piece++);
}

static void text_add_number(struct text *t, uint64_t number, unsigned base)
{
    char digits[20];
    size_t n = 0;

    do {
        digits[n++] = "0123456789abcdef"[number % base];
        number /= base;
    } while (number != 0);
    while (n > 0)
        text_add_char(t, digits[--n]);
}

void text_add_decimal(struct text *t, uint64_t number)
{
    text_add_number(t, number, 10);
}

void text_add_hex(struct text *t, uint64_t number)
{
    text_add(t, "0x");
    text_add_number(t, number, 16);
}
