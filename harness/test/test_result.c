/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Result writer and reader: an exact round trip, and refusal of everything that was tampered with, cut, or is not a result.
 */
#include "harness/test/fixture.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/tool/file.h"
#include "harness/tool/boots.h"
#include "harness/tool/json_file.h"
#include "harness/tool/schema.h"
#include "harness/tool/text.h"

static const struct histogram_pair pairs[] = { { 120, 997 }, { 121, 2 }, { 340, 1 } };

static void sample_result(struct result *result)
{
    struct log_writer log;
    log_open(&log);
    log_row(&log, "ipc.call.inter", "words=4", "instructions", 1, 2, pairs, 3);
    log_row(&log, "ipc.call.inter", "words=4,method=batched", "instructions", 7, 3, pairs, 3);
    log_row(&log, "ipc.call.intra", "few \"samples\" \xc3\xa9", "instructions", 1, 500, pairs + 2, 1);
    log_body(&log, "row workload=linux.pipe variant=x direction=op relation=inter words=0 path=none cache=warm method=single "
                   "batch=1 unit=instructions warmup=0 overhead=1 bytes=64 placement=two_cpus syscalls=4.02 first=99 taints=smi,irq disturbed=3 "
                   "counters=TOT_CYC:uk:900:10,L1_DCM:k:5:0");
    log_body(&log, "hist 12:9");
    log_body(&log, "endrow samples=9");
    record_skip(&log.writer, "smp.ipi", "one CPU");
    record_test(&log.writer, "a b", "skip", "why");
    log_close(&log);
    result_of(&log, result);
}

static void rows_equal(const struct result_row *a, const struct result_row *b)
{
    assert_int_equal(row_compare_names(a, b), 0);
    assert_int_equal(a->pair_count, b->pair_count);
    assert_memory_equal(a->pairs, b->pairs, a->pair_count * sizeof *a->pairs);
    assert_int_equal(a->n, b->n);
    assert_int_equal(a->bytes, b->bytes);
    assert_int_equal(a->has_bytes, b->has_bytes);
    assert_int_equal(a->overhead, b->overhead);
    assert_int_equal(a->taint_count, b->taint_count);
    assert_true(a->syscalls == b->syscalls && a->corrected == b->corrected);
    assert_true(a->summary.mean == b->summary.mean && a->summary.stddev == b->summary.stddev);
    assert_true(a->summary.p50 == b->summary.p50 && a->summary.ci95_high == b->summary.ci95_high);
    assert_int_equal(a->placement != NULL, b->placement != NULL);
}

static void round_trip_is_exact(void **state)
{
    (void)state;
    struct result result, again;
    struct error e = { "" };
    sample_result(&result);
    const char *path = scratch_path("result.json");
    if (!result_write(path, &result, &e) || !result_read(path, &again, &e))
        fail_msg("%s", e.text);
    assert_int_equal(result.row_count, again.row_count);
    for (size_t i = 0; i < result.row_count; i++)
        rows_equal(&result.rows[i], &again.rows[i]);
    assert_true(json_equal(result.context, again.context));
    assert_true(json_equal(result.skipped, again.skipped));
    assert_true(json_equal(result.tests, again.tests));
    assert_non_null(result_find(&again, "linux.pipe", "x"));
    assert_null(result_find(&again, "linux.pipe", "y"));
    result_free(&again);
    result_free(&result);
}

static void folder_stands_for_its_result(void **state)
{
    (void)state;
    struct result result, again;
    struct error e = { "" };
    sample_result(&result);
    char folder[4096];
    snprintf(folder, sizeof folder, "%s", scratch_path("result.json"));
    assert_true(result_write(folder, &result, &e));
    *strrchr(folder, '/') = 0;
    if (!result_read(folder, &again, &e))
        fail_msg("%s", e.text);
    result_free(&again);
    result_free(&result);
}

static void unfinished_files_never_appear(void **state)
{
    (void)state;
    struct file_output file;
    struct error e;
    char path[4096];
    snprintf(path, sizeof path, "%s", scratch_path("half.json"));
    assert_true(file_create(&file, path, &e));
    fputs("half", file.stream);
    file_abandon(&file);
    assert_null(fopen(path, "r"));
    assert_false(file_create(&file, "/dev/null/x.json", &e));
    assert_true(file_create(&file, "/dev/shm/../null/x", &e) == false);
}

static void what_is_no_file_is_written_not_replaced(void **state)
{
    (void)state;
    struct file_output file;
    struct stat status;
    struct error e;
    char path[4096], got[8] = "";
    snprintf(path, sizeof path, "%s", scratch_path("pipe"));
    assert_int_equal(mkfifo(path, 0600), 0);
    int reader = open(path, O_RDONLY | O_NONBLOCK);
    assert_true(reader >= 0 && file_create(&file, path, &e));
    fputs("whole", file.stream);
    assert_true(file_commit(&file, &e));
    assert_int_equal(read(reader, got, sizeof got - 1), 5);
    assert_string_equal(got, "whole");
    assert_true(file_create(&file, path, &e));
    file_abandon(&file);
    close(reader);
    assert_true(lstat(path, &status) == 0 && S_ISFIFO(status.st_mode));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("/dev/full", path), 0);
    assert_true(file_create(&file, path, &e));
    fputs("nowhere", file.stream);
    assert_false(file_commit(&file, &e));
    assert_non_null(strstr(e.text, "No space left"));
    assert_true(lstat(path, &status) == 0 && S_ISLNK(status.st_mode));
    assert_int_equal(unlink(path), 0);
}

/* A link stays a link, and the file behind it is replaced whole or not at all. */
static void what_a_link_points_at_is_replaced(void **state)
{
    (void)state;
    struct file_output file;
    struct stat status;
    struct error e;
    char target[4096], path[4096], *text;
    size_t size;
    snprintf(target, sizeof target, "%s", scratch_path("behind"));
    snprintf(path, sizeof path, "%s", scratch_path("link"));
    scratch_write(target, "before", 6);
    assert_int_equal(symlink("behind", path), 0);
    assert_true(file_create(&file, path, &e));
    fputs("cut", file.stream);
    file_abandon(&file);
    assert_true(file_read(target, 100, &text, &size, &e));
    assert_string_equal(text, "before");
    free(text);
    assert_true(file_create(&file, path, &e));
    fputs("after", file.stream);
    assert_true(file_commit(&file, &e));
    assert_true(file_read(target, 100, &text, &size, &e));
    assert_string_equal(text, "after");
    free(text);
    assert_true(lstat(path, &status) == 0 && S_ISLNK(status.st_mode));
    assert_int_equal(unlink(target), 0);
    assert_true(file_create(&file, path, &e)); /* to nothing */
    fputs("new", file.stream);
    assert_true(file_commit(&file, &e));
    assert_true(lstat(target, &status) == 0 && S_ISREG(status.st_mode) && status.st_size == 3);
    assert_true(unlink(path) == 0 && unlink(target) == 0);
}

/* --- tampering --- */

static void refuse(const json_t *root, const char *message)
{
    struct result result;
    struct error e = { "" };
    const char *path = scratch_path("bad.json");
    assert_true(json_file_write(path, root, 2, &e));
    if (result_read(path, &result, &e))
        fail_msg("accepted, expected \"%s\"", message);
    if (!strstr(e.text, message))
        fail_msg("expected \"%s\", got \"%s\"", message, e.text);
}

static json_t *sample_root(void)
{
    struct result result;
    struct error e;
    sample_result(&result);
    const char *path = scratch_path("good.json");
    assert_true(result_write(path, &result, &e));
    result_free(&result);
    json_t *root = json_file_read(path, &e);
    assert_non_null(root);
    return root;
}

/* Replaces one value of the first row: `text` is JSON, NULL deletes. */
static void refuse_row(const char *key, const char *text, const char *message)
{
    json_t *root = sample_root();
    json_t *row = json_array_get(json_object_get(root, "rows"), 0);
    if (text)
        json_object_set_new(row, key, json_loads(text, JSON_DECODE_ANY, NULL));
    else
        json_object_del(row, key);
    refuse(root, message);
    json_decref(root);
}

static void every_missing_field_is_refused(void **state)
{
    (void)state;
    json_t *root = sample_root();
    const char *key;
    json_t *value;
    json_t *row = json_deep_copy(json_array_get(json_object_get(root, "rows"), 0));
    json_object_foreach(row, key, value)
        if (!text_is_word_of(key, "p999 iqr modes")) /* older files lack them */
            refuse_row(key, NULL, key);
    json_decref(row);
    json_t *context = json_deep_copy(json_object_get(root, "context"));
    json_object_foreach(context, key, value) {
        if (!strcmp(key, "compiler") || !strcmp(key, "system"))
            continue; /* may be missing */
        json_object_del(json_object_get(root, "context"), key);
        refuse(root, key);
        json_object_set(json_object_get(root, "context"), key, value);
    }
    json_decref(context);
    json_decref(root);
}

static void every_tampered_summary_is_refused(void **state)
{
    (void)state;
    static const char *const figures[] = { "min", "p50", "p90", "p99", "max", "mean", "stddev", "corrected", "p999", "iqr", "modes" };
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++) {
        refuse_row(figures[i], "119.5", "the histogram gives");
        refuse_row(figures[i], "\"120\"", "not a finite number");
    }
    refuse_row("n", "999", "\"n\" is 999, the histogram holds 1000");
    refuse_row("ci95", "[120, 121]", "is not the interval");
    refuse_row("ci95", "[120]", "not [low, high]");
    refuse_row("ci95", "null", "the histogram gives an interval");
    refuse_row("histogram", "[[120,998],[121,1],[340,1]]", "the histogram gives");
    refuse_row("histogram", "[[121,2],[120,997],[340,1]]", "not ascending");
    refuse_row("histogram", "[[120,997],[121,-2],[340,1]]", "not [value, count]");
    refuse_row("histogram", "[[120,997],[121,0],[340,1]]", "count of 0");
    refuse_row("histogram", "[[120,997],[121,2.5],[340,1]]", "not [value, count]");
    refuse_row("histogram", "[]", "missing or empty");
    refuse_row("histogram", "[120]", "not [value, count]");
    refuse_row("batch", "0", "not a number in its range");
    refuse_row("batch", "2", "method=single with batch=2");
    refuse_row("words", "-1", "not a number in its range");
    refuse_row("words", "1.5", "not a number in its range");
    refuse_row("unit", "\"cycles\"", "does not go with fidelity");
    refuse_row("unit", "\"parsecs\"", "is none of");
    refuse_row("direction", "\"sideways\"", "is none of");
    refuse_row("workload", "\"nodot\"", "is not the id of a workload");
    refuse_row("taints", "[\"\"]", "not a word");
    refuse_row("taints", "[1]", "not a word");
    refuse_row("taints", "\"smi\"", "not an array");
    refuse_row("syscalls", "-1", "not a number in its range");
    refuse_row("frob", "1", "unknown field \"frob\"");
}

static void ci95_of_few_samples_is_null(void **state)
{
    (void)state;
    json_t *root = sample_root();
    json_t *row = json_array_get(json_object_get(root, "rows"), 2);
    assert_true(json_is_null(json_object_get(row, "ci95")));
    assert_int_equal(json_integer_value(json_object_get(row, "corrected")), -160); /* negative stays negative */
    json_object_set_new(row, "ci95", json_pack("[i,i]", 340, 340));
    refuse(root, "too few samples");
    json_decref(root);
}

static void wrong_heads_are_refused(void **state)
{
    (void)state;
    static const struct { const char *key, *text, *message; } cases[] = {
        { "schema", "\"tollgate-result/2\"", "schema is \"tollgate-result/2\"" },
        { "schema", "1", "schema is" },
        { "context", "[]", "\"context\" is missing" },
        { "rows", "{}", "\"rows\" is missing" },
        { "rows", "[1]", "row 0: is not an object" },
        { "rows", "null", "\"rows\" is missing" },
        { "tests", "{}", "\"tests\" is not an array" },
        { "tests", "[{\"name\":\"a\"}]", "no string \"result\"" },
        { "tests", "[{\"name\":\"a\",\"result\":\"maybe\"}]", "result is none of" },
        { "skipped", "[{\"workload\":\"a.b\",\"reason\":\"\",\"x\":1}]", "unknown field" },
        { "skipped", "[1]", "no string \"workload\"" },
        { "extra", "1", "unknown field \"extra\"" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        json_t *root = sample_root();
        json_object_set_new(root, cases[i].key, json_loads(cases[i].text, JSON_DECODE_ANY, NULL));
        refuse(root, cases[i].message);
        json_decref(root);
    }
}

static void wrong_contexts_are_refused(void **state)
{
    (void)state;
    static const struct { const char *key, *text, *message; } cases[] = {
        { "dirty", "\"no\"", "\"dirty\" is missing or not a boolean" },
        { "target", "1", "\"target\" is not a string" },
        { "unit", "\"cycles\"", "unit and fidelity do not go together" },
        { "fidelity", "\"excellent\"", "unit and fidelity do not go together" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        json_t *root = sample_root();
        json_object_set_new(json_object_get(root, "context"), cases[i].key, json_loads(cases[i].text, JSON_DECODE_ANY, NULL));
        refuse(root, cases[i].message);
        json_decref(root);
    }
}

static void doubled_rows_are_refused(void **state)
{
    (void)state;
    json_t *root = sample_root();
    json_t *rows = json_object_get(root, "rows");
    json_array_append_new(rows, json_deep_copy(json_array_get(rows, 0)));
    refuse(root, "is there twice");
    json_decref(root);
}

static void refuse_text(const char *bytes, size_t size, const char *message)
{
    struct result result;
    struct error e = { "" };
    const char *path = scratch_path("text.json");
    scratch_write(path, bytes, size);
    if (result_read(path, &result, &e))
        fail_msg("accepted, expected \"%s\"", message);
    if (!strstr(e.text, message) || strchr(e.text, '\n'))
        fail_msg("expected \"%s\", got \"%s\"", message, e.text);
}

static void what_is_not_json_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{", "[1,", "{\"schema\":NaN}", "{\"a\":1e999}", "{\"a\":1,\"a\":2}", "{} {}", "{\"a\":\"\xff\"}",
        "{\"a\":99999999999999999999}", ("\x7f" "ELF"), "{\"a\":\"\\u0000\"}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        refuse_text(texts[i], strlen(texts[i]), "not JSON");
    refuse_text("", 0, "empty file");
    refuse_text("[]", 2, "is not a JSON object");
    refuse_text("{}", 2, "schema is");
    refuse_text("{}\0", 3, "not JSON");
    char *deep = malloc(1000001);
    memset(deep, '[', 1000000);
    deep[1000000] = 0;
    refuse_text(deep, 1000000, "not JSON");
    free(deep);
}

static void every_cut_is_refused(void **state)
{
    (void)state;
    struct result result;
    struct error e;
    char *bytes;
    size_t size;
    sample_result(&result);
    const char *path = scratch_path("cut.json");
    assert_true(result_write(path, &result, &e));
    assert_true(file_read(path, 1 << 20, &bytes, &size, &e));
    for (size_t cut = 0; cut + 2 < size; cut += 7) /* the last byte is a line end, which JSON does not need */
        refuse_text(bytes, cut, "");
    refuse_text(bytes, size - 2, "not JSON");
    free(bytes);
    result_free(&result);
}

static void unreadable_files_are_refused(void **state)
{
    (void)state;
    struct result result;
    struct error e;
    assert_false(result_read("/nonexistent", &result, &e));
    assert_non_null(strstr(e.text, "No such file"));
    assert_false(result_read("/dev/zero", &result, &e));
    assert_non_null(strstr(e.text, "larger than the limit"));
    assert_false(result_read("/usr", &result, &e));
}

static void host_and_guest_must_agree(void **state)
{
    (void)state;
    struct text_buffer text;
    struct rawlog log;
    struct result result;
    struct error e;
    sample_log(&text);
    assert_true(rawlog_decode(text.bytes, text.size, false, &log, &e));
    json_t *host = fixture_context("qemu");
    json_object_set_new(host, "unit", json_string("cycles"));
    assert_false(result_from_log(&log, host, &result, &e));
    assert_non_null(strstr(e.text, "the host disagrees"));
    json_object_set_new(host, "unit", json_string("instructions"));
    json_object_del(host, "commit");
    assert_false(result_from_log(&log, host, &result, &e));
    assert_non_null(strstr(e.text, "\"commit\" is missing"));
    json_decref(host);
    rawlog_free(&log);
    buffer_free(&text);
}

/* The file that users see is what the one definition gives. */
static void schema_file_is_generated(void **state)
{
    (void)state;
    struct error e = { "" };
    json_t *file = json_file_read("results/tollgate-result-1.schema.json", &e), *schema = schema_result();
    if (!file)
        fail_msg("%s (run from the root of the tree)", e.text);
    if (!json_equal(file, schema))
        fail_msg("results/tollgate-result-1.schema.json is stale: tollgate schema > it");
    json_decref(file);
    json_decref(schema);
}

static void document_holds_the_generated_table(void **state)
{
    (void)state;
    struct error e = { "" };
    char *text, *table;
    size_t size, table_size;
    FILE *out = open_memstream(&table, &table_size);
    fputs("<!-- tollgate schema --markdown -->\n", out);
    schema_print_markdown(out);
    fputs("<!-- end -->", out);
    fclose(out);
    assert_true(file_read("results/FORMAT.md", 1 << 20, &text, &size, &e));
    if (!strstr(text, table))
        fail_msg("the table of results/FORMAT.md is stale: tollgate schema --markdown");
    free(text);
    free(table);
}

static void writer_and_schema_know_the_same_fields(void **state)
{
    (void)state;
    const char *key;
    json_t *value, *schema = schema_result();
    json_t *row_schema = json_object_get(json_object_get(schema, "$defs"), "row");
    json_t *properties = json_object_get(row_schema, "properties");
    json_t *root = sample_root();
    json_t *row = json_array_get(json_object_get(root, "rows"), 3); /* has every optional field but boots and what follows from other rows */
    json_object_foreach(row, key, value)
        if (!json_object_get(properties, key))
            fail_msg("the schema lacks \"%s\"", key);
    assert_int_equal(json_object_size(row) + 1 + row_derived_count, json_object_size(properties));
    json_decref(root);
    json_decref(schema);
}

static void newer_schemas_are_refused_by_name(void **state)
{
    (void)state;
    json_t *root = sample_root();
    json_object_set_new(root, "schema", json_string("tollgate-result/2"));
    refuse(root, "written by a newer tollgate");
    json_object_set_new(root, "schema", json_string("tollgate-result/99999999999999999999"));
    refuse(root, "this tool reads \"tollgate-result/1\"");
    json_object_set_new(root, "schema", json_string("other/1"));
    refuse(root, "schema is \"other/1\", this tool reads");
    json_decref(root);
}

/* --- boots --- */

static void boot_make(struct result *result, const char *unit, uint64_t value)
{
    const struct histogram_pair pair[] = { { value, 50 }, { value + 2, 49 } };
    struct log_writer log;
    log_open_as(&log, strcmp(unit, "ns") == 0 ? "virtual" : "instructions", unit);
    log_row(&log, "a.b", "v", unit, 1, 0, pair, 2);
    log_close(&log);
    result_of(&log, result);
}

static void boots_are_pooled_and_kept(void **state)
{
    (void)state;
    struct result boots[3], merged, again;
    struct error e = { "" };
    double low, high;
    for (size_t i = 0; i < 3; i++)
        boot_make(&boots[i], "ns", 100 + 2 * i);
    if (!boots_merge(boots, 3, &merged, &e))
        fail_msg("%s", e.text);
    const char *path = scratch_path("boots.json");
    if (!result_write(path, &merged, &e) || !result_read(path, &again, &e))
        fail_msg("%s", e.text);
    assert_int_equal(again.rows[0].boot_count, 3);
    assert_int_equal(again.rows[0].n, 297);
    assert_int_equal(again.rows[0].pair_count, 4);
    assert_true(row_boots_spread(&again.rows[0], &low, &high) && low == 100 && high == 104);
    json_t *root = json_file_read(path, &e);
    json_t *row = json_array_get(json_object_get(root, "rows"), 0);
    json_object_set_new(row, "boots", json_loads("[[[100,50],[102,49]],[[102,50],[104,49]],[[104,50],[106,48]]]", 0, NULL));
    refuse(root, "do not add up");
    json_object_set_new(row, "boots", json_loads("[[[100,50]]]", 0, NULL));
    refuse(root, "two boots or more");
    json_object_set_new(row, "boots", json_loads("[[[2,1],[1,1]],[[1,1]]]", 0, NULL));
    refuse(root, "not an ascending histogram");
    json_decref(root);
    for (size_t i = 0; i < 3; i++)
        result_free(&boots[i]);
    result_free(&merged);
    result_free(&again);
}

static void boots_in_instructions_must_agree(void **state)
{
    (void)state;
    struct result boots[2], merged;
    struct error e = { "" };
    boot_make(&boots[0], "instructions", 100);
    boot_make(&boots[1], "instructions", 100);
    assert_true(boots_merge(boots, 2, &merged, &e));
    assert_int_equal(merged.rows[0].n, 99);
    assert_string_equal(result_context(&merged, "boots"), "2");
    result_free(&merged);
    result_free(&boots[1]);
    boot_make(&boots[1], "instructions", 101);
    assert_false(boots_merge(boots, 2, &merged, &e));
    assert_non_null(strstr(e.text, "boot 2 differs from boot 1"));
    result_free(&boots[0]);
    result_free(&boots[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip_is_exact),
        cmocka_unit_test(folder_stands_for_its_result),
        cmocka_unit_test(unfinished_files_never_appear),
        cmocka_unit_test(what_is_no_file_is_written_not_replaced),
        cmocka_unit_test(what_a_link_points_at_is_replaced),
        cmocka_unit_test(every_missing_field_is_refused),
        cmocka_unit_test(every_tampered_summary_is_refused),
        cmocka_unit_test(ci95_of_few_samples_is_null),
        cmocka_unit_test(wrong_heads_are_refused),
        cmocka_unit_test(wrong_contexts_are_refused),
        cmocka_unit_test(doubled_rows_are_refused),
        cmocka_unit_test(what_is_not_json_is_refused),
        cmocka_unit_test(every_cut_is_refused),
        cmocka_unit_test(unreadable_files_are_refused),
        cmocka_unit_test(host_and_guest_must_agree),
        cmocka_unit_test(schema_file_is_generated),
        cmocka_unit_test(document_holds_the_generated_table),
        cmocka_unit_test(writer_and_schema_know_the_same_fields),
        cmocka_unit_test(newer_schemas_are_refused_by_name),
        cmocka_unit_test(boots_are_pooled_and_kept),
        cmocka_unit_test(boots_in_instructions_must_agree),
    };
    return cmocka_run_group_tests_name("result", tests, NULL, NULL);
}
