/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A trace as Chrome trace-event JSON, which Perfetto opens. Input: CSV with the columns tsc, cpu, thread, event and, if there are any,
 * further ones, which become arguments (results/FORMAT.md section 5). An event called X.enter opens a slice that X.exit closes; every other one
 * is an instant. See export.h.
 */
#include "harness/tool/export.h"

#include <stdlib.h>
#include <string.h>

#include "harness/tool/json_file.h"
#include "harness/tool/text.h"

enum column { TSC, CPU, THREAD, EVENT, COLUMNS };
static const char *const names[COLUMNS] = { "tsc", "cpu", "thread", "event" };

static const char *ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n > m && strcmp(text + n - m, end) == 0 ? text + n - m : NULL;
}

static json_t *event_arguments(const struct csv *trace, size_t row, const size_t *columns)
{
    json_t *arguments = json_object();
    for (size_t c = 0; c < trace->columns; c++)
        if (c != columns[TSC] && c != columns[CPU] && c != columns[THREAD] && c != columns[EVENT])
            json_object_set_new(arguments, trace->fields[c], json_string(csv_field(trace, row, c)));
    return arguments;
}

static json_t *event_make(const struct export_job *job, size_t row, const size_t *columns, uint64_t *last, struct error *e)
{
    uint64_t number[3];
    const struct csv *trace = job->trace;
    const char *name = csv_field(trace, row, columns[EVENT]);
    for (size_t c = 0; c < 3; c++) {
        const char *text = csv_field(trace, row, columns[c]);
        if (!text_to_count(text, strlen(text), &number[c])) {
            error_set(e, "row %zu: %s \"%.40s\" is not a number", row + 1, names[c], text);
            return NULL;
        }
    }
    if (number[TSC] < *last || !*name) {
        error_set(e, "row %zu: %s", row + 1, *name ? "time goes back" : "event without a name");
        return NULL;
    }
    *last = number[TSC];
    const char *enter = ends_with(name, ".enter"), *leave = ends_with(name, ".exit"), *end = enter ? enter : leave;
    json_t *event = json_pack("{s:s%, s:s, s:f, s:I, s:I, s:o}", "name", name, end ? (size_t)(end - name) : strlen(name), "ph",
                              enter ? "B" : leave ? "E" : "i", "ts", (double)number[TSC] / job->ticks_per_us, "pid",
                              (json_int_t)number[CPU], "tid", (json_int_t)number[THREAD], "args", event_arguments(trace, row, columns));
    if (event && !end)
        json_object_set_new(event, "s", json_string("t"));
    if (!event)
        error_set(e, "row %zu: event is not UTF-8", row + 1);
    return event;
}

bool export_perfetto(FILE *out, const struct export_job *job, struct error *e)
{
    size_t columns[COLUMNS];
    uint64_t last = 0;
    for (size_t c = 0; c < COLUMNS; c++)
        if (!csv_column(job->trace, names[c], &columns[c]))
            return error_set(e, "column \"%s\" is missing", names[c]);
    json_t *events = json_array();
    bool ok = true;
    for (size_t row = 0; ok && row < job->trace->rows; row++) {
        json_t *event = event_make(job, row, columns, &last, e);
        ok = event && json_array_append_new(events, event) == 0;
    }
    json_t *root = json_pack("{s:o, s:s}", "traceEvents", events, "displayTimeUnit", "ns");
    if (ok)
        json_print(out, root, 2);
    json_decref(root);
    return ok;
}
