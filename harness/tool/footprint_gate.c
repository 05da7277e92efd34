/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Footprints against accepted ones; see footprint_gate.h.
 */
#include "harness/tool/footprint_gate.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "harness/tool/json_file.h"

static bool rows_check(json_t *rows)
{
    const char *name, *key;
    json_t *row, *value;
    if (!json_is_object(rows) || json_object_size(rows) == 0)
        return false;
    json_object_foreach(rows, name, row) {
        if (!json_is_object(row) || json_object_size(row) == 0)
            return false;
        json_object_foreach(row, key, value)
            if (!json_is_integer(value) || json_integer_value(value) < 0)
                return false;
    }
    return true;
}

static void row_difference_print(FILE *out, const char *name, json_t *before, json_t *after)
{
    const char *key;
    json_t *value;
    fprintf(out, "changed  %s:", name);
    json_object_foreach(before, key, value) {
        json_int_t a = json_integer_value(value), b = json_integer_value(json_object_get(after, key));
        if (a != b || !json_object_get(after, key))
            fprintf(out, "  %s %" JSON_INTEGER_FORMAT " -> %" JSON_INTEGER_FORMAT " (%+lld)", key, a, b, (long long)(b - a));
    }
    fputc('\n', out);
}

static json_t *reference_root(const char *path, struct error *e)
{
    json_t *root = json_file_read(path, e);
    const char *schema = json_string_value(json_object_get(root, "schema"));
    if (root && schema && strcmp(schema, FOOTPRINT_REFERENCE_SCHEMA) == 0 && rows_check(json_object_get(root, "rows")))
        return root;
    if (root)
        error_set(e, "%s is not of schema \"" FOOTPRINT_REFERENCE_SCHEMA "\"", path);
    json_decref(root);
    return NULL;
}

char *footprint_gate_selection(const char *path, struct error *e)
{
    json_t *root = reference_root(path, e), *seen = json_object(), *row;
    const char *name;
    char *text = NULL;
    size_t bytes;
    FILE *f = root ? open_memstream(&text, &bytes) : NULL;
    if (f) {
        json_object_foreach(json_object_get(root, "rows"), name, row) {
            char *workload = strndup(name, strcspn(name, " "));
            if (!workload)
                abort();
            if (!json_object_get(seen, workload))
                fprintf(f, "%s%s", json_object_size(seen) ? "," : "", workload);
            json_object_set_new(seen, workload, json_true());
            free(workload);
        }
        fclose(f);
    }
    json_decref(seen);
    json_decref(root);
    return text;
}

bool footprint_gate(const char *path, json_t *rows, FILE *out, size_t *differ, struct error *e)
{
    json_t *root = reference_root(path, e), *before = json_object_get(root, "rows"), *row;
    const char *name;
    *differ = 0;
    if (!root)
        return false;
    json_object_foreach(before, name, row) {
        json_t *now = json_object_get(rows, name);
        *differ += !json_equal(row, now);
        if (!now)
            fprintf(out, "missing  %s\n", name);
        else if (!json_equal(row, now))
            row_difference_print(out, name, row, now);
    }
    json_object_foreach(rows, name, row)
        if (!json_object_get(before, name)) {
            ++*differ;
            fprintf(out, "new      %s\n", name);
        }
    json_decref(root);
    return true;
}

bool footprint_accept(const char *path, json_t *rows, const json_t *context, const char *caches, const char *reason, struct error *e)
{
    if (!rows_check(rows))
        return error_set(e, "there is nothing to accept");
    json_t *root = json_pack("{s:s, s:s, s:s*, s:O?, s:O?, s:O}", "schema", FOOTPRINT_REFERENCE_SCHEMA, "reason", reason, "caches", caches, "commit",
                             json_object_get(context, "commit"), "compiler", json_object_get(context, "compiler"), "rows", rows);
    bool ok = root ? json_file_write(path, root, 2, e) : error_set(e, "the reason is not UTF-8");
    json_decref(root);
    return ok;
}
