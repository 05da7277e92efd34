/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Boots as the sampling level; see boots.h.
 */
#include "harness/tool/boots.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/tool/floor.h"

/* Merges b into a, both ascending; the sum goes to a fresh array. NULL: no memory, or a count beyond 2^63 - 1. */
static struct histogram_pair *pairs_merge(const struct histogram_pair *a, size_t na, const struct histogram_pair *b, size_t nb,
                                          size_t *count)
{
    struct histogram_pair *sum = calloc(na + nb + 1, sizeof *sum);
    size_t i = 0, j = 0, n = 0;
    while (sum && (i < na || j < nb)) {
        bool take_a = i < na && (j == nb || a[i].value <= b[j].value);
        bool take_b = j < nb && (i == na || b[j].value <= a[i].value);
        uint64_t from_a = take_a ? a[i].count : 0, from_b = take_b ? b[j].count : 0;
        if (from_a > INT64_MAX - from_b) {
            free(sum);
            return NULL;
        }
        sum[n++] = (struct histogram_pair){ take_a ? a[i].value : b[j].value, from_a + from_b };
        i += take_a;
        j += take_b;
    }
    *count = n;
    return sum;
}

/* All boots of a row in one histogram. */
static struct histogram_pair *boots_pool(const struct result_row *row, size_t *count)
{
    struct histogram_pair *pool = NULL;
    *count = 0;
    for (size_t i = 0; i < row->boot_count; i++) {
        struct histogram_pair *next = pairs_merge(pool, *count, row->boots[i].pairs, row->boots[i].pair_count, count);
        free(pool);
        if (!(pool = next))
            return NULL;
    }
    return pool;
}

bool row_boots_match(const struct result_row *row)
{
    size_t count;
    struct histogram_pair *pool = boots_pool(row, &count);
    bool match = pool && count == row->pair_count && memcmp(pool, row->pairs, count * sizeof *pool) == 0;
    free(pool);
    return match;
}

bool row_boots_spread(const struct result_row *row, double *low, double *high)
{
    for (size_t i = 0; i < row->boot_count; i++) {
        struct samples s = row_boot_samples(row, i);
        double median = (double)stats_quantile(&s, 1, 2) / (double)row->batch;
        *low = i == 0 || median < *low ? median : *low;
        *high = i == 0 || median > *high ? median : *high;
    }
    return row->boot_count > 0;
}

bool boots_alike(const struct result *first, const struct result *later, size_t number, struct error *e)
{
    static const char *const keys[] = { "images", "qemu", "bochs", "lockstep" };
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const char *a = result_context(first, keys[i]), *b = result_context(later, keys[i]);
        if ((a || b) && (!a || !b || strcmp(a, b) != 0))
            return error_set(e, "boot %zu did not run what boot 1 ran (was something built or installed in between?): %s is \"%.300s\", not \"%.300s\"", number,
                             keys[i], b ? b : "(not stated)", a ? a : "(not stated)");
    }
    return true;
}

/* --- merging --- */

static bool row_copy(const struct result_row *from, struct result_row *to, struct error *e)
{
    *to = (struct result_row){ 0 };
    for (size_t i = 0; i < row_field_count; i++) {
        const struct row_field *field = &row_fields[i];
        const char *text = field->type == ROW_STRING || field->type == ROW_CHOICE
                               ? *(char *const *)((const char *)from + field->offset) : NULL;
        if (text && !row_field_set(to, field, text, e))
            return false;
    }
    to->words = from->words;
    to->batch = from->batch;
    to->warmup = from->warmup;
    to->overhead = from->overhead;
    to->bytes = from->bytes;
    to->has_bytes = from->has_bytes;
    to->syscalls = from->syscalls;
    to->has_syscalls = from->has_syscalls;
    to->first = from->first;
    to->has_first = from->has_first;
    to->has_disturbed = from->has_disturbed;
    return true;
}

/* Each taint once. */
static bool taints_add(struct result_row *row, const struct result_row *from, struct error *e)
{
    for (size_t i = 0; i < from->taint_count; i++) {
        bool known = false;
        for (size_t k = 0; k < row->taint_count; k++)
            known |= strcmp(row->taints[k], from->taints[i]) == 0;
        if (!known && !row_field_set(row, row_field_find("taints"), from->taints[i], e))
            return false;
    }
    return true;
}

static bool boot_add(struct result_row *row, const struct result_row *from, struct error *e)
{
    if (from->batch != row->batch || strcmp(from->unit, row->unit) != 0 || strcmp(from->method, row->method) != 0)
        return error_set(e, "row \"%.120s %.240s\": boots differ in unit, method or batch", row->workload, row->variant);
    struct row_boot *boot = &row->boots[row->boot_count];
    boot->pairs = calloc(from->pair_count, sizeof *boot->pairs);
    if (!boot->pairs)
        return error_set(e, "out of memory");
    memcpy(boot->pairs, from->pairs, from->pair_count * sizeof *boot->pairs);
    boot->pair_count = from->pair_count;
    boot->n = from->n;
    row->boot_count++;
    row->disturbed += from->disturbed;
    row->has_disturbed |= from->has_disturbed;
    return taints_add(row, from, e);
}

static bool boot_is_equal(const struct result_row *a, const struct result_row *b)
{
    return a->batch == b->batch && a->overhead == b->overhead && a->pair_count == b->pair_count &&
           memcmp(a->pairs, b->pairs, a->pair_count * sizeof *a->pairs) == 0;
}

/* In instructions: all boots equal, the first one taken. */
static bool row_merge_exact(struct result_row *row, struct error *e)
{
    struct result_row first = { .batch = row->batch, .pairs = row->boots[0].pairs, .pair_count = row->boots[0].pair_count };
    for (size_t i = 1; i < row->boot_count; i++) {
        struct result_row other = { .batch = row->batch, .pairs = row->boots[i].pairs, .pair_count = row->boots[i].pair_count };
        if (!boot_is_equal(&first, &other))
            return error_set(e, "row \"%.120s %.240s\": boot %zu differs from boot 1, and instructions must not", row->workload,
                             row->variant, i + 1);
    }
    row->pairs = first.pairs;
    row->pair_count = first.pair_count;
    for (size_t i = 1; i < row->boot_count; i++)
        free(row->boots[i].pairs);
    free(row->boots);
    row->boots = NULL;
    row->boot_count = 0;
    return row_summarise(row, e);
}

static bool row_merge(const struct result *boots, size_t count, const struct result_row *first, struct result_row *row,
                      struct error *e)
{
    if (!row_copy(first, row, e) || !(row->boots = calloc(count, sizeof *row->boots)))
        return error_set(e, "out of memory");
    for (size_t i = 0; i < count; i++) {
        const struct result_row *other = result_find(&boots[i], first->workload, first->variant);
        if (!other)
            return error_set(e, "row \"%.120s %.240s\" is missing in boot %zu", first->workload, first->variant, i + 1);
        if (!boot_add(row, other, e))
            return false;
    }
    if (strcmp(row->unit, "instructions") == 0)
        return row_merge_exact(row, e);
    row->pairs = boots_pool(row, &row->pair_count);
    return row->pairs ? row_summarise(row, e) : error_set(e, "out of memory");
}

static bool rows_merge(const struct result *boots, size_t count, struct result *merged, struct error *e)
{
    merged->rows = calloc(boots[0].row_count + 1, sizeof *merged->rows);
    if (!merged->rows)
        return error_set(e, "out of memory");
    for (size_t i = 0; i < boots[0].row_count; i++) {
        merged->row_count++;
        if (!row_merge(boots, count, &boots[0].rows[i], &merged->rows[i], e))
            return false;
    }
    for (size_t i = 1; i < count; i++)
        if (boots[i].row_count != boots[0].row_count)
            return error_set(e, "boot %zu has %zu rows, boot 1 has %zu", i + 1, boots[i].row_count, boots[0].row_count);
    return true;
}

bool boots_merge(const struct result *boots, size_t count, struct result *merged, struct error *e)
{
    char number[24];
    *merged = (struct result){ .context = json_copy(boots[0].context), .skipped = json_incref(boots[0].skipped),
                               .tests = json_incref(boots[0].tests) };
    snprintf(number, sizeof number, "%zu", count);
    bool ok = merged->context && json_object_set_new(merged->context, "boots", json_string(number)) == 0;
    for (size_t i = 1; ok && i < count; i++)
        if (!boots_alike(&boots[0], &boots[i], i + 1, e)) {
            result_free(merged);
            return false;
        }
    ok = ok ? rows_merge(boots, count, merged, e) : error_set(e, "out of memory");
    if (ok)
        floors_derive(merged);
    else
        result_free(merged);
    return ok;
}

/* --- splitting --- */

static bool row_half(const struct result_row *from, size_t first, struct result_row *row, struct error *e)
{
    if (!row_copy(from, row, e) || !taints_add(row, from, e) || !(row->boots = calloc(from->boot_count, sizeof *row->boots)))
        return error_set(e, "out of memory");
    for (size_t i = first; i < from->boot_count; i += 2) {
        struct row_boot *boot = &row->boots[row->boot_count];
        if (!(boot->pairs = calloc(from->boots[i].pair_count, sizeof *boot->pairs)))
            return error_set(e, "out of memory");
        memcpy(boot->pairs, from->boots[i].pairs, from->boots[i].pair_count * sizeof *boot->pairs);
        boot->pair_count = from->boots[i].pair_count;
        boot->n = from->boots[i].n;
        row->boot_count++;
    }
    row->pairs = boots_pool(row, &row->pair_count);
    return row->pairs ? row_summarise(row, e) : error_set(e, "out of memory");
}

static bool result_half(const struct result *from, size_t first, struct result *half, struct error *e)
{
    *half = (struct result){ .context = json_incref(from->context), .skipped = json_array(), .tests = json_array(),
                             .rows = calloc(from->row_count + 1, sizeof *half->rows) };
    for (size_t i = 0; half->rows && i < from->row_count; i++) {
        if (from->rows[i].boot_count < 4)
            return error_set(e, "row \"%.120s %.240s\" holds %zu boots; four or more are needed (tollgate run --boots N)", from->rows[i].workload,
                             from->rows[i].variant, from->rows[i].boot_count);
        half->row_count++;
        if (!row_half(&from->rows[i], first, &half->rows[i], e))
            return false;
    }
    return half->rows || error_set(e, "out of memory");
}

bool boots_split(const struct result *result, struct result *odd, struct result *even, struct error *e)
{
    *even = (struct result){ 0 };
    if (result_half(result, 0, odd, e) && result_half(result, 1, even, e))
        return true;
    result_free(odd);
    result_free(even);
    return false;
}
