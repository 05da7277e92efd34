/* SPDX-License-Identifier: BSD-2-Clause
 *
 * SVG into a page: several pictures of one program bring the same ids, which must not meet. See report_html.h.
 */
#include <stdlib.h>
#include <string.h>

#include "harness/tool/file.h"
#include "harness/tool/report_html.h"
#include "harness/tool/report_text.h"

#define SVG_BYTES_MAX (16u << 20)

/* Text after which an id, or a reference to one, begins. */
static const char *const id_openers[] = { " id=\"", " id='", "href=\"#", "href='#", "url(#" };

static size_t opener_at(const char *p)
{
    for (size_t i = 0; i < sizeof id_openers / sizeof *id_openers; i++)
        if (strncmp(p, id_openers[i], strlen(id_openers[i])) == 0)
            return strlen(id_openers[i]);
    return 0;
}

/* Copies with every id prefixed; text between tags is left alone. `tag`: whether `p` is within one. */
static void svg_copy(FILE *out, const char *p, const char *end, const char *prefix, bool tag)
{
    while (p < end) {
        size_t n = tag ? opener_at(p) : 0;
        if (n) {
            fwrite(p, 1, n, out);
            fprintf(out, "%s-", prefix);
            p += n;
            continue;
        }
        tag = *p == '<' || (tag && *p != '>');
        putc(*p++, out);
    }
}

/* gnuplot's own <title> would pop up over the picture. Returns the end of its <title> and <desc>, or `p`. */
static const char *metadata_skip(const char *p)
{
    static const char *const elements[][2] = { { "<title>", "</title>" }, { "<desc>", "</desc>" } };
    for (size_t i = 0; i < 2; i++) {
        const char *start = p + strspn(p, " \t\r\n"), *end;
        if (strncmp(start, elements[i][0], strlen(elements[i][0])) == 0 && (end = strstr(start, elements[i][1])))
            p = end + strlen(elements[i][1]);
    }
    return p;
}

bool report_svg_inline(FILE *out, const char *path, const char *prefix, const char *title, struct error *e)
{
    char *text;
    size_t size;
    if (!file_read(path, SVG_BYTES_MAX, &text, &size, e))
        return false;
    const char *start = strstr(text, "<svg"), *body = start ? strchr(start, '>') : NULL, *end = body ? strstr(body, "</svg>") : NULL;
    if (!end) {
        free(text);
        return error_set(e, "%s: not a complete SVG picture", path);
    }
    fputs("<svg role=\"img\" aria-label=\"", out);
    report_html(out, title);
    putc('"', out);
    svg_copy(out, start + 4, body + 1, prefix, true);
    svg_copy(out, metadata_skip(body + 1), end, prefix, false);
    fputs("</svg>\n", out);
    free(text);
    return true;
}
