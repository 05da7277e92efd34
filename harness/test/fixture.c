/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Shared material of the tests; see fixture.h.
 */
#include "harness/test/fixture.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/tool/file.h"

void buffer_add(struct text_buffer *t, const char *bytes, size_t size)
{
    t->bytes = realloc(t->bytes, t->size + size + 1);
    assert_non_null(t->bytes);
    memcpy(t->bytes + t->size, bytes, size);
    t->size += size;
    t->bytes[t->size] = 0;
}

void buffer_print(struct text_buffer *t, const char *format, ...)
{
    char *text;
    va_list args;
    va_start(args, format);
    int length = vasprintf(&text, format, args);
    va_end(args);
    assert_true(length >= 0);
    buffer_add(t, text, (size_t)length);
    free(text);
}

void buffer_free(struct text_buffer *t)
{
    free(t->bytes);
    *t = (struct text_buffer){ 0 };
}

/* --- logs --- */

static bool body_sink(void *arg, const char *body, size_t body_bytes)
{
    struct log_writer *log = arg;
    char line[RECORD_LINE_BYTES_MAX + 1];
    size_t length = record_frame(line, log->records, body, body_bytes);
    if (length == 0)
        return false;
    log->records++;
    buffer_add(&log->text, line, length);
    buffer_add(&log->text, "\n", 1);
    return true;
}

void log_open_as(struct log_writer *log, const char *fidelity, const char *unit)
{
    *log = (struct log_writer){ 0 };
    record_writer_init(&log->writer, body_sink, log);
    record_begin(&log->writer, "tollgate");
    record_context(&log->writer, "fidelity", fidelity);
    record_context(&log->writer, "unit", unit);
    record_context(&log->writer, "cpu_model", "Invented CPU @ 100% (test)");
    record_context(&log->writer, "clock", "tsc");
    record_context_number(&log->writer, "tsc_hz", 1000000000);
    record_context(&log->writer, "tsc_hz_source", "none");
    record_context(&log->writer, "cmdline", "nofast select=ipc.*");
    record_context(&log->writer, "mitigations", "off");
    record_context_number(&log->writer, "nops1000", 1004);
    record_context_number(&log->writer, "empty_pair", 4);
}

void log_open(struct log_writer *log)
{
    log_open_as(log, "instructions", "instructions");
}

void log_body(struct log_writer *log, const char *body)
{
    assert_true(body_sink(log, body, strlen(body)));
}

void log_row(struct log_writer *log, const char *workload, const char *variant, const char *unit, uint64_t batch,
             uint64_t overhead, const struct histogram_pair *pairs, size_t pair_count)
{
    struct histogram_pair *copy = calloc(pair_count + 1, sizeof *copy);
    struct histogram h;
    histogram_init(&h, copy, pair_count);
    for (size_t i = 0; i < pair_count; i++)
        histogram_add(&h, pairs[i].value, pairs[i].count);
    struct measure_row row = {
        .workload = workload, .variant = variant, .direction = "round_trip", .relation = "inter", .words = 4, .path = "fast",
        .cache = "warm", .method = batch == 1 ? "single" : "batched", .batch = batch, .unit = unit, .warmup = 100,
        .overhead = overhead,
    };
    record_row(&log->writer, &row, &h);
    free(copy);
}

void log_close(struct log_writer *log)
{
    record_end(&log->writer, log->records + 1, true);
    assert_false(log->writer.failed);
}

void sample_log(struct text_buffer *text)
{
    static const struct histogram_pair one[] = { { 120, 997 }, { 121, 2 }, { 340, 1 } };
    static const struct histogram_pair two[] = { { 12000, 99 }, { 12100, 1 } };
    struct log_writer log;
    log_open(&log);
    log_row(&log, "ipc.call.inter", "words=4,path=fast,method=single", "instructions", 1, 2, one, 3);
    buffer_print(&log.text, "a line of the console, e-mail x@tg.example, 100%%\n\n");
    log_row(&log, "ipc.call.inter", "words=4,path=fast,method=batched", "instructions", 100, 4, two, 2);
    record_skip(&log.writer, "smp.ipi", "one CPU only");
    record_test(&log.writer, "ipc errors", "pass", NULL);
    record_test(&log.writer, "ipc/timeouts", "skip", "no timer: 0 Hz");
    log_close(&log);
    *text = (struct text_buffer){ 0 };
    buffer_print(text, "booting\r\n");
    buffer_add(text, log.text.bytes, log.text.size);
    buffer_print(text, "halted\n");
    buffer_free(&log.text);
}

void seal_text(struct text_buffer *text)
{
    struct error e;
    const char *path = scratch_path("seal.log");
    scratch_write(path, text->bytes, text->size);
    buffer_free(text);
    assert_true(rawlog_seal(path, &e));
    assert_true(file_read(path, RAWLOG_BYTES_MAX, &text->bytes, &text->size, &e));
}

/* --- results --- */

json_t *fixture_context(const char *target)
{
    return json_pack("{s:s, s:s, s:b, s:s, s:s}", "target", target, "commit", "0123abc", "dirty", 0, "date",
                     "2024-01-01T00:00:00Z", "compiler", "gcc 12");
}

void result_of(struct log_writer *log, struct result *result)
{
    struct rawlog raw;
    struct error e = { "" };
    json_t *host = fixture_context("qemu");
    if (!rawlog_decode(log->text.bytes, log->text.size, false, &raw, &e) || !result_from_log(&raw, host, result, &e))
        fail_msg("%s", e.text);
    rawlog_free(&raw);
    json_decref(host);
    buffer_free(&log->text);
}

/* --- files --- */

static char scratch_folder[PATH_MAX];

static void scratch_remove(void)
{
    char *command;
    if (asprintf(&command, "rm -rf '%s'", scratch_folder) >= 0 && system(command) != 0)
        fprintf(stderr, "cannot remove %s\n", scratch_folder);
    free(command);
}

const char *scratch_path(const char *name)
{
    static char path[2 * PATH_MAX];
    if (!scratch_folder[0]) {
        const char *base = getenv("TMPDIR");
        snprintf(scratch_folder, sizeof scratch_folder, "%s/tollgate-test.XXXXXX", base ? base : "/tmp");
        assert_non_null(mkdtemp(scratch_folder));
        atexit(scratch_remove);
    }
    snprintf(path, sizeof path, "%s/%s", scratch_folder, name);
    unlink(path);
    return path;
}

void scratch_write(const char *path, const char *bytes, size_t size)
{
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(bytes, 1, size, out), size);
    assert_int_equal(fclose(out), 0);
}
