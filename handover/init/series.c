/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Pure: see series.h.
 */
#include "handover/init/series.h"

#include <stdlib.h>
#include <string.h>

#define SIGNATURE "# GRUB Environment Block\n"

/* The end of the line that begins at `at`; a newline behind a backslash is a part of it. */
static size_t line_end(const char *block, size_t n, size_t at)
{
    for (; at < n && block[at] != '\n'; at++)
        at += block[at] == '\\';
    return at < n ? at + 1 : n;
}

static bool is_variable(const char *line, size_t n, const char *name)
{
    size_t length = strlen(name);
    return n > length && memcmp(line, name, length) == 0 && line[length] == '=';
}

bool series_failed(const char *block, size_t n, struct bytes *out)
{
    if (n < sizeof SIGNATURE - 1 || memcmp(block, SIGNATURE, sizeof SIGNATURE - 1) != 0)
        return false;
    for (size_t at = 0, end; at < n && block[at] != '\0'; at = end) {
        end = line_end(block, n, at);
        if (!is_variable(block + at, end - at, "failed"))
            continue;
        for (at += 7; at + 1 < end; at++) {
            at += block[at] == '\\';
            if (!bytes_add(out, block[at] == ';' ? "\n" : &block[at], 1))
                return false;
        }
    }
    return true;
}

void series_forget(char *block, size_t n)
{
    for (size_t at = 0, end; at < n;) {
        end = line_end(block, n, at);
        if (!is_variable(block + at, end - at, "failed") && !is_variable(block + at, end - at, "running")) {
            at = end;
            continue;
        }
        memmove(block + at, block + end, n - end);
        memset(block + n - (end - at), '#', end - at);
    }
}

bool series_report(struct bytes *joined, struct bytes *identity, const char *options, size_t n)
{
    struct bytes text = { 0 };
    bool ok = bytes_add(&text, options, n) && joined_begin(joined, 2) && joined_part(joined, "identity", "", identity) &&
              joined_part(joined, "tollgate", "status=hung lost=0", &text) && joined_end(joined);
    free(text.at);
    return ok;
}
