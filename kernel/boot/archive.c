/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Reader of boot archives. An entry is a head of 110 characters, the name with its NUL, and the data; name and data are padded to
 * four bytes from the start of the archive. "TRAILER!!!" ends it; an archive without one is truncated.
 */
#include "kernel/boot/archive.h"

#include <stdbool.h>

#define HEAD_BYTES 110
#define MAGIC_BYTES 6
#define FIELD_DIGITS 8
#define NAME_BYTES_MAX 4096

/* Numbers of the fields that follow the magic. */
enum { FIELD_MODE = 1, FIELD_FILE_BYTES = 6, FIELD_NAME_BYTES = 11 };

static const char magic[MAGIC_BYTES + 1] = "070701";
static const char trailer[] = "TRAILER!!!";

void archive_open(struct archive *a, const void *bytes, size_t n)
{
    *a = (struct archive){ .bytes = bytes, .n = n };
}

static enum archive_result archive_bad(struct archive *a, const char *error)
{
    a->error = error;
    return ARCHIVE_BAD;
}

static bool names_are_equal(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

/* Reads eight hexadecimal digits; false when one is not. */
static bool field_read(const uint8_t *head, unsigned field, uint32_t *value)
{
    const uint8_t *at = head + MAGIC_BYTES + field * FIELD_DIGITS;
    *value = 0;
    for (unsigned i = 0; i < FIELD_DIGITS; i++) {
        unsigned digit = at[i] - '0', letter = (at[i] | 0x20u) - 'a'; /* of either case */
        if (digit > 9 && letter > 5)
            return false;
        *value = *value << 4 | (digit > 9 ? letter + 10 : digit);
    }
    return true;
}

static size_t padded(size_t offset) { return (offset + 3) & ~(size_t)3; }

/* What is wrong with a name of `n` bytes, its NUL included; NULL when nothing is. */
static const char *name_error(const uint8_t *name, size_t n)
{
    for (size_t i = 0; i + 1 < n; i++)
        if (name[i] == 0)
            return "archive: a name has a NUL within";
    return name[n - 1] == 0 ? NULL : "archive: a name is not terminated";
}

enum archive_result archive_next(struct archive *a, struct archive_entry *out)
{
    uint32_t name_bytes, file_bytes;
    const char *error;
    if (a->error)
        return ARCHIVE_BAD;
    if (a->n < a->offset || a->n - a->offset < HEAD_BYTES)
        return archive_bad(a, "archive: truncated (no trailer)");
    const uint8_t *head = a->bytes + a->offset;
    for (unsigned i = 0; i < MAGIC_BYTES; i++)
        if (head[i] != (uint8_t)magic[i])
            return archive_bad(a, "archive: bad magic number (not cpio newc)");
    if (!field_read(head, FIELD_MODE, &out->mode) || !field_read(head, FIELD_FILE_BYTES, &file_bytes) ||
        !field_read(head, FIELD_NAME_BYTES, &name_bytes))
        return archive_bad(a, "archive: a number is not hexadecimal");
    if (name_bytes < 2 || name_bytes > NAME_BYTES_MAX)
        return archive_bad(a, "archive: a name is empty or too long");
    size_t left = a->n - a->offset - HEAD_BYTES;
    if (name_bytes > left)
        return archive_bad(a, "archive: truncated within a name");
    if ((error = name_error(head + HEAD_BYTES, name_bytes)) != NULL)
        return archive_bad(a, error);
    out->name = (const char *)head + HEAD_BYTES;
    if (names_are_equal(out->name, trailer))
        return ARCHIVE_END;
    size_t data = padded(a->offset + HEAD_BYTES + name_bytes);
    if (data > a->n || file_bytes > a->n - data)
        return archive_bad(a, "archive: truncated within a file");
    out->data = a->bytes + data;
    out->bytes = file_bytes;
    a->offset = padded(data + file_bytes);
    return ARCHIVE_ENTRY;
}

const char *archive_check(const void *bytes, size_t n)
{
    struct archive a;
    struct archive_entry entry;
    archive_open(&a, bytes, n);
    while (archive_next(&a, &entry) == ARCHIVE_ENTRY) {
    }
    return a.error;
}

enum archive_result archive_find(const void *bytes, size_t n, const char *name, struct archive_entry *out, const char **error)
{
    struct archive a;
    enum archive_result result;
    archive_open(&a, bytes, n);
    while ((result = archive_next(&a, out)) == ARCHIVE_ENTRY)
        if ((out->mode & ARCHIVE_MODE_TYPE) == ARCHIVE_MODE_FILE && names_are_equal(out->name, name))
            return ARCHIVE_ENTRY;
    if (error)
        *error = a.error;
    return result;
}
