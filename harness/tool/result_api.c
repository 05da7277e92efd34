/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The C API of results; see harness/api/tollgate_result.h. A thin view of struct result: strings and histograms are not copied.
 */
#include "harness/api/tollgate_result.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/measure/histogram.h"
#include "harness/tool/result.h"

_Static_assert(sizeof(struct tollgate_sample) == sizeof(struct histogram_pair) &&
               offsetof(struct tollgate_sample, count) == offsetof(struct histogram_pair, count), "one is seen as the other");

struct tollgate_result {
    struct result result;
    struct tollgate_row *rows;
    struct tollgate_histogram *boots; /* of all rows */
};

static struct tollgate_histogram histogram_view(const struct histogram_pair *pairs, size_t count, uint64_t n)
{
    return (struct tollgate_histogram){ (const struct tollgate_sample *)(const void *)pairs, count, n };
}

static void row_view(struct tollgate_row *view, const struct result_row *row, struct tollgate_histogram *boots)
{
#define TEXT(name, needed, text) view->name = row->name;
#define CHOICE(name, needed, words, text) view->name = row->name;
#define COUNT(name, least, text) view->name = row->name;
#define COUNT_IF(name, text) view->name = row->has_##name ? row->name : UINT64_MAX;
#define DECIMAL_IF(name, text) view->name = row->has_##name ? row->name : -1;
#define WORDS(name, text) view->name = (const char *const *)row->name;
#define FIGURE(name, member, needed, tolerance, text) view->name = row->member;
#define DERIVED(name, text) view->name = row->has_##name ? row->name : -1;
#include "harness/api/tollgate_fields.def"
    view->taints_count = row->taint_count;
    view->has_ci95 = row->summary.has_ci95;
    view->ci95_low = row->summary.ci95_low;
    view->ci95_high = row->summary.ci95_high;
    view->histogram = histogram_view(row->pairs, row->pair_count, row->n);
    view->boots = row->boot_count ? boots : NULL;
    view->boot_count = row->boot_count;
    for (size_t i = 0; i < row->boot_count; i++)
        boots[i] = histogram_view(row->boots[i].pairs, row->boots[i].pair_count, row->boots[i].n);
}

static bool views_make(struct tollgate_result *r)
{
    size_t boots = 0;
    for (size_t i = 0; i < r->result.row_count; i++)
        boots += r->result.rows[i].boot_count;
    r->rows = calloc(r->result.row_count + 1, sizeof *r->rows);
    r->boots = calloc(boots + 1, sizeof *r->boots);
    if (!r->rows || !r->boots)
        return false;
    boots = 0;
    for (size_t i = 0; i < r->result.row_count; i++) {
        row_view(&r->rows[i], &r->result.rows[i], r->boots + boots);
        boots += r->result.rows[i].boot_count;
    }
    return true;
}

struct tollgate_result *tollgate_result_open(const char *path, char *error, size_t error_bytes)
{
    struct error e = { "out of memory" };
    struct tollgate_result *r = calloc(1, sizeof *r);
    if (r && result_read(path, &r->result, &e)) {
        if (views_make(r))
            return r;
        tollgate_result_close(r);
        r = NULL;
    }
    free(r);
    if (error)
        snprintf(error, error_bytes, "%s", e.text);
    return NULL;
}

void tollgate_result_close(struct tollgate_result *r)
{
    if (!r)
        return;
    result_free(&r->result);
    free(r->rows);
    free(r->boots);
    free(r);
}

const char *tollgate_result_context(const struct tollgate_result *r, const char *key)
{
    const json_t *value = json_object_get(r->result.context, key);
    if (json_is_boolean(value))
        return json_is_true(value) ? "true" : "false";
    return json_string_value(value);
}

size_t tollgate_result_row_count(const struct tollgate_result *r)
{
    return r->result.row_count;
}

const struct tollgate_row *tollgate_result_row(const struct tollgate_result *r, size_t index)
{
    return index < r->result.row_count ? &r->rows[index] : NULL;
}

const struct tollgate_row *tollgate_result_find(const struct tollgate_result *r, const char *workload, const char *variant)
{
    const struct result_row *row = result_find(&r->result, workload, variant);
    return row ? &r->rows[row - r->result.rows] : NULL;
}
