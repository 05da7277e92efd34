/* SPDX-License-Identifier: BSD-2-Clause
 *
 * From memory to memory: the client loads registers and UTCB from its buffer, the server stores both into its own. A message has 63 words at most, so that
 * nothing can fault in the middle of one: 512 bytes take two calls, 4 KiB nine. Each call's reply is empty. Both copies by REP MOVSQ, as the kernel's.
 * workload: ipc.size | `bytes` from memory of a task into memory of another by calls of at most 63 words, all copies and empty replies included | Liedtke, Improving IPC by Kernel Design (SOSP 1993), 8 bytes to 4 KiB
 */
#include "workloads/lib/ipc_measure.h"
#include "workloads/lib/measure_fill.h"
#include "workloads/lib/words_copy.h"

#define PAYLOAD_WORDS_MAX 512

static uint64_t sent[PAYLOAD_WORDS_MAX], received[PAYLOAD_WORDS_MAX];

static void copy_server(void *arg)
{
    const uint64_t *tail = &worker_utcb(SERVER_WORKER)->words[REGISTER_WORDS];
    uint64_t all = (uint64_t)arg, at = 0;

    for (;;) {
        struct message m = ipc_wait(0);
        while (!tag_failed(m.tag)) {
            uint64_t words = tag_words(m.tag);
            received[at] = m.w.w0;
            if (words > 1) {
                received[at + 1] = m.w.w1;
                received[at + 2] = m.w.w2;
                received[at + 3] = m.w.w3;
                received[at + 4] = m.w.w4;
                received[at + 5] = m.w.w5;
                words_copy(&received[at + REGISTER_WORDS], tail, words - REGISTER_WORDS);
            }
            at += words;
            at = at < all ? at : 0;
            m = ipc_reply_and_wait(0, 0, MESSAGE_EMPTY);
        }
    }
}

/* One word, or more than the registers hold: what the sizes below are made of. */
ALWAYS_INLINE bool chunk_fails(const uint64_t *from, uint64_t words)
{
    if (words == 1)
        return tag_failed(ipc_call(SELECTOR_SERVER_GATE, 1, (struct message_words){ .w0 = from[0] }).tag);
    words_copy(&((struct utcb *)PROGRAM_UTCB_ADDRESS)->words[REGISTER_WORDS], from + REGISTER_WORDS, words - REGISTER_WORDS);
    return tag_failed(ipc_call(SELECTOR_SERVER_GATE, words, (struct message_words){ from[0], from[1], from[2], from[3], from[4], from[5] }).tag);
}

ALWAYS_INLINE bool payload_fails(uint64_t words)
{
    const uint64_t *from = sent;

    for (; words > WORDS_MAX; words -= WORDS_MAX, from += WORDS_MAX)
        if (chunk_fails(from, WORDS_MAX))
            return true;
    return chunk_fails(from, words);
}

static bool setup(void)
{
    for (uint64_t i = 0; i < PAYLOAD_WORDS_MAX; i++)
        sent[i] = i + 1;
    return ipc_partner_create(true);
}

static bool prepare(const struct variant *v)
{
    for (uint64_t i = 0; i < PAYLOAD_WORDS_MAX; i++)
        received[i] = 0;
    /* The call that tells that the server runs brings no word, and 0 words are 0 words. */
    return ipc_server_start(true, copy_server, v->words);
}

static void finish(const struct variant *v)
{
    (void)v;
    ipc_server_stop();
}

/* A size whose last word is not there when the loop is over was not measured. */
#define SIZE_LOOPS(count) \
    MEASURE_LOOPS(size_##count, payload_fails(count)) \
    static bool checked_##count##_single(const struct variant *v, uint64_t *ring, size_t n) \
    { \
        return size_##count##_single(v, ring, n) && received[(count) - 1] == (count); \
    } \
    static bool checked_##count##_batched(const struct variant *v, uint64_t *ring, size_t n) \
    { \
        return size_##count##_batched(v, ring, n) && received[(count) - 1] == (count); \
    }

MEASURE_LOOPS(empty, twin_succeeds())
SIZE_LOOPS(1)
SIZE_LOOPS(64)
SIZE_LOOPS(512)

#define ROW(label, count, operations, how) \
    { .name = "bytes=" #label, .direction = "round_trip", .relation = "inter", .path = "fast", .batch = operations, .words = count, \
      .path_counts = ipc_path_counts, .prepare = prepare, .fill = checked_##count##_##how, .fill_empty = empty_##how, .finish = finish }
#define ROWS(label, count) ROW(label, count, 1, single), ROW(label, count, BATCH_OPERATIONS, batched)

static const struct variant variants[] = { ROWS(8, 1), ROWS(512, 64), ROWS(4096, 512) };

const struct workload workload = {
    .id = "ipc.size", .setup = setup, .variants = variants, .variant_count = sizeof variants / sizeof variants[0],
};
