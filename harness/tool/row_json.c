/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Rows of result.json (results/FORMAT.md section 2); see row_json.h.
 */
#include "harness/tool/row_json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/tool/boots.h"
#include "harness/tool/json_file.h"

static const void *member_at(const struct result_row *row, size_t offset)
{
    return (const char *)row + offset;
}

/* --- writing --- */

static json_t *taints_to_json(const struct result_row *row)
{
    json_t *array = json_array();
    for (size_t i = 0; i < row->taint_count; i++)
        json_array_append_new(array, json_string(row->taints[i]));
    return array;
}

/* NULL: the row lacks this optional field. */
static json_t *field_to_json(const struct result_row *row, const struct row_field *field)
{
    const void *member = member_at(row, field->offset);
    if (field->has_offset && !*(const bool *)member_at(row, field->has_offset))
        return NULL;
    switch (field->type) {
    case ROW_STRING:
    case ROW_CHOICE: return *(char *const *)member ? json_string(*(char *const *)member) : NULL;
    case ROW_COUNT: return json_integer((json_int_t)*(const uint64_t *)member);
    case ROW_DECIMAL: return json_number(*(const double *)member);
    case ROW_TAINTS: return taints_to_json(row);
    }
    return NULL;
}

static json_t *ci95_to_json(const struct summary *summary)
{
    if (!summary->has_ci95)
        return json_null();
    return json_pack("[o,o]", json_number(summary->ci95_low), json_number(summary->ci95_high));
}

static json_t *histogram_to_json(const struct histogram_pair *pairs, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, json_pack("[I,I]", (json_int_t)pairs[i].value, (json_int_t)pairs[i].count));
    return array;
}

static json_t *boots_to_json(const struct result_row *row)
{
    json_t *array = json_array();
    for (size_t i = 0; i < row->boot_count; i++)
        json_array_append_new(array, histogram_to_json(row->boots[i].pairs, row->boots[i].pair_count));
    return array;
}

json_t *row_to_json(const struct result_row *row)
{
    json_t *object = json_object();
    bool failed = false;
    for (size_t i = 0; i < row_field_count; i++) {
        json_t *value = field_to_json(row, &row_fields[i]);
        if (value)
            failed |= json_object_set_new(object, row_fields[i].name, value) != 0;
        else
            failed |= !row_fields[i].optional;
    }
    failed |= json_object_set_new(object, "n", json_integer((json_int_t)row->n)) != 0;
    for (size_t i = 0; i < row_figure_count; i++)
        failed |= json_object_set_new(object, row_figures[i].name,
                                      json_number(*(const double *)member_at(row, row_figures[i].offset))) != 0;
    for (size_t i = 0; i < row_derived_count; i++)
        if (*(const bool *)member_at(row, row_deriveds[i].has_offset))
            failed |= json_object_set_new(object, row_deriveds[i].name,
                                          json_number(*(const double *)member_at(row, row_deriveds[i].offset))) != 0;
    failed |= json_object_set_new(object, "ci95", ci95_to_json(&row->summary)) != 0;
    failed |= json_object_set_new(object, "histogram", histogram_to_json(row->pairs, row->pair_count)) != 0;
    if (row->boot_count > 0)
        failed |= json_object_set_new(object, "boots", boots_to_json(row)) != 0;
    if (!failed)
        return object;
    json_decref(object);
    return NULL;
}

/* --- reading --- */

static bool count_read(const json_t *value, uint64_t *count)
{
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return false;
    *count = (uint64_t)json_integer_value(value);
    return true;
}

static bool taints_from_json(const json_t *value, struct result_row *row, struct error *e)
{
    size_t count = json_array_size(value);
    if (!json_is_array(value))
        return error_set(e, "taints is not an array");
    row->taints = calloc(count + 1, sizeof *row->taints);
    for (size_t i = 0; row->taints && i < count; i++) {
        const char *word = json_string_value(json_array_get(value, i));
        if (!word || !*word)
            return error_set(e, "taints holds something that is not a word");
        if (!(row->taints[i] = strdup(word)))
            return error_set(e, "out of memory");
        row->taint_count++;
    }
    return row->taints ? true : error_set(e, "out of memory");
}

static bool field_from_json(const json_t *value, struct result_row *row, const struct row_field *field, struct error *e)
{
    void *member = (char *)row + field->offset;
    bool ok = true;
    switch (field->type) {
    case ROW_STRING:
    case ROW_CHOICE:
        if (!json_is_string(value))
            return error_set(e, "\"%s\" is not a string", field->name);
        return row_field_set(row, field, json_string_value(value), e);
    case ROW_COUNT:
        ok = count_read(value, member) && *(uint64_t *)member >= field->least;
        break;
    case ROW_DECIMAL:
        *(double *)member = json_number_value(value);
        ok = json_is_number(value) && isfinite(*(double *)member) && *(double *)member >= 0;
        break;
    case ROW_TAINTS:
        return taints_from_json(value, row, e);
    }
    if (!ok)
        return error_set(e, "\"%s\" is not a number in its range", field->name);
    if (field->has_offset)
        *(bool *)((char *)row + field->has_offset) = true;
    return true;
}

/* On success the caller owns *pairs; on failure nothing is left. */
static bool histogram_from_json(const json_t *array, const char *name, struct histogram_pair **pairs, size_t *pair_count,
                                struct error *e)
{
    size_t count = json_array_size(array);
    if (!json_is_array(array) || count == 0)
        return error_set(e, "\"%s\" is missing or empty", name);
    struct histogram_pair *list = calloc(count, sizeof *list);
    if (!list)
        return error_set(e, "out of memory");
    for (size_t i = 0; i < count; i++) {
        const json_t *pair = json_array_get(array, i);
        if (!json_is_array(pair) || json_array_size(pair) != 2 || !count_read(json_array_get(pair, 0), &list[i].value) ||
            !count_read(json_array_get(pair, 1), &list[i].count)) {
            free(list);
            return error_set(e, "\"%s\": element %zu is not [value, count]", name, i);
        }
    }
    *pairs = list;
    *pair_count = count;
    return true;
}

/* Absent, or at least two boots whose samples are together those of the row. */
static bool boots_from_json(const json_t *array, struct result_row *row, struct error *e)
{
    size_t count = json_array_size(array);
    if (!array)
        return true;
    if (!json_is_array(array) || count < 2)
        return error_set(e, "\"boots\" is not an array of two boots or more");
    if (!(row->boots = calloc(count, sizeof *row->boots)))
        return error_set(e, "out of memory");
    for (size_t i = 0; i < count; i++) {
        struct row_boot *boot = &row->boots[i];
        if (!histogram_from_json(json_array_get(array, i), "boots", &boot->pairs, &boot->pair_count, e))
            return false;
        row->boot_count++;
        if (!stats_count(boot->pairs, boot->pair_count, &boot->n))
            return error_set(e, "\"boots\": boot %zu is not an ascending histogram", i + 1);
    }
    return row_boots_match(row) || error_set(e, "\"boots\" do not add up to \"histogram\"");
}

static bool figure_check(const json_t *object, const char *name, double computed, double tolerance, struct error *e)
{
    const json_t *value = json_object_get(object, name);
    double stated = json_number_value(value);
    if (!json_is_number(value) || !isfinite(stated))
        return error_set(e, "\"%s\" is missing or not a finite number", name);
    if (fabs(stated - computed) > tolerance * fabs(computed))
        return error_set(e, "\"%s\" is %.17g, the histogram gives %.17g", name, stated, computed);
    return true;
}

static bool ci95_check(const json_t *object, const struct summary *summary, struct error *e)
{
    const json_t *value = json_object_get(object, "ci95");
    if (json_is_null(value))
        return summary->has_ci95 ? error_set(e, "\"ci95\" is null, the histogram gives an interval") : true;
    if (!json_is_array(value) || json_array_size(value) != 2)
        return error_set(e, "\"ci95\" is missing or not [low, high]");
    if (!summary->has_ci95)
        return error_set(e, "\"ci95\" is given, the histogram has too few samples for one");
    const json_t *low = json_array_get(value, 0), *high = json_array_get(value, 1);
    if (!json_is_number(low) || !json_is_number(high) || json_number_value(low) != summary->ci95_low ||
        json_number_value(high) != summary->ci95_high)
        return error_set(e, "\"ci95\" is not the interval that the histogram gives");
    return true;
}

static bool summary_check(const json_t *object, const struct result_row *row, struct error *e)
{
    uint64_t n;
    if (!count_read(json_object_get(object, "n"), &n))
        return error_set(e, "\"n\" is missing or not a count");
    if (n != row->n)
        return error_set(e, "\"n\" is %llu, the histogram holds %llu", (unsigned long long)n, (unsigned long long)row->n);
    for (size_t i = 0; i < row_figure_count; i++)
        if (!(row_figures[i].optional && !json_object_get(object, row_figures[i].name)) &&
            !figure_check(object, row_figures[i].name, *(const double *)member_at(row, row_figures[i].offset), row_figures[i].tolerance, e))
            return false;
    return ci95_check(object, &row->summary, e);
}

static bool key_known(const char *key)
{
    bool known = row_field_find(key) || strcmp(key, "n") == 0 || strcmp(key, "ci95") == 0 || strcmp(key, "histogram") == 0 ||
                 strcmp(key, "boots") == 0;
    for (size_t i = 0; i < row_figure_count; i++)
        known |= strcmp(key, row_figures[i].name) == 0;
    for (size_t i = 0; i < row_derived_count; i++)
        known |= strcmp(key, row_deriveds[i].name) == 0;
    return known;
}

/* As the file says; whether it is right, all rows together tell. */
static bool deriveds_read(const json_t *object, struct result_row *row, struct error *e)
{
    for (size_t i = 0; i < row_derived_count; i++) {
        const json_t *value = json_object_get(object, row_deriveds[i].name);
        if (value && (!json_is_number(value) || !isfinite(json_number_value(value))))
            return error_set(e, "\"%s\" is not a finite number", row_deriveds[i].name);
        *(bool *)((char *)row + row_deriveds[i].has_offset) = value != NULL;
        *(double *)((char *)row + row_deriveds[i].offset) = json_number_value(value);
    }
    return true;
}

bool row_from_json(const json_t *object, struct result_row *row, struct error *e)
{
    const char *key;
    json_t *value;
    *row = (struct result_row){ 0 };
    if (!json_is_object(object))
        return error_set(e, "is not an object");
    json_object_foreach((json_t *)object, key, value)
        if (!key_known(key))
            return error_set(e, "unknown field \"%.80s\"", key);
    bool ok = true;
    for (size_t i = 0; ok && i < row_field_count; i++) {
        value = json_object_get(object, row_fields[i].name);
        if (value)
            ok = field_from_json(value, row, &row_fields[i], e);
        else if (!row_fields[i].optional || row_fields[i].type == ROW_TAINTS)
            ok = error_set(e, "\"%s\" is missing", row_fields[i].name);
    }
    ok = ok && row_check(row, e) && histogram_from_json(json_object_get(object, "histogram"), "histogram", &row->pairs, &row->pair_count, e) &&
         row_summarise(row, e) && boots_from_json(json_object_get(object, "boots"), row, e) && summary_check(object, row, e) &&
         deriveds_read(object, row, e);
    if (!ok)
        row_free(row);
    return ok;
}
