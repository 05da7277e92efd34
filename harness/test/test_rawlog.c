/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The raw-log decoder: what it accepts, and that it refuses every cut, every changed byte and every breach of
 * results/FORMAT.md with the line and the cause.
 */
#include "harness/test/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void sample_is_decoded(void **state)
{
    (void)state;
    struct text_buffer text;
    struct rawlog log;
    struct error e = { "" };
    sample_log(&text);
    seal_text(&text);
    if (!rawlog_decode(text.bytes, text.size, true, &log, &e))
        fail_msg("%s", e.text);
    assert_true(log.ok);
    assert_int_equal(log.row_count, 2);
    assert_int_equal(log.rows[0].n, 1000);
    assert_int_equal(log.rows[0].pair_count, 3);
    assert_true(log.rows[0].summary.max == 340);
    assert_true(log.rows[1].summary.p50 == 120);
    assert_true(log.rows[1].corrected == 119.96);
    assert_string_equal(json_string_value(json_object_get(log.context, "cpu_model")), "Invented CPU @ 100% (test)");
    assert_string_equal(json_string_value(json_object_get(log.context, "system")), "tollgate");
    assert_int_equal(json_array_size(log.skipped), 1);
    assert_int_equal(json_array_size(log.tests), 2);
    rawlog_free(&log);
    buffer_free(&text);
}

/* True when refused with exactly one line of text. */
static bool refused(const char *bytes, size_t size, bool sealed)
{
    struct rawlog log;
    struct error e = { "" };
    if (!rawlog_decode(bytes, size, sealed, &log, &e))
        return e.text[0] && !strchr(e.text, '\n');
    rawlog_free(&log);
    return false;
}

static void every_cut_is_refused(void **state)
{
    (void)state;
    struct text_buffer text;
    sample_log(&text);
    seal_text(&text);
    assert_false(refused(text.bytes, text.size, true));
    for (size_t size = 0; size < text.size; size++)
        if (!refused(text.bytes, size, true))
            fail_msg("accepted when cut to %zu of %zu bytes", size, text.size);
    buffer_free(&text);
}

static void every_cut_before_the_end_record_is_refused_unsealed(void **state)
{
    (void)state;
    struct text_buffer text;
    sample_log(&text);
    assert_false(refused(text.bytes, text.size, false));
    size_t complete = text.size - strlen("halted\n");
    for (size_t size = 0; size < text.size; size++)
        if (size != complete && !refused(text.bytes, size, false))
            fail_msg("accepted when cut to %zu of %zu bytes", size, text.size);
    buffer_free(&text);
}

static void every_changed_bit_is_refused(void **state)
{
    (void)state;
    struct text_buffer text;
    sample_log(&text);
    seal_text(&text);
    for (size_t i = 0; i < text.size; i++)
        for (int bit = 0; bit < 8; bit++) {
            text.bytes[i] = (char)(text.bytes[i] ^ 1 << bit);
            if (!refused(text.bytes, text.size, true))
                fail_msg("accepted with bit %d of byte %zu flipped", bit, i);
            text.bytes[i] = (char)(text.bytes[i] ^ 1 << bit);
        }
    buffer_free(&text);
}

/* Marks the bytes of record lines, line ends included. */
static bool *record_bytes(const struct text_buffer *text)
{
    bool *marked = calloc(text->size, sizeof *marked);
    bool in_record = false;
    for (size_t i = 0; i < text->size; i++) {
        if (i == 0 || text->bytes[i - 1] == '\n')
            in_record = strncmp(text->bytes + i, "@tg ", 4) == 0;
        marked[i] = in_record;
    }
    return marked;
}

static void every_changed_byte_of_a_record_is_refused_unsealed(void **state)
{
    (void)state;
    struct text_buffer text;
    sample_log(&text);
    bool *marked = record_bytes(&text);
    size_t tried = 0;
    for (size_t i = 0; i < text.size; i++)
        for (int other = 0; marked[i] && other < 256; other += 17) {
            char old = text.bytes[i];
            if ((char)other == old)
                continue;
            tried++;
            text.bytes[i] = (char)other;
            if (!refused(text.bytes, text.size, false))
                fail_msg("accepted with byte %zu changed from 0x%02x to 0x%02x", i, (unsigned char)old, other);
            text.bytes[i] = old;
        }
    assert_true(tried > 15 * 1000);
    free(marked);
    buffer_free(&text);
}

static void every_line_left_out_or_doubled_is_refused(void **state)
{
    (void)state;
    struct text_buffer text;
    sample_log(&text);
    bool *marked = record_bytes(&text);
    for (char *line = text.bytes, *next; *line; line = next) {
        next = strchr(line, '\n') + 1;
        if (!marked[line - text.bytes])
            continue;
        struct text_buffer without = { 0 }, twice = { 0 };
        buffer_add(&without, text.bytes, (size_t)(line - text.bytes));
        buffer_print(&without, "%s", next);
        buffer_add(&twice, text.bytes, (size_t)(next - text.bytes));
        buffer_print(&twice, "%s", line);
        assert_true(refused(without.bytes, without.size, false));
        assert_true(refused(twice.bytes, twice.size, false));
        buffer_free(&without);
        buffer_free(&twice);
    }
    free(marked);
    buffer_free(&text);
}

static void carriage_returns_are_accepted(void **state)
{
    (void)state;
    struct text_buffer text, crlf = { 0 };
    sample_log(&text);
    for (size_t i = 0; i < text.size; i++)
        buffer_add(&crlf, text.bytes[i] == '\n' && text.bytes[i - 1] != '\r' ? "\r\n" : &text.bytes[i],
                   text.bytes[i] == '\n' && text.bytes[i - 1] != '\r' ? 2 : 1);
    assert_false(refused(crlf.bytes, crlf.size, false));
    buffer_free(&crlf);
    buffer_free(&text);
}

/* --- each rule has its own message --- */

#define ROW(more) "row workload=a.b variant=v direction=op relation=none words=0 path=none cache=warm method=single batch=1 " \
                  "unit=instructions warmup=0 overhead=0" more

static const struct breach {
    const char *bodies[6]; /* after begin and context; without "end" the log is closed properly */
    const char *message;
} breaches[] = {
    { { "begin format=1 system=tollgate" }, "second begin record" },
    { { "frobnicate x=1" }, "unknown kind of record \"frobnicate\"" },
    { { "context clock=hpet" }, "context key \"clock\" given twice" },
    { { "context a=1 a=2" }, "key \"a\" given twice" },
    { { "context" }, "context record without a field" },
    { { "context a=%4" }, "value of \"a\" is not escaped" },
    { { "context a=%0a" }, "value of \"a\" is not escaped" },
    { { "context a=%00" }, "value of \"a\" is not escaped" },
    { { "context a=\x1b[2J" }, "value of \"a\" is not escaped" },
    { { "context a=%FF" }, "not UTF-8" },
    { { "context A=1" }, "is not key=value" },
    { { "context  a=1" }, "is not key=value" },
    { { "context a=1 " }, "is not key=value" },
    { { "context " }, "blank without a field" },
    { { ROW(""), "hist 5:1", "endrow samples=2" }, "samples=2, the histogram holds 1" },
    { { ROW(""), "hist 5:1", "endrow samples=-1" }, "is not a number" },
    { { ROW(""), "hist 5:1 5:1", "endrow samples=2" }, "value 5 is not above the one before it" },
    { { ROW(""), "hist 5:1", "hist 4:1", "endrow samples=2" }, "value 4 is not above the one before it" },
    { { ROW(""), "hist 5:0", "endrow samples=0" }, "is not value:count" },
    { { ROW(""), "hist 5", "endrow samples=0" }, "is not value:count" },
    { { ROW(""), "hist 05:1", "endrow samples=1" }, "is not value:count" },
    { { ROW(""), "hist 9223372036854775808:1", "endrow samples=1" }, "is not value:count" },
    { { ROW(""), "hist 1:9223372036854775807 2:1", "endrow samples=1" }, "histogram is empty, not ascending" },
    { { ROW(""), "hist", "endrow samples=0" }, "hist record without a sample" },
    { { ROW(""), "endrow samples=0" }, "row without a sample" },
    { { ROW(""), "hist 5:1" }, "inside of a row: endrow is missing" },
    { { ROW(""), "test name=a result=pass" }, "inside of a row: endrow is missing" },
    { { "hist 5:1" }, "hist record outside of a row" },
    { { "endrow samples=1" }, "endrow record outside of a row" },
    { { ROW(" frob=1") }, "unknown key \"frob\" in a row record" },
    { { ROW(" batch=1") }, "key \"batch\" given twice" },
    { { ROW(" placement=moon") }, "placement=\"moon\" is none of" },
    { { ROW(" bytes=x") }, "bytes=\"x\" is not a number" },
    { { ROW(" syscalls=1.") }, "syscalls=\"1.\" is not a decimal number" },
    { { ROW(" taints=smi,,irq") }, "empty word" },
    { { "row workload=a.b" }, "row record without \"variant\"" },
    { { "row workload=ab variant=v direction=op relation=none words=0 path=none cache=warm method=single batch=1 "
        "unit=instructions warmup=0 overhead=0" }, "is not the id of a workload" },
    { { "row workload=a.b variant=v direction=op relation=none words=0 path=none cache=warm method=single batch=2 "
        "unit=instructions warmup=0 overhead=0" }, "method=single with batch=2" },
    { { "row workload=a.b variant=v direction=op relation=none words=0 path=none cache=warm method=batched batch=0 "
        "unit=instructions warmup=0 overhead=0" }, "batch=\"0\" is not a number from 1" },
    { { "row workload=a.b variant=v direction=op relation=none words=0 path=none cache=warm method=single batch=1 "
        "unit=cycles warmup=0 overhead=0", "hist 5:1", "endrow samples=1" }, "a row in cycles from a run of fidelity" },
    { { "row workload=a.b variant=v direction=op relation=none words=0 path=none cache=warm method=single batch=1 "
        "unit=parsecs warmup=0 overhead=0" }, "unit=\"parsecs\" is none of" },
    { { ROW(""), "hist 5:1", "endrow samples=1", ROW(""), "hist 6:1", "endrow samples=1" }, "is there twice" },
    { { "skip workload=a.b" }, "skip record without \"reason\"" },
    { { "test name=a result=maybe" }, "result=maybe is none of" },
    { { "test name= result=pass" }, "test without a name" },
    { { "test name=a result=fail" }, "test \"a\" failed, yet the end record says status=ok" },
    { { "skip workload=a.b reason=x" }, "holds no row and no test" },
    { { "test name=a result=pass", "end records=12 status=ok" }, "end record says records=12, the log holds 13" },
    { { "test name=a result=pass", "end records=13 status=maybe" }, "status=maybe is neither" },
    { { "test name=a result=pass", "end records=13" }, "end record without \"status\"" },
    { { "test name=a result=pass", "end records=13 status=ok", "test name=b result=pass" }, "behind the end record" },
    { { "test name=a result=pass", "end records=13 status=ok", "end records=14 status=ok" }, "behind the end record" },
};

static bool has_end(const struct breach *b)
{
    for (size_t i = 0; i < 6 && b->bodies[i]; i++)
        if (strncmp(b->bodies[i], "end ", 4) == 0)
            return true;
    return false;
}

static void message_expect(const char *bytes, size_t size, bool sealed, const char *message)
{
    struct rawlog log;
    struct error e = { "" };
    if (rawlog_decode(bytes, size, sealed, &log, &e))
        fail_msg("accepted, expected \"%s\"", message);
    if (!strstr(e.text, message))
        fail_msg("expected \"%s\", got \"%s\"", message, e.text);
}

static void each_breach_has_its_message(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof breaches / sizeof breaches[0]; i++) {
        struct log_writer log;
        log_open(&log);
        for (size_t b = 0; b < 6 && breaches[i].bodies[b]; b++)
            log_body(&log, breaches[i].bodies[b]);
        if (!has_end(&breaches[i]))
            log_close(&log);
        message_expect(log.text.bytes, log.text.size, false, breaches[i].message);
        buffer_free(&log.text);
    }
}

static void errors_name_the_line(void **state)
{
    (void)state;
    struct log_writer log;
    log_open(&log);
    buffer_print(&log.text, "console\n\n");
    log_body(&log, "frobnicate");
    message_expect(log.text.bytes, log.text.size, false, "line 14: unknown kind");
    buffer_free(&log.text);
}

static void each_mandatory_context_key_is_missed(void **state)
{
    (void)state;
    for (const char *const *key = rawlog_context_keys; *key; key++) {
        struct log_writer log;
        char message[80];
        log_open(&log);
        record_sink_fn *sink = log.writer.sink;
        buffer_free(&log.text);
        log = (struct log_writer){ 0 };
        record_writer_init(&log.writer, sink, &log);
        record_begin(&log.writer, "tollgate");
        for (const char *const *k = rawlog_context_keys; *k; k++)
            if (k != key)
                record_context(&log.writer, *k, "instructions");
        record_test(&log.writer, "a", "pass", NULL);
        log_close(&log);
        snprintf(message, sizeof message, "context key \"%s\" is missing", *key);
        message_expect(log.text.bytes, log.text.size, false, message);
        buffer_free(&log.text);
    }
}

static void fidelity_decides_the_unit(void **state)
{
    (void)state;
    static const struct { const char *fidelity, *unit; bool good; } cases[] = {
        { "instructions", "instructions", true }, { "virtual", "cycles", true }, { "metal", "cycles", true },
        { "metal", "ns", true },                  { "none", "none", true },      { "none", "cycles", false },
        { "instructions", "cycles", false },      { "virtual", "instructions", false }, { "metal", "parsecs", false },
        { "good", "cycles", false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct log_writer log;
        log_open_as(&log, cases[i].fidelity, cases[i].unit);
        record_test(&log.writer, "a", "pass", NULL);
        log_close(&log);
        assert_int_equal(refused(log.text.bytes, log.text.size, false), !cases[i].good);
        buffer_free(&log.text);
    }
}

static void no_row_without_fidelity(void **state)
{
    (void)state;
    static const struct histogram_pair pair = { 5, 1 };
    struct log_writer log;
    log_open_as(&log, "none", "none");
    log_row(&log, "a.b", "v", "cycles", 1, 0, &pair, 1);
    log_close(&log);
    message_expect(log.text.bytes, log.text.size, false, "a row in cycles from a run of fidelity \"none\"");
    buffer_free(&log.text);
}

static void bad_lines_are_refused(void **state)
{
    (void)state;
    static const struct { const char *text; size_t size; const char *message; } cases[] = {
        { "", 0, "empty log" },
        { "hello\n", 6, "ends without any record" },
        { "hello", 5, "the last line has no line end" },
        { "a\0b\n", 4, "line 1: holds a NUL byte" },
        { "x @tg 0 begin\n", 14, "in the middle of a line" },
        { "@tg @tg \n", 9, "in the middle of a line" },
        { "@tg \n", 5, "no \" *\" and CRC" },
        { "@tg 0 begin format=1 system=tollgate *00000000\n", 47, "the record's bytes give" },
        { "@tgsum bytes=0 crc32=00000000\n", 30, "a seal (@tgsum) where none may stand" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        message_expect(cases[i].text, cases[i].size, false, cases[i].message);
}

static void framing_is_checked(void **state)
{
    (void)state;
    static const char *const bodies[] = { "Begin format=1", "=", "averyverylongkindofrecord a=1" };
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        struct log_writer log = { 0 };
        log_body(&log, bodies[i]);
        message_expect(log.text.bytes, log.text.size, false, "record without a kind");
        buffer_free(&log.text);
    }
    struct log_writer gap = { .records = 1 };
    log_body(&gap, "begin format=1 system=tollgate");
    message_expect(gap.text.bytes, gap.text.size, false, "sequence number 1, expected 0");
    buffer_free(&gap.text);
    struct log_writer first = { 0 };
    log_body(&first, "context a=1");
    message_expect(first.text.bytes, first.text.size, false, "context record before the begin record");
    buffer_free(&first.text);
}

static void long_lines_are_refused(void **state)
{
    (void)state;
    struct text_buffer text = { 0 };
    char *line = malloc(5001);
    memset(line, 'x', 5000);
    line[5000] = 0;
    buffer_print(&text, "@tg 0 %s *00000000\n", line);
    message_expect(text.bytes, text.size, false, "the limit is 4000");
    buffer_free(&text);
    free(line);
}

static void seal_is_demanded(void **state)
{
    (void)state;
    struct text_buffer text;
    struct error e;
    sample_log(&text);
    message_expect(text.bytes, text.size, true, "no seal (@tgsum) in the last line");
    seal_text(&text);
    message_expect(text.bytes, text.size, false, "a seal (@tgsum) where none may stand");
    buffer_print(&text, "\n");
    message_expect(text.bytes, text.size, true, "no seal");
    text.bytes[--text.size] = 0;
    text.bytes[0] = 'B';
    message_expect(text.bytes, text.size, true, "the seal in the last line does not hold");
    const char *path = scratch_path("twice.log");
    scratch_write(path, text.bytes, text.size);
    assert_false(rawlog_seal(path, &e));
    assert_non_null(strstr(e.text, "sealed already"));
    buffer_free(&text);
}

static void capture_without_line_end_is_sealed(void **state)
{
    (void)state;
    struct text_buffer text;
    sample_log(&text);
    buffer_print(&text, "no line end");
    seal_text(&text);
    assert_false(refused(text.bytes, text.size, true));
    buffer_free(&text);
}

static void failed_guest_gives_no_result(void **state)
{
    (void)state;
    struct log_writer log;
    struct rawlog raw;
    struct result result;
    struct error e;
    log_open(&log);
    record_test(&log.writer, "a", "fail", "expected 1");
    record_end(&log.writer, log.records + 1, false);
    assert_true(rawlog_decode(log.text.bytes, log.text.size, false, &raw, &e));
    assert_false(raw.ok);
    json_t *host = fixture_context("qemu");
    assert_false(result_from_log(&raw, host, &result, &e));
    assert_non_null(strstr(e.text, "the guest reported failure"));
    json_decref(host);
    rawlog_free(&raw);
    buffer_free(&log.text);
}

static void files_are_met_with_errors(void **state)
{
    (void)state;
    struct rawlog log;
    struct error e;
    assert_false(rawlog_read("/nonexistent/raw.log", true, &log, &e));
    assert_non_null(strstr(e.text, "No such file"));
    assert_false(rawlog_read("/", true, &log, &e));
    assert_non_null(strstr(e.text, "is a folder"));
    assert_false(rawlog_read("/dev/zero", true, &log, &e)); /* endless: the limit must hold */
    assert_non_null(strstr(e.text, "larger than the limit"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sample_is_decoded),
        cmocka_unit_test(every_cut_is_refused),
        cmocka_unit_test(every_cut_before_the_end_record_is_refused_unsealed),
        cmocka_unit_test(every_changed_bit_is_refused),
        cmocka_unit_test(every_changed_byte_of_a_record_is_refused_unsealed),
        cmocka_unit_test(every_line_left_out_or_doubled_is_refused),
        cmocka_unit_test(carriage_returns_are_accepted),
        cmocka_unit_test(each_breach_has_its_message),
        cmocka_unit_test(errors_name_the_line),
        cmocka_unit_test(each_mandatory_context_key_is_missed),
        cmocka_unit_test(fidelity_decides_the_unit),
        cmocka_unit_test(no_row_without_fidelity),
        cmocka_unit_test(bad_lines_are_refused),
        cmocka_unit_test(framing_is_checked),
        cmocka_unit_test(long_lines_are_refused),
        cmocka_unit_test(seal_is_demanded),
        cmocka_unit_test(capture_without_line_end_is_sealed),
        cmocka_unit_test(failed_guest_gives_no_result),
        cmocka_unit_test(files_are_met_with_errors),
    };
    return cmocka_run_group_tests_name("rawlog", tests, NULL, NULL);
}
