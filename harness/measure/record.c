/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Writer of the checked records of results/FORMAT.md section 1. Invariant: what reaches a sink is one well-formed body; a
 * body that would be too long or a key that is malformed sets `failed` and is not delivered. Context: outside of every
 * measured region, one writing thread per program: the body is built in static memory because guest stacks are small.
 */
#include "harness/measure/record.h"

struct body {
    char bytes[RECORD_BODY_BYTES_MAX];
    size_t used;
    bool overflow;
};

static struct body body;

uint32_t record_crc32(const void *bytes, size_t n)
{
    /* Remainders of the four-bit values under the reflected polynomial 0xEDB88320 (ISO 3309). */
    static const uint32_t remainder[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
        0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };
    const unsigned char *p = bytes;
    uint32_t crc = 0xffffffff;

    for (size_t i = 0; i < n; i++) {
        crc ^= p[i];
        crc = crc >> 4 ^ remainder[crc & 15];
        crc = crc >> 4 ^ remainder[crc & 15];
    }
    return ~crc;
}

/* --- building a body --- */

static void put_char(char c)
{
    if (body.used == sizeof body.bytes)
        body.overflow = true;
    else
        body.bytes[body.used++] = c;
}

static void put_text(const char *text)
{
    while (*text != '\0')
        put_char(*text++);
}

/* Decimal digits of `number` into `digits`, which holds 20; returns how many. */
static size_t decimal_format(char *digits, uint64_t number)
{
    char reversed[20];
    size_t n = 0;

    do {
        reversed[n++] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    for (size_t i = 0; i < n; i++)
        digits[i] = reversed[n - 1 - i];
    return n;
}

static void put_number(uint64_t number)
{
    char digits[20];
    size_t n = decimal_format(digits, number);

    for (size_t i = 0; i < n; i++)
        put_char(digits[i]);
}

static void put_escaped(const char *value)
{
    static const char hex[] = "0123456789ABCDEF";

    for (; *value != '\0'; value++) {
        unsigned char c = (unsigned char)*value;
        if (c >= '!' && c <= '~' && c != '%') {
            put_char((char)c);
            continue;
        }
        put_char('%');
        put_char(hex[c >> 4]);
        put_char(hex[c & 15]);
    }
}

static bool key_valid(const char *key)
{
    if (*key == '\0')
        return false;
    for (; *key != '\0'; key++)
        if (!((*key >= 'a' && *key <= 'z') || (*key >= '0' && *key <= '9') || *key == '_'))
            return false;
    return true;
}

static void body_open(const char *kind)
{
    body.used = 0;
    body.overflow = false;
    put_text(kind);
}

static void field_key(const char *key)
{
    if (!key_valid(key))
        body.overflow = true;
    put_char(' ');
    put_text(key);
    put_char('=');
}

/* A missing value is a mistake of the caller, not an empty value. */
static void field_text(const char *key, const char *value)
{
    field_key(key);
    if (value == NULL)
        body.overflow = true;
    else
        put_escaped(value);
}

static void field_number(const char *key, uint64_t value)
{
    field_key(key);
    put_number(value);
}

static void body_close(struct record_writer *w)
{
    if (body.overflow || !w->sink(w->arg, body.bytes, body.used))
        w->failed = true;
}

/* --- records --- */

void record_writer_init(struct record_writer *w, record_sink_fn *sink, void *arg)
{
    *w = (struct record_writer){ .sink = sink, .arg = arg };
}

void record_begin(struct record_writer *w, const char *system)
{
    body_open("begin");
    field_number("format", 1);
    field_text("system", system);
    body_close(w);
}

void record_context(struct record_writer *w, const char *key, const char *value)
{
    body_open("context");
    field_text(key, value);
    body_close(w);
}

void record_context_number(struct record_writer *w, const char *key, uint64_t value)
{
    body_open("context");
    field_number(key, value);
    body_close(w);
}

static void row_open(struct record_writer *w, const struct measure_row *row)
{
    body_open("row");
    field_text("workload", row->workload);
    field_text("variant", row->variant);
    field_text("direction", row->direction);
    field_text("relation", row->relation);
    field_number("words", row->words);
    field_text("path", row->path);
    field_text("cache", row->cache);
    field_text("method", row->method);
    field_number("batch", row->batch);
    field_text("unit", row->unit);
    field_number("warmup", row->warmup);
    field_number("overhead", row->overhead);
    if (row->has_bytes)
        field_number("bytes", row->bytes);
    if (row->has_first)
        field_number("first", row->first);
    if (row->placement != NULL)
        field_text("placement", row->placement);
    if (row->syscalls != NULL)
        field_text("syscalls", row->syscalls);
    if (row->taints != NULL)
        field_text("taints", row->taints);
    if (row->has_disturbed)
        field_number("disturbed", row->disturbed);
    if (row->counters != NULL)
        field_text("counters", row->counters);
    body_close(w);
}

/* " value:count": a blank, 20 digits, a colon, 20 digits. */
#define PAIR_BYTES_MAX 42

static void row_samples(struct record_writer *w, const struct histogram *h)
{
    body_open("hist");
    for (size_t i = 0; i < h->used; i++) {
        if (sizeof body.bytes - body.used < PAIR_BYTES_MAX) {
            body_close(w);
            body_open("hist");
        }
        put_char(' ');
        put_number(h->pairs[i].value);
        put_char(':');
        put_number(h->pairs[i].count);
    }
    body_close(w);
}

void record_row(struct record_writer *w, const struct measure_row *row, const struct histogram *h)
{
    if (h->lost != 0 || h->samples == 0) {
        w->failed = true;
        return;
    }
    row_open(w, row);
    row_samples(w, h);
    body_open("endrow");
    field_number("samples", h->samples);
    body_close(w);
}

void record_skip(struct record_writer *w, const char *workload, const char *reason)
{
    body_open("skip");
    field_text("workload", workload);
    field_text("reason", reason);
    body_close(w);
}

void record_test(struct record_writer *w, const char *name, const char *result, const char *detail)
{
    body_open("test");
    field_text("name", name);
    field_text("result", result);
    if (detail != NULL)
        field_text("detail", detail);
    body_close(w);
}

/* --- traces: lines of "workload= variant= cpu= lost= first= data=", data being tsc:point:thread:argument:argument[:counter:counter] in
 * hexadecimal, separated by commas; first is how many came in the lines before --- */

/* Seven numbers of 16 digits and what separates them. */
#define TRACE_BYTES_MAX (7 * 17)

static struct {
    const char *workload, *variant;
    uint64_t cpu, lost, count;
    bool line_open;
} trace;

static void put_hex(uint64_t number)
{
    static const char digits[] = "0123456789abcdef";
    unsigned shift = 60;

    while (shift > 0 && number >> shift == 0)
        shift -= 4;
    for (;; shift -= 4) {
        put_char(digits[number >> shift & 15]);
        if (shift == 0)
            return;
    }
}

void record_trace_open(struct record_writer *w, const char *workload, const char *variant, uint64_t cpu, uint64_t lost)
{
    (void)w;
    trace.workload = workload;
    trace.variant = variant;
    trace.cpu = cpu;
    trace.lost = lost;
    trace.count = 0;
    trace.line_open = false;
}

static void trace_line_open(void)
{
    body_open("trace");
    field_text("workload", trace.workload);
    field_text("variant", trace.variant);
    field_number("cpu", trace.cpu);
    field_number("lost", trace.lost);
    field_number("first", trace.count);
    field_key("data");
    trace.line_open = true;
}

void record_trace_add(struct record_writer *w, const struct trace_record *r)
{
    const uint64_t numbers[] = { r->tsc, r->point, r->thread, r->arguments[0], r->arguments[1], r->counters[0], r->counters[1] };

    if (!trace.line_open)
        trace_line_open();
    else
        put_char(',');
    for (unsigned i = 0; i < (r->counted ? 7u : 5u); i++) {
        if (i != 0)
            put_char(':');
        put_hex(numbers[i]);
    }
    trace.count++;
    if (sizeof body.bytes - body.used < TRACE_BYTES_MAX) {
        body_close(w);
        trace.line_open = false;
    }
}

void record_trace_close(struct record_writer *w)
{
    if (trace.line_open)
        body_close(w);
    trace.line_open = false;
}

void record_end(struct record_writer *w, uint64_t records, bool ok)
{
    body_open("end");
    field_number("records", records);
    field_text("status", ok && !w->failed ? "ok" : "fail");
    body_close(w);
}

/* --- framing --- */

/* "@tg ", 20 digits, a blank before and " *" with eight digits after the body. */
#define FRAME_BYTES_MAX (4 + 20 + 1 + 2 + 8)
_Static_assert(RECORD_BODY_BYTES_MAX + FRAME_BYTES_MAX <= RECORD_LINE_BYTES_MAX, "a framed body fits a line");

size_t record_frame(char *line, uint64_t seq, const char *text, size_t text_bytes)
{
    static const char hex[] = "0123456789abcdef";
    size_t used = 4;

    if (text_bytes > RECORD_BODY_BYTES_MAX)
        return 0;
    line[0] = '@';
    line[1] = 't';
    line[2] = 'g';
    line[3] = ' ';
    used += decimal_format(line + used, seq);
    line[used++] = ' ';
    for (size_t i = 0; i < text_bytes; i++)
        line[used++] = text[i];
    uint32_t crc = record_crc32(line, used);
    line[used++] = ' ';
    line[used++] = '*';
    for (unsigned shift = 32; shift > 0; shift -= 4)
        line[used++] = hex[crc >> (shift - 4) & 15];
    line[used] = '\0';
    return used;
}
