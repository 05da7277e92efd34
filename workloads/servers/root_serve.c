/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Requests of the running program (workloads/lib/service.h). Invariant: whatever the program sends, it can neither forge a record of
 * root or of another workload nor break a line; the number of its requests is bounded. Silence is a failure.
 */
#include "workloads/lib/invoke.h"
#include "workloads/lib/object.h"
#include "workloads/lib/service.h"
#include "workloads/lib/text.h"
#include "workloads/servers/root.h"
#include "workloads/servers/root_watchdog.h"

#define REQUESTS_MAX 1000000

struct session {
    const struct program *program;
    char body[RECORD_BODY_BYTES_MAX];
    size_t body_bytes;
    bool in_row;               /* between row and endrow */
    uint64_t reports;          /* rows, skips and tests so far */
    bool done;                 /* it said so, or it has failed for good */
    bool failed;
};

static struct session session;

static bool body_starts(const struct session *s, const char *kind)
{
    size_t n = text_length(kind);

    return s->body_bytes >= n && memcmp(s->body, kind, n) == 0;
}

static bool body_contains(const struct session *s, const char *part)
{
    size_t n = text_length(part);

    for (size_t at = 0; at + n <= s->body_bytes; at++)
        if (memcmp(s->body + at, part, n) == 0)
            return true;
    return false;
}

/* Whether the body starts so and goes on with the id of the program. */
static bool body_names_program(const struct session *s, const char *start)
{
    size_t n = text_length(start), id_bytes = text_length(s->program->id);

    return body_starts(s, start) && s->body_bytes > n + id_bytes && memcmp(s->body + n, s->program->id, id_bytes) == 0 &&
           s->body[n + id_bytes] == ' ';
}

/* A test program tells of tests; a workload of rows, skips and failures under its own id. hist and endrow belong into a row. */
static bool body_permitted(const struct session *s)
{
    if (s->in_row)
        return body_starts(s, "hist ") || body_starts(s, "endrow ");
    if (s->program->is_test)
        return body_starts(s, "test ");
    return body_names_program(s, "row workload=") || body_names_program(s, "skip workload=") || body_names_program(s, "trace workload=") ||
           body_names_program(s, "test name=");
}

static bool body_valid(const struct session *s)
{
    for (size_t i = 0; i < s->body_bytes; i++)
        if (s->body[i] < ' ' || s->body[i] > '~')
            return false;
    if (body_contains(s, "@tg "))
        return false;
    return body_permitted(s);
}

/* One piece of a record. Returns 0 or an ERR_*. */
static int32_t serve_record(struct session *s, const struct message *m)
{
    const struct utcb *utcb = (const struct utcb *)ROOT_UTCB_ADDRESS;
    uint64_t bytes = m->w.w0;

    if (bytes > SERVICE_RECORD_BYTES_MAX || tag_words(m->tag) != REGISTER_WORDS + (bytes + 7) / 8 ||
        bytes > sizeof s->body - s->body_bytes) {
        s->body_bytes = 0;
        return ERR_BAD_ARGUMENT;
    }
    memcpy(s->body + s->body_bytes, &utcb->words[REGISTER_WORDS], bytes);
    s->body_bytes += bytes;
    if (m->w.w1 == 0)
        return 0;
    bool ok = body_valid(s) && output_record(NULL, s->body, s->body_bytes);
    if (ok && body_starts(s, "test ") && body_contains(s, " result=fail"))
        s->failed = true;
    if (ok) {
        s->in_row = body_starts(s, "row ") || body_starts(s, "hist ");
        s->reports += !s->in_row && !body_starts(s, "trace ");
    }
    s->body_bytes = 0;
    return ok ? 0 : ERR_BAD_ARGUMENT;
}

static int32_t serve_memory(const struct message *m)
{
    if (m->w.w1 == 0 || m->w.w1 > SERVICE_MEMORY_PAGES_MAX)
        return ERR_BAD_ARGUMENT;
    void *pages = heap_pages(m->w.w1);
    if (pages == NULL)
        return ERR_NO_MEMORY;
    return task_map_memory(ROOT_SELECTOR_TASK, (uint64_t)pages, m->w.w0, m->w.w1 * PAGE_BYTES, m->w.w2);
}

static int32_t serve_ports(const struct message *m)
{
    if (m->w.w0 > UINT16_MAX || m->w.w1 > 16)
        return ERR_BAD_ARGUMENT;
    return task_map_flexpage(ROOT_SELECTOR_TASK, flexpage_ports(m->w.w0, (unsigned)m->w.w1), 0);
}

static void serve_exception(struct session *s, const struct message *m)
{
    struct text t;

    text_init(&t);
    text_add(&t, "exception: vector ");
    text_add_decimal(&t, m->w.w0);
    text_add(&t, " error ");
    text_add_hex(&t, m->w.w1);
    text_add(&t, " rip ");
    text_add_hex(&t, m->w.w2);
    text_add(&t, " address ");
    text_add_hex(&t, m->w.w3);
    text_add(&t, " rsp ");
    text_add_hex(&t, m->w.w4);
    program_report(s->program, t.bytes, "");
    s->failed = s->done = true;
}

/* The program says that it is done, and whether all went well. */
static void serve_done(struct session *s, bool well)
{
    s->done = true;
    if (!well)
        s->failed = true;
    else if (s->in_row || s->reports == 0) {
        program_report(s->program, s->in_row ? "ended within a row" : "ended without a report", "");
        s->failed = true;
    }
}

/* One request; the reply's error code, 0 for none. */
static int32_t serve_request(struct session *s, const struct message *m)
{
    if ((m->label & ~ABI_CONST(uint64_t, LABEL_RIGHTS_MASK)) != PROGRAM_GATE_LABEL)
        return ERR_BAD_OPERATION;
    switch (tag_label(m->tag)) {
    case SERVICE_RECORD:
        return serve_record(s, m);
    case SERVICE_MEMORY:
        return serve_memory(m);
    case SERVICE_PORTS:
        return serve_ports(m);
    case SERVICE_DONE:
        serve_done(s, m->w.w0 == 0);
        return 0;
    case PROTO_EXCEPTION:
        serve_exception(s, m);
        return 0;
    default:
        return ERR_BAD_OPERATION;
    }
}

/* Timeout of a wait for the next request: 0 for none. */
static uint64_t limit_set(const struct program *p)
{
    if (p->limit_s == 0)
        return 0;
    ((struct utcb *)ROOT_UTCB_ADDRESS)->receive_timeout = p->limit_s * root_info()->tsc_hz[0];
    return (uint64_t)TIMEOUT_RELATIVE << TAG_RECEIVE_TIMEOUT_SHIFT;
}

bool program_serve(const struct program *p)
{
    const uint64_t limit = limit_set(p);
    session = (struct session){ .program = p };
    struct message m = ipc_wait(limit);

    for (uint64_t requests = 0; requests < REQUESTS_MAX; requests++) {
        watchdog_feed();
        if (tag_error(m.tag) == ERR_TIMEOUT) {
            program_report(p, "asked for nothing within the time that limit= gives it", "");
            return false;
        }
        if (tag_failed(m.tag)) {
            /* The client died before its reply: wait for the next one. */
            m = ipc_wait(limit);
            continue;
        }
        int32_t error = serve_request(&session, &m);
        if (session.done)
            return !session.failed;
        m = ipc_reply_and_wait(0, tag_make(0, error, 0) | limit, MESSAGE_EMPTY);
    }
    program_report(p, "too many requests", "");
    return false;
}
