/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See joined.h.
 */
#include "harness/tool/joined.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#define FIRST "@tgjoin 1 parts="
#define PART "@tgpart "
#define LAST "@tgjoined "
#define LINE_BYTES_MAX 256

static const char *const names[] = { "identity", "tollgate", "linux" };

bool joined_find(const char *bytes, size_t size, size_t *at)
{
    const char *from = bytes + *at, *end = bytes + size, *found;
    for (; from < end && (found = memmem(from, (size_t)(end - from), FIRST, sizeof FIRST - 1)); from = found + 1)
        if (found == bytes || found[-1] == '\n') {
            *at = (size_t)(found - bytes);
            return true;
        }
    return false;
}

/* Copies the line at *at without its end; false when there is none, or it is too long. */
static bool line_take(const char *bytes, size_t size, size_t *at, char line[LINE_BYTES_MAX])
{
    const char *end = *at < size ? memchr(bytes + *at, '\n', size - *at) : NULL;
    size_t n = end ? (size_t)(end - bytes) - *at : LINE_BYTES_MAX;
    if (n >= LINE_BYTES_MAX || memchr(bytes + *at, '\0', n))
        return false;
    memcpy(line, bytes + *at, n);
    line[n] = '\0';
    *at += n + 1;
    return true;
}

/* "bytes=<n> crc32=<8 digits>[ rest]"; *rest points behind. */
static bool sum_read(const char *text, unsigned long long *bytes, unsigned *crc, const char **rest)
{
    int used = 0;
    if (sscanf(text, "bytes=%19llu crc32=%8x%n", bytes, crc, &used) != 2 || used == 0)
        return false;
    const char *digits = text + used - 8;
    *rest = text + used;
    return digits > text && strspn(digits, "0123456789abcdef") >= 8 && digits[-1] == '=';
}

static bool sum_holds(const char *bytes, size_t n, unsigned crc)
{
    return crc32_z(crc32_z(0, NULL, 0), (const unsigned char *)bytes, n) == crc;
}

static bool name_read(const char *line, struct joined_part *part, const char **rest)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t n = strlen(names[i]);
        if (strncmp(line, PART "name=", sizeof PART - 1 + 5) == 0 && strncmp(line + sizeof PART - 1 + 5, names[i], n) == 0 &&
            line[sizeof PART - 1 + 5 + n] == ' ') {
            snprintf(part->name, sizeof part->name, "%s", names[i]);
            *rest = line + sizeof PART - 1 + 5 + n + 1;
            return true;
        }
    }
    return false;
}

static bool part_read(const char *bytes, size_t size, size_t *at, struct joined *joined, struct error *e)
{
    struct joined_part part = { 0 };
    char line[LINE_BYTES_MAX];
    const char *rest;
    unsigned long long length;
    unsigned crc;
    if (!line_take(bytes, size, at, line) || !name_read(line, &part, &rest) || !sum_read(rest, &length, &crc, &rest) ||
        (*rest && *rest != ' ') || strlen(rest) >= sizeof part.facts)
        return error_set(e, "part %zu of the joined log has no head that this tool knows", joined->count + 1);
    if (joined_part_find(joined, part.name))
        return error_set(e, "part \"%s\" comes twice", part.name);
    if (length > size - *at)
        return error_set(e, "part \"%s\" is cut short: %llu bytes, %zu are there", part.name, length, size - *at);
    if (!sum_holds(bytes + *at, (size_t)length, crc))
        return error_set(e, "part \"%s\" is damaged: its checksum does not hold", part.name);
    snprintf(part.facts, sizeof part.facts, "%s", rest + (*rest == ' '));
    part.bytes = bytes + *at;
    part.size = (size_t)length;
    *at += part.size;
    joined->part[joined->count++] = part;
    return true;
}

bool joined_read(const char *bytes, size_t size, size_t *at, struct joined *joined, struct error *e)
{
    size_t first = *at;
    char line[LINE_BYTES_MAX];
    const char *rest;
    unsigned long long length;
    unsigned parts, crc;
    int used = 0;
    *joined = (struct joined){ 0 };
    if (!line_take(bytes, size, at, line) || sscanf(line, FIRST "%1u%n", &parts, &used) != 1 || line[used] || parts < 1 || parts > JOINED_PARTS_MAX)
        return error_set(e, "the joined log has no first line that this tool knows");
    while (joined->count < parts)
        if (!part_read(bytes, size, at, joined, e))
            return false;
    size_t covered = *at - first;
    if (!line_take(bytes, size, at, line) || strncmp(line, LAST, sizeof LAST - 1) != 0 || !sum_read(line + sizeof LAST - 1, &length, &crc, &rest) ||
        *rest)
        return error_set(e, "the joined log does not end as it should: it is cut short, or something follows its last part");
    if (length != covered || !sum_holds(bytes + first, covered, crc))
        return error_set(e, "the joined log is damaged: its checksum does not hold");
    return true;
}

const struct joined_part *joined_part_find(const struct joined *joined, const char *name)
{
    for (size_t i = 0; i < joined->count; i++)
        if (strcmp(joined->part[i].name, name) == 0)
            return &joined->part[i];
    return NULL;
}
