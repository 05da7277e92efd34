/* SPDX-License-Identifier: BSD-2-Clause */
#include "harness/tool/trace_log.h"

#include <stdlib.h>
#include <string.h>

#define TRACE_STEP(id, name, title)
#define TRACE(id, name, step, argument0, argument1) [id] = { #name, TRACE_STEP_##step, { argument0, argument1 }, false, false },
#define TRACE_IN_C(id, name, step, argument0, argument1) [id] = { #name, TRACE_STEP_##step, { argument0, argument1 }, true, false },
#define TRACE_AT_USER(id, name, step, argument0, argument1) [id] = { #name, TRACE_STEP_##step, { argument0, argument1 }, false, true },
const struct trace_point_info trace_points[TRACE_POINTS_END] = {
#include "kernel/abi/trace.def"
};
#undef TRACE_STEP
#undef TRACE
#undef TRACE_IN_C

#define TRACE_STEP(id, name, title) [id] = title,
#define TRACE(id, name, step, argument0, argument1)
#define TRACE_IN_C(id, name, step, argument0, argument1)
const char *const trace_step_titles[TRACE_STEPS] = {
#include "kernel/abi/trace.def"
};

/* A hexadecimal number of at most 16 digits, and what ends it. */
static bool number_take(const char **at, uint64_t *value)
{
    const char *start = *at;
    *value = 0;
    for (; (**at >= '0' && **at <= '9') || (**at >= 'a' && **at <= 'f'); ++*at)
        *value = *value << 4 | (uint64_t)(**at <= '9' ? **at - '0' : **at - 'a' + 10);
    return *at > start && *at - start <= 16;
}

static bool event_take(const char **at, uint32_t cpu, struct trace_event *event, struct error *e)
{
    uint64_t number[7] = { 0 };
    size_t n = 0;
    do {
        *at += n > 0;
        if (!number_take(at, &number[n++]))
            return error_set(e, "data: not a hexadecimal number at \"%.20s\"", *at);
    } while (**at == ':' && n < 7);
    if ((n != 5 && n != 7) || (**at && **at != ','))
        return error_set(e, "data: a point has 5 or 7 numbers, at \"%.20s\"", *at);
    if (number[1] >= TRACE_POINTS_END || !trace_points[number[1]].name)
        return error_set(e, "data: unknown point %llu", (unsigned long long)number[1]);
    *event = (struct trace_event){ .tsc = number[0], .point = (uint32_t)number[1], .cpu = cpu, .thread = number[2],
                                   .arguments = { number[3], number[4] }, .counters = { number[5], number[6] }, .counted = n == 7 };
    return true;
}

static bool event_append(struct trace_sample *s, const struct trace_event *event, struct error *e)
{
    if (s->count == TRACE_EVENTS_MAX)
        return error_set(e, "more than %u points in one sample", TRACE_EVENTS_MAX);
    if (s->count == s->capacity) {
        size_t more = s->capacity ? 2 * s->capacity : 64;
        struct trace_event *grown = reallocarray(s->events, more, sizeof *grown);
        if (!grown)
            return error_set(e, "out of memory");
        s->events = grown;
        s->capacity = more;
    }
    s->events[s->count++] = *event;
    return true;
}

/* The sample that the line goes on with, or a new one. */
static struct trace_sample *sample_for(struct trace_log *log, const struct trace_line *line, struct error *e)
{
    struct trace_sample *last = log->count ? &log->samples[log->count - 1] : NULL;
    if (last && strcmp(last->workload, line->workload) == 0 && strcmp(last->variant, line->variant) == 0)
        return last;
    if (log->count == log->capacity) {
        size_t more = log->capacity ? 2 * log->capacity : 16;
        struct trace_sample *grown = reallocarray(log->samples, more, sizeof *grown);
        if (!grown) {
            error_set(e, "out of memory");
            return NULL;
        }
        log->samples = grown;
        log->capacity = more;
    }
    last = &log->samples[log->count++];
    *last = (struct trace_sample){ .workload = strdup(line->workload), .variant = strdup(line->variant) };
    if (!last->workload || !last->variant)
        abort();
    return last;
}

bool trace_log_add(struct trace_log *log, const struct trace_line *line, struct error *e)
{
    struct trace_sample *s = sample_for(log, line, e);
    const char *at = line->data;
    if (!s)
        return false;
    if (line->cpu > UINT32_MAX)
        return error_set(e, "cpu=%llu is none", (unsigned long long)line->cpu);
    if (line->first == 0) {
        s->ring_count = 0;
        s->lost += line->lost;
    }
    if (line->first != s->ring_count)
        return error_set(e, "first=%llu, %llu points came before", (unsigned long long)line->first, (unsigned long long)s->ring_count);
    for (;; at++) {
        struct trace_event event;
        if (!event_take(&at, (uint32_t)line->cpu, &event, e) || !event_append(s, &event, e))
            return false;
        s->ring_count++;
        if (!*at)
            return true;
    }
}

static int compare_events(const void *left, const void *right)
{
    const struct trace_event *a = left, *b = right;
    if (a->tsc != b->tsc)
        return a->tsc < b->tsc ? -1 : 1;
    return (a->cpu > b->cpu) - (a->cpu < b->cpu);
}

/* Who runs in user mode on a CPU is whom the kernel ran last there; CPUs beyond those that a ring can have name none. */
static void threads_find(struct trace_sample *s)
{
    uint64_t threads[256] = { 0 };
    for (size_t i = 0; i < s->count; i++) {
        struct trace_event *event = &s->events[i];
        if (event->cpu >= sizeof threads / sizeof *threads)
            continue;
        if (trace_is_user(event))
            event->thread = threads[event->cpu];
        else
            threads[event->cpu] = event->thread;
    }
}

void trace_log_finish(struct trace_log *log)
{
    for (size_t i = 0; i < log->count; i++) {
        if (log->samples[i].count > 0)
            qsort(log->samples[i].events, log->samples[i].count, sizeof *log->samples[i].events, compare_events);
        threads_find(&log->samples[i]);
    }
}

void trace_log_free(struct trace_log *log)
{
    for (size_t i = 0; i < log->count; i++) {
        free(log->samples[i].workload);
        free(log->samples[i].variant);
        free(log->samples[i].events);
    }
    free(log->samples);
    *log = (struct trace_log){ 0 };
}
