/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Errors of the host tool's modules: a function that can fail returns false and leaves one line of text that says what was
 * wrong and where. The text never holds a line end or another control byte, whatever the input that it quotes.
 */
#ifndef HARNESS_TOOL_ERROR_H
#define HARNESS_TOOL_ERROR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct error {
    char text[1024];
};

/* Always returns false, so that a caller can write `return error_set(e, ...)`. `e` may be NULL. */
__attribute__((format(printf, 2, 3))) bool error_set(struct error *e, const char *format, ...);
__attribute__((format(printf, 2, 0))) bool error_set_v(struct error *e, const char *format, va_list args);
/* Puts "prefix: " before the text; returns false. */
__attribute__((format(printf, 2, 3))) bool error_prefix(struct error *e, const char *format, ...);

#endif
