/* SPDX-License-Identifier: BSD-2-Clause */
#include "harness/tool/trace_breakdown.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "harness/tool/json_file.h"
#include "harness/tool/report_table.h"
#include "harness/tool/terminal.h"

/* --- what points cost --- */

/* Index of the next event of the same CPU; count when there is none. */
static size_t event_next(const struct trace_sample *s, size_t i)
{
    for (size_t k = i + 1; k < s->count; k++)
        if (s->events[k].cpu == s->events[i].cpu)
            return k;
    return s->count;
}

/* Ticks of the last pair of these two points, one directly after the other; 0: there is none. */
static uint64_t pair_find(const struct trace_sample *s, uint32_t first, uint32_t second)
{
    for (size_t i = s->count; i-- > 0;) {
        size_t next = event_next(s, i);
        if (next < s->count && s->events[i].point == first && s->events[next].point == second)
            return s->events[next].tsc - s->events[i].tsc;
    }
    return 0;
}

/* Calibration is what comes last: a null system call, and pairs of user mode. Its index is where the sample ends. */
static size_t calibration_find(const struct trace_sample *s)
{
    size_t nothing = s->count;
    while (nothing > 0 && s->events[nothing - 1].point != TRACE_fast_nothing)
        nothing--;
    if (nothing == 0)
        return s->count;
    const struct trace_event *event = &s->events[nothing - 1];
    for (size_t i = nothing - 1; i-- > 0;)
        if (s->events[i].cpu == event->cpu)
            if (s->events[i].point == TRACE_fast_p1_tag)
                return i;
    return nothing - 1;
}

static void costs_find(const struct trace_sample *s, struct trace_costs *costs)
{
    costs->assembly = pair_find(s, TRACE_fast_nothing, TRACE_fast_nothing_again);
    uint64_t outside = pair_find(s, TRACE_fast_nothing_outside, TRACE_fast_nothing_outside_again);
    costs->swap = outside > costs->assembly ? (outside - costs->assembly) / 2 : 0;
    costs->c = pair_find(s, TRACE_slow_leave, TRACE_slow_leave_again);
    costs->user = pair_find(s, TRACE_user_enter, TRACE_user_return);
    costs->stub = pair_find(s, TRACE_user_return, TRACE_user_enter);
}

static uint64_t cost_of(const struct trace_costs *costs, const struct trace_event *event, const struct trace_event *next)
{
    uint64_t swaps = costs->swap * ((uint64_t)trace_points[event->point].at_user + trace_points[next->point].at_user);
    if (event->point != TRACE_user_enter && trace_is_user(event) && trace_is_user(next)) /* a routine's return and the next one's call are in it */
        return costs->stub;
    if (trace_is_user(next))
        return costs->user + swaps;
    return (trace_points[next->point].in_c && costs->c ? costs->c : costs->assembly) + swaps;
}

/* --- intervals --- */

static bool is_way_out(const struct trace_event *event)
{
    return trace_points[event->point].step == TRACE_STEP_exit;
}

/* One round trip: from a thread's way into the kernel to the next one of the same thread. */
static void round_trip_find(struct trace_intervals *v)
{
    v->first = 0;
    v->end = v->count;
    size_t first = 0, next;
    while (first < v->count && v->items[first].event->point != TRACE_user_enter)
        first++;
    for (next = first + 1; next < v->count; next++)
        if (v->items[next].event->point == TRACE_user_enter && v->items[next].event->thread == v->items[first].event->thread)
            break;
    if (next < v->count) {
        v->first = first;
        v->end = next;
    }
}

bool trace_intervals_make(const struct trace_sample *s, struct trace_intervals *v, struct error *e)
{
    *v = (struct trace_intervals){ .items = calloc(s->count + 1, sizeof *v->items) };
    if (!v->items)
        return error_set(e, "out of memory");
    costs_find(s, &v->costs);
    size_t end = calibration_find(s);
    for (size_t i = 0; i < end; i++) {
        size_t next = event_next(s, i);
        if (next == s->count)
            continue;
        const struct trace_event *event = &s->events[i], *after = &s->events[next];
        v->items[v->count++] = (struct trace_interval){ event, after->tsc - event->tsc, cost_of(&v->costs, event, after),
                                                        is_way_out(event) && !trace_is_user(after) };
    }
    round_trip_find(v);
    if (v->count > 0)
        return true;
    free(v->items);
    *v = (struct trace_intervals){ 0 };
    return error_set(e, "%s %s: no points but those of calibration", s->workload, s->variant);
}

/* --- the table --- */

struct sum {
    uint64_t points, ticks, cost;
};

static double sum_net(const struct sum *sum) { return (double)sum->ticks - (double)sum->cost; }

static void sum_add(struct sum *sum, const struct trace_interval *interval)
{
    sum->points++;
    sum->ticks += interval->ticks;
    sum->cost += interval->cost;
}

static void sum_print(struct report_table *table, const char *title, const struct sum *sum, double total)
{
    if (sum->points == 0)
        return;
    const uint64_t counts[] = { sum->points, sum->ticks, sum->cost };
    report_table_cell(table, "%s", title);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        report_table_cell(table, "%" PRIu64, counts[i]);
    report_table_cell(table, "%.0f", sum_net(sum));
    report_table_cell(table, "%.1f %%", total > 0 ? 100 * sum_net(sum) / total : 0);
}

struct sums {
    struct sum steps[TRACE_STEPS], outside, total;
};

static void sums_make(struct sums *sums, const struct trace_intervals *v)
{
    *sums = (struct sums){ 0 };
    for (size_t i = v->first; i < v->end; i++) {
        const struct trace_interval *interval = &v->items[i];
        sum_add(interval->user_inside ? &sums->outside : &sums->steps[trace_points[interval->event->point].step], interval);
        sum_add(&sums->total, interval);
    }
}

static void sum_append(json_t *list, const char *title, const struct sum *sum)
{
    if (sum->points > 0)
        json_array_append_new(list, json_pack("{s:s, s:I, s:I, s:I, s:o}", "step", title, "points", (json_int_t)sum->points, "ticks", (json_int_t)sum->ticks,
                                              "tracing", (json_int_t)sum->cost, "net", json_number(sum_net(sum))));
}

json_t *trace_breakdown_json(const struct trace_sample *s, const struct trace_intervals *v, const char *unit)
{
    struct sums sums;
    json_t *steps = json_array();
    sums_make(&sums, v);
    for (size_t k = 0; k < TRACE_STEPS; k++)
        sum_append(steps, trace_step_titles[k], &sums.steps[k]);
    sum_append(steps, "user mode, with the way out and the way in", &sums.outside);
    sum_append(steps, "sum", &sums.total);
    return json_pack("{s:s, s:s, s:s?, s:I, s:I, s:I, s:o}", "workload", s->workload, "variant", s->variant, "unit", unit, "point_cost",
                     (json_int_t)v->costs.assembly, "point_cost_in_c", (json_int_t)v->costs.c, "lost", (json_int_t)s->lost, "steps", steps);
}

void trace_breakdown_print(FILE *out, const struct trace_sample *s, const struct trace_intervals *v, const char *unit)
{
    struct sums sums;
    struct report_table table;
    char columns[80];
    sums_make(&sums, v);
    snprintf(columns, sizeof columns, "<step|points|ticks|tracing|%.16s|share", unit);
    report_table_init(&table, columns);
    if (asprintf(&table.title, "%s %s", s->workload, s->variant) < 0)
        abort(); /* a line of text */
    for (size_t k = 0; k < TRACE_STEPS; k++)
        sum_print(&table, trace_step_titles[k], &sums.steps[k], sum_net(&sums.total));
    sum_print(&table, "user mode, with the way out and the way in", &sums.outside, sum_net(&sums.total));
    sum_print(&table, "sum", &sums.total, sum_net(&sums.total));
    report_table_print(out, &table);
    report_table_free(&table);
    terminal_printf(out, "  a point costs %" PRIu64 " (in C %" PRIu64 ", user mode %" PRIu64 "), measured back to back%s\n", v->costs.assembly, v->costs.c,
                    v->costs.user, v->end - v->first < v->count ? "; one round trip, the loop that makes it included" : "");
    if (s->lost > 0)
        terminal_printf(out, "  %" PRIu64 " points found no room: this is not the whole\n", s->lost);
}

/* --- exports --- */

static const char *interval_title(const struct trace_interval *interval)
{
    return interval->user_inside ? "user mode" : trace_step_titles[trace_points[interval->event->point].step];
}

void trace_folded_print(FILE *out, const struct trace_sample *s, const struct trace_intervals *v)
{
    for (size_t i = 0; i < v->count; i++) {
        const struct trace_interval *interval = &v->items[i];
        int64_t net = (int64_t)(interval->ticks - interval->cost);
        fprintf(out, "%s %s;thread %" PRIu64 ";%s;%s %" PRId64 "\n", s->workload, s->variant, interval->event->thread, interval_title(interval),
                trace_points[interval->event->point].name, net > 0 ? net : 0);
        if (interval->cost > 0)
            fprintf(out, "%s %s;thread %" PRIu64 ";tracing %" PRIu64 "\n", s->workload, s->variant, interval->event->thread, interval->cost);
    }
}
