/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The table of row fields, and what holds for each row; see row.h and results/FORMAT.md.
 */
#include "harness/tool/row.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/tool/text.h"

#define AT(member) offsetof(struct result_row, member)

#define OPTIONAL(needed) .optional = !(needed)
const struct row_field row_fields[] = {
#define TEXT(n, needed, t) { .name = #n, .type = ROW_STRING, .offset = AT(n), OPTIONAL(needed), .text = t },
#define CHOICE(n, needed, c, t) { .name = #n, .type = ROW_CHOICE, .offset = AT(n), OPTIONAL(needed), .choices = c, .text = t },
#define COUNT(n, l, t) { .name = #n, .type = ROW_COUNT, .offset = AT(n), .least = l, .text = t },
#define COUNT_IF(n, t) { .name = #n, .type = ROW_COUNT, .offset = AT(n), .has_offset = AT(has_##n), .optional = true, .text = t },
#define DECIMAL_IF(n, t) { .name = #n, .type = ROW_DECIMAL, .offset = AT(n), .has_offset = AT(has_##n), .optional = true, .text = t },
#define WORDS(n, t) { .name = #n, .type = ROW_TAINTS, .offset = AT(n), .optional = true, .text = t },
#include "harness/api/tollgate_fields.def"
};
const size_t row_field_count = sizeof row_fields / sizeof row_fields[0];

const struct row_figure row_figures[] = {
#define FIGURE(n, member, needed, tol, t) { .name = #n, .offset = AT(member), .tolerance = tol, OPTIONAL(needed), .text = t },
#include "harness/api/tollgate_fields.def"
};
const size_t row_figure_count = sizeof row_figures / sizeof row_figures[0];

const struct row_derived row_deriveds[] = {
#define DERIVED(n, t) { .name = #n, .offset = AT(n), .has_offset = AT(has_##n), .text = t },
#include "harness/api/tollgate_fields.def"
};
const size_t row_derived_count = sizeof row_deriveds / sizeof row_deriveds[0];

const struct row_field *row_field_find(const char *name)
{
    for (size_t i = 0; i < row_field_count; i++)
        if (strcmp(row_fields[i].name, name) == 0)
            return &row_fields[i];
    return NULL;
}

static bool taints_set(struct result_row *row, const char *text, struct error *e)
{
    while (*text) {
        size_t length = strcspn(text, ",");
        bool last = text[length] == 0;
        if (length == 0 || (!last && text[length + 1] == 0))
            return error_set(e, "taints: an empty word in the list");
        char **grown = realloc(row->taints, (row->taint_count + 1) * sizeof *grown);
        if (!grown)
            return error_set(e, "out of memory");
        row->taints = grown;
        if (!(row->taints[row->taint_count] = strndup(text, length)))
            return error_set(e, "out of memory");
        row->taint_count++;
        text += last ? length : length + 1;
    }
    return true;
}

static bool string_set(char **member, const struct row_field *field, const char *text, struct error *e)
{
    if (field->type == ROW_CHOICE && !text_is_word_of(text, field->choices))
        return error_set(e, "%s=\"%.80s\" is none of: %s", field->name, text, field->choices);
    free(*member);
    *member = strdup(text);
    return *member ? true : error_set(e, "out of memory");
}

bool row_field_set(struct result_row *row, const struct row_field *field, const char *text, struct error *e)
{
    void *member = (char *)row + field->offset;
    bool ok = true;
    switch (field->type) {
    case ROW_STRING:
    case ROW_CHOICE:
        ok = string_set(member, field, text, e);
        break;
    case ROW_COUNT:
        if (!text_to_count(text, strlen(text), member) || *(uint64_t *)member < field->least)
            ok = error_set(e, "%s=\"%.80s\" is not a number from %llu to 2^63-1", field->name, text,
                           (unsigned long long)field->least);
        break;
    case ROW_DECIMAL:
        if (!text_to_decimal(text, member))
            ok = error_set(e, "%s=\"%.80s\" is not a decimal number", field->name, text);
        break;
    case ROW_TAINTS:
        ok = taints_set(row, text, e);
        break;
    }
    if (ok && field->has_offset)
        *(bool *)((char *)row + field->has_offset) = true;
    return ok;
}

bool row_check(const struct result_row *row, struct error *e)
{
    if (!text_is_workload_id(row->workload))
        return error_set(e, "workload=\"%.80s\" is not the id of a workload", row->workload);
    if (strcmp(row->method, "single") == 0 && row->batch != 1)
        return error_set(e, "method=single with batch=%llu", (unsigned long long)row->batch);
    return true;
}

struct samples row_samples(const struct result_row *row)
{
    return (struct samples){ .pairs = row->pairs, .pair_count = row->pair_count, .n = row->n, .batch = row->batch };
}

struct samples row_boot_samples(const struct result_row *row, size_t boot)
{
    const struct row_boot *b = &row->boots[boot];
    return (struct samples){ .pairs = b->pairs, .pair_count = b->pair_count, .n = b->n, .batch = row->batch };
}

bool row_summarise(struct result_row *row, struct error *e)
{
    if (!stats_count(row->pairs, row->pair_count, &row->n))
        return error_set(e, "histogram is empty, not ascending, or holds a count of 0");
    struct samples samples = row_samples(row);
    stats_summarise(&samples, &row->summary);
    double p50_raw = (double)stats_quantile(&samples, 50, 100);
    row->corrected = (p50_raw - (double)row->overhead) / (double)row->batch;
    return true;
}

int row_compare_names(const struct result_row *a, const struct result_row *b)
{
    int order = strcmp(a->workload, b->workload);
    return order ? order : strcmp(a->variant, b->variant);
}

static int row_pointer_compare(const void *a, const void *b)
{
    return row_compare_names(*(const struct result_row *const *)a, *(const struct result_row *const *)b);
}

const struct result_row **rows_sorted(const struct result_row *rows, size_t count, struct error *e)
{
    const struct result_row **sorted = malloc(count * sizeof *sorted + 1);
    if (!sorted) {
        error_set(e, "out of memory");
        return NULL;
    }
    for (size_t i = 0; i < count; i++)
        sorted[i] = &rows[i];
    qsort(sorted, count, sizeof *sorted, row_pointer_compare);
    for (size_t i = 1; i < count; i++)
        if (row_compare_names(sorted[i - 1], sorted[i]) == 0) {
            error_set(e, "row \"%.120s %.240s\" is there twice", sorted[i]->workload, sorted[i]->variant);
            free(sorted);
            return NULL;
        }
    return sorted;
}

bool row_unit_matches(const char *unit, const char *fidelity)
{
    if (strcmp(fidelity, "instructions") == 0)
        return strcmp(unit, "instructions") == 0;
    if (strcmp(fidelity, "virtual") == 0 || strcmp(fidelity, "metal") == 0)
        return strcmp(unit, "cycles") == 0 || strcmp(unit, "ns") == 0;
    return strcmp(fidelity, "none") == 0 && strcmp(unit, "none") == 0;
}

void row_free(struct result_row *row)
{
    for (size_t i = 0; i < row_field_count; i++)
        if (row_fields[i].type == ROW_STRING || row_fields[i].type == ROW_CHOICE)
            free(*(char **)((char *)row + row_fields[i].offset));
    for (size_t i = 0; i < row->taint_count; i++)
        free(row->taints[i]);
    for (size_t i = 0; i < row->boot_count; i++)
        free(row->boots[i].pairs);
    free(row->taints);
    free(row->pairs);
    free(row->boots);
    *row = (struct result_row){ 0 };
}
