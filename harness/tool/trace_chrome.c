/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Traces in the Chrome trace event format ("JSON Object Format" of its description): each interval between two points is a complete event
 * (ph X) of its CPU (pid) and thread (tid), named after the point, its category being the step. Chrome, Perfetto and speedscope open it.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "harness/tool/json_file.h"
#include "harness/tool/trace_breakdown.h"

static void argument_set(json_t *arguments, const char *name, uint64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "0x%" PRIx64, value);
    if (name[0])
        json_object_set_new(arguments, name, json_string(text));
}

static json_t *event_arguments(const struct trace_interval *interval)
{
    const struct trace_event *event = interval->event;
    json_t *arguments = json_object();
    for (size_t i = 0; i < 2; i++)
        argument_set(arguments, trace_points[event->point].arguments[i], event->arguments[i]);
    json_object_set_new(arguments, "ticks", json_integer((json_int_t)interval->ticks));
    json_object_set_new(arguments, "tracing", json_integer((json_int_t)interval->cost));
    for (size_t i = 0; event->counted && i < 2; i++)
        json_object_set_new(arguments, i ? "counter1" : "counter0", json_integer((json_int_t)event->counters[i]));
    return arguments;
}

static void interval_append(json_t *events, const struct trace_interval *interval, double ticks_per_us)
{
    const struct trace_event *event = interval->event;
    json_array_append_new(events, json_pack("{s:s, s:s, s:s, s:f, s:f, s:I, s:I, s:o}", "name", trace_points[event->point].name, "cat",
                                            interval->user_inside ? "user mode" : trace_step_titles[trace_points[event->point].step], "ph", "X", "ts",
                                            (double)event->tsc / ticks_per_us, "dur", (double)interval->ticks / ticks_per_us, "pid",
                                            (json_int_t)event->cpu, "tid", (json_int_t)event->thread, "args", event_arguments(interval)));
}

/* Where the sample begins: an instant that holds its name, for the whole CPU. */
static void sample_append(json_t *events, const struct trace_sample *s, const struct trace_event *first, double ticks_per_us)
{
    json_array_append_new(events, json_pack("{s:s, s:s, s:s, s:s, s:f, s:I, s:I, s:{s:s, s:I}}", "name", s->workload, "cat", "sample", "ph", "i", "s", "p",
                                            "ts", (double)first->tsc / ticks_per_us, "pid", (json_int_t)first->cpu, "tid",
                                            (json_int_t)first->thread, "args", "variant", s->variant, "lost", (json_int_t)s->lost));
}

static void cpus_append(json_t *events, uint32_t cpus)
{
    for (uint32_t cpu = 0; cpu < cpus; cpu++) {
        char name[24];
        snprintf(name, sizeof name, "CPU %" PRIu32, cpu);
        json_array_append_new(events, json_pack("{s:s, s:s, s:I, s:{s:s}}", "name", "process_name", "ph", "M", "pid", (json_int_t)cpu, "args",
                                                "name", name));
    }
}

/* The clock's rate as the guest tells it; unknown: a tick is a nanosecond, as under icount. */
static double ticks_per_us_of(const json_t *context)
{
    const char *hz = json_string_value(json_object_get(context, "tsc_hz"));
    double rate = hz ? atof(hz) / 1e6 : 0;
    return rate > 0 ? rate : 1000;
}

bool trace_chrome_print(FILE *out, const struct rawlog *raw, struct error *e)
{
    const struct trace_log *log = &raw->traces;
    const char *unit = json_string_value(json_object_get(raw->context, "unit"));
    double ticks_per_us = ticks_per_us_of(raw->context);
    if (log->count == 0)
        return error_set(e, TRACE_NONE);
    json_t *events = json_array();
    uint32_t cpus = 0;
    bool ok = true;
    for (size_t i = 0; ok && i < log->count; i++) {
        struct trace_intervals v;
        ok = trace_intervals_make(&log->samples[i], &v, e);
        if (!ok)
            break;
        sample_append(events, &log->samples[i], v.items[0].event, ticks_per_us);
        for (size_t k = 0; k < v.count; k++) {
            interval_append(events, &v.items[k], ticks_per_us);
            cpus = v.items[k].event->cpu >= cpus ? v.items[k].event->cpu + 1 : cpus;
        }
        free(v.items);
    }
    cpus_append(events, cpus < 256 ? cpus : 256);
    json_t *root = json_pack("{s:o, s:s, s:{s:s}}", "traceEvents", events, "displayTimeUnit", "ns", "otherData", "unit", unit);
    if (ok)
        json_print(out, root, 2);
    json_decref(root);
    return ok;
}
