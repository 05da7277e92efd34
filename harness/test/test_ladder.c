/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Ladder of mitigations: what its rows are called, whose floor is theirs, which rungs are refused, that a file of it is read again.
 */
#include "harness/test/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/tool/floor.h"
#include "harness/tool/ladder.h"

static void row_add(struct log_writer *log, const char *workload, const char *variant, const char *direction, const char *relation,
                    const char *method, size_t value)
{
    char body[512];
    snprintf(body, sizeof body, "row workload=%s variant=%s direction=%s relation=%s words=0 path=none cache=warm method=%s batch=%d "
             "unit=instructions warmup=1 overhead=0", workload, variant, direction, relation, method, strcmp(method, "single") == 0 ? 1 : 100);
    log_body(log, body);
    snprintf(body, sizeof body, "hist %zu:10", value);
    log_body(log, body);
    log_body(log, "endrow samples=10");
}

/* Rung i: a call costs 100 + i, a system call 1 + i. */
static void rung_make(size_t i, struct result *result)
{
    struct log_writer log;
    char cmdline[96];
    log_open(&log);
    row_add(&log, "ipc.call.intra", "words=0,method=single", "round_trip", "intra", "single", 100 + i);
    row_add(&log, "hw.syscall_sysret", "operations=100,method=batched", "op", "none", "batched", 100 * (1 + i));
    log_close(&log);
    result_of(&log, result);
    snprintf(cmdline, sizeof cmdline, "nofast mitigations=%s", ladder_rungs[i]);
    assert_int_equal(json_object_set_new(result->context, "cmdline", json_string(cmdline)), 0);
    assert_int_equal(json_object_set_new(result->context, "mitigations", json_string(ladder_rungs[i])), 0);
}

static void rungs_make(struct result rungs[LADDER_RUNGS])
{
    for (size_t i = 0; i < LADDER_RUNGS; i++)
        rung_make(i, &rungs[i]);
}

static void rungs_free(struct result rungs[LADDER_RUNGS])
{
    for (size_t i = 0; i < LADDER_RUNGS; i++)
        result_free(&rungs[i]);
}

static void each_row_tells_its_rung(void **state)
{
    (void)state;
    static const char *const variants[LADDER_RUNGS] = {
        "mitigations=off,words=0,method=single", "mitigations=verw,words=0,method=single", "mitigations=ibpb,words=0,method=single",
        "mitigations=pti,words=0,method=single", "mitigations=pti+verw,words=0,method=single", "mitigations=pti+verw+ibpb,words=0,method=single",
        "mitigations=ibrs+ssbd,words=0,method=single",
    };
    struct result rungs[LADDER_RUNGS], ladder, again;
    struct error e = { "" };
    rungs_make(rungs);
    assert_true(ladder_merge(rungs, &ladder, &e));
    rungs_free(rungs);
    assert_true(ladder_is(&ladder));
    assert_int_equal(ladder.row_count, 2 * LADDER_RUNGS);
    for (size_t i = 0; i < LADDER_RUNGS; i++) {
        const struct result_row *row = result_find(&ladder, "ipc.call.intra", variants[i]);
        assert_non_null(row);
        assert_true(row->corrected == (double)(100 + i));
        assert_true(row->has_floor_distance);
        assert_true(row->floor_distance == (double)(100 + i) / (2.0 * 1)); /* the floor of the machine without guards */
    }
    assert_string_equal(result_context(&ladder, "mitigations"), "off|verw|ibpb|pti|pti+verw|pti+verw+ibpb|ibrs+ssbd");
    assert_string_equal(result_context(&ladder, "cmdline"), "nofast mitigations=off|verw|ibpb|pti|pti+verw|pti+verw+ibpb|ibrs+ssbd");
    const char *path = scratch_path("ladder.json");
    assert_true(result_write(path, &ladder, &e));
    if (!result_read(path, &again, &e))
        fail_msg("%s", e.text);
    assert_true(ladder_is(&again));
    result_free(&again);
    result_free(&ladder);
}

static void refused(struct result rungs[LADDER_RUNGS], const char *why)
{
    struct result ladder;
    struct error e = { "" };
    assert_false(ladder_merge(rungs, &ladder, &e));
    assert_non_null(strstr(e.text, why));
    rungs_free(rungs);
}

static void a_rung_is_what_was_asked_for(void **state)
{
    (void)state;
    struct result rungs[LADDER_RUNGS];
    rungs_make(rungs);
    json_object_set_new(rungs[3].context, "mitigations", json_string("off"));
    refused(rungs, "asked for mitigations=pti, but in force was \"off\"");
    rungs_make(rungs);
    json_object_del(rungs[5].context, "mitigations");
    refused(rungs, "(not stated)");
    rungs_make(rungs);
    json_object_set_new(rungs[1].context, "unit", json_string("cycles"));
    refused(rungs, "mitigations=verw was measured in \"cycles\"");
    rungs_make(rungs);
    free(rungs[2].rows[0].variant);
    rungs[2].rows[0].variant = strdup("mitigations=off,words=0");
    refused(rungs, "is of a ladder already");
}

static void only_a_whole_prefix_is_a_rung(void **state)
{
    (void)state;
    assert_int_equal(ladder_prefix_bytes("mitigations=off,words=0"), 16);
    assert_int_equal(ladder_prefix_bytes("mitigations=off"), 0);
    assert_int_equal(ladder_prefix_bytes("mitigations=,words=0"), 0);
    assert_int_equal(ladder_prefix_bytes("words=0,mitigations=off,x=1"), 0);
    assert_int_equal(ladder_prefix_bytes(""), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row_tells_its_rung), cmocka_unit_test(a_rung_is_what_was_asked_for), cmocka_unit_test(only_a_whole_prefix_is_a_rung),
    };
    return cmocka_run_group_tests_name("ladder", tests, NULL, NULL);
}
