/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Functions of the kernel; see functions.h.
 */
#include "harness/tool/functions.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "harness/tool/file.h"
#include "harness/tool/text.h"
#include "harness/tool/tool.h"

#define FUNCTIONS_BYTES_MAX (8u << 20)
#define COLUMNS 4

static bool digest_is_valid(const char *digest)
{
    return digest && strlen(digest) == 8 && strspn(digest, "0123456789abcdef") == 8;
}

/* Cuts a line at its tabs; true when there are exactly `count` columns, none empty. */
static bool line_split(char *line, char **column, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        column[i] = line;
        line += strcspn(line, "\t");
        if (line == column[i] || (*line == 0) != (i + 1 == count))
            return false;
        if (*line)
            *line++ = 0;
    }
    return true;
}

static bool function_add(json_t *functions, char *line)
{
    char *column[COLUMNS];
    uint64_t instructions, bytes;
    if (!line_split(line, column, COLUMNS) || !text_to_count(column[1], strlen(column[1]), &instructions) ||
        !text_to_count(column[2], strlen(column[2]), &bytes) || !digest_is_valid(column[3]) || json_object_get(functions, column[0]))
        return false;
    return json_object_set_new(functions, column[0], json_pack("[I,I,s]", (json_int_t)instructions, (json_int_t)bytes, column[3])) == 0;
}

static json_t *lines_read(char *text, char id[KERNEL_ID_BYTES], struct error *e)
{
    char *column[2], *line = strsep(&text, "\n");
    if (!line_split(line, column, 2) || strcmp(column[0], "kernel") != 0 || strlen(column[1]) >= KERNEL_ID_BYTES) {
        error_set(e, "line 1: not the identity of a kernel");
        return NULL;
    }
    strcpy(id, column[1]);
    json_t *functions = json_object();
    for (size_t number = 2; (line = strsep(&text, "\n")) != NULL; number++) {
        if ((*line == 0 && text == NULL) || function_add(functions, line))
            continue;
        error_set(e, "line %zu: not \"name, instructions, bytes, digest\" separated by tabs, or a name that was there before", number);
        json_decref(functions);
        return NULL;
    }
    return functions;
}

json_t *functions_read(const char *path, char id[KERNEL_ID_BYTES], struct error *e)
{
    char own[PATH_MAX + 32], *text;
    size_t size;
    snprintf(own, sizeof own, "%s/functions.txt", tool_build_dir());
    if (!path)
        path = own;
    if (!file_read(path, FUNCTIONS_BYTES_MAX, &text, &size, e))
        return NULL;
    json_t *functions = NULL;
    if (strlen(text) != size)
        error_set(e, "holds a NUL byte");
    else
        functions = lines_read(text, id, e);
    free(text);
    if (!functions)
        error_prefix(e, "%s", path);
    return functions;
}

bool functions_kernel(char id[KERNEL_ID_BYTES])
{
    json_t *functions = functions_read(NULL, id, NULL);
    json_decref(functions);
    return functions != NULL;
}

bool functions_check(const json_t *functions)
{
    const char *name;
    json_t *value;
    if (!json_is_object(functions))
        return false;
    json_object_foreach((json_t *)functions, name, value)
        if (json_array_size(value) != 3 || !json_is_integer(json_array_get(value, 0)) || !json_is_integer(json_array_get(value, 1)) ||
            !digest_is_valid(json_string_value(json_array_get(value, 2))))
            return false;
    return true;
}

static long long instructions_of(const json_t *function)
{
    return (long long)json_integer_value(json_array_get(function, 0));
}

size_t functions_compare(const json_t *before, const json_t *after, FILE *out)
{
    const char *name;
    json_t *old, *new;
    size_t differ = 0;
    json_object_foreach((json_t *)before, name, old) {
        new = json_object_get(after, name);
        if (new && json_equal(old, new))
            continue;
        differ++;
        if (!new)
            fprintf(out, "  %-32s %lld instructions, gone\n", name, instructions_of(old));
        else if (instructions_of(old) != instructions_of(new))
            fprintf(out, "  %-32s %lld -> %lld instructions (%+lld)\n", name, instructions_of(old), instructions_of(new),
                    instructions_of(new) - instructions_of(old));
        else
            fprintf(out, "  %-32s %lld instructions, some of them others\n", name, instructions_of(old));
    }
    json_object_foreach((json_t *)after, name, new) {
        if (json_object_get(before, name))
            continue;
        differ++;
        fprintf(out, "  %-32s %lld instructions, new\n", name, instructions_of(new));
    }
    return differ;
}
