/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Definitions of papers' tables: what is measured and judged from known rows, that unlike machines are never divided, that each malformed definition is
 * refused by name, and that every committed one is good.
 */
#include "harness/test/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/tool/file.h"
#include "harness/tool/reproduce.h"

#define FOLDER "baselines/published"

static struct published published;

static int numbers_read(void **state)
{
    struct error e;
    (void)state;
    return published_read(FOLDER, &published, &e) ? 0 : -1;
}

static int numbers_free(void **state)
{
    (void)state;
    published_free(&published);
    return 0;
}

/* A definition of three lines and one claim, of which a test replaces `from` by `to`. */
static const char good[] =
    "{\"schema\":\"tollgate-table/1\",\"title\":\"t\",\"source\":\"haertig1997\",\"table\":\"Table 4\",\"did\":\"d\",\"ours\":\"o\","
    "\"conditions\":{\"two\":{\"cpus\":2,\"accepted\":\"qemu-smp\"},\"pti\":{\"rung\":\"pti\",\"accepted\":\"qemu-ladder\"},"
    "\"model\":{\"caches\":\"l1d=8K:2,l2=256K:1\",\"misses\":\"l2\",\"accepted\":\"qemu-colours\"}},"
    "\"lines\":["
    "{\"id\":\"pipe\",\"label\":\"Pipe\",\"published\":{\"system\":\"linux-2.0.21\",\"operation\":\"pipe_latency\"},\"measured\":[\"linux.pipe v\"]},"
    "{\"id\":\"rpc\",\"label\":\"RPC\",\"published\":{\"operation\":\"rpc_sync_latency\"},\"measured\":[[2,\"a.b v\"],[-1,\"a.c w\"]],\"base\":\"pipe\"},"
    "{\"id\":\"band\",\"label\":\"Bandwidth\",\"measured\":[\"a.b v\"],\"bytes\":4096},"
    "{\"id\":\"gone\",\"label\":\"Gone\",\"published\":{\"system\":\"mklinux-user\",\"operation\":\"pipe_latency\"},\"absent\":\"no Mach here\"}],"
    "\"claims\":[{\"text\":\"c\",\"over\":\"pipe\",\"under\":\"rpc\",\"sense\":\"at_least\"}]}";

static char *definition_with(const char *from, const char *to)
{
    const char *at = strstr(good, from);
    char *text;
    assert_non_null(at);
    assert_true(asprintf(&text, "%.*s%s%s", (int)(at - good), good, to, at + strlen(from)) > 0);
    return text;
}

static void decode(const char *text, struct reproduce_table *table)
{
    struct error e = { "" };
    if (!reproduce_decode(text, strlen(text), "t", &published, table, &e))
        fail_msg("%s", e.text);
}

/* A result of target `target` with rows a.b v (100), a.c w (50) or linux.pipe v, in `unit`. */
static void source_make(struct reproduce_source *source, const char *target, const char *unit, const char *fidelity, uint64_t value, bool linux)
{
    const struct histogram_pair pair = { value, 10 }, half = { value / 2, 10 };
    struct log_writer log;
    log_open_as(&log, fidelity, unit);
    if (linux)
        log_row(&log, "linux.pipe", "v", unit, 1, 0, &pair, 1);
    else {
        log_row(&log, "a.b", "v", unit, 1, 0, &pair, 1);
        log_row(&log, "a.c", "w", unit, 1, 0, &half, 1);
    }
    log_close(&log);
    *source = (struct reproduce_source){ .name = target };
    result_of(&log, &source->result);
    json_object_set_new(source->result.context, "target", json_string(target));
}

static void sources_free(struct reproduce_source *sources, size_t count)
{
    for (size_t i = 0; i < count; i++)
        result_free(&sources[i].result);
}

static void rows_are_added_and_judged(void **state)
{
    struct reproduce_table t;
    struct reproduce_source sources[2];
    struct error e = { "" };
    (void)state;
    decode(good, &t);
    source_make(&sources[0], "qemu", "instructions", "instructions", 100, false);
    source_make(&sources[1], "linux-qemu", "instructions", "instructions", 900, true);
    assert_true(reproduce_measure(&t, sources, 2, &e));
    assert_float_equal(t.lines[0].published->value, 29, 0);
    assert_float_equal(t.lines[1].measured.value, 150, 0); /* 2 x 100 - 50 */
    assert_float_equal(t.lines[2].measured.value, 40960, 0);
    assert_string_equal(t.lines[2].measured.unit, "bytes per 1000 instructions");
    assert_false(t.lines[3].measured.there);
    assert_string_equal(t.lines[3].measured.why, "no Mach here");
    assert_float_equal(t.claims[0].published, 29.0 / 5, 1e-12);
    assert_float_equal(t.claims[0].measured, 6, 0);
    assert_int_equal(t.claims[0].verdict, HOLDS);
    sources_free(sources, 2);
    reproduce_free(&t);
}

static enum reproduce_verdict verdict_of(const char *sense, uint64_t pipe)
{
    struct reproduce_table t;
    struct reproduce_source sources[2];
    struct error e = { "" };
    char *text = definition_with("\"sense\":\"at_least\"", sense);
    decode(text, &t);
    source_make(&sources[0], "qemu", "instructions", "instructions", 100, false);
    source_make(&sources[1], "linux-qemu", "instructions", "instructions", pipe, true);
    assert_true(reproduce_measure(&t, sources, 2, &e));
    enum reproduce_verdict verdict = t.claims[0].verdict;
    sources_free(sources, 2);
    reproduce_free(&t);
    free(text);
    return verdict;
}

/* Published: 5.8; ours: pipe / 150. */
static void verdicts(void **state)
{
    (void)state;
    assert_int_equal(verdict_of("\"sense\":\"at_least\"", 870), HOLDS);
    assert_int_equal(verdict_of("\"sense\":\"at_least\"", 869), WEAKER);
    assert_int_equal(verdict_of("\"sense\":\"at_least\"", 150), FAILS);
    assert_int_equal(verdict_of("\"sense\":\"at_most\"", 870), HOLDS);
    assert_int_equal(verdict_of("\"sense\":\"at_most\"", 871), FAILS);
    assert_int_equal(verdict_of("\"sense\":\"about\",\"within\":1.5", 1300), HOLDS);
    assert_int_equal(verdict_of("\"sense\":\"about\",\"within\":1.5", 1310), FAILS);
    assert_int_equal(verdict_of("\"sense\":\"at_least\",\"ratio\":2", 300), HOLDS);
}

static void unlike_machines_are_not_divided(void **state)
{
    struct reproduce_table t;
    struct reproduce_source sources[2];
    struct error e = { "" };
    (void)state;
    decode(good, &t);
    source_make(&sources[0], "qemu", "instructions", "instructions", 100, false);
    source_make(&sources[1], "linux", "cycles", "metal", 900, true);
    assert_true(reproduce_measure(&t, sources, 2, &e));
    assert_int_equal(t.claims[0].verdict, NOT_MEASURED);
    assert_non_null(strstr(t.claims[0].why, "unlike machines"));
    sources_free(sources + 1, 1);
    source_make(&sources[1], "bochs", "instructions", "instructions", 900, true);
    assert_true(reproduce_measure(&t, sources, 2, &e));
    assert_int_equal(t.claims[0].verdict, NOT_MEASURED);
    sources_free(sources, 2);
    reproduce_free(&t);
}

static void a_row_twice_must_agree(void **state)
{
    struct reproduce_table t;
    struct reproduce_source sources[2];
    struct error e = { "" };
    (void)state;
    decode(good, &t);
    source_make(&sources[0], "qemu", "instructions", "instructions", 100, false);
    source_make(&sources[1], "qemu", "instructions", "instructions", 100, false);
    assert_true(reproduce_measure(&t, sources, 2, &e));
    assert_false(t.lines[0].measured.there);
    assert_non_null(strstr(t.lines[0].measured.why, "no such row"));
    sources_free(sources + 1, 1);
    source_make(&sources[1], "qemu", "instructions", "instructions", 101, false);
    assert_false(reproduce_measure(&t, sources, 2, &e));
    assert_non_null(strstr(e.text, "otherwise"));
    sources_free(sources, 2);
    reproduce_free(&t);
}

/* A line under a model of caches is of misses: of no result, and divided by no instructions. */
static void misses_are_no_instructions(void **state)
{
    struct reproduce_table t;
    struct reproduce_source sources[3];
    struct error e = { "" };
    (void)state;
    char *text = definition_with("\"base\":\"pipe\"", "\"base\":\"pipe\",\"under\":\"model\"");
    decode(text, &t);
    source_make(&sources[0], "qemu", "instructions", "instructions", 100, false);
    source_make(&sources[1], "linux-qemu", "instructions", "instructions", 900, true);
    sources[2] = (struct reproduce_source){ .condition = t.lines[1].condition, .misses = json_pack("{s:f, s:f}", "a.b v", 7.0, "a.c w", 4.0) };
    assert_true(reproduce_measure(&t, sources, 2, &e));
    assert_false(t.lines[1].measured.there);
    assert_non_null(strstr(t.lines[1].measured.why, "plugin of target qemu"));
    assert_true(reproduce_measure(&t, sources, 3, &e));
    assert_float_equal(t.lines[1].measured.value, 10, 0);
    assert_string_equal(t.lines[1].measured.unit, "misses of l2");
    assert_float_equal(t.lines[2].measured.value, 40960, 0);
    assert_int_equal(t.claims[0].verdict, NOT_MEASURED);
    assert_non_null(strstr(t.claims[0].why, "unlike machines"));
    json_decref(sources[2].misses);
    sources_free(sources, 2);
    reproduce_free(&t);
    free(text);
}

/* Of a result that holds a ladder, the rows of the rung. */
static void a_rung_is_its_own_rows(void **state)
{
    struct reproduce_table t;
    struct reproduce_source source = { .name = "ladder" };
    struct error e = { "" };
    struct log_writer log;
    const struct histogram_pair none = { 100, 10 }, pti = { 106, 10 };
    (void)state;
    char *text = definition_with("\"measured\":[\"a.b v\"],\"bytes\":4096", "\"measured\":[\"a.b v\"],\"under\":\"pti\"");
    decode(text, &t);
    log_open_as(&log, "instructions", "instructions");
    log_row(&log, "a.b", "v", "instructions", 1, 0, &none, 1);
    log_row(&log, "a.b", "mitigations=pti,v", "instructions", 1, 0, &pti, 1);
    log_close(&log);
    result_of(&log, &source.result);
    assert_true(reproduce_measure(&t, &source, 1, &e));
    assert_float_equal(t.lines[2].measured.value, 106, 0);
    result_free(&source.result);
    reproduce_free(&t);
    free(text);
}

static const struct { const char *from, *to, *complaint; } bad[] = {
    { "tollgate-table/1", "tollgate-table/2", "schema is" },
    { "\"title\":\"t\"", "\"titel\":\"t\"", "unknown member \"titel\"" },
    { "\"did\":\"d\"", "\"did\":\"\"", "\"did\" is missing" },
    { "haertig1997", "nobody1900", "has no number" },
    { "\"system\":\"linux-2.0.21\",", "", "numbers of haertig1997 match, not one" },
    { "linux-2.0.21", "linux-9", "0 numbers of haertig1997 match" },
    { "\"base\":\"pipe\"", "\"base\":\"pip\"", "no line \"pip\"" },
    { "\"base\":\"pipe\"", "\"under\":\"three\"", "no condition \"three\"" },
    { "\"cpus\":2", "\"cpus\":1.5", "\"cpus\" is not" },
    { "\"cpus\":2", "\"cpus\":17", "\"cpus\" is not" },
    { "qemu-smp", "../qemu", "not the name of a reference" },
    { "\"two\":", "\"default\":", "a meaning already" },
    { "\"rung\":\"pti\"", "\"rung\":\"pti select=x\"", "no set of guards" },
    { "l2=256K:1", "l3=256K:1", "not understood" },
    { "l2=256K:1", "l2=256K:", "not understood" },
    { "l2=256K:1", "l2=4096K:1", "not understood" },
    { "l2=256K:1", "l2=256K:1,", "not understood" },
    { "\"misses\":\"l2\",", "", "not both there" },
    { "\"misses\":\"l2\"", "\"misses\":\"l3\"", "not understood" },
    { "\"misses\":\"l2\"", "\"misses\":\"l2\",\"cpus\":2", "on one CPU" },
    { "[\"linux.pipe v\"]", "[]", "not a list of 1 to" },
    { "[\"linux.pipe v\"]", "[\"linux.pipe\"]", "does not name" },
    { "[\"linux.pipe v\"]", "[\"linuxpipe v\"]", "no name of a workload" },
    { "[\"linux.pipe v\"]", "[\"linux.pipe v\",\"a.b v\"]", "two systems" },
    { "[2,\"a.b v\"]", "[0,\"a.b v\"]", "neither \"workload variant\"" },
    { "[2,\"a.b v\"]", "[2,\"a.b v\",3]", "neither \"workload variant\"" },
    { "\"absent\":\"no Mach here\"", "\"absent\":\"no Mach here\",\"measured\":[\"a.b v\"]", "exactly one of" },
    { ",\"absent\":\"no Mach here\"", "", "exactly one of" },
    { "\"id\":\"rpc\"", "\"id\":\"pipe\"", "two lines" },
    { "\"bytes\":4096", "\"bytes\":-1", "not a positive number" },
    { "\"over\":\"pipe\"", "\"over\":\"pope\"", "no line \"pope\"" },
    { "\"under\":\"rpc\"", "\"under\":\"band\"", "a cost over a bandwidth" },
    { "\"sense\":\"at_least\"", "\"sense\":\"more\"", "\"sense\" is none of" },
    { "\"sense\":\"at_least\"", "\"sense\":\"about\"", "\"within\"" },
    { "\"sense\":\"at_least\"", "\"sense\":\"at_least\",\"within\":2", "\"within\"" },
    { "\"sense\":\"at_least\"", "\"sense\":\"at_least\",\"published\":{\"operation\":\"rpc_sync_latency\"}", "no ratio" },
    { "\"operation\":\"rpc_sync_latency\"", "\"variant\":\"blocking IPC without buffering; 64KB blocks; bound=min\"", "unlike in source" },
};

static void malformed_definitions_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct reproduce_table t;
        struct error e = { "" };
        char *text = definition_with(bad[i].from, bad[i].to);
        if (reproduce_decode(text, strlen(text), "t", &published, &t, &e))
            fail_msg("accepted with %s", bad[i].to);
        if (!strstr(e.text, bad[i].complaint))
            fail_msg("with %s: \"%s\" does not say \"%s\"", bad[i].to, e.text, bad[i].complaint);
        free(text);
    }
}

static void cut_definitions_are_refused(void **state)
{
    (void)state;
    for (size_t n = 0; n + 1 < sizeof good; n++) {
        struct reproduce_table t;
        struct error e = { "" };
        char *text = strndup(good, n); /* exactly as long, so that reading on shows */
        assert_false(reproduce_decode(text, n, "t", &published, &t, &e));
        free(text);
    }
}

static void every_committed_table_is_good(void **state)
{
    struct error e = { "" };
    size_t count = 0;
    char **names = reproduce_names(FOLDER "/tables", &e);
    (void)state;
    assert_non_null(names);
    for (; names[count]; count++) {
        struct reproduce_table t;
        if (!reproduce_read(FOLDER "/tables", names[count], &published, &t, &e))
            fail_msg("%s", e.text);
        reproduce_free(&t);
        free(names[count]);
    }
    free(names);
    assert_true(count > 10);
    struct reproduce_table t;
    assert_false(reproduce_read(FOLDER "/tables", "../numbers", &published, &t, &e));
    assert_false(reproduce_read(FOLDER "/tables", "no-such", &published, &t, &e));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_added_and_judged),
        cmocka_unit_test(verdicts),
        cmocka_unit_test(unlike_machines_are_not_divided),
        cmocka_unit_test(a_row_twice_must_agree),
        cmocka_unit_test(misses_are_no_instructions),
        cmocka_unit_test(a_rung_is_its_own_rows),
        cmocka_unit_test(malformed_definitions_are_refused),
        cmocka_unit_test(cut_definitions_are_refused),
        cmocka_unit_test(every_committed_table_is_good),
    };
    return cmocka_run_group_tests(tests, numbers_read, numbers_free);
}
