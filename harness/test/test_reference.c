/* SPDX-License-Identifier: BSD-2-Clause
 *
 * References: round trip, one instruction in one sample is seen, and refusal of what is not a reference.
 */
#include "harness/test/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/tool/file.h"
#include "harness/tool/json_file.h"
#include "harness/tool/reference.h"

/* Rows "a.b v" with 1000 samples of `value`, one of them `odd`, batch 7; and "a.c w" when `second`. */
static void reference_make(struct reference *reference, uint64_t value, uint64_t odd, bool second)
{
    const struct histogram_pair pairs[] = { { value, 999 }, { odd, 1 } };
    struct log_writer log;
    struct result result;
    struct error e = { "" };
    log_open(&log);
    if (second)
        log_row(&log, "a.c", "w", "instructions", 1, 0, pairs, 1);
    log_row(&log, "a.b", "v", "instructions", 7, 2, pairs, 2);
    log_close(&log);
    result_of(&log, &result);
    if (!reference_from_result(&result, "a reason", reference, &e))
        fail_msg("%s", e.text);
    result_free(&result);
}

static void round_trip_is_exact(void **state)
{
    (void)state;
    struct reference before, after;
    struct error e = { "" };
    char *bytes;
    size_t size;
    reference_make(&before, 100, 200, true);
    const char *path = scratch_path("reference.json");
    if (!reference_write(path, &before, &e) || !reference_read(path, &after, &e))
        fail_msg("%s", e.text);
    struct reference_difference d = reference_compare(&before, &after, NULL);
    assert_int_equal(d.same, 2);
    assert_int_equal(d.changed + d.added + d.missing, 0);
    /* One line per row, sorted: that is what makes a diff readable. */
    assert_true(file_read(path, 1 << 20, &bytes, &size, &e));
    const char *first = strstr(bytes, "\n  \"a.b v\": {"), *second = strstr(bytes, "\n  \"a.c w\": {");
    assert_true(first && second && first < second);
    assert_int_equal(strchr(first + 1, '\n') - first, strchr(first + 1, '}') + 2 - first); /* "}," ends the line */
    free(bytes);
    reference_free(&before);
    reference_free(&after);
}

/* Difference of two references of one row as text. */
static char *difference_text(uint64_t value, uint64_t odd, struct reference_difference *d)
{
    struct reference before, after;
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    reference_make(&before, 100, 200, false);
    reference_make(&after, value, odd, false);
    *d = reference_compare(&before, &after, out);
    fclose(out);
    reference_free(&before);
    reference_free(&after);
    return text;
}

static void one_instruction_in_one_sample_is_seen(void **state)
{
    (void)state;
    struct reference_difference d;
    char *text = difference_text(100, 201, &d);
    assert_int_equal(d.changed, 1);
    assert_non_null(strstr(text, "sum 100100 -> 100101 (+1)"));
    assert_null(strstr(text, "p50"));
    free(text);
    text = difference_text(107, 200, &d);
    assert_non_null(strstr(text, "p50 14.2857142857143 -> 15.2857142857143 (+1)") ? text : strstr(text, "(+1)"));
    free(text);
}

static void other_samples_with_one_sum_are_seen(void **state)
{
    (void)state;
    static const struct histogram_pair a[] = { { 98, 1 }, { 100, 8 }, { 102, 1 } };
    static const struct histogram_pair b[] = { { 98, 1 }, { 99, 1 }, { 100, 6 }, { 101, 1 }, { 102, 1 } };
    struct reference references[2];
    for (size_t i = 0; i < 2; i++) {
        struct log_writer log;
        struct result result;
        log_open(&log);
        log_row(&log, "a.b", "v", "instructions", 1, 0, i ? b : a, i ? 5 : 3);
        log_close(&log);
        result_of(&log, &result);
        assert_true(reference_from_result(&result, NULL, &references[i], NULL));
        result_free(&result);
    }
    assert_int_equal(reference_compare(&references[0], &references[1], NULL).changed, 1);
    reference_free(&references[0]);
    reference_free(&references[1]);
}

static void new_and_missing_rows_are_seen(void **state)
{
    (void)state;
    struct reference one, two;
    reference_make(&one, 100, 200, false);
    reference_make(&two, 100, 200, true);
    assert_int_equal(reference_compare(&one, &two, NULL).added, 1);
    assert_int_equal(reference_compare(&two, &one, NULL).missing, 1);
    reference_free(&one);
    reference_free(&two);
}

static void a_reason_is_needed(void **state)
{
    (void)state;
    struct reference reference;
    struct error e;
    reference_make(&reference, 100, 200, false);
    json_object_set_new(reference.root, "reason", json_string(" \n"));
    assert_false(reference_write(scratch_path("r.json"), &reference, &e));
    assert_non_null(strstr(e.text, "needs a reason"));
    reference_free(&reference);
}

static void cycles_are_no_reference(void **state)
{
    (void)state;
    static const struct histogram_pair pair = { 100, 10 };
    struct log_writer log;
    struct result result;
    struct reference reference;
    struct error e;
    log_open_as(&log, "virtual", "cycles");
    log_row(&log, "a.b", "v", "cycles", 1, 0, &pair, 1);
    log_close(&log);
    result_of(&log, &result);
    assert_false(reference_from_result(&result, "x", &reference, &e));
    assert_non_null(strstr(e.text, "only exact counts"));
    result_free(&result);
}

static void what_is_no_reference_is_refused(void **state)
{
    (void)state;
    static const struct { const char *key, *text, *message; bool row; } cases[] = {
        { "schema", "\"tollgate-result/1\"", "schema is", false },
        { "unit", "\"cycles\"", "not instructions", false },
        { "target", "null", "\"target\" is missing", false },
        { "reason", "1", "\"reason\" is missing", false },
        { "rows", "{}", "\"rows\" is missing, empty", false },
        { "rows", "[]", "\"rows\" is missing, empty", false },
        { "rows", "{\"a\":1}", "row \"a\"", false },
        { "x", "1", "unknown field", false },
        { "p50", "\"1\"", "\"p50\" is missing", true },
        { "n", "1.5", "\"n\" is missing or not a number", true },
        { "sum", "-1", "\"sum\" is missing or not a number", true },
        { "histogram", "\"0123456g\"", "eight hexadecimal", true },
        { "x", "1", "unknown field", true },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct reference reference, again;
        struct error e = { "" };
        reference_make(&reference, 100, 200, false);
        json_t *row = json_object_get(json_object_get(reference.root, "rows"), "a.b v");
        json_object_set_new(cases[i].row ? row : reference.root, cases[i].key, json_loads(cases[i].text, JSON_DECODE_ANY, NULL));
        const char *path = scratch_path("bad.json");
        assert_true(json_file_write(path, reference.root, 2, &e));
        if (reference_read(path, &again, &e))
            fail_msg("accepted, expected \"%s\"", cases[i].message);
        if (!strstr(e.text, cases[i].message))
            fail_msg("expected \"%s\", got \"%s\"", cases[i].message, e.text);
        reference_free(&reference);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip_is_exact),
        cmocka_unit_test(one_instruction_in_one_sample_is_seen),
        cmocka_unit_test(other_samples_with_one_sum_are_seen),
        cmocka_unit_test(new_and_missing_rows_are_seen),
        cmocka_unit_test(a_reason_is_needed),
        cmocka_unit_test(cycles_are_no_reference),
        cmocka_unit_test(what_is_no_reference_is_refused),
    };
    return cmocka_run_group_tests_name("reference", tests, NULL, NULL);
}
