/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Console output of root. Invariant: a record is a line of its own, numbered without gaps. Workloads have no
 * capability to the console. Test programs have one to write with: what they write stands between records, unless a thread of theirs
 * on another CPU or of the highest priority writes while root does. Such a record is broken, and whoever decodes the log refuses it.
 */
#include "workloads/lib/object.h"
#include "workloads/lib/program.h"
#include "workloads/lib/text.h"
#include "workloads/servers/root.h"
#include "workloads/servers/root_pages.h"
#include "workloads/servers/root_screen.h"

struct record_writer root_records;

static uint64_t sequence;
static uint64_t log_where;    /* 0: serial port and screen */
static char line[RECORD_LINE_BYTES_MAX + 2];

/* Bytes that were written; 0 when the console has failed. */
static size_t console_write_piece(const char *bytes, size_t n, uint64_t where)
{
    struct utcb *utcb = (struct utcb *)ROOT_UTCB_ADDRESS;
    struct message_words w = { .w0 = n, .w1 = where };

    memcpy(&utcb->words[REGISTER_WORDS], bytes, n);
    if (object_call(SELECTOR_VCON, OP_VCON_WRITE, REGISTER_WORDS + (n + 7) / 8, &w) != 0)
        program_trap(); /* no console: only the missing end record and the exit code can tell */
    return w.w0;
}

/* A byte that no device takes is given up. */
static void console_write(const char *bytes, size_t n, uint64_t where)
{
    if (where == log_where)
        pages_log(bytes, n);
    while (n != 0) {
        size_t written = console_write_piece(bytes, n < VCON_WRITE_BYTES_MAX ? n : VCON_WRITE_BYTES_MAX, where);
        written += written == 0;
        bytes += written;
        n -= written;
    }
}

bool output_record(void *arg, const char *body, size_t body_bytes)
{
    (void)arg;
    size_t n = record_frame(line, sequence, body, body_bytes);
    if (n == 0)
        return false;
    line[n] = '\n';
    console_write(line, n + 1, log_where);
    sequence++;
    screen_record(body, body_bytes);
    return true;
}

void output_log_serial(void)
{
    log_where = VCON_SERIAL;
}

void output_screen(const char *bytes, size_t n)
{
    console_write(bytes, n, VCON_SCREEN);
}

void output_people(const char *bytes, size_t n)
{
    console_write(bytes, n, VCON_SERIAL | VCON_SCREEN);
}

void output_init(void)
{
    record_writer_init(&root_records, output_record, NULL);
}

uint64_t output_count(void)
{
    return sequence;
}

void output_line(const char *text, const char *more)
{
    struct text t;

    text_init(&t);
    text_add(&t, "root: ");
    text_add(&t, text);
    text_add(&t, more);
    console_write(t.bytes, t.used, log_where);
    console_write("\n", 1, log_where);
}

_Noreturn void output_exit(unsigned status)
{
    struct message_words w = { .w0 = status };

    object_call(SELECTOR_VCON, OP_VCON_EXIT, 1, &w);
    program_trap();
}
