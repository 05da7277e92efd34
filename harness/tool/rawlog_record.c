/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Frame and fields of one record; see rawlog_record.h. The CRC is zlib's, so that writer (harness/measure) and reader are independent.
 */
#include "harness/tool/rawlog_record.h"

#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "harness/tool/text.h"

#define PREFIX_BYTES 4  /* "@tg " */
#define TRAILER_BYTES 10 /* " *" and eight digits */

static bool crc_check(const char *line, size_t line_bytes, struct error *e)
{
    if (line_bytes < PREFIX_BYTES + TRAILER_BYTES)
        return error_set(e, "record is cut: no \" *\" and CRC at its end");
    size_t covered = line_bytes - TRAILER_BYTES;
    char expected[TRAILER_BYTES + 1];
    snprintf(expected, sizeof expected, " *%08lx", crc32(0, (const Bytef *)line, (uInt)covered));
    if (memcmp(line + covered, " *", 2) != 0)
        return error_set(e, "record is cut: no \" *\" and CRC at its end");
    if (memcmp(line + covered, expected, TRAILER_BYTES) != 0)
        return error_set(e, "CRC is %.8s, the record's bytes give %s", line + covered + 2, expected + 2);
    return true;
}

bool record_open(struct record *r, const char *line, size_t line_bytes, uint64_t seq_expected, struct error *e)
{
    if (line_bytes > RECORD_LINE_BYTES_MAX)
        return error_set(e, "record of %zu bytes, the limit is %d", line_bytes, RECORD_LINE_BYTES_MAX);
    if (!crc_check(line, line_bytes, e))
        return false;
    const char *end = line + line_bytes - TRAILER_BYTES;
    const char *seq = line + PREFIX_BYTES;
    const char *kind = memchr(seq, ' ', (size_t)(end - seq));
    if (!kind || !text_to_count(seq, (size_t)(kind - seq), &r->seq))
        return error_set(e, "no sequence number behind \"@tg \"");
    if (r->seq != seq_expected)
        return error_set(e, "sequence number %llu, expected %llu", (unsigned long long)r->seq,
                         (unsigned long long)seq_expected);
    kind++;
    const char *blank = memchr(kind, ' ', (size_t)(end - kind));
    size_t kind_bytes = (size_t)((blank ? blank : end) - kind);
    if (!text_is_key(kind, kind_bytes) || kind_bytes >= sizeof r->kind)
        return error_set(e, "record without a kind");
    memcpy(r->kind, kind, kind_bytes);
    r->kind[kind_bytes] = 0;
    r->body = blank ? blank + 1 : end;
    r->body_bytes = (size_t)(end - r->body);
    return blank && r->body_bytes == 0 ? error_set(e, "blank without a field behind it") : true;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Undoes %XX in place; false on a byte that should have been escaped, a malformed escape, or an escaped NUL. */
static bool value_unescape(char *value)
{
    char *out = value;
    while (*value) {
        unsigned char c = (unsigned char)*value++;
        if (c < '!' || c > '~')
            return false;
        if (c == '%') {
            int high = hex_digit(value[0]);
            int low = high < 0 ? -1 : hex_digit(value[1]);
            if (low < 0 || high + low == 0)
                return false;
            c = (unsigned char)(high << 4 | low);
            value += 2;
        }
        *out++ = (char)c;
    }
    *out = 0;
    return true;
}

static bool field_split(struct record *r, char *field, struct error *e)
{
    char *equals = strchr(field, '=');
    if (!equals || !text_is_key(field, (size_t)(equals - field)))
        return error_set(e, "\"%.80s\" is not key=value", field);
    *equals = 0;
    if (record_find(r, field))
        return error_set(e, "key \"%.80s\" given twice", field);
    if (!value_unescape(equals + 1))
        return error_set(e, "value of \"%.80s\" is not escaped as it must be", field);
    if (r->field_count == RECORD_FIELDS_MAX)
        return error_set(e, "more than %d fields", RECORD_FIELDS_MAX);
    r->keys[r->field_count] = field;
    r->values[r->field_count] = equals + 1;
    r->taken[r->field_count++] = false;
    return true;
}

bool record_split(struct record *r, struct error *e)
{
    r->field_count = 0;
    memcpy(r->text, r->body, r->body_bytes);
    r->text[r->body_bytes] = 0;
    if (r->body_bytes == 0)
        return true;
    for (char *field = r->text; field;) {
        char *blank = strchr(field, ' ');
        if (blank)
            *blank++ = 0;
        if (!field_split(r, field, e))
            return false;
        field = blank;
    }
    return true;
}

const char *record_find(struct record *r, const char *key)
{
    for (size_t i = 0; i < r->field_count; i++)
        if (strcmp(r->keys[i], key) == 0) {
            r->taken[i] = true;
            return r->values[i];
        }
    return NULL;
}

const char *record_take(struct record *r, const char *key, struct error *e)
{
    const char *value = record_find(r, key);
    if (!value)
        error_set(e, "%s record without \"%s\"", r->kind, key);
    return value;
}

bool record_all_taken(const struct record *r, struct error *e)
{
    for (size_t i = 0; i < r->field_count; i++)
        if (!r->taken[i])
            return error_set(e, "unknown key \"%.80s\" in a %s record", r->keys[i], r->kind);
    return true;
}
