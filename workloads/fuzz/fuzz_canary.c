/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Those who must not notice: a client and its server in a task of its own, which fuzzing tasks may call as well, a factory and a semaphore.
 * The client calls now and then with all words and vector registers in use, and counts what is not as it must be.
 */
#include "workloads/fuzz/fuzz.h"
#include "workloads/lib/fpu.h"
#include "workloads/lib/object.h"
#include "workloads/lib/remote.h"
#include "workloads/lib/test.h"
#include "workloads/lib/text.h"

#define SERVER 0
#define CLIENT 1
#define METRONOME(cpu) (2 + (unsigned)(cpu))
#define CLIENT_GATE SELECTOR_TEST(40)
#define CANARY_FACTORY SELECTOR_TEST(41)
#define CANARY_SEMAPHORE SELECTOR_TEST(42)
#define CANARY_COUNT 5
#define CANARY_QUOTA_BYTES (8 * PAGE_BYTES)
#define CANARY_PRIORITY (PROGRAM_PRIORITY - 1)
#define PAUSE_TICKS 60000
#define LABEL_CLIENT 0xca0
#define LABEL_FUZZERS 0xf00
#define MASK ABI_CONST(uint64_t, 0x5555000055550000)
#define SEEN_SELECTORS 64

static struct {
    volatile uint64_t calls, wrong, failed;
} client;
static uint64_t calls_seen, capabilities_seen, used_seen;

static void server_run(void *arg)
{
    struct utcb *own = worker_utcb(SERVER);
    struct message m = ipc_wait(0);

    (void)arg;
    for (;;) {
        uint64_t words = tag_words(m.tag);
        /* It is no handler of faults: whoever makes it one stays stopped. */
        if (tag_failed(m.tag) || tag_label(m.tag) == PROTO_EXCEPTION || tag_label(m.tag) == PROTO_PAGE_FAULT) {
            m = ipc_wait(0);
            continue;
        }
        for (uint64_t i = REGISTER_WORDS; i < words; i++)
            own->words[i] ^= MASK;
        m = ipc_reply_and_wait(0, tag_make(0, 0, words), (struct message_words){ m.w.w0 ^ MASK, m.w.w1 ^ MASK, m.w.w2 ^ MASK, m.w.w3 ^ MASK,
                                                                                 m.w.w4 ^ MASK, m.w.w5 ^ MASK });
    }
}

static bool answer_is_right(const struct message *m, uint64_t base)
{
    const struct utcb *own = worker_utcb(CLIENT);
    bool ok = m->label == 0 && tag_words(m->tag) == WORDS_MAX && m->w.w0 == (base ^ MASK) && m->w.w1 == ((base + 1) ^ MASK) &&
              m->w.w2 == ((base + 2) ^ MASK) && m->w.w3 == ((base + 3) ^ MASK) && m->w.w4 == ((base + 4) ^ MASK) &&
              m->w.w5 == ((base + 5) ^ MASK);

    for (uint64_t i = REGISTER_WORDS; i < WORDS_MAX; i++)
        ok = ok && own->words[i] == ((base + i) ^ MASK);
    return ok;
}

static void client_call(uint64_t base)
{
    static struct fpu_registers before, after;
    struct utcb *own = worker_utcb(CLIENT);

    for (uint64_t i = REGISTER_WORDS; i < WORDS_MAX; i++)
        own->words[i] = base + i;
    for (unsigned i = 0; i < FPU_REGISTERS; i++)
        before.ymm[i][0] = before.ymm[i][1] = base + i;
    fpu_load_xmm(&before);
    struct message m = ipc_call(CLIENT_GATE, tag_make(0, 0, WORDS_MAX),
                                (struct message_words){ base, base + 1, base + 2, base + 3, base + 4, base + 5 });
    fpu_store_xmm(&after);
    client.failed += tag_failed(m.tag);
    client.wrong += !tag_failed(m.tag) && !answer_is_right(&m, base);
    for (unsigned i = 0; i < FPU_REGISTERS; i++)
        client.wrong += after.ymm[i][0] != base + i || after.ymm[i][1] != base + i;
    client.calls++;
}

static void pause(struct utcb *own)
{
    own->receive_timeout = PAUSE_TICKS;
    (void)ipc_wait(ABI_CONST(uint64_t, TIMEOUT_RELATIVE) << TAG_RECEIVE_TIMEOUT_SHIFT);
}

static void client_run(void *arg)
{
    (void)arg;
    for (uint64_t base = 1;; base += 0x100000001) {
        client_call(base);
        pause(worker_utcb(CLIENT));
    }
}

/* An emulator that plays the CPUs in turns lets one that loops in user mode, and has no timer set, go on for a tenth of a second. */
static void metronome_run(void *arg)
{
    for (;;)
        pause(worker_utcb((unsigned)(uint64_t)arg));
}

/* And where nobody runs it spends more time on finding out how far to skip than it takes to get there. */
static void spin_run(void *arg)
{
    for (volatile uint64_t turns = (uint64_t)arg;; turns++)
        ;
}

/* What the server's task has in its table. */
static uint64_t capabilities_hash(void)
{
    uint64_t h = 0;

    for (uint64_t s = 1; s < SEEN_SELECTORS; s++) {
        uint64_t kind = 0, rights = 0, number = 0;
        int32_t error = task_capability_info(SELECTOR_PEER_TASK, s, &kind, &rights, &number);
        h = (h ^ (uint64_t)(uint32_t)error ^ kind << 8 ^ rights << 16 ^ number << 24) * 0x9e3779b97f4a7c15;
    }
    return h;
}

const char *canary_start(uint64_t cpus)
{
    struct message_words fpu = { .w0 = CONTROL_FPU, .w4 = 1 };
    uint64_t quota;

    CHECK(METRONOME(cpus) < WORKERS_MAX);
    CHECK_EQUAL(worker_start(METRONOME(cpus), SELECTOR_TASK, spin_run, NULL, 0), 0);
    for (uint64_t cpu = 0; cpu < cpus; cpu++)
        CHECK_EQUAL(remote_start(METRONOME(cpu), SELECTOR_TASK, metronome_run, (void *)(uint64_t)METRONOME(cpu), CANARY_PRIORITY, cpu), 0);
    CHECK_EQUAL(peer_create(), 0);
    CHECK_EQUAL(remote_start(SERVER, SELECTOR_PEER_TASK, server_run, NULL, CANARY_PRIORITY, cpus - 1), 0);
    CHECK_EQUAL(gate_create(CLIENT_GATE, SERVER, LABEL_CLIENT), 0);
    CHECK_EQUAL(gate_create(FUZZ_CANARY_GATE, SERVER, LABEL_FUZZERS), 0);
    CHECK_EQUAL(worker_create(CLIENT, SELECTOR_TASK), 0);
    CHECK_EQUAL(object_call(SELECTOR_WORKER(CLIENT), OP_THREAD_CONTROL, 5, &fpu), 0);
    CHECK_EQUAL(worker_run(CLIENT, client_run, NULL, CANARY_PRIORITY), 0);
    CHECK_EQUAL(factory_create_factory(SELECTOR_FACTORY, CANARY_FACTORY, CANARY_QUOTA_BYTES), 0);
    CHECK_EQUAL(factory_create_semaphore(CANARY_FACTORY, CANARY_SEMAPHORE, CANARY_COUNT), 0);
    CHECK_EQUAL(factory_info(CANARY_FACTORY, &quota, &used_seen), 0);
    capabilities_seen = capabilities_hash();
    calls_seen = 0;
    return NULL;
}

const char *canary_check(void)
{
    uint64_t quota, used;

    /* Time for some calls. */
    struct utcb *own = (struct utcb *)PROGRAM_UTCB_ADDRESS;
    own->receive_timeout = 4 * PAUSE_TICKS;
    (void)ipc_wait(ABI_CONST(uint64_t, TIMEOUT_RELATIVE) << TAG_RECEIVE_TIMEOUT_SHIFT);
    CHECK(client.calls > calls_seen);
    calls_seen = client.calls;
    CHECK_EQUAL(client.failed, 0);
    CHECK_EQUAL(client.wrong, 0);
    CHECK_EQUAL(capabilities_hash(), capabilities_seen);
    CHECK_EQUAL(factory_info(CANARY_FACTORY, &quota, &used), 0);
    CHECK_EQUAL(used, used_seen);
    CHECK_EQUAL(quota, CANARY_QUOTA_BYTES);
    for (unsigned i = 0; i < CANARY_COUNT; i++)
        CHECK_EQUAL(semaphore_down(CANARY_SEMAPHORE, TIMEOUT_ZERO), 0);
    CHECK_EQUAL(semaphore_down(CANARY_SEMAPHORE, TIMEOUT_ZERO), ERR_TIMEOUT);
    for (unsigned i = 0; i < CANARY_COUNT; i++)
        CHECK_EQUAL(semaphore_up(CANARY_SEMAPHORE), 0);
    return NULL;
}
