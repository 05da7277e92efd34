/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Decoder of raw.log; see rawlog.h. Invariant: each line is either console text, which holds no "@tg ", or a record that was
 * understood in full; what must hold over the whole log is checked when its last line is through.
 */
#include "harness/tool/rawlog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/tool/file.h"
#include "harness/tool/rawlog_record.h"
#include "harness/tool/rawlog_seal.h"
#include "harness/tool/text.h"

const char *const rawlog_context_keys[] = {
    "fidelity", "unit", "cpu_model", "clock", "tsc_hz", "tsc_hz_source", "cmdline", "mitigations", "nops1000", "empty_pair", NULL
};

struct decoder {
    struct rawlog *log;
    struct record record;
    size_t line;
    bool begun, ended, row_open;
    size_t row_capacity, pair_capacity;
    size_t *row_lines; /* for errors that are found at the end; parallel to log->rows */
};

static struct result_row *row_last(struct decoder *d)
{
    return &d->log->rows[d->log->row_count - 1];
}

/* Room for one element more: the array, moved perhaps, or NULL when there is no memory (then the old one stands). */
static void *array_room(void *items, size_t used, size_t *capacity, size_t item_bytes, struct error *e)
{
    if (used < *capacity)
        return items;
    size_t more = *capacity ? *capacity * 2 : 16;
    void *grown = reallocarray(items, more, item_bytes);
    if (grown)
        *capacity = more;
    else
        error_set(e, "out of memory");
    return grown;
}

/* Appends an empty row and notes the line it stands on. */
static bool row_append(struct decoder *d, struct error *e)
{
    size_t used = d->log->row_count, lines_capacity = d->row_capacity;
    size_t *lines = array_room(d->row_lines, used, &lines_capacity, sizeof *lines, e);
    if (!lines)
        return false;
    d->row_lines = lines;
    struct result_row *rows = array_room(d->log->rows, used, &d->row_capacity, sizeof *rows, e);
    if (!rows)
        return false;
    d->log->rows = rows;
    lines[used] = d->line;
    rows[used] = (struct result_row){ 0 };
    d->log->row_count++;
    d->pair_capacity = 0;
    return true;
}

static bool string_set(json_t *object, const char *key, const char *value, struct error *e)
{
    if (json_object_set_new(object, key, json_string(value)) != 0)
        return error_set(e, "value of \"%.80s\" is not UTF-8", key);
    return true;
}

/* --- one function for each kind of record --- */

static bool begin_decode(struct decoder *d, struct error *e)
{
    const char *format = record_take(&d->record, "format", e);
    const char *system = format ? record_take(&d->record, "system", e) : NULL;
    if (!system)
        return false;
    if (strcmp(format, "1") != 0)
        return error_set(e, "format=%.40s, this tool reads format 1", format);
    if (!text_is_word_of(system, "tollgate linux"))
        return error_set(e, "system=%.40s is neither tollgate nor linux", system);
    return string_set(d->log->context, "system", system, e);
}

static bool context_decode(struct decoder *d, struct error *e)
{
    struct record *r = &d->record;
    if (r->field_count == 0)
        return error_set(e, "context record without a field");
    for (size_t i = 0; i < r->field_count; i++) {
        if (json_object_get(d->log->context, r->keys[i]))
            return error_set(e, "context key \"%.80s\" given twice", r->keys[i]);
        if (!string_set(d->log->context, r->keys[i], r->values[i], e))
            return false;
        r->taken[i] = true;
    }
    return true;
}

static bool row_decode(struct decoder *d, struct error *e)
{
    if (!row_append(d, e))
        return false;
    for (size_t i = 0; i < row_field_count; i++) {
        const struct row_field *field = &row_fields[i];
        const char *value = field->optional ? record_find(&d->record, field->name) : record_take(&d->record, field->name, e);
        if (!value && field->optional)
            continue;
        if (!value || !row_field_set(row_last(d), field, value, e))
            return false;
    }
    d->row_open = true;
    return row_check(row_last(d), e);
}

static bool pair_decode(struct decoder *d, const char *field, size_t bytes, struct error *e)
{
    struct result_row *row = row_last(d);
    struct histogram_pair pair;
    const char *colon = memchr(field, ':', bytes);
    if (!colon || !text_to_count(field, (size_t)(colon - field), &pair.value) ||
        !text_to_count(colon + 1, bytes - (size_t)(colon - field) - 1, &pair.count) || pair.count == 0)
        return error_set(e, "\"%.*s\" is not value:count", (int)(bytes > 80 ? 80 : bytes), field);
    if (row->pair_count > 0 && pair.value <= row->pairs[row->pair_count - 1].value)
        return error_set(e, "value %llu is not above the one before it", (unsigned long long)pair.value);
    struct histogram_pair *pairs = array_room(row->pairs, row->pair_count, &d->pair_capacity, sizeof *pairs, e);
    if (!pairs)
        return false;
    row->pairs = pairs;
    row->pairs[row->pair_count++] = pair;
    return true;
}

static bool hist_decode(struct decoder *d, struct error *e)
{
    const char *field = d->record.body, *end = field + d->record.body_bytes;
    if (field == end)
        return error_set(e, "hist record without a sample");
    for (;;) {
        const char *blank = memchr(field, ' ', (size_t)(end - field));
        if (!pair_decode(d, field, (size_t)((blank ? blank : end) - field), e))
            return false;
        if (!blank)
            return true;
        field = blank + 1;
    }
}

static bool endrow_decode(struct decoder *d, struct error *e)
{
    uint64_t samples;
    const char *value = record_take(&d->record, "samples", e);
    if (!value)
        return false;
    if (!text_to_count(value, strlen(value), &samples))
        return error_set(e, "samples=%.40s is not a number", value);
    if (row_last(d)->pair_count == 0)
        return error_set(e, "row without a sample");
    if (!row_summarise(row_last(d), e))
        return false;
    if (row_last(d)->n != samples)
        return error_set(e, "samples=%llu, the histogram holds %llu", (unsigned long long)samples,
                         (unsigned long long)row_last(d)->n);
    d->row_open = false;
    return true;
}

static bool skip_decode(struct decoder *d, struct error *e)
{
    const char *workload = record_take(&d->record, "workload", e);
    const char *reason = workload ? record_take(&d->record, "reason", e) : NULL;
    if (!reason)
        return false;
    if (!text_is_workload_id(workload))
        return error_set(e, "workload=\"%.80s\" is not the id of a workload", workload);
    json_t *skip = json_object();
    json_array_append_new(d->log->skipped, skip);
    return string_set(skip, "workload", workload, e) && string_set(skip, "reason", reason, e);
}

static bool count_take(struct record *r, const char *key, uint64_t *value, struct error *e)
{
    const char *text = record_take(r, key, e);
    if (!text)
        return false;
    return text_to_count(text, strlen(text), value) || error_set(e, "%s=%.40s is not a number", key, text);
}

static bool trace_decode(struct decoder *d, struct error *e)
{
    struct trace_line line;
    line.workload = record_take(&d->record, "workload", e);
    line.variant = line.workload ? record_take(&d->record, "variant", e) : NULL;
    line.data = line.variant ? record_take(&d->record, "data", e) : NULL;
    if (!line.data)
        return false;
    if (!text_is_workload_id(line.workload))
        return error_set(e, "workload=\"%.80s\" is not the id of a workload", line.workload);
    return count_take(&d->record, "cpu", &line.cpu, e) && count_take(&d->record, "lost", &line.lost, e) &&
           count_take(&d->record, "first", &line.first, e) && trace_log_add(&d->log->traces, &line, e);
}

static bool test_decode(struct decoder *d, struct error *e)
{
    const char *name = record_take(&d->record, "name", e);
    const char *result = name ? record_take(&d->record, "result", e) : NULL;
    const char *detail = record_find(&d->record, "detail");
    if (!result)
        return false;
    if (*name == 0)
        return error_set(e, "test without a name");
    if (!text_is_word_of(result, "pass fail skip"))
        return error_set(e, "result=%.40s is none of: pass fail skip", result);
    json_t *test = json_object();
    json_array_append_new(d->log->tests, test);
    return string_set(test, "name", name, e) && string_set(test, "result", result, e) &&
           (!detail || string_set(test, "detail", detail, e));
}

static bool end_decode(struct decoder *d, struct error *e)
{
    uint64_t records;
    const char *count = record_take(&d->record, "records", e);
    const char *status = count ? record_take(&d->record, "status", e) : NULL;
    if (!status)
        return false;
    if (!text_to_count(count, strlen(count), &records) || records != d->log->records)
        return error_set(e, "end record says records=%.40s, the log holds %llu", count, (unsigned long long)d->log->records);
    if (!text_is_word_of(status, "ok fail"))
        return error_set(e, "status=%.40s is neither ok nor fail", status);
    d->log->ok = strcmp(status, "ok") == 0;
    d->ended = true;
    return true;
}

static const struct record_kind {
    const char *name;
    bool (*decode)(struct decoder *d, struct error *e);
    bool in_row; /* stands between row and endrow, and nowhere else */
    bool raw;    /* its fields are not key=value */
} kinds[] = {
    { "begin", begin_decode, false, false },  { "context", context_decode, false, false },
    { "row", row_decode, false, false },      { "hist", hist_decode, true, true },
    { "endrow", endrow_decode, true, false }, { "skip", skip_decode, false, false },
    { "test", test_decode, false, false },    { "end", end_decode, false, false },
    { "trace", trace_decode, false, false },
};

static const struct record_kind *kind_find(const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    return NULL;
}

/* --- lines --- */

static bool order_check(const struct decoder *d, const struct record_kind *kind, struct error *e)
{
    bool is_begin = strcmp(kind->name, "begin") == 0;
    if (d->ended)
        return error_set(e, "%s record behind the end record", kind->name);
    if (is_begin == d->begun)
        return error_set(e, is_begin ? "second begin record" : "%s record before the begin record", kind->name);
    if (kind->in_row && !d->row_open)
        return error_set(e, "%s record outside of a row", kind->name);
    if (!kind->in_row && d->row_open)
        return error_set(e, "%s record inside of a row: endrow is missing", kind->name);
    return true;
}

static bool record_decode(struct decoder *d, const char *line, size_t bytes, struct error *e)
{
    if (!record_open(&d->record, line, bytes, d->log->records, e))
        return false;
    const struct record_kind *kind = kind_find(d->record.kind);
    if (!kind)
        return error_set(e, "unknown kind of record \"%s\"", d->record.kind);
    if (!order_check(d, kind, e))
        return false;
    d->log->records++;
    d->begun = true;
    if (!kind->raw && !record_split(&d->record, e))
        return false;
    return kind->decode(d, e) && (kind->raw || record_all_taken(&d->record, e));
}

static bool line_decode(struct decoder *d, const char *line, size_t bytes, struct error *e)
{
    if (memchr(line, 0, bytes))
        return error_set(e, "holds a NUL byte");
    if (bytes > 0 && line[bytes - 1] == '\r')
        bytes--;
    bool is_record = bytes >= 4 && memcmp(line, "@tg ", 4) == 0;
    size_t skip = is_record ? 4 : 0;
    if (memmem(line + skip, bytes - skip, "@tg ", 4))
        return error_set(e, "\"@tg \" in the middle of a line: console output ran into a record");
    if (rawlog_is_seal(line, bytes))
        return error_set(e, "a seal (@tgsum) where none may stand");
    return is_record ? record_decode(d, line, bytes, e) : true;
}

static bool lines_decode(struct decoder *d, const char *bytes, size_t size, struct error *e)
{
    const char *end = bytes + size;
    for (const char *line = bytes; line < end;) {
        const char *lf = memchr(line, '\n', (size_t)(end - line));
        d->line++;
        if (!lf)
            error_set(e, "cut off: the last line has no line end");
        else if (line_decode(d, line, (size_t)(lf - line), e)) {
            line = lf + 1;
            continue;
        }
        return error_prefix(e, "line %zu", d->line);
    }
    return true;
}

/* --- the whole log --- */

static bool context_check(const struct rawlog *log, struct error *e)
{
    for (const char *const *key = rawlog_context_keys; *key; key++)
        if (!json_object_get(log->context, *key))
            return error_set(e, "context key \"%s\" is missing", *key);
    const char *fidelity = json_string_value(json_object_get(log->context, "fidelity"));
    const char *unit = json_string_value(json_object_get(log->context, "unit"));
    if (!text_is_word_of(fidelity, "metal virtual instructions none"))
        return error_set(e, "fidelity=\"%.40s\" is none of: metal virtual instructions none", fidelity);
    if (!row_unit_matches(unit, fidelity))
        return error_set(e, "unit \"%.40s\" does not go with fidelity \"%s\"", unit, fidelity);
    return true;
}

static bool rows_check(const struct decoder *d, struct error *e)
{
    const struct rawlog *log = d->log;
    const char *fidelity = json_string_value(json_object_get(log->context, "fidelity"));
    for (size_t i = 0; i < log->row_count; i++)
        if (!row_unit_matches(log->rows[i].unit, fidelity))
            return error_set(e, "line %zu: a row in %s from a run of fidelity \"%s\"", d->row_lines[i], log->rows[i].unit,
                             fidelity);
    const struct result_row **sorted = rows_sorted(log->rows, log->row_count, e);
    free(sorted);
    return sorted != NULL;
}

static bool tests_check(const struct rawlog *log, struct error *e)
{
    size_t i;
    json_t *test;
    json_array_foreach(log->tests, i, test)
        if (log->ok && strcmp(json_string_value(json_object_get(test, "result")), "fail") == 0)
            return error_set(e, "test \"%.80s\" failed, yet the end record says status=ok",
                             json_string_value(json_object_get(test, "name")));
    if (log->row_count == 0 && json_array_size(log->tests) == 0)
        return error_set(e, "the log holds no row and no test");
    return true;
}

static bool whole_check(const struct decoder *d, struct error *e)
{
    if (!d->begun)
        return error_set(e, "line %zu: the log ends without any record", d->line);
    if (!d->ended)
        return error_set(e, "line %zu: the log ends without an end record, after %llu records", d->line,
                         (unsigned long long)d->log->records);
    return context_check(d->log, e) && rows_check(d, e) && tests_check(d->log, e);
}

bool rawlog_decode(const char *bytes, size_t size, bool sealed, struct rawlog *log, struct error *e)
{
    *log = (struct rawlog){ .context = json_object(), .skipped = json_array(), .tests = json_array() };
    struct decoder *d = calloc(1, sizeof *d);
    bool ok = d && log->context && log->skipped && log->tests;
    if (!ok)
        error_set(e, "out of memory");
    else if (size == 0)
        ok = error_set(e, "empty log");
    else if (size > RAWLOG_BYTES_MAX)
        ok = error_set(e, "%zu bytes, larger than the limit of %u", size, RAWLOG_BYTES_MAX);
    else if (sealed)
        ok = rawlog_seal_check(bytes, size, &size, e);
    if (ok) {
        d->log = log;
        ok = lines_decode(d, bytes, size, e) && whole_check(d, e);
        free(d->row_lines);
        trace_log_finish(&log->traces);
    }
    free(d);
    if (!ok)
        rawlog_free(log);
    return ok;
}

bool rawlog_read(const char *path, bool sealed, struct rawlog *log, struct error *e)
{
    char *bytes;
    size_t size;
    *log = (struct rawlog){ 0 };
    if (!file_read(path, RAWLOG_BYTES_MAX, &bytes, &size, e))
        return false;
    bool ok = rawlog_decode(bytes, size, sealed, log, e);
    free(bytes);
    return ok ? true : error_prefix(e, "%s", path);
}

void rawlog_free(struct rawlog *log)
{
    json_decref(log->context);
    json_decref(log->skipped);
    json_decref(log->tests);
    trace_log_free(&log->traces);
    for (size_t i = 0; i < log->row_count; i++)
        row_free(&log->rows[i]);
    free(log->rows);
    *log = (struct rawlog){ 0 };
}
