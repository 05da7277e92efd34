/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Strict reader and diff-friendly writer of JSON; see json_file.h. jansson bounds the depth of nesting (2048) and refuses numbers that are
 * not finite and bytes that are not UTF-8.
 */
#include "harness/tool/json_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/tool/file.h"

json_t *json_decode(const char *bytes, size_t size, struct error *e)
{
    json_error_t json_error;
    json_t *value = NULL;
    if (size == 0)
        error_set(e, "empty file");
    else if (!(value = json_loadb(bytes, size, JSON_REJECT_DUPLICATES, &json_error)))
        error_set(e, "line %d: not JSON: %s", json_error.line, json_error.text);
    return value;
}

json_t *json_file_read(const char *path, struct error *e)
{
    char *bytes;
    size_t size;
    if (!file_read(path, JSON_FILE_BYTES_MAX, &bytes, &size, e))
        return NULL;
    json_t *value = json_decode(bytes, size, e);
    free(bytes);
    if (!value)
        error_prefix(e, "%s", path);
    return value;
}

json_t *json_number(double value)
{
    if (value == floor(value) && fabs(value) < 9007199254740992.0)
        return json_integer((json_int_t)value);
    return json_real(value);
}

const char *json_number_text(char text[JSON_NUMBER_BYTES], double value)
{
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, JSON_NUMBER_BYTES, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    return text;
}

static void value_print(FILE *out, const json_t *value, int depth, int indent);

static void member_start(FILE *out, bool first, int depth, int indent)
{
    if (!first)
        fputc(',', out);
    if (depth > 0)
        fprintf(out, "\n%*s", indent, "");
}

static void object_print(FILE *out, const json_t *object, int depth, int indent)
{
    const char *key;
    json_t *value;
    bool first = true;
    fputc('{', out);
    json_object_foreach((json_t *)object, key, value) {
        member_start(out, first, depth, indent + 1);
        json_t *name = json_string(key);
        json_dumpf(name, out, JSON_ENCODE_ANY);
        json_decref(name);
        fputs(depth > 0 ? ": " : ":", out);
        value_print(out, value, depth - 1, indent + 1);
        first = false;
    }
    if (depth > 0 && !first)
        fprintf(out, "\n%*s", indent, "");
    fputc('}', out);
}

static void array_print(FILE *out, const json_t *array, int depth, int indent)
{
    size_t i;
    json_t *value;
    fputc('[', out);
    json_array_foreach(array, i, value) {
        member_start(out, i == 0, depth, indent + 1);
        value_print(out, value, depth - 1, indent + 1);
    }
    if (depth > 0 && json_array_size(array) > 0)
        fprintf(out, "\n%*s", indent, "");
    fputc(']', out);
}

static void value_print(FILE *out, const json_t *value, int depth, int indent)
{
    char text[JSON_NUMBER_BYTES];
    if (json_is_object(value))
        object_print(out, value, depth, indent);
    else if (json_is_array(value))
        array_print(out, value, depth, indent);
    else if (json_is_real(value))
        fputs(json_number_text(text, json_real_value(value)), out);
    else
        json_dumpf(value, out, JSON_ENCODE_ANY);
}

static size_t printed;

void json_print(FILE *out, const json_t *value, int depth)
{
    printed += out == stdout;
    value_print(out, value, depth, 0);
    fputc('\n', out);
}

size_t json_print_count(void)
{
    return printed;
}

bool json_file_write(const char *path, const json_t *value, int depth, struct error *e)
{
    struct file_output file;
    if (!file_create(&file, path, e))
        return false;
    json_print(file.stream, value, depth);
    return file_commit(&file, e);
}
