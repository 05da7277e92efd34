/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a message carries: words in registers and UTCB, label, rights, tag; both legs of a call, intra- and inter-task.
 */
#include "workloads/lib/test.h"

#define CANARY 0xca0a7
#define LABEL 0x1230

static struct message_words words_numbered(uint64_t first)
{
    return (struct message_words){ first, first + 1, first + 2, first + 3, first + 4, first + 5 };
}

static const char *words_check(struct message_words w, uint64_t first)
{
    CHECK_EQUAL(w.w0, first);
    CHECK_EQUAL(w.w1, first + 1);
    CHECK_EQUAL(w.w2, first + 2);
    CHECK_EQUAL(w.w3, first + 3);
    CHECK_EQUAL(w.w4, first + 4);
    CHECK_EQUAL(w.w5, first + 5);
    return NULL;
}

static void utcb_fill(struct utcb *utcb, uint64_t value, uint64_t step)
{
    for (unsigned i = 0; i < 64; i++)
        utcb->words[i] = value + i * step;
    utcb->user[0] = utcb->user[425] = value;
}

/* Words 6..count-1 are value + index; all others, before and behind, still the canary. */
static const char *utcb_check(const struct utcb *utcb, uint64_t count, uint64_t value)
{
    for (unsigned i = 0; i < 64; i++)
        CHECK_EQUAL(utcb->words[i], i >= REGISTER_WORDS && i < count ? value + i : CANARY);
    CHECK_EQUAL(utcb->user[0], CANARY);
    CHECK_EQUAL(utcb->user[425], CANARY);
    return NULL;
}

/* --- a server that records what it gets and answers with as many words of its own --- */

static struct { struct message got; const char *utcb_failure; uint64_t count; } server;
static struct utcb *server_view; /* its UTCB, at the same address in whatever task it lives */

static void server_run(void *arg)
{
    uint64_t timeouts = (uint64_t)arg;
    struct utcb *utcb = server_view;

    utcb_fill(utcb, CANARY, 0);
    struct message m = ipc_wait(0);
    for (;;) {
        server.got = m;
        server.utcb_failure = utcb_check(utcb, tag_words(m.tag), 0x6000);
        utcb_fill(utcb, 0x9000, 1);
        m = ipc_reply_and_wait(0, timeouts | tag_make(0, -5, server.count), words_numbered(0x9000));
        /* The reply was taken from this UTCB; what comes next is checked against the canary again. */
    }
}

static const char *server_start(uint64_t task, uint64_t timeouts)
{
    server_view = worker_utcb(0);
    if (task == SELECTOR_PEER_TASK)
        CHECK_EQUAL(peer_create(), 0);
    CHECK_EQUAL(worker_start(0, task, server_run, (void *)timeouts, PRIORITY_ABOVE), 0);
    CHECK_EQUAL(gate_create(SELECTOR_TEST(0), 0, LABEL), 0);
    return NULL;
}

static const char *call_check(uint64_t count, uint64_t timeouts)
{
    struct utcb *utcb = (struct utcb *)PROGRAM_UTCB_ADDRESS;

    utcb_fill(utcb, 0x6000, 1);
    server.count = count;
    struct message m = ipc_call(SELECTOR_TEST(0), timeouts | tag_make(0, 77, count), words_numbered(0x6000));
    CHECK_EQUAL(server.got.label, LABEL | (RIGHTS_ALL & LABEL_RIGHTS_MASK));
    CHECK_EQUAL(server.got.tag, tag_make(INVOKE_CALL, 77, count));
    CHECK_NESTED(words_check(server.got.w, 0x6000));
    CHECK_NESTED(server.utcb_failure);
    CHECK_EQUAL(m.label, 0);
    CHECK_EQUAL(m.tag, tag_make(INVOKE_REPLY_AND_WAIT, -5, count));
    CHECK_NESTED(words_check(m.w, 0x9000));
    /* Of this UTCB exactly the counted words are the server's. */
    for (unsigned i = 0; i < 64; i++)
        CHECK_EQUAL(utcb->words[i], (i >= REGISTER_WORDS && i < count ? 0x9000 : 0x6000) + i);
    return NULL;
}

static const char *calls_check(uint64_t task, uint64_t timeouts)
{
    static const uint64_t counts[] = { 0, 1, 2, 5, 6, 7, 8, 16, 31, 32, 33, 62, 63 };

    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        CHECK_NESTED(server_start(task, timeouts));
        CHECK_NESTED(call_check(counts[i], timeouts));
        worker_destroy(0);
        CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, SELECTOR_TEST(0)), 0);
        if (task == SELECTOR_PEER_TASK)
            CHECK_EQUAL(peer_destroy(), 0);
    }
    return NULL;
}

static const char *words_exact_intra(void) { return calls_check(SELECTOR_TASK, 0); }
static const char *words_exact_inter(void) { return calls_check(SELECTOR_PEER_TASK, 0); }
static const char *words_exact_slow_intra(void) { return calls_check(SELECTOR_TASK, TIMEOUT_SEND_ZERO); }
static const char *words_exact_slow_inter(void) { return calls_check(SELECTOR_PEER_TASK, TIMEOUT_SEND_ZERO); }

/* --- labels --- */

static const char *rights_in_label(void)
{
    struct script s;

    for (uint64_t rights = 0; rights <= LABEL_RIGHTS_MASK; rights++) {
        script_init(&s, 0, TAG_INVOKE(INVOKE_WAIT), MESSAGE_EMPTY);
        CHECK_EQUAL(script_start(0, SELECTOR_TASK, &s, PRIORITY_ABOVE), 0);
        CHECK_EQUAL(gate_create(SELECTOR_TEST(0), 0, LABEL), 0);
        CHECK_EQUAL(task_map_capability(SELECTOR_TASK, SELECTOR_TEST(0), SELECTOR_TEST(1), rights | RIGHT_SEND), 0);
        CHECK_EQUAL(tag_error(ipc_send(SELECTOR_TEST(1), 0, MESSAGE_EMPTY).tag), 0);
        CHECK(s.done);
        CHECK_EQUAL(s.out.rdi, LABEL | rights);
        CHECK_EQUAL(s.out.rsi, TAG_INVOKE(INVOKE_SEND));
        CHECK_EQUAL(worker_destroy(0), 0);
        CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, SELECTOR_TEST(0)), 0);
    }
    return NULL;
}

static const char *label_64_bits(void)
{
    struct script s;

    script_init(&s, 0, TAG_INVOKE(INVOKE_WAIT), MESSAGE_EMPTY);
    CHECK_EQUAL(script_start(0, SELECTOR_TASK, &s, PRIORITY_ABOVE), 0);
    CHECK_EQUAL(gate_create(SELECTOR_TEST(0), 0, 0xfedcba9876543210), 0);
    CHECK_EQUAL(tag_error(ipc_send(SELECTOR_TEST(0), 0, MESSAGE_EMPTY).tag), 0);
    CHECK_EQUAL(s.out.rdi, 0xfedcba9876543213);
    return NULL;
}

static const char *low_label_bits_refused(void)
{
    for (uint64_t low = 1; low <= LABEL_RIGHTS_MASK; low++) {
        CHECK_EQUAL(factory_create_gate(SELECTOR_FACTORY, SELECTOR_TEST(0), SELECTOR_THREAD, LABEL | low), ERR_BAD_ARGUMENT);
        CHECK_EQUAL(factory_create_gate(SELECTOR_FACTORY, SELECTOR_TEST(0), 0, LABEL), 0);
        CHECK_EQUAL(thread_bind_gate(SELECTOR_THREAD, SELECTOR_TEST(0), LABEL | low), ERR_BAD_ARGUMENT);
        CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, SELECTOR_TEST(0)), 0);
    }
    return NULL;
}

static const char *gate_rebound(void)
{
    struct script a, b;

    script_init(&a, 0, TAG_INVOKE(INVOKE_WAIT), MESSAGE_EMPTY);
    script_init(&b, 0, TAG_INVOKE(INVOKE_WAIT), MESSAGE_EMPTY);
    CHECK_EQUAL(script_start(0, SELECTOR_TASK, &a, PRIORITY_ABOVE), 0);
    CHECK_EQUAL(script_start(1, SELECTOR_TASK, &b, PRIORITY_ABOVE), 0);
    CHECK_EQUAL(gate_create(SELECTOR_TEST(0), 0, LABEL), 0);
    CHECK_EQUAL(thread_bind_gate(SELECTOR_WORKER(1), SELECTOR_TEST(0), 0x4560), 0);
    CHECK_EQUAL(tag_error(ipc_send(SELECTOR_TEST(0), 0, MESSAGE_EMPTY).tag), 0);
    CHECK(!a.done && b.done);
    CHECK_EQUAL(b.out.rdi, 0x4563);
    struct message_words w = MESSAGE_EMPTY;
    CHECK_EQUAL(object_call(SELECTOR_TEST(0), OP_GATE_INFO, TAG_OBJECT, &w), 0);
    CHECK_EQUAL(w.w0, 0x4560);
    CHECK_EQUAL(w.w1, 1);
    return NULL;
}

const struct test tests[] = {
    { "ipc: words 0..62 of a call and of its reply arrive exactly and no other, same task", words_exact_intra },
    { "ipc: words 0..62 of a call and of its reply arrive exactly and no other, two tasks", words_exact_inter },
    { "ipc: words 0..62 of a call and of its reply arrive exactly and no other, same task, slow path", words_exact_slow_intra },
    { "ipc: words 0..62 of a call and of its reply arrive exactly and no other, two tasks, slow path", words_exact_slow_inter },
    { "ipc: the rights W and X of the capability used are the low bits of the label", rights_in_label },
    { "ipc: a label has 64 bits", label_64_bits },
    { "ipc: a label with one of its low two bits set is refused", low_label_bits_refused },
    { "ipc: a gate that is bound again delivers to its new thread with its new label", gate_rebound },
};
const size_t test_count = sizeof tests / sizeof tests[0];
