/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One-line error texts; see error.h.
 */
#include "harness/tool/error.h"

#include <stdio.h>
#include <string.h>

/* Input is quoted in error texts: a control byte in it must not break the line or reach a terminal. */
static void text_make_printable(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            *text = '?';
}

bool error_set_v(struct error *e, const char *format, va_list args)
{
    if (!e)
        return false;
    vsnprintf(e->text, sizeof e->text, format, args);
    text_make_printable(e->text);
    return false;
}

bool error_set(struct error *e, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    error_set_v(e, format, args);
    va_end(args);
    return false;
}

bool error_prefix(struct error *e, const char *format, ...)
{
    if (!e)
        return false;
    struct error old = *e;
    va_list args;
    va_start(args, format);
    error_set_v(e, format, args);
    va_end(args);
    size_t used = strlen(e->text);
    snprintf(e->text + used, sizeof e->text - used, ": %s", old.text);
    return false;
}
