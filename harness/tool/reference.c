/* SPDX-License-Identifier: BSD-2-Clause
 *
 * References; see reference.h. Invariant: a reference in memory has passed root_check or was made from a result; its rows hold
 * exactly the fields of the table.
 */
#include "harness/tool/reference.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "harness/tool/functions.h"
#include "harness/tool/json_file.h"
#include "harness/tool/text.h"

#define REFERENCE_UNIT "instructions"

static const struct reference_field {
    const char *name;
    bool count; /* an integer >= 0; otherwise any number */
} fields[] = {
    { "corrected", false }, { "p50", false }, { "min", false },    { "max", false },
    { "n", true },          { "batch", true }, { "overhead", true }, { "sum", true },
};
#define FIELD_COUNT (sizeof fields / sizeof fields[0])
#define FINGERPRINT "histogram"

/* --- from a result --- */

static bool samples_sum(const struct result_row *row, json_int_t *sum)
{
    __int128 total = 0;
    for (size_t i = 0; i < row->pair_count; i++) {
        total += (__int128)row->pairs[i].value * row->pairs[i].count;
        if (total > INT64_MAX)
            return false;
    }
    *sum = (json_int_t)total;
    return true;
}

/* CRC-32 of the histogram as a hist record spells it: "value:count value:count". */
static void fingerprint_format(char text[9], const struct result_row *row)
{
    uLong crc = crc32(0, NULL, 0);
    for (size_t i = 0; i < row->pair_count; i++) {
        char pair[48];
        int length = snprintf(pair, sizeof pair, "%s%llu:%llu", i ? " " : "", (unsigned long long)row->pairs[i].value,
                              (unsigned long long)row->pairs[i].count);
        crc = crc32(crc, (const Bytef *)pair, (uInt)length);
    }
    snprintf(text, 9, "%08lx", crc);
}

static json_t *row_to_object(const struct result_row *row, struct error *e)
{
    json_int_t sum;
    char fingerprint[9];
    if (strcmp(row->unit, REFERENCE_UNIT) != 0) {
        error_set(e, "row \"%.120s %.240s\" is in %s: only exact counts can be a reference", row->workload, row->variant,
                  row->unit);
        return NULL;
    }
    if (!samples_sum(row, &sum)) {
        error_set(e, "row \"%.120s %.240s\": sum of the samples exceeds 2^63-1", row->workload, row->variant);
        return NULL;
    }
    fingerprint_format(fingerprint, row);
    return json_pack("{s:o, s:o, s:o, s:o, s:I, s:I, s:I, s:I, s:s}", "corrected", json_number(row->corrected), "p50",
                     json_number(row->summary.p50), "min", json_number(row->summary.min), "max", json_number(row->summary.max),
                     "n", (json_int_t)row->n, "batch", (json_int_t)row->batch, "overhead", (json_int_t)row->overhead, "sum", sum,
                     FINGERPRINT, fingerprint);
}

static json_t *rows_to_object(const struct result *result, struct error *e)
{
    const struct result_row **sorted = rows_sorted(result->rows, result->row_count, e);
    json_t *rows = sorted ? json_object() : NULL;
    for (size_t i = 0; rows && i < result->row_count; i++) {
        json_t *row = row_to_object(sorted[i], e);
        char *name;
        if (row && asprintf(&name, "%s %s", sorted[i]->workload, sorted[i]->variant) >= 0) {
            json_object_set_new(rows, name, row);
            free(name);
            continue;
        }
        json_decref(row);
        json_decref(rows);
        rows = NULL;
    }
    free(sorted);
    return rows;
}

bool reference_from_result(const struct result *result, const char *reason, struct reference *reference, struct error *e)
{
    *reference = (struct reference){ 0 };
    const char *unit = result_context(result, "unit");
    if (strcmp(unit, REFERENCE_UNIT) != 0)
        return error_set(e, "the result is in %s: only exact counts can be a reference", unit);
    if (result->row_count == 0)
        return error_set(e, "the result holds no row");
    json_t *rows = rows_to_object(result, e);
    if (!rows)
        return false;
    const char *compiler = result_context(result, "compiler");
    reference->root = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "schema", REFERENCE_SCHEMA, "target",
                                result_context(result, "target"), "unit", REFERENCE_UNIT, "commit",
                                result_context(result, "commit"), "compiler", compiler ? compiler : "unknown", "reason",
                                reason ? reason : "", "rows", rows);
    return reference->root ? true : error_set(e, "the reason is not UTF-8");
}

bool reference_add_functions(struct reference *reference, const char *kernel, json_t *functions)
{
    return json_object_set_new(reference->root, "kernel", json_string(kernel)) == 0 &&
           json_object_set(reference->root, "functions", functions) == 0;
}

/* --- files --- */

static bool row_object_check(const json_t *row, struct error *e)
{
    const char *fingerprint = json_string_value(json_object_get(row, FINGERPRINT));
    if (!fingerprint || strlen(fingerprint) != 8 || strspn(fingerprint, "0123456789abcdef") != 8)
        return error_set(e, "\"" FINGERPRINT "\" is missing or not eight hexadecimal digits");
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        const json_t *value = json_object_get(row, fields[i].name);
        if (!json_is_number(value) || (fields[i].count && (!json_is_integer(value) || json_integer_value(value) < 0)))
            return error_set(e, "\"%s\" is missing or not a number in its range", fields[i].name);
    }
    if (json_object_size(row) != FIELD_COUNT + 1)
        return error_set(e, "holds an unknown field");
    return true;
}

static bool rows_object_check(json_t *rows, struct error *e)
{
    const char *name;
    json_t *row;
    if (!json_is_object(rows) || json_object_size(rows) == 0)
        return error_set(e, "\"rows\" is missing, empty or not an object");
    json_object_foreach(rows, name, row)
        if (!row_object_check(row, e))
            return error_prefix(e, "row \"%.360s\"", name);
    return true;
}

static bool root_check(json_t *root, struct error *e)
{
    static const char *const heads[] = { "schema", "target", "unit", "commit", "compiler", "reason" };
    if (!json_is_object(root))
        return error_set(e, "is not a JSON object");
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++)
        if (!json_is_string(json_object_get(root, heads[i])))
            return error_set(e, "\"%s\" is missing or not a string", heads[i]);
    if (strcmp(json_string_value(json_object_get(root, "schema")), REFERENCE_SCHEMA) != 0)
        return error_set(e, "schema is \"%.80s\", this tool reads \"" REFERENCE_SCHEMA "\"",
                         json_string_value(json_object_get(root, "schema")));
    if (strcmp(json_string_value(json_object_get(root, "unit")), REFERENCE_UNIT) != 0)
        return error_set(e, "unit is \"%.80s\", not " REFERENCE_UNIT, json_string_value(json_object_get(root, "unit")));
    const json_t *kernel = json_object_get(root, "kernel"), *functions = json_object_get(root, "functions");
    if ((kernel != NULL) != (functions != NULL) || (kernel && (!json_is_string(kernel) || !functions_check(functions))))
        return error_set(e, "\"kernel\" and \"functions\" are not what they should be");
    if (json_object_size(root) != sizeof heads / sizeof heads[0] + 1 + (kernel ? 2u : 0u))
        return error_set(e, "holds an unknown field");
    return rows_object_check(json_object_get(root, "rows"), e);
}

static bool reference_take(json_t *root, struct reference *reference, struct error *e)
{
    *reference = (struct reference){ .root = root };
    if (root_check(root, e))
        return true;
    reference_free(reference);
    return false;
}

bool reference_decode(const char *bytes, size_t size, struct reference *reference, struct error *e)
{
    json_t *root = json_decode(bytes, size, e);
    return root && reference_take(root, reference, e);
}

bool reference_read(const char *path, struct reference *reference, struct error *e)
{
    json_t *root = json_file_read(path, e);
    *reference = (struct reference){ 0 };
    return root && (reference_take(root, reference, e) || error_prefix(e, "%s", path));
}

bool reference_write(const char *path, const struct reference *reference, struct error *e)
{
    const char *reason = reference_text(reference, "reason");
    if (reason[strspn(reason, " \t\r\n")] == 0)
        return error_set(e, "a reference needs a reason");
    return json_file_write(path, reference->root, 2, e);
}

void reference_free(struct reference *reference)
{
    json_decref(reference->root);
    reference->root = NULL;
}

const char *reference_text(const struct reference *reference, const char *key)
{
    return json_string_value(json_object_get(reference->root, key));
}

/* --- comparing --- */

static void field_difference_print(FILE *out, const char *name, const json_t *before, const json_t *after)
{
    char from[JSON_NUMBER_BYTES], to[JSON_NUMBER_BYTES];
    double a = json_number_value(before), b = json_number_value(after);
    fprintf(out, "  %s %s -> %s (%+.10g)", name, json_number_text(from, a), json_number_text(to, b), b - a);
}

void reference_row_difference_print(FILE *out, const char *name, const json_t *before, const json_t *after)
{
    size_t printed = 0;
    fprintf(out, "changed  %s:", name);
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        const json_t *a = json_object_get(before, fields[i].name), *b = json_object_get(after, fields[i].name);
        if (json_number_value(a) == json_number_value(b) && json_equal(a, b))
            continue;
        field_difference_print(out, fields[i].name, a, b);
        printed++;
    }
    fputs(printed ? "\n" : "  other samples with the same sum\n", out);
}

struct reference_difference reference_compare(const struct reference *before, const struct reference *after, FILE *out)
{
    struct reference_difference d = { 0, 0, 0, 0 };
    json_t *rows_before = json_object_get(before->root, "rows"), *rows_after = json_object_get(after->root, "rows");
    const char *name;
    json_t *row;
    json_object_foreach(rows_before, name, row) {
        json_t *now = json_object_get(rows_after, name);
        bool equal = json_equal(row, now);
        d.same += equal;
        d.missing += !now;
        d.changed += now && !equal;
        if (out && !now)
            fprintf(out, "missing  %s\n", name);
        else if (out && !equal)
            reference_row_difference_print(out, name, row, now);
    }
    json_object_foreach(rows_after, name, row) {
        if (json_object_get(rows_before, name))
            continue;
        d.added++;
        if (out)
            fprintf(out, "new      %s: p50 %.10g\n", name, json_number_value(json_object_get(row, "p50")));
    }
    return d;
}
