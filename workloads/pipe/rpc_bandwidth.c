/* SPDX-License-Identifier: BSD-2-Clause
 *
 * No message of this kernel is longer than 63 words, so the paper's long IPC has two successors. transfer=memory: the sender's block lies in
 * memory that the receiver has mapped since they met; one call, and the receiver copies once. transfer=words: nothing is shared, the block goes
 * through the UTCBs, 456 bytes a call: copied in, by the kernel, and out.
 * workload: pipe.rpc.bandwidth | blocks of 64 KiB to another task by calls, no buffer between: synchronous RPC, until the receiver has them in a buffer of its own and says so, per block | Härtig et al., The Performance of mu-Kernel-Based Systems (SOSP 1997), table 4 (3)
 */
#include "workloads/lib/pipe_measure.h"

#define UTCB_PART_BYTES ((WORDS_MAX - REGISTER_WORDS) * 8u)
#define COMMAND_MEMORY 1
#define COMMAND_WORDS 2

static char block[PIPE_BLOCK_BYTES], received[PIPE_BLOCK_BYTES];

/* Word 0: offset in the block; word 1: bytes. */
static void receiver(void *arg)
{
    const char *words = (const char *)&worker_utcb(SERVER_WORKER)->words[REGISTER_WORDS];

    (void)arg;
    for (;;) {
        struct message m = ipc_wait(0);
        while (!tag_failed(m.tag)) {
            uint64_t offset = m.w.w0 % PIPE_BLOCK_BYTES, room = PIPE_BLOCK_BYTES - offset;
            const char *from = tag_label(m.tag) == COMMAND_WORDS ? words : &block[offset];
            pipe_copy(&received[offset], from, m.w.w1 < room ? m.w.w1 : room);
            m = ipc_reply_and_wait(0, 0, MESSAGE_EMPTY);
        }
    }
}

static bool setup(void) { return ipc_partner_create(true) && ipc_server_start(true, receiver, 0); }

ALWAYS_INLINE bool block_by_memory_fails(void)
{
    struct message_words w = { .w0 = 0, .w1 = PIPE_BLOCK_BYTES };

    return tag_failed(ipc_call(SELECTOR_SERVER_GATE, tag_make(0, COMMAND_MEMORY, 2), w).tag);
}

static bool block_by_words_fails(void)
{
    char *words = (char *)&((struct utcb *)PROGRAM_UTCB_ADDRESS)->words[REGISTER_WORDS];

    for (uint64_t at = 0; at < PIPE_BLOCK_BYTES; at += UTCB_PART_BYTES) {
        uint64_t left = PIPE_BLOCK_BYTES - at, part = left < UTCB_PART_BYTES ? left : UTCB_PART_BYTES;
        pipe_copy(words, &block[at], part);
        struct message_words w = { .w0 = at, .w1 = part };
        if (tag_failed(ipc_call(SELECTOR_SERVER_GATE, tag_make(0, COMMAND_WORDS, REGISTER_WORDS + (part + 7) / 8), w).tag))
            return true;
    }
    return false;
}

MEASURE_LOOPS(memory, block_by_memory_fails())
MEASURE_LOOPS(words, block_by_words_fails())
MEASURE_LOOPS(empty, twin_succeeds())

#define ROW(transfer, operations, samples, how) \
    { .name = "bytes=65536,transfer=" #transfer, .direction = "one_way", .relation = "inter", .path = "none", .batch = operations, \
      .ring_samples = samples, .fill = transfer##_##how, .fill_empty = empty_##how }

static const struct variant variants[] = {
    ROW(memory, 1, 25, single), ROW(memory, BATCH_OPERATIONS, 2, batched), ROW(words, 1, 25, single), ROW(words, BATCH_OPERATIONS, 2, batched),
};

const struct workload workload = {
    .id = "pipe.rpc.bandwidth", .setup = setup, .variants = variants, .variant_count = sizeof variants / sizeof variants[0],
};
