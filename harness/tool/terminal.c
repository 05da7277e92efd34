/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See terminal.h.
 */
#include "harness/tool/terminal.h"

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

void terminal_print(FILE *out, const char *text, size_t first, size_t indent, size_t columns)
{
    size_t most = first > indent ? first : indent;
    char *save, *wrapped = columns == SIZE_MAX || columns <= most ? strdup(text) : report_wrap(text, columns - most);
    if (!wrapped)
        abort(); /* a line of text */
    for (char *line = strtok_r(wrapped, "\n", &save); line; line = strtok_r(NULL, "\n", &save), first = indent)
        fprintf(out, "%*s%s\n", (int)first, "", line);
    free(wrapped);
}
