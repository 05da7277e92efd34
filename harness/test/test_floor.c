/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Distance to the floor: which rows have one, from which rows it comes, and that a file cannot claim another.
 */
#include "harness/test/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/tool/file.h"
#include "harness/tool/floor.h"

#define FLOOR "operations=100,method=batched"

static void row_add(struct log_writer *log, const char *workload, const char *variant, const char *direction, const char *relation,
                    unsigned batch, unsigned value)
{
    char body[512];
    snprintf(body, sizeof body, "row workload=%s variant=%s direction=%s relation=%s words=0 path=none cache=warm method=%s batch=%u "
             "unit=instructions warmup=1 overhead=0", workload, variant, direction, relation, batch == 1 ? "single" : "batched", batch);
    log_body(log, body);
    snprintf(body, sizeof body, "hist %u:10", value);
    log_body(log, body);
    log_body(log, "endrow samples=10");
}

/* 2 for a system call, 3 for a page table. */
static void result_make(struct result *result, bool system_call, bool page_table)
{
    struct log_writer log;
    log_open(&log);
    if (system_call)
        row_add(&log, "hw.syscall_sysret", FLOOR, "op", "none", 100, 200);
    if (page_table)
        row_add(&log, "hw.page_table_switch", FLOOR, "op", "none", 100, 300);
    row_add(&log, "ipc.call.inter", "v", "round_trip", "inter", 1, 100);
    row_add(&log, "ipc.call.intra", "v", "round_trip", "intra", 1, 100);
    row_add(&log, "ipc.oneway.inter", "v", "one_way", "inter", 1, 40);
    row_add(&log, "smp.ipc", "v", "round_trip", "cross_cpu", 1, 100);
    row_add(&log, "ipc.op", "v", "op", "inter", 1, 100);
    log_close(&log);
    result_of(&log, result);
}

static void distance_is(const struct result *result, const char *workload, double expected)
{
    const struct result_row *row = result_find(result, workload, "v");
    assert_int_equal(row->has_floor_distance, expected != 0);
    if (expected != 0)
        assert_true(row->floor_distance == expected);
}

static void distances_follow_from_the_run(void **state)
{
    (void)state;
    struct result r;
    result_make(&r, true, true);
    distance_is(&r, "ipc.call.inter", 100.0 / (2 * (2 + 3)));
    distance_is(&r, "ipc.call.intra", 100.0 / (2 * 2));
    distance_is(&r, "ipc.oneway.inter", 40.0 / (2 + 3));
    distance_is(&r, "smp.ipc", 0);
    distance_is(&r, "ipc.op", 0);
    result_free(&r);
}

static void without_the_floor_there_is_no_distance(void **state)
{
    (void)state;
    struct result r;
    result_make(&r, true, false);
    distance_is(&r, "ipc.call.inter", 0);
    distance_is(&r, "ipc.call.intra", 25);
    result_free(&r);
    result_make(&r, false, true);
    distance_is(&r, "ipc.call.intra", 0);
    result_free(&r);
}

/* Writes, changes one text, reads. */
static bool changed_is_read(const char *from, const char *to, struct error *e)
{
    struct result r;
    char *bytes, changed[65536];
    size_t size;
    const char *path = scratch_path("floor.json");
    result_make(&r, true, true);
    assert_true(result_write(path, &r, e));
    result_free(&r);
    assert_true(file_read(path, sizeof changed / 2, &bytes, &size, e));
    char *at = strstr(bytes, from);
    assert_non_null(at);
    int n = snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - bytes), bytes, to, at + strlen(from));
    free(bytes);
    bool ok = result_decode(changed, (size_t)n, &r, e);
    if (ok)
        distance_is(&r, "ipc.call.inter", 10);
    result_free(&r);
    return ok;
}

static void a_file_cannot_claim_another(void **state)
{
    (void)state;
    struct error e = { "" };
    assert_true(changed_is_read("\"floor_distance\":10", "\"floor_distance\":10", &e));
    assert_false(changed_is_read("\"floor_distance\":10", "\"floor_distance\":9", &e));
    assert_non_null(strstr(e.text, "floor_distance"));
    assert_false(changed_is_read("\"floor_distance\":10", "\"floor_distance\":\"10\"", &e));
    /* A file from before this figure is completed. */
    assert_true(changed_is_read("\"floor_distance\":10,", "", &e));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distances_follow_from_the_run), cmocka_unit_test(without_the_floor_there_is_no_distance),
        cmocka_unit_test(a_file_cannot_claim_another),
    };
    return cmocka_run_group_tests_name("floor", tests, NULL, NULL);
}
