/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Numbers and foreign strings as text; see report_text.h.
 */
#include "harness/tool/report_text.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Puts commas into the integer part of a plain decimal number. */
static void thousands_group(char text[REPORT_NUMBER_BYTES], const char *plain)
{
    size_t sign = plain[0] == '-', digits = strcspn(plain + sign, "."), used = 0;
    for (size_t i = 0; plain[i] && used + 2 < REPORT_NUMBER_BYTES; i++) {
        size_t place = i - sign;
        if (i > sign && place < digits && (digits - place) % 3 == 0)
            text[used++] = ',';
        text[used++] = plain[i];
    }
    text[used] = 0;
}

static const char *number_format(char text[REPORT_NUMBER_BYTES], double value, int decimals)
{
    char plain[REPORT_NUMBER_BYTES];
    if (!isfinite(value) || fabs(value) >= 1e18) {
        snprintf(text, REPORT_NUMBER_BYTES, "%g", value);
        return text;
    }
    snprintf(plain, sizeof plain, "%.*f", decimals, value);
    if (strchr(plain, '.')) {
        char *end = plain + strlen(plain);
        while (end[-1] == '0')
            *--end = 0;
        if (end[-1] == '.')
            *--end = 0;
    }
    thousands_group(text, strcmp(plain, "-0") == 0 ? "0" : plain);
    return text;
}

const char *report_number(char text[REPORT_NUMBER_BYTES], double value)
{
    return number_format(text, value, 2);
}

const char *report_number_exact(char text[REPORT_NUMBER_BYTES], double value)
{
    return number_format(text, value, 6);
}

const char *report_ratio_number(char text[REPORT_NUMBER_BYTES], double ratio)
{
    char plain[REPORT_NUMBER_BYTES];
    snprintf(plain, sizeof plain, "%.*f", ratio < 10 ? 2 : ratio < 100 ? 1 : 0, fmin(ratio, 1e18));
    thousands_group(text, plain);
    return text;
}

/* Length in bytes of the UTF-8 character at `text`, 1 for a byte that starts none. */
static size_t character_bytes(const char *text)
{
    unsigned char c = (unsigned char)*text;
    size_t n = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc2 ? 2 : 1;
    for (size_t i = 1; i < n; i++)
        if (((unsigned char)text[i] & 0xc0) != 0x80)
            return 1;
    return n;
}

/* C0 and C1 controls, the two noncharacters that XML forbids, stray bytes, and the controls that reorder text. */
static bool character_is_bad(const char *text, size_t bytes)
{
    const unsigned char *c = (const unsigned char *)text;
    if (bytes == 1)
        return c[0] < ' ' || c[0] >= 0x7f;
    if (bytes == 2)
        return c[0] == 0xc2 && c[1] < 0xa0;
    if (bytes == 3)
        return (c[0] == 0xef && c[1] == 0xbf && c[2] >= 0xbe) || (c[0] == 0xe2 && c[1] == 0x80 && c[2] >= 0xa8 && c[2] <= 0xae)
            || (c[0] == 0xe2 && c[1] == 0x81 && c[2] >= 0xa6 && c[2] <= 0xa9) || (c[0] == 0xed && c[1] >= 0xa0);
    return false;
}

char *report_plain(const char *text, size_t limit)
{
    char *plain = malloc(strlen(text) + 4);
    if (!plain)
        abort(); /* a line of text */
    size_t used = 0, characters = 0;
    for (size_t n; *text; text += n, characters++) {
        if (characters == limit) {
            memcpy(plain + used, "...", 3);
            used += 3;
            break;
        }
        n = character_bytes(text);
        if (character_is_bad(text, n))
            plain[used++] = ' ';
        else {
            memcpy(plain + used, text, n);
            used += n;
        }
    }
    plain[used] = 0;
    return plain;
}

/* Writes `text`, a control character as a blank, and what stands in `special` as the entry of `replaced` at the same place. */
static void text_write(FILE *out, const char *text, const char *special, const char *const replaced[])
{
    char *plain = report_plain(text, (size_t)-1);
    for (char *p = plain; (p = strstr(p, "]]>")); p++)
        p[1] = ' '; /* gnuplot copies it into SVG, where it may not stand */
    for (const char *p = plain; *p; p++) {
        const char *found = strchr(special, *p);
        if (found)
            fputs(replaced[found - special], out);
        else
            putc(*p, out);
    }
    free(plain);
}

void report_html(FILE *out, const char *text)
{
    static const char *const entities[] = { "&amp;", "&lt;", "&gt;", "&quot;", "&#39;" };
    text_write(out, text, "&<>\"'", entities);
}

void report_gnuplot_string(FILE *out, const char *text)
{
    static const char *const doubled[] = { "''" };
    putc('\'', out);
    text_write(out, text, "'", doubled);
    putc('\'', out);
}

void report_data_field(FILE *out, const char *text)
{
    /* gnuplot reads a quote as the start of a quoted field and a backslash as the start of an escape. */
    static const char *const harmless[] = { "'", "/" };
    text_write(out, text, "\"\\", harmless);
}

char *report_wrap(const char *text, size_t width)
{
    char *wrapped = strdup(text);
    if (!wrapped)
        abort(); /* a line of text */
    char *blank = NULL;
    size_t column = 0;
    for (char *p = wrapped; *p; p += character_bytes(p)) {
        if (*p == '\n') {
            column = 0;
            blank = NULL;
            continue;
        }
        if (*p == ' ')
            blank = p;
        if (++column > width && blank) {
            *blank = '\n';
            p = blank;
            column = 0;
            blank = NULL;
        }
    }
    return wrapped;
}
