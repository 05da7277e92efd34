/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Results in memory and on disk; see result.h and results/FORMAT.md section 2.
 */
#include "harness/tool/result.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "harness/tool/floor.h"
#include "harness/tool/json_file.h"
#include "harness/tool/row_json.h"
#include "harness/tool/text.h"

/* What the host must add for a result to say what it is. */
static const char *const host_context_keys[] = { "target", "commit", "date", NULL };

/* --- from a log --- */

static bool context_merge(json_t *context, const json_t *host, struct error *e)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)host, key, value) {
        json_t *guest = json_object_get(context, key);
        if (guest && !json_equal(guest, value))
            return error_set(e, "context key \"%.80s\": the guest says \"%.80s\", the host disagrees", key,
                             json_string_value(guest));
        if (!guest && json_object_set(context, key, value) != 0)
            return error_set(e, "out of memory");
    }
    return true;
}

static bool context_check(const json_t *context, struct error *e)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)context, key, value)
        if (strcmp(key, "dirty") != 0 && !json_is_string(value))
            return error_set(e, "context: \"%.80s\" is not a string", key);
    if (!json_is_boolean(json_object_get(context, "dirty")))
        return error_set(e, "context: \"dirty\" is missing or not a boolean");
    for (const char *const *k = host_context_keys; *k; k++)
        if (!json_object_get(context, *k))
            return error_set(e, "context: \"%s\" is missing", *k);
    for (const char *const *k = rawlog_context_keys; *k; k++)
        if (!json_object_get(context, *k))
            return error_set(e, "context: \"%s\" is missing", *k);
    if (!row_unit_matches(json_string_value(json_object_get(context, "unit")),
                          json_string_value(json_object_get(context, "fidelity"))))
        return error_set(e, "context: unit and fidelity do not go together");
    return true;
}

bool result_from_log(struct rawlog *log, const json_t *host_context, struct result *result, struct error *e)
{
    *result = (struct result){ 0 };
    if (!log->ok)
        return error_set(e, "the guest reported failure (status=fail in its end record)");
    json_t *context = json_copy(log->context);
    if (!context || !context_merge(context, host_context, e) || !context_check(context, e)) {
        json_decref(context);
        return false;
    }
    *result = (struct result){
        .context = context, .rows = log->rows, .row_count = log->row_count,
        .skipped = json_incref(log->skipped), .tests = json_incref(log->tests),
    };
    log->rows = NULL;
    log->row_count = 0;
    floors_derive(result);
    return true;
}

/* --- writing --- */

static json_t *rows_to_json(const struct result *result)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < result->row_count; i++)
        if (json_array_append_new(rows, row_to_json(&result->rows[i])) != 0) {
            json_decref(rows);
            return NULL;
        }
    return rows;
}

bool result_write(const char *path, const struct result *result, struct error *e)
{
    json_t *rows = rows_to_json(result);
    json_t *root = json_object();
    bool ok = rows && json_object_set_new(root, "schema", json_string(RESULT_SCHEMA)) == 0 &&
              json_object_set(root, "context", result->context) == 0 && json_object_set(root, "rows", rows) == 0;
    if (ok && json_array_size(result->skipped) > 0)
        ok = json_object_set(root, "skipped", result->skipped) == 0;
    if (ok && json_array_size(result->tests) > 0)
        ok = json_object_set(root, "tests", result->tests) == 0;
    ok = ok ? json_file_write(path, root, 2, e) : error_set(e, "a value is missing or not UTF-8");
    json_decref(rows);
    json_decref(root);
    return ok;
}

/* --- reading --- */

/* Array of objects that hold these strings and no others; the third may be left out. Absent: an empty array. */
static bool list_read(const json_t *root, const char *name, const char *const keys[3], json_t **list, struct error *e)
{
    size_t i;
    json_t *element;
    json_t *array = json_object_get(root, name);
    *list = array ? json_incref(array) : json_array();
    if (!json_is_array(*list))
        return error_set(e, "\"%s\" is not an array", name);
    json_array_foreach(*list, i, element) {
        size_t known = 0;
        for (size_t k = 0; k < 3 && keys[k]; k++) {
            bool there = json_is_string(json_object_get(element, keys[k]));
            known += there;
            if (!there && k < 2)
                return error_set(e, "\"%s\": element %zu has no string \"%s\"", name, i, keys[k]);
        }
        if (json_object_size(element) != known)
            return error_set(e, "\"%s\": element %zu holds an unknown field", name, i);
    }
    return true;
}

static bool rows_read(const json_t *root, struct result *result, struct error *e)
{
    const json_t *rows = json_object_get(root, "rows");
    const char *fidelity = result_context(result, "fidelity");
    size_t count = json_array_size(rows);
    if (!json_is_array(rows))
        return error_set(e, "\"rows\" is missing or not an array");
    result->rows = calloc(count + 1, sizeof *result->rows);
    if (!result->rows)
        return error_set(e, "out of memory");
    for (size_t i = 0; i < count; i++) {
        struct result_row *row = &result->rows[i];
        if (!row_from_json(json_array_get(rows, i), row, e))
            return error_prefix(e, "row %zu", i);
        result->row_count++;
        if (!row_unit_matches(row->unit, fidelity))
            return error_set(e, "row %zu: unit %s does not go with fidelity \"%s\"", i, row->unit, fidelity);
    }
    const struct result_row **sorted = rows_sorted(result->rows, count, e);
    free(sorted);
    return sorted != NULL;
}

static bool schema_check(const char *schema, struct error *e)
{
    uint64_t version;
    size_t family = strlen(RESULT_SCHEMA_FAMILY);
    if (schema && strcmp(schema, RESULT_SCHEMA) == 0)
        return true;
    if (schema && strncmp(schema, RESULT_SCHEMA_FAMILY, family) == 0 &&
        text_to_count(schema + family, strlen(schema + family), &version) && version > RESULT_VERSION)
        return error_set(e, "schema is \"%.80s\": written by a newer tollgate; this one reads \"" RESULT_SCHEMA "\", update it", schema);
    return error_set(e, "schema is \"%.80s\", this tool reads \"" RESULT_SCHEMA "\"", schema ? schema : "");
}

static bool root_check(const json_t *root, struct error *e)
{
    const char *key;
    json_t *value;
    if (!json_is_object(root))
        return error_set(e, "is not a JSON object");
    if (!schema_check(json_string_value(json_object_get(root, "schema")), e))
        return false;
    json_object_foreach((json_t *)root, key, value)
        if (!text_is_word_of(key, "schema context rows skipped tests"))
            return error_set(e, "unknown field \"%.80s\"", key);
    if (!json_is_object(json_object_get(root, "context")))
        return error_set(e, "\"context\" is missing or not an object");
    return true;
}

static bool tests_check(const json_t *tests, struct error *e)
{
    size_t i;
    json_t *test;
    json_array_foreach(tests, i, test)
        if (!text_is_word_of(json_string_value(json_object_get(test, "result")), "pass fail skip"))
            return error_set(e, "\"tests\": element %zu: result is none of: pass fail skip", i);
    return true;
}

static bool result_from_json(const json_t *root, struct result *result, struct error *e)
{
    static const char *const skip_keys[3] = { "workload", "reason", NULL };
    static const char *const test_keys[3] = { "name", "result", "detail" };
    if (!root_check(root, e))
        return false;
    result->context = json_incref(json_object_get(root, "context"));
    if (!context_check(result->context, e) || !rows_read(root, result, e) || !floors_check(result, e) ||
        !list_read(root, "skipped", skip_keys, &result->skipped, e) ||
        !list_read(root, "tests", test_keys, &result->tests, e))
        return false;
    if (result->row_count == 0 && json_array_size(result->tests) == 0)
        return error_set(e, "holds no row and no test");
    return tests_check(result->tests, e);
}

static bool result_from_root(json_t *root, struct result *result, struct error *e)
{
    *result = (struct result){ 0 };
    bool ok = root && result_from_json(root, result, e);
    json_decref(root);
    if (!ok)
        result_free(result);
    return ok;
}

bool result_decode(const char *bytes, size_t size, struct result *result, struct error *e)
{
    return result_from_root(json_decode(bytes, size, e), result, e);
}

static bool result_read_file(const char *path, struct result *result, struct error *e)
{
    *result = (struct result){ 0 };
    json_t *root = json_file_read(path, e);
    if (!root) /* the text names the path */
        return false;
    return result_from_root(root, result, e) || error_prefix(e, "%s", path);
}

bool result_read(const char *path, struct result *result, struct error *e)
{
    struct stat status;
    char *inside;
    *result = (struct result){ 0 };
    if (stat(path, &status) != 0)
        return error_set(e, "%s: %s", path, strerror(errno));
    if (!S_ISDIR(status.st_mode))
        return result_read_file(path, result, e);
    if (asprintf(&inside, "%s/result.json", path) < 0)
        return error_set(e, "out of memory");
    bool ok = result_read_file(inside, result, e);
    free(inside);
    return ok;
}

void result_free(struct result *result)
{
    json_decref(result->context);
    json_decref(result->skipped);
    json_decref(result->tests);
    for (size_t i = 0; i < result->row_count; i++)
        row_free(&result->rows[i]);
    free(result->rows);
    *result = (struct result){ 0 };
}

const char *result_context(const struct result *result, const char *key)
{
    return json_string_value(json_object_get(result->context, key));
}

const struct result_row *result_find(const struct result *result, const char *workload, const char *variant)
{
    for (size_t i = 0; i < result->row_count; i++)
        if (strcmp(result->rows[i].workload, workload) == 0 && strcmp(result->rows[i].variant, variant) == 0)
            return &result->rows[i];
    return NULL;
}
