/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Footprints: the model of caches on sequences whose misses are known, the recorder on invented windows, the reader on its output, on every
 * cut of it and on figures that do not add up, and the gate.
 */
#include "harness/test/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/plugin/marks.h"
#include "harness/plugin/window.h"
#include "harness/tool/footprint.h"
#include "harness/tool/footprint_gate.h"
#include "harness/tool/footprint_report.h"
#include "harness/tool/symbols.h"

#define KERNEL 0xffffffff80200000u

/* --- the model --- */

/* Misses of a sequence of keys, one letter each, as letters: 'm' or '.'. */
static void misses_are(struct cache_geometry geometry, const char *keys, const char *expected)
{
    struct cache_model m;
    assert_true(cache_init(&m, geometry));
    for (size_t i = 0; keys[i]; i++) {
        bool miss = cache_access(&m, (uint64_t)keys[i], false);
        if (miss != (expected[i] == 'm'))
            fail_msg("%s: access %zu (%c) %s", keys, i, keys[i], miss ? "missed" : "hit");
    }
    cache_free(&m);
}

static void model_known_answers(void **state)
{
    (void)state;
    misses_are((struct cache_geometry){ 1, 1 }, "aabab", "m.mmm");
    misses_are((struct cache_geometry){ 1, 2 }, "ababcab", "mm..mmm"); /* c evicts a, then a evicts b, b evicts c */
    misses_are((struct cache_geometry){ 1, 2 }, "abacab", "mm.m.m");   /* a was used later than b: c evicts b */
    misses_are((struct cache_geometry){ 1, 4 }, "abcdaebacd", "mmmm.mm.mm");
    misses_are((struct cache_geometry){ 2, 1 }, "bdbcbd", "mmmm.m");   /* b and d share set 0, c has set 1 */
    /* Cyclic use of one line more than there are ways misses always. */
    misses_are((struct cache_geometry){ 1, 3 }, "abcdabcdabcd", "mmmmmmmmmmmm");
}

static void model_flushes(void **state)
{
    (void)state;
    struct cache_model m;
    assert_true(cache_init(&m, (struct cache_geometry){ 2, 2 }));
    cache_access(&m, 2, true);
    cache_access(&m, 4, false);
    cache_access(&m, 3, false);
    cache_flush_local(&m);
    assert_false(cache_access(&m, 2, true)); /* global */
    assert_true(cache_access(&m, 4, false));
    cache_drop(&m, 2);
    assert_true(cache_access(&m, 2, true));
    cache_drop(&m, 77);
    cache_flush(&m);
    assert_true(cache_access(&m, 2, true));
    cache_free(&m);
}

static void geometry_parses(void **state)
{
    (void)state;
    struct cache_geometry g;
    assert_true(cache_geometry_parse("32K:8", 64, 64, &g));
    assert_int_equal(g.sets, 64);
    assert_int_equal(g.ways, 8);
    assert_true(cache_geometry_parse("48K:12", 64, 64, &g) && g.sets == 64 && g.ways == 12);
    assert_true(cache_geometry_parse("64:4", 1, 4096, &g) && g.sets == 16);
    static const char *const wrong[] = { "", "K", "0:1", "32K", "32K:", "32K:0", "32K:8x", "32K:7", "-32K:8", "64K:8", "99999999999999999999:1",
                                         "32K:65", "96K:8", " 32K:8" };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (cache_geometry_parse(wrong[i], 64, 64, &g))
            fail_msg("\"%s\" accepted", wrong[i]);
}

/* --- the recorder --- */

static void kind_is(const char *bytes, size_t n, enum instruction_kind kind)
{
    struct instruction i = { 0 };
    instruction_classify(&i, (const uint8_t *)bytes, n);
    assert_int_equal(i.kind, kind);
}

static void instructions_are_told_apart(void **state)
{
    (void)state;
    kind_is("\x0f\x31", 2, KIND_RDTSC);
    kind_is("\x0f\x01\xf9", 3, KIND_RDTSCP);
    kind_is("\x0f\x01\xf8", 3, KIND_PLAIN);        /* swapgs */
    kind_is("\x0f\x01\x38", 3, KIND_INVLPG);
    kind_is("\x0f\x22\xd8", 3, KIND_LOAD_CR3);
    kind_is("\x41\x0f\x22\xdf", 4, KIND_LOAD_CR3); /* from r15 */
    kind_is("\x0f\x22\xe0", 3, KIND_LOAD_CR4);
    kind_is("\x0f\x22\xc0", 3, KIND_PLAIN);        /* CR0 */
    kind_is("\x0f\x09", 2, KIND_WBINVD);
    kind_is("\x0f\x05", 2, KIND_SYSCALL);
    kind_is("\x48\x0f\x07", 3, KIND_PLAIN);        /* sysret */
    kind_is("\x0f\xae\xe8", 3, KIND_LFENCE);
    kind_is("\x0f\x1f\x80\x00\x00\x00\x00", 7, KIND_PLAIN);
    kind_is("\x0f\x1f\x80\x05\x00\x67\x74", 7, KIND_MARK);
    kind_is("\x0f\x1f\x80\x06\x00\x67\x74", 7, KIND_PLAIN);
    kind_is("\x0f", 1, KIND_PLAIN);
    kind_is("", 0, KIND_PLAIN);
}

struct script {
    struct recorder r;
    char *text;
    size_t size;
    struct instruction all[32];
    size_t used;
};

static void script_open(struct script *s)
{
    static const struct cache_geometry geometry[CACHE_KINDS] = { { 64, 8 }, { 64, 8 }, { 16, 8 }, { 16, 4 }, { 512, 8 } };
    *s = (struct script){ 0 };
    assert_true(recorder_init(&s->r, open_memstream(&s->text, &s->size), geometry));
}

/* Runs the instruction of these bytes at that address; places are addresses. */
static void run(struct script *s, uint64_t address, const char *bytes, size_t n)
{
    struct instruction *i = s->all;
    while (i < s->all + s->used && i->address != address)
        i++;
    if (i == s->all + s->used) {
        assert_true(s->used++ < 32);
        *i = (struct instruction){ .address = address, .place = address, .bytes = (uint32_t)n };
        instruction_classify(i, (const uint8_t *)bytes, n);
    }
    recorder_instruction(&s->r, i);
}

static void mark(struct script *s, unsigned number)
{
    char bytes[7] = "\x0f\x1f\x80";
    uint32_t displacement = MARK_BASE + number;
    memcpy(bytes + 3, &displacement, 4);
    run(s, 0x1000 + 16 * number, bytes, 7);
}

static void begin(struct script *s) { run(s, 0x2000, "\x0f\xae\xe8", 3); run(s, 0x2003, "\x0f\x31", 2); }
static void end(struct script *s) { run(s, 0x2100, "\x0f\x01\xf9", 3); }
static void nop(struct script *s, uint64_t address) { run(s, address, "\x90", 1); }

static void script_close(struct script *s, struct footprint *f)
{
    struct error e = { "" };
    assert_true(recorder_finish(&s->r));
    fclose(s->r.out);
    if (!footprint_decode(s->text, s->size, f, &e))
        fail_msg("%s\n%s", e.text, s->text);
    recorder_free(&s->r);
}

/* One call into the "kernel" that touches three lines: two instructions there, five here with the closing clock read. */
static void sample_run(struct script *s)
{
    begin(s);
    nop(s, 0x2005);
    run(s, 0x2006, "\x0f\x05", 2);
    nop(s, KERNEL);
    recorder_access(&s->r, 0xffff800000001038, 0x1038, 16, true, false); /* two lines */
    recorder_access(&s->r, 0xffff800000001038, 0x1038, 8, false, false);
    nop(s, KERNEL + 1);
    recorder_access(&s->r, 0x7000, 0x5000, 8, false, false);
    recorder_access(&s->r, 0xfee000b0, 0xfee000b0, 4, true, true);
    nop(s, 0x2008);
    end(s);
}

static void window_is_counted(void **state)
{
    (void)state;
    struct script s;
    struct footprint f;
    script_open(&s);
    sample_run(&s); /* outside of the marks: nothing */
    mark(&s, MARK_SAMPLES_ALL);
    sample_run(&s);
    sample_run(&s);
    mark(&s, MARK_SAMPLES_END);
    sample_run(&s);
    mark(&s, MARK_ROW);
    script_close(&s, &f);
    assert_int_equal(f.row_count, 1);
    const struct footprint_profile *p = footprint_typical(&f.rows[0]);
    assert_int_equal(f.rows[0].windows, 2);
    assert_int_equal(p->windows, 2);
    assert_int_equal(p->instructions, 6);
    assert_int_equal(p->user, 4);
    assert_int_equal(p->loads, 2);
    assert_int_equal(p->stores, 2);
    assert_int_equal(p->device, 1);
    assert_int_equal(p->transfers, 3); /* in, out, and on to the clock read */
    struct footprint_side kernel = footprint_side(p, SPACE_KERNEL), user = footprint_side(p, SPACE_USER);
    assert_int_equal(kernel.instructions, 2);
    assert_int_equal(kernel.code_lines, 1);
    assert_int_equal(kernel.data_lines, 2);
    assert_int_equal(kernel.pages, 2);
    assert_int_equal(user.code_lines, 2);
    assert_int_equal(user.data_lines, 1);
    assert_int_equal(user.pages, 2);
    footprint_free(&f);
    free(s.text);
}

/* Warm: the second window misses nothing; cold: each misses each of its lines and pages once. */
static void states_are_modelled(void **state)
{
    (void)state;
    struct script s;
    struct footprint f;
    script_open(&s);
    mark(&s, MARK_SAMPLES_ALL);
    sample_run(&s);
    sample_run(&s);
    mark(&s, MARK_ROW);
    script_close(&s, &f);
    const struct footprint_profile *p = footprint_typical(&f.rows[0]);
    /* The line of 0x2000 was fetched for the opening clock read: warm never misses it in a window. Line 0x40 of the data is that of the mark: the second
     * level, of code and data, has it. */
    static const double expected[FOOTPRINT_STATES][FOOTPRINT_CACHES] = {
        { 1.0, 1.5, 0.5, 1.0, 2 }, { 3, 3, 0.5, 1.0, 2 }, { 1.0, 1.5, 2, 2, 2 }, { 3, 3, 2, 2, 6 },
    };
    for (size_t i = 0; i < FOOTPRINT_STATES; i++)
        for (size_t k = 0; k < FOOTPRINT_CACHES; k++)
            if (footprint_misses(p, i, k) != expected[i][k])
                fail_msg("%s %s: %g, not %g", footprint_state_names[i], footprint_cache_names[k], footprint_misses(p, i, k), expected[i][k]);
    footprint_free(&f);
    free(s.text);
}

/* Windows of `ways` instructions each, alternating 1 and 2 long; what a row of `mark_number` keeps of ten of them. */
static void kept_is(unsigned mark_number, uint64_t windows, uint64_t length)
{
    struct script s;
    struct footprint f;
    script_open(&s);
    mark(&s, mark_number);
    for (int i = 0; i < 10; i++) {
        begin(&s);
        if (i % 2)
            nop(&s, 0x2005);
        end(&s);
    }
    mark(&s, MARK_SAMPLES_END);
    mark(&s, MARK_ROW);
    script_close(&s, &f);
    assert_int_equal(f.rows[0].windows, windows);
    assert_int_equal(f.rows[0].lengths[0].value, length);
    assert_int_equal(f.rows[0].length_count, windows == 10 ? 2 : 1);
    footprint_free(&f);
    free(s.text);
}

static void pairs_are_chosen(void **state)
{
    (void)state;
    kept_is(MARK_SAMPLES_ALL, 10, 1);
    kept_is(MARK_SAMPLES_FIRST, 5, 1);
    kept_is(MARK_SAMPLES_SECOND, 5, 2);
}

/* The clock counts a faulting instruction once, each iteration of a string instruction, and a lone RDTSC opens nothing. */
static void repetitions_are_counted_as_the_clock_does(void **state)
{
    (void)state;
    struct script s;
    struct footprint f;
    script_open(&s);
    mark(&s, MARK_SAMPLES_ALL);
    run(&s, 0x2200, "\x0f\x31", 2);
    end(&s);
    begin(&s);
    nop(&s, 0x3000);     /* faults */
    nop(&s, KERNEL);
    nop(&s, 0x3000);     /* again: not counted */
    nop(&s, 0x3001);
    nop(&s, 0x3001);     /* met a device: not counted */
    for (int i = 0; i < 3; i++)
        run(&s, 0x3002, "\xf3\x48\xa5", 3);
    nop(&s, 0x3005);     /* an interrupt behind it */
    nop(&s, KERNEL);
    nop(&s, 0x3006);
    end(&s);
    mark(&s, MARK_ROW);
    script_close(&s, &f);
    assert_int_equal(f.rows[0].windows, 1);
    assert_int_equal(f.rows[0].lengths[0].value, 1 + 1 + 1 + 3 + 1 + 1 + 1 + 1);
    footprint_free(&f);
    free(s.text);
}

/* --- the reader --- */

static char *sample_text(size_t *size)
{
    struct script s;
    struct footprint f;
    script_open(&s);
    mark(&s, MARK_SAMPLES_ALL);
    sample_run(&s);
    mark(&s, MARK_ROW);
    script_close(&s, &f);
    footprint_free(&f);
    *size = s.size;
    return s.text;
}

static void every_cut_is_refused(void **state)
{
    (void)state;
    struct footprint f;
    struct error e;
    size_t size;
    char *text = sample_text(&size);
    for (size_t n = 0; n < size; n++) {
        e.text[0] = '\0';
        if (footprint_decode(text, n, &f, &e) || !e.text[0] || strchr(e.text, '\n'))
            fail_msg("cut at %zu of %zu: \"%s\"", n, size, e.text);
    }
    free(text);
}

static void changed_text_is_refused(const char *from, const char *to)
{
    struct footprint f;
    struct error e = { "" };
    size_t size;
    char *text = sample_text(&size), *at = strstr(text, from), changed[8192];
    assert_non_null(at);
    int n = snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    if (footprint_decode(changed, (size_t)n, &f, &e))
        fail_msg("\"%s\" for \"%s\" accepted", to, from);
    free(text);
}

static void wrong_text_is_refused(void **state)
{
    (void)state;
    changed_text_is_refused("tollgate-footprint 2", "tollgate-footprint 1");
    changed_text_is_refused("l1d=64:8", "l1d=64:");
    changed_text_is_refused("instructions=6", "instructions=7");
    changed_text_is_refused("user=4", "user=5");
    changed_text_is_refused("windows=1\nlengths", "windows=2\nlengths");
    changed_text_is_refused("row 1", "row 2");
    changed_text_is_refused("end rows=1", "end rows=2");
    changed_text_is_refused("loads=2", "loads=2x");
    changed_text_is_refused("code ", "cod ");
    changed_text_is_refused("end rows=1\n", "end rows=1\nend rows=1\n");
    changed_text_is_refused("end rows=1", "failed out of memory");
    changed_text_is_refused("6:1", "6:0");
}

static void samples_must_agree(void **state)
{
    (void)state;
    for (uint64_t value = 5; value <= 7; value++) {
        const struct histogram_pair pairs[] = { { value, 1 } };
        struct log_writer log;
        struct result result;
        struct footprint f;
        struct error e = { "" };
        size_t size;
        char *text = sample_text(&size);
        assert_true(footprint_decode(text, size, &f, &e));
        log_open(&log);
        log_row(&log, "a.b", "v", "instructions", 1, 0, pairs, 1);
        log_close(&log);
        result_of(&log, &result);
        assert_int_equal(footprint_agrees(&f, &result, &e), value == 6);
        result_free(&result);
        footprint_free(&f);
        free(text);
    }
}

/* --- the gate --- */

static size_t gate_differences(json_t *accepted, json_t *now)
{
    struct error e = { "" };
    size_t differ = 99;
    FILE *null = fopen("/dev/null", "w");
    const char *path = scratch_path("footprint.json");
    json_t *context = json_pack("{s:s}", "commit", "abc");
    if (!footprint_accept(path, accepted, context, NULL, "a reason", &e) || !footprint_gate(path, now, null, &differ, &e))
        fail_msg("%s", e.text);
    fclose(null);
    json_decref(context);
    json_decref(accepted);
    json_decref(now);
    return differ;
}

static json_t *figures(int lines, const char *second)
{
    json_t *o = json_pack("{s:{s:i, s:i}}", "a.b v", "kernel_code_lines", lines, "loads", 3);
    if (second)
        json_object_set_new(o, second, json_pack("{s:i}", "loads", 1));
    return o;
}

static void the_gate_alone_asks_for_all_that_is_accepted(void **state)
{
    (void)state;
    struct error e;
    const char *path = scratch_path("accepted.json");
    json_t *rows = figures(4, "c.d w");
    json_object_set(rows, "a.b u", json_object_get(rows, "a.b v"));
    assert_true(footprint_accept(path, rows, NULL, NULL, "a reason", &e));
    json_decref(rows);
    char *selection = footprint_gate_selection(path, &e);
    assert_string_equal(selection, "a.b,c.d");
    free(selection);
    scratch_write(path, "{}", 2);
    assert_null(footprint_gate_selection(path, &e));
}

static void a_line_more_fails(void **state)
{
    (void)state;
    struct error e = { "" };
    size_t differ;
    assert_int_equal(gate_differences(figures(4, NULL), figures(4, NULL)), 0);
    assert_int_equal(gate_differences(figures(4, NULL), figures(5, NULL)), 1);
    assert_int_equal(gate_differences(figures(4, NULL), figures(3, NULL)), 1);
    assert_int_equal(gate_differences(figures(4, "c.d w"), figures(4, NULL)), 1);
    assert_int_equal(gate_differences(figures(4, NULL), figures(4, "c.d w")), 1);
    const char *path = scratch_path("wrong.json");
    static const char wrong[] = "{\"schema\":\"tollgate-reference/1\",\"rows\":{}}\n";
    scratch_write(path, wrong, sizeof wrong - 1);
    json_t *rows = figures(4, NULL);
    assert_false(footprint_gate(path, rows, stdout, &differ, &e));
    assert_null(footprint_gate_selection(path, &e));
    json_decref(rows);
}

/* --- for people --- */

static void a_narrow_terminal_has_no_longer_lines(void **state)
{
    (void)state;
    static const struct result_row of = { .workload = "ipc.call.inter", .variant = "words=0,path=fast,method=single", .direction = "round_trip", .batch = 1 };
    const struct footprint_names names = { { NULL, NULL } };
    struct script s;
    struct footprint f;
    char *text, *save;
    size_t size, lines = 0;
    script_open(&s);
    mark(&s, MARK_SAMPLES_ALL);
    sample_run(&s);
    mark(&s, MARK_SAMPLES_END);
    mark(&s, MARK_ROW);
    script_close(&s, &f);
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    setenv("COLUMNS", "40", 1);
    footprint_row_print(out, &f, &f.rows[0], &of, &names, true);
    unsetenv("COLUMNS");
    fclose(out);
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save), lines++)
        if (strlen(line) > 40)
            fail_msg("%s", line);
    assert_in_range(lines, 20, 60);
    free(text);
    footprint_free(&f);
    free(s.text);
}

/* --- symbols --- */

static void symbols_are_found(void **state)
{
    (void)state;
    struct symbols s;
    struct error e = { "" };
    assert_true(symbols_decode(strdup("0000000000001000 T first\n0000000000001000 t same\n0000000000001010 t second\n"), &s, &e));
    assert_null(symbols_find(&s, 0xfff));
    assert_string_equal(symbols_find(&s, 0x1000)->name, "first");
    assert_string_equal(symbols_find(&s, 0x100f)->name, "first");
    assert_string_equal(symbols_find(&s, 0x5000)->name, "second");
    symbols_free(&s);
    assert_false(symbols_decode(strdup("1000 T first\n"), &s, &e));
    assert_false(symbols_decode(strdup("0000000000001010 T a\n0000000000001000 T b\n"), &s, &e));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(model_known_answers), cmocka_unit_test(model_flushes), cmocka_unit_test(geometry_parses),
        cmocka_unit_test(instructions_are_told_apart), cmocka_unit_test(window_is_counted), cmocka_unit_test(states_are_modelled),
        cmocka_unit_test(pairs_are_chosen), cmocka_unit_test(repetitions_are_counted_as_the_clock_does),
        cmocka_unit_test(every_cut_is_refused), cmocka_unit_test(wrong_text_is_refused), cmocka_unit_test(samples_must_agree),
        cmocka_unit_test(a_line_more_fails), cmocka_unit_test(a_narrow_terminal_has_no_longer_lines),
        cmocka_unit_test(the_gate_alone_asks_for_all_that_is_accepted), cmocka_unit_test(symbols_are_found),
    };
    return cmocka_run_group_tests_name("footprint", tests, NULL, NULL);
}
