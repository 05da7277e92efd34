/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Tracepoints of a log: what is accepted, what is refused, and what the time between points is taken for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "harness/tool/trace_breakdown.h"

static bool line_add(struct trace_log *log, uint64_t cpu, uint64_t first, const char *data, struct error *e)
{
    return trace_log_add(log, &(struct trace_line){ .workload = "ipc.x", .variant = "v", .cpu = cpu, .first = first, .data = data }, e);
}

static void refused(const char *data, const char *why)
{
    struct trace_log log = { 0 };
    struct error e = { "" };
    assert_false(line_add(&log, 0, 0, data, &e));
    if (!strstr(e.text, why))
        fail_msg("%s: %s", data, e.text);
    trace_log_free(&log);
}

static void what_is_malformed_is_refused(void **state)
{
    (void)state;
    refused("", "hexadecimal");
    refused("1:10:2:3", "5 or 7");
    refused("1:10:2:3:4:5", "5 or 7");
    refused("1:10:2:3:4:5:6:7", "5 or 7");
    refused("1:10:2:3:4,", "hexadecimal");
    refused("1:10:2:3:X", "hexadecimal");
    refused("1:ffff:2:3:4", "unknown point");
    refused("1:0:2:3:4", "unknown point");
    refused("11111111111111111:10:2:3:4", "hexadecimal");
    refused("1:10:2:3:4 ", "5 or 7");
}

static void a_gap_is_refused(void **state)
{
    (void)state;
    struct trace_log log = { 0 };
    struct error e = { "" };
    assert_true(line_add(&log, 0, 0, "1:10:2:3:4,5:10:2:3:4", &e));
    assert_false(line_add(&log, 0, 3, "9:10:2:3:4", &e));
    assert_non_null(strstr(e.text, "first=3"));
    trace_log_free(&log);
}

/* Two rings of one CPU become one sequence; user mode's thread is whom the kernel ran before. */
static void rings_are_merged_by_time(void **state)
{
    (void)state;
    struct trace_log log = { 0 };
    assert_true(line_add(&log, 0, 0, "10:10:7:0:0,30:40:8:0:0", NULL));
    assert_true(line_add(&log, 0, 0, "8:1:0:0:0,35:2:0:0:0", NULL));
    trace_log_finish(&log);
    assert_int_equal(log.count, 1);
    assert_int_equal(log.samples[0].count, 4);
    static const uint64_t tsc[] = { 8, 0x10, 0x30, 0x35 }, threads[] = { 0, 7, 8, 8 };
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(log.samples[0].events[i].tsc, tsc[i]);
        assert_int_equal(log.samples[0].events[i].thread, threads[i]);
    }
    trace_log_free(&log);
}

/* Points cost 0x20; the null system call with its pair comes last and is none of the sample. */
static void cost_is_taken_off(void **state)
{
    (void)state;
    struct trace_log log = { 0 };
    struct trace_intervals v;
    assert_true(line_add(&log, 0, 0, "100:11:7:0:0,125:12:7:0:0,1000:10:7:0:0,1100:44:7:0:0,1120:1d:7:0:0", NULL));
    trace_log_finish(&log);
    assert_true(trace_intervals_make(&log.samples[0], &v, NULL));
    assert_int_equal(v.costs.assembly, 0x20);
    assert_int_equal(v.count, 2);
    assert_int_equal(v.items[0].ticks, 0x25);
    assert_int_equal(v.items[0].cost, 0x20);
    free(v.items);
    trace_log_free(&log);
}

static void calibration_alone_is_no_sample(void **state)
{
    (void)state;
    struct trace_log log = { 0 };
    struct trace_intervals v;
    struct error e = { "" };
    assert_true(line_add(&log, 0, 0, "1000:10:7:0:0,1100:44:7:0:0,1120:1d:7:0:0", NULL));
    trace_log_finish(&log);
    assert_false(trace_intervals_make(&log.samples[0], &v, &e));
    assert_non_null(strstr(e.text, "calibration"));
    trace_log_free(&log);
}

static void every_point_has_a_name_and_ids_are_unique(void **state)
{
    (void)state;
    size_t named = 0;
    for (size_t i = 0; i < TRACE_POINTS_END; i++) {
        named += trace_points[i].name != NULL;
        for (size_t k = 0; trace_points[i].name && k < i; k++)
            assert_true(!trace_points[k].name || strcmp(trace_points[i].name, trace_points[k].name) != 0);
    }
#define TRACE_STEP(id, name, title)
#define TRACE(id, name, step, argument0, argument1) +1
    const size_t declared = 0
#include "kernel/abi/trace.def"
        ;
    assert_int_equal(named, declared);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_malformed_is_refused), cmocka_unit_test(a_gap_is_refused), cmocka_unit_test(rings_are_merged_by_time),
        cmocka_unit_test(cost_is_taken_off), cmocka_unit_test(calibration_alone_is_no_sample),
        cmocka_unit_test(every_point_has_a_name_and_ids_are_unique),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
