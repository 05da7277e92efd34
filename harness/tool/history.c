/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Series over commits; see history.h.
 */
#include "harness/tool/history.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/tool/compare.h"
#include "harness/tool/file.h"
#include "harness/tool/json_file.h"
#include "harness/tool/text.h"

#define HISTORY_BYTES_MAX (256u << 20)

static const char *const heads[] = { "commit", "date", "target", "unit", "kernel", "compiler" };
#define HEADS (sizeof heads / sizeof heads[0])

json_t *history_entry(const struct result *result)
{
    json_t *rows = json_object();
    for (size_t i = 0; i < result->row_count; i++) {
        const struct result_row *row = &result->rows[i];
        const struct summary *s = &row->summary;
        char *name;
        if (asprintf(&name, "%s %s", row->workload, row->variant) < 0)
            return NULL;
        json_object_set_new(rows, name,
                            json_pack("[o,o,o,o]", json_number(s->p50), s->has_ci95 ? json_number(s->ci95_low) : json_null(),
                                      s->has_ci95 ? json_number(s->ci95_high) : json_null(), json_number(row->corrected)));
        free(name);
    }
    json_t *entry = json_pack("{s:s, s:O}", "schema", HISTORY_SCHEMA, "dirty", json_object_get(result->context, "dirty"));
    for (size_t i = 0; i < HEADS; i++) {
        const char *value = result_context(result, heads[i]);
        json_object_set_new(entry, heads[i], json_string(value ? value : "unknown"));
    }
    json_object_set_new(entry, "rows", rows);
    return entry;
}

static bool figures_check(const json_t *value)
{
    for (size_t i = 0; i < 4; i++) {
        const json_t *number = json_array_get(value, i);
        if (!json_is_number(number) && !(json_is_null(number) && (i == 1 || i == 2)))
            return false;
    }
    return json_array_size(value) == 4;
}

static bool entry_check(const json_t *entry, const json_t *first, struct error *e)
{
    const char *name, *schema = json_string_value(json_object_get(entry, "schema"));
    json_t *value, *rows = json_object_get(entry, "rows");
    if (!schema || strcmp(schema, HISTORY_SCHEMA) != 0)
        return error_set(e, "schema is \"%.60s\", this tool reads \"" HISTORY_SCHEMA "\"", schema ? schema : "");
    for (size_t i = 0; i < HEADS; i++)
        if (!json_is_string(json_object_get(entry, heads[i])))
            return error_set(e, "\"%s\" is missing or not a string", heads[i]);
    if (!json_is_boolean(json_object_get(entry, "dirty")) || !json_is_object(rows) || json_object_size(entry) != HEADS + 3)
        return error_set(e, "\"dirty\" or \"rows\" is missing, or an unknown field is there");
    json_object_foreach(rows, name, value)
        if (!figures_check(value))
            return error_set(e, "row \"%.200s\" is not [median, low, high, corrected]", name);
    for (size_t i = 2; first && i < 4; i++)
        if (!json_equal(json_object_get(entry, heads[i]), json_object_get(first, heads[i])))
            return error_set(e, "another %s than the series has", heads[i]);
    return true;
}

static bool lines_read(char *text, json_t *entries, struct error *e)
{
    size_t number = 1;
    for (char *line = text; *line; number++) {
        char *end = strchr(line, '\n');
        if (!end)
            return error_set(e, "line %zu: cut off", number);
        json_t *entry = json_decode(line, (size_t)(end - line), e);
        if (!entry || !entry_check(entry, json_array_get(entries, 0), e)) {
            json_decref(entry);
            return error_prefix(e, "line %zu", number);
        }
        json_array_append_new(entries, entry);
        line = end + 1;
    }
    return true;
}

bool history_read(const char *path, struct history *history, struct error *e)
{
    char *text;
    size_t size;
    *history = (struct history){ .entries = json_array() };
    bool ok = file_read(path, HISTORY_BYTES_MAX, &text, &size, e);
    if (ok) {
        ok = strlen(text) == size ? lines_read(text, history->entries, e) : error_set(e, "holds a NUL byte");
        free(text);
        if (!ok)
            error_prefix(e, "%s", path);
    }
    if (!ok)
        history_free(history);
    return ok;
}

void history_free(struct history *history)
{
    json_decref(history->entries);
    history->entries = NULL;
}

/* --- appending --- */

static bool place_check(const char *path, const json_t *entry, bool *present, struct error *e)
{
    struct history history;
    size_t i;
    json_t *old;
    *present = false;
    if (access(path, F_OK) != 0)
        return true;
    if (!history_read(path, &history, e))
        return false;
    bool ok = entry_check(entry, json_array_get(history.entries, 0), e) || error_prefix(e, "%s", path);
    json_array_foreach(history.entries, i, old) {
        if (!ok || !json_equal(json_object_get(old, "commit"), json_object_get(entry, "commit")))
            continue;
        *present = json_equal(json_object_get(old, "rows"), json_object_get(entry, "rows"));
        if (!*present && strcmp(json_string_value(json_object_get(entry, "unit")), "instructions") == 0)
            ok = error_set(e, "%s: commit %s is there already, with other figures", path, json_string_value(json_object_get(entry, "commit")));
    }
    history_free(&history);
    return ok;
}

bool history_append(const char *path, const json_t *entry, bool *present, struct error *e)
{
    if (!place_check(path, entry, present, e))
        return false;
    if (*present)
        return true;
    char *text = NULL;
    size_t size;
    FILE *memory = open_memstream(&text, &size);
    if (!memory)
        return error_set(e, "out of memory");
    json_print(memory, entry, 0);
    fclose(memory);
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    bool ok = fd >= 0 && write(fd, text, size) == (ssize_t)size && fsync(fd) == 0;
    if (!ok)
        error_set(e, "%s: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    free(text);
    return ok;
}

/* --- change detection --- */

struct series {
    double *median;
    size_t *entry;
    size_t count;
    bool exact;
};

static bool series_make(const struct history *history, const char *row, struct series *s, struct error *e)
{
    size_t i, n = json_array_size(history->entries);
    json_t *entry;
    *s = (struct series){ .median = calloc(n + 1, sizeof *s->median), .entry = calloc(n + 1, sizeof *s->entry), .exact = true };
    if (!s->median || !s->entry)
        return error_set(e, "out of memory");
    json_array_foreach(history->entries, i, entry) {
        const json_t *value = json_object_get(json_object_get(entry, "rows"), row);
        s->exact = strcmp(json_string_value(json_object_get(entry, "unit")), "instructions") == 0;
        if (!value)
            continue;
        s->median[s->count] = json_number_value(json_array_get(value, 0));
        s->entry[s->count++] = i;
    }
    return true;
}

struct steps {
    struct history_step *items;
    size_t count;
};

static void step_add(struct steps *steps, const struct series *s, size_t at, double before, double after, double p)
{
    steps->items[steps->count++] = (struct history_step){ s->entry[at], before, after, p };
}

static int double_compare(const void *x, const void *y)
{
    double a = *(const double *)x, b = *(const double *)y;
    return (a > b) - (a < b);
}

static double median_of(const double *values, size_t n)
{
    double sorted[EXACT_TEST_N_MAX];
    memcpy(sorted, values, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, double_compare);
    return sorted[(n - 1) / 2];
}

/* Best split of [from, to): the one with the smallest p, when that and the effect are enough. Sides of at most half of what the exact test
 * takes: of a longer side, its end next to the split. */
static bool split_find(const struct series *s, size_t from, size_t to, size_t *at, struct history_step *step)
{
    double best = 2;
    for (size_t i = from + 1; i < to; i++) {
        size_t low = i - from > EXACT_TEST_N_MAX / 2 ? i - EXACT_TEST_N_MAX / 2 : from;
        size_t high = to - i > EXACT_TEST_N_MAX / 2 ? i + EXACT_TEST_N_MAX / 2 : to;
        double before = median_of(s->median + low, i - low), after = median_of(s->median + i, high - i);
        if (fabs(after - before) < fmax(COMPARE_EFFECT_MIN, COMPARE_EFFECT_SHARE_MIN * fabs(before)))
            continue;
        double p = stats_rank_sum_exact(s->median + low, i - low, s->median + i, high - i);
        if (p >= best)
            continue;
        best = p;
        *at = i;
        *step = (struct history_step){ s->entry[i], before, after, p };
    }
    return best * (double)(to - from - 1) < COMPARE_P_MAX;
}

static void segments_split(const struct series *s, size_t from, size_t to, struct steps *steps)
{
    size_t at = from;
    struct history_step step;
    if (to - from < 2 || !split_find(s, from, to, &at, &step))
        return;
    segments_split(s, from, at, steps);
    steps->items[steps->count++] = step;
    segments_split(s, at, to, steps);
}

bool history_steps(const struct history *history, const char *row, struct history_step **items, size_t *count, struct error *e)
{
    struct series s;
    struct steps steps = { calloc(json_array_size(history->entries) + 1, sizeof *steps.items), 0 };
    bool ok = series_make(history, row, &s, e) && steps.items;
    for (size_t i = 1; ok && s.exact && i < s.count; i++)
        if (s.median[i] != s.median[i - 1])
            step_add(&steps, &s, i, s.median[i - 1], s.median[i], 0);
    if (ok && !s.exact)
        segments_split(&s, 0, s.count, &steps);
    free(s.median);
    free(s.entry);
    if (!ok) {
        free(steps.items);
        steps = (struct steps){ NULL, 0 };
    }
    *items = steps.items;
    *count = steps.count;
    return ok;
}
