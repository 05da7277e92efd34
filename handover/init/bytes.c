/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See bytes.h.
 */
#include "handover/init/bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/measure/record.h"

#define ROOM_FIRST 65536

bool bytes_add(struct bytes *b, const void *from, size_t n)
{
    if (b->room - b->used < n) {
        size_t room = b->room ? b->room : ROOM_FIRST;
        while (room - b->used < n)
            room *= 2;
        char *at = realloc(b->at, room);
        if (!at)
            return false;
        b->at = at;
        b->room = room;
    }
    if (n > 0) /* there may be no memory on either side, where there is nothing to copy */
        memcpy(b->at + b->used, from, n);
    b->used += n;
    return true;
}

bool bytes_print(struct bytes *b, const char *format, ...)
{
    char text[2048];
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (n < 0)
        return false;
    return bytes_add(b, text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1);
}

bool joined_begin(struct bytes *joined, unsigned parts)
{
    return bytes_print(joined, "@tgjoin 1 parts=%u\n", parts);
}

bool joined_part(struct bytes *joined, const char *name, const char *facts, struct bytes *part)
{
    if (part->used == 0 || part->at[part->used - 1] != '\n')
        if (!bytes_add(part, "\n", 1))
            return false;
    return bytes_print(joined, "@tgpart name=%s bytes=%zu crc32=%08x%s%s\n", name, part->used, record_crc32(part->at, part->used),
                       facts[0] ? " " : "", facts) &&
           bytes_add(joined, part->at, part->used);
}

bool joined_end(struct bytes *joined)
{
    return bytes_print(joined, "@tgjoined bytes=%zu crc32=%08x\n", joined->used, record_crc32(joined->at, joined->used));
}
