/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The server's side. Invariant: it touches memory of the process in the one range that both have, at the same distance, and looks at each
 * address first. Context: one thread, which serves one process; it may block for it. State is what the program's tasks share.
 */
#include "workloads/servers/personality.h"

#include "workloads/lib/ipc_measure.h"
#include "workloads/lib/object.h"
#include "workloads/lib/text.h"
#include "workloads/lib/words_copy.h"
#include "workloads/servers/personality_state.h"

struct personality_state personality;

/* The server's address of bytes of the process; NULL: it has not got them, or they are not for writing. */
static char *process_memory(uint64_t address, uint64_t bytes)
{
    uint64_t offset = address - personality.data_address;

    if (address < personality.data_address || offset > personality.data_bytes || bytes > personality.data_bytes - offset)
        return NULL;
    return (char *)(LINUX_DATA_ADDRESS + offset);
}

static int64_t zero_read(uint64_t address, uint64_t bytes)
{
    char *to = process_memory(address, bytes);

    if (to == NULL)
        return -LINUX_EFAULT;
    bytes_clear(to, bytes);
    return (int64_t)bytes;
}

static int64_t call_read(uint64_t descriptor, uint64_t address, uint64_t bytes)
{
    if (descriptor == PERSONALITY_ZERO)
        return zero_read(address, bytes);
    if (descriptor != 0)
        return -LINUX_EBADF;
    semaphore_down(SELECTOR_LINUX_INPUT, TIMEOUT_NEVER);
    uint64_t n = bytes < PERSONALITY_INPUT_BYTES ? bytes : PERSONALITY_INPUT_BYTES;
    char *to = process_memory(address, n);
    if (to == NULL)
        return -LINUX_EFAULT;
    if (personality.input_ended)
        return 0;
    memcpy(to, personality.input, n);
    return (int64_t)n;
}

static int64_t call_write(uint64_t descriptor, uint64_t address, uint64_t bytes)
{
    if (descriptor == PERSONALITY_NULL)
        return process_memory(address, bytes) == NULL ? -LINUX_EFAULT : (int64_t)bytes;
    if (descriptor != 1)
        return -LINUX_EBADF;
    uint64_t n = bytes < PERSONALITY_OUTPUT_BYTES ? bytes : PERSONALITY_OUTPUT_BYTES;
    const char *from = process_memory(address, n);
    if (from == NULL)
        return -LINUX_EFAULT;
    memcpy(personality.output, from, n);
    personality.output_bytes = n;
    semaphore_up(SELECTOR_LINUX_OUTPUT);
    return (int64_t)n;
}

static int64_t call_getpid(uint64_t a, uint64_t b, uint64_t c)
{
    (void)a;
    (void)b;
    (void)c;
    return personality.pid;
}

static int64_t call_exit(uint64_t status, uint64_t b, uint64_t c)
{
    (void)b;
    (void)c;
    personality.status = (int64_t)(status & 0xff);
    personality.output_bytes = 0;
    semaphore_up(SELECTOR_LINUX_OUTPUT);
    return 0;
}

typedef int64_t call_fn(uint64_t a, uint64_t b, uint64_t c);
static call_fn *const calls[] = {
    [LINUX_read] = call_read, [LINUX_write] = call_write, [LINUX_getpid] = call_getpid, [LINUX_exit] = call_exit,
};

int64_t personality_call(uint64_t number, uint64_t a, uint64_t b, uint64_t c)
{
    if (number >= sizeof calls / sizeof calls[0] || calls[number] == NULL)
        return -LINUX_ENOSYS;
    return calls[number](a, b, c);
}

/* A system call of an alien thread: registers by Linux's convention, words 6 and up in the UTCB. The tag of the reply. */
static uint64_t exception_serve(struct utcb *utcb, const struct message *m)
{
    uint64_t *rax = &utcb->words[EXCEPTION_WORD_RAX];
    const uint64_t rdx = rax[3], rsi = rax[4], rdi = rax[5], number = rax[0];

    if (m->w.w0 != EXCEPTION_SYSCALL) { /* its own fault: it stops for good */
        personality.status = 128 + 11;
        personality.output_bytes = 0;
        semaphore_up(SELECTOR_LINUX_OUTPUT);
        return tag_make(0, -1, 0);
    }
    rax[0] = (uint64_t)personality_call(number, rdi, rsi, rdx);
    return number == LINUX_exit ? tag_make(0, -1, 0) : tag_make(0, EXCEPTION_SET_STATE, EXCEPTION_WORDS);
}

void personality_serve(void *arg)
{
    struct utcb *utcb = worker_utcb(SERVER_WORKER);

    (void)arg;
    for (;;) {
        struct message m = ipc_wait(0);
        while (!tag_failed(m.tag)) {
            uint64_t tag = 1;
            if (tag_label(m.tag) == PROTO_EXCEPTION)
                tag = exception_serve(utcb, &m);
            else
                m.w = (struct message_words){ .w0 = (uint64_t)personality_call((uint64_t)(uint32_t)tag_label(m.tag), m.w.w0, m.w.w1, m.w.w2) };
            m = ipc_reply_and_wait(0, tag, m.w);
        }
    }
}
