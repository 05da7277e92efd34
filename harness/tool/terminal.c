/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See terminal.h.
 */
#include "harness/tool/terminal.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "harness/tool/report_text.h"
#include "harness/tool/text.h"

size_t terminal_columns(void)
{
    struct winsize size = { 0 };
    const char *said = getenv("COLUMNS");
    uint64_t columns = 0;
    if (!said || !text_to_count(said, strlen(said), &columns) || columns < TERMINAL_COLUMNS_MIN)
        columns = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
    return columns >= TERMINAL_COLUMNS_MIN ? columns : SIZE_MAX;
}

/* Text from a file must not drive the terminal. */
static void line_print(FILE *out, const char *text, size_t length, size_t indent)
{
    char *line = strndup(text, length);
    if (!line)
        abort(); /* a line of text */
    char *plain = report_plain(line, SIZE_MAX);
    fprintf(out, "%*s%s\n", (int)indent, "", plain);
    free(plain);
    free(line);
}

void terminal_print(FILE *out, const char *text, size_t first, size_t indent, size_t columns)
{
    size_t most = first > indent ? first : indent;
    char *save, *wrapped = columns == SIZE_MAX || columns <= most ? strdup(text) : report_wrap(text, columns - most);
    if (!wrapped)
        abort(); /* a line of text */
    for (char *line = strtok_r(wrapped, "\n", &save); line; line = strtok_r(NULL, "\n", &save), first = indent)
        line_print(out, line, strlen(line), first);
    free(wrapped);
}

/* Columns of a table that does not fit: one blank between them is enough. */
static void blanks_squeeze(char *line)
{
    char *to = line;
    for (const char *from = line; *from; from++)
        if (*from != ' ' || from[1] != ' ')
            *to++ = *from;
    *to = '\0';
}

void terminal_lines_print(FILE *out, const char *text)
{
    terminal_lines_fold(out, text, terminal_columns());
}

void terminal_lines_fold(FILE *out, const char *text, size_t across)
{
    for (const char *next; *text; text = next) {
        size_t length = strcspn(text, "\n"), indent = strspn(text, " ");
        next = text + length + (text[length] == '\n');
        if (length <= across) {
            line_print(out, text, length, 0);
            continue;
        }
        char *line = strndup(text + indent, length - indent);
        if (!line)
            abort(); /* a line of text */
        blanks_squeeze(line);
        indent = indent <= 4 ? indent : indent / 4;
        terminal_print(out, line, indent, indent + 2, across);
        free(line);
    }
}

void terminal_printf(FILE *out, const char *format, ...)
{
    char *text;
    va_list args;
    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        abort(); /* some lines of text */
    va_end(args);
    terminal_lines_print(out, text);
    free(text);
}
