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
#include <sys/stat.h>
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

bool history_decode(char *text, struct history *history, struct error *e)
{
    *history = (struct history){ .entries = json_array() };
    bool ok = lines_read(text, history->entries, e);
    if (!ok)
        history_free(history);
    return ok;
}

bool history_read(const char *path, struct history *history, struct error *e)
{
    char *text;
    size_t size;
    *history = (struct history){ 0 };
    if (!file_read(path, HISTORY_BYTES_MAX, &text, &size, e))
        return false;
    bool ok = strlen(text) == size ? history_decode(text, history, e) : error_set(e, "holds a NUL byte");
    free(text);
    return ok || error_prefix(e, "%s", path);
}

void history_free(struct history *history)
{
    json_decref(history->entries);
    history->entries = NULL;
    ancestry_free(&history->ancestry);
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

/* Half a line would make all of the series unreadable. */
static bool line_write(int fd, const char *text, size_t size)
{
    struct stat before;
    if (fstat(fd, &before) != 0)
        return false;
    errno = ENOSPC; /* what a write that ends early does not say */
    if (write(fd, text, size) == (ssize_t)size && fsync(fd) == 0)
        return true;
    int why = errno;
    if (ftruncate(fd, before.st_size) != 0)
        return false;
    errno = why;
    return false;
}

enum history_append history_append(const char *path, const json_t *entry, struct error *e)
{
    bool present;
    if (!place_check(path, entry, &present, e))
        return HISTORY_REFUSED;
    if (present)
        return HISTORY_PRESENT;
    char *text = NULL;
    size_t size;
    FILE *memory = open_memstream(&text, &size);
    if (!memory)
        abort(); /* one line */
    json_print(memory, entry, 0);
    fclose(memory);
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    bool ok = (fd >= 0 && line_write(fd, text, size)) || error_set(e, "%s: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    free(text);
    return ok ? HISTORY_APPENDED : HISTORY_UNWRITTEN;
}

/* --- change detection --- */

/* Medians of one row along a chain of commits, each the nearest ancestor of the next that has the row. */
struct series {
    double *median;
    size_t *entry;
    size_t count;
};

struct steps {
    struct history_step *items;
    size_t count;
};

/* One row over the graph of commits. */
struct walk {
    const struct history *history;
    const char *row;
    bool *has;       /* the entry has the row */
    bool *covered;   /* its chain was looked at */
    size_t *nearest; /* room for ancestry_nearest */
    struct series chain;
    struct steps found;
};

static double entry_median(const struct walk *w, size_t entry)
{
    const json_t *rows = json_object_get(json_array_get(w->history->entries, entry), "rows");
    return json_number_value(json_array_get(json_object_get(rows, w->row), 0));
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

/* A commit whose median is none of its nearest ancestors': it, or what is not measured between them, changed the row. */
static void exact_steps(struct walk *w)
{
    const struct ancestry *a = &w->history->ancestry;
    for (size_t n = 0; n < a->count; n++) {
        size_t place = a->order[n], above = w->has[place] ? ancestry_nearest(a, place, w->has, w->nearest) : 0;
        double after = entry_median(w, place);
        bool other = above > 0;
        for (size_t i = 0; i < above; i++)
            other = other && entry_median(w, w->nearest[i]) != after;
        if (other)
            w->found.items[w->found.count++] = (struct history_step){ place, entry_median(w, w->nearest[0]), after, 0 };
    }
}

/* The chain that ends at `tip`, oldest first. */
static void chain_make(struct walk *w, size_t tip)
{
    struct series *s = &w->chain;
    s->count = 0;
    for (bool more = true; more; tip = w->nearest[0]) {
        s->entry[s->count++] = tip;
        more = ancestry_nearest(&w->history->ancestry, tip, w->has, w->nearest) > 0;
    }
    for (size_t i = 0; i < s->count / 2; i++) {
        size_t other = s->entry[i];
        s->entry[i] = s->entry[s->count - 1 - i];
        s->entry[s->count - 1 - i] = other;
    }
    for (size_t i = 0; i < s->count; i++)
        s->median[i] = entry_median(w, s->entry[i]);
}

/* Chain after chain, the longest first; what was found in the part that an earlier one shares is not told twice. */
static void timed_steps(struct walk *w)
{
    const struct ancestry *a = &w->history->ancestry;
    for (;;) {
        size_t tip = a->count, kept = w->found.count;
        for (size_t i = 0; i < a->count; i++)
            if (w->has[i] && !w->covered[i] && (tip == a->count || a->depth[i] >= a->depth[tip]))
                tip = i;
        if (tip == a->count)
            return;
        chain_make(w, tip);
        segments_split(&w->chain, 0, w->chain.count, &w->found);
        for (size_t i = kept; i < w->found.count; i++)
            if (!w->covered[w->found.items[i].entry])
                w->found.items[kept++] = w->found.items[i];
        w->found.count = kept;
        for (size_t i = 0; i < w->chain.count; i++)
            w->covered[w->chain.entry[i]] = true;
    }
}

static bool walk_open(struct walk *w, const struct history *history, const char *row)
{
    size_t i, n = json_array_size(history->entries) + 1;
    json_t *entry;
    *w = (struct walk){
        .history = history, .row = row, .has = calloc(n, sizeof *w->has), .covered = calloc(n, sizeof *w->covered),
        .nearest = calloc(n, sizeof *w->nearest), .found = { calloc(2 * n, sizeof *w->found.items), 0 },
        .chain = { calloc(n, sizeof *w->chain.median), calloc(n, sizeof *w->chain.entry), 0 },
    };
    if (!w->has || !w->covered || !w->nearest || !w->found.items || !w->chain.median || !w->chain.entry)
        return false;
    json_array_foreach(history->entries, i, entry)
        w->has[i] = json_object_get(json_object_get(entry, "rows"), row);
    return true;
}

bool history_steps(const struct history *history, const char *row, struct history_step **items, size_t *count, struct error *e)
{
    struct walk w;
    const char *unit = json_string_value(json_object_get(json_array_get(history->entries, 0), "unit"));
    bool ok = walk_open(&w, history, row) || error_set(e, "out of memory");
    if (ok && unit && strcmp(unit, "instructions") == 0)
        exact_steps(&w);
    else if (ok)
        timed_steps(&w);
    free(w.has);
    free(w.covered);
    free(w.nearest);
    free(w.chain.median);
    free(w.chain.entry);
    if (!ok) {
        free(w.found.items);
        w.found = (struct steps){ NULL, 0 };
    }
    *items = w.found.items;
    *count = w.found.count;
    return ok;
}

bool history_relate(struct history *history, const char *repository, struct error *e)
{
    size_t i, n = json_array_size(history->entries);
    json_t *entry;
    const char **commits = calloc(n + 1, sizeof *commits);
    if (!commits)
        return error_set(e, "out of memory");
    json_array_foreach(history->entries, i, entry)
        commits[i] = json_string_value(json_object_get(entry, "commit"));
    ancestry_free(&history->ancestry);
    bool ok = ancestry_read(repository, commits, n, &history->ancestry, e);
    free(commits);
    return ok;
}
