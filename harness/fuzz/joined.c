/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Joined logs, as `tollgate import` takes them off a stick or a serial line: as they are, and with their checksums put right, so that the fuzzer
 * gets past them.
 */
#include "harness/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "harness/tool/joined.h"
#include "harness/tool/rawlog.h"

/* Every part lies within the bytes, behind the one before it, and comes once. */
static void parts_check(const struct joined *joined, const char *bytes, size_t size)
{
    const char *from = bytes;
    if (joined->count == 0 || joined->count > JOINED_PARTS_MAX)
        fuzz_fail("a joined log of no parts, or of too many");
    for (size_t i = 0; i < joined->count; i++) {
        const struct joined_part *part = &joined->part[i];
        struct rawlog log;
        struct error e;
        if (part->bytes < from || part->size > (size_t)(bytes + size - part->bytes))
            fuzz_fail("a part outside of its log");
        if (joined_part_find(joined, part->name) != part)
            fuzz_fail("a part that comes twice, or is not found");
        if (rawlog_decode(part->bytes, part->size, false, &log, &e))
            rawlog_free(&log);
        from = part->bytes + part->size;
    }
}

static bool take(const char *bytes, size_t size)
{
    struct joined joined;
    struct error e;
    size_t at = 0, before;
    bool any = false;
    while (joined_find(bytes, size, &at)) {
        before = at;
        if (!joined_read(bytes, size, &at, &joined, &e))
            return false;
        if (at <= before || at > size)
            fuzz_fail("a joined log that does not move on, or ends outside");
        parts_check(&joined, bytes, size);
        any = true;
    }
    return any;
}

/* What stands behind "bytes=", where it fits. */
static size_t length_read(const char *text, const char *end)
{
    size_t n = 0;
    for (; text < end && *text >= '0' && *text <= '9' && n < 1u << 20; text++)
        n = n * 10 + (size_t)(*text - '0');
    return n;
}

static void sum_write(char *line, char *end, const char *from, size_t n)
{
    char *digits = memmem(line, (size_t)(end - line), "crc32=", 6), sum[9];
    if (!digits || end - digits < 14)
        return;
    snprintf(sum, sizeof sum, "%08lx", crc32_z(crc32_z(0, NULL, 0), (const unsigned char *)from, n));
    memcpy(digits + 6, sum, 8);
}

/* From the first joined log on: the sum of each part's bytes, and that of the whole. */
static void sums_correct(char *bytes, size_t size)
{
    size_t first = 0;
    if (!joined_find(bytes, size, &first))
        return;
    for (char *line = bytes + first, *end = bytes + size, *lf; line < end && (lf = memchr(line, '\n', (size_t)(end - line))); line = lf + 1) {
        char *length = memmem(line, (size_t)(lf - line), "bytes=", 6);
        size_t n = length ? length_read(length + 6, lf) : 0;
        if (lf - line > 8 && memcmp(line, "@tgpart ", 8) == 0 && n <= (size_t)(end - lf - 1)) {
            sum_write(line, lf, lf + 1, n);
            lf += n;
        } else if (lf - line > 10 && memcmp(line, "@tgjoined ", 10) == 0) {
            sum_write(line, lf, bytes + first, (size_t)(line - bytes) - first);
            return;
        }
    }
}

bool fuzz_accepts(const uint8_t *bytes, size_t size)
{
    bool accepted = take((const char *)bytes, size);
    char *copy = malloc(size ? size : 1);
    if (!copy)
        return accepted;
    memcpy(copy, bytes, size);
    sums_correct(copy, size);
    take(copy, size);
    free(copy);
    return accepted;
}
