/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Formatted text on the console.
 */
#include "kernel/x86_64/print.h"

#include <stdarg.h>

#include "kernel/x86_64/arch.h"

#define LINE_BYTES 512

struct line {
    size_t n;
    char bytes[LINE_BYTES];
};

static void line_add(struct line *line, char c)
{
    if (line->n < LINE_BYTES)
        line->bytes[line->n++] = c;
}

static void line_add_string(struct line *line, const char *s)
{
    for (s = s ? s : "(null)"; *s; s++)
        line_add(line, *s);
}

static void line_add_number(struct line *line, uint64_t value, unsigned base, unsigned width)
{
    char digits[32];
    unsigned n = 0;
    do {
        digits[n++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    for (; width > n; width--)
        line_add(line, '0');
    while (n > 0)
        line_add(line, digits[--n]);
}

/* Reads what follows a '%', adds the argument, and returns the last character read. */
static const char *line_add_argument(struct line *line, const char *f, va_list *arguments)
{
    unsigned width = 0, is_long = 0;
    for (; *f >= '0' && *f <= '9'; f++)
        width = width * 10 + (unsigned)(*f - '0');
    for (; *f == 'l'; f++)
        is_long = 1;
    switch (*f) {
    case 's':
        line_add_string(line, va_arg(*arguments, const char *));
        return f;
    case 'u':
    case 'x':
        line_add_number(line, is_long ? va_arg(*arguments, uint64_t) : va_arg(*arguments, unsigned), *f == 'x' ? 16 : 10, width);
        return f;
    default:
        line_add(line, '%');
        return f - (*f == 0);
    }
}

void print(const char *format, ...)
{
    struct line line = { .n = 0 };
    va_list arguments;
    va_start(arguments, format);
    for (const char *f = format; *f; f++) {
        if (*f == '%')
            f = line_add_argument(&line, f + 1, &arguments);
        else
            line_add(&line, *f);
    }
    va_end(arguments);
    arch_console_write(line.bytes, line.n);
}
