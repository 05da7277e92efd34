/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a handler of exceptions sees and may change, and alien threads, whose system calls are exceptions.
 */
#include "workloads/lib/test.h"

#define GATE SELECTOR_TEST(0)
#define VECTOR_INVALID_OPCODE 6
#define NONCANONICAL 0x800000000000

static struct utcb *const utcb = (struct utcb *)PROGRAM_UTCB_ADDRESS;
static struct registers in, out;
static volatile uint64_t returned;

/* Everything of the exception at hand, words 0..5 from the registers. */
static uint64_t state[EXCEPTION_WORDS];

static const char *state_take(void)
{
    struct message m = ipc_wait(TIMEOUT_RECEIVE_ZERO);

    CHECK_EQUAL(m.tag, tag_make(INVOKE_CALL, PROTO_EXCEPTION, EXCEPTION_WORDS));
    const uint64_t words[REGISTER_WORDS] = { m.w.w0, m.w.w1, m.w.w2, m.w.w3, m.w.w4, m.w.w5 };
    for (unsigned i = 0; i < EXCEPTION_WORDS; i++)
        state[i] = i < REGISTER_WORDS ? words[i] : utcb->words[i];
    return NULL;
}

static void state_reply(int32_t label, uint64_t words)
{
    for (unsigned i = REGISTER_WORDS; i < EXCEPTION_WORDS; i++)
        utcb->words[i] = state[i];
    ipc_reply(tag_make(0, label, words), (struct message_words){ state[0], state[1], state[2], state[3], state[4], state[5] });
}

#define LONG_PAGES 256
static _Alignas(PAGE_BYTES) uint8_t page[PAGE_BYTES];

static void registers_fill(void)
{
    in = (struct registers){ .rax = 0xa1, .rbx = 0xb2, .rcx = 0xc3, .rdx = 0xd4, .rsi = 0x51, .rdi = 0xd1, .rbp = 0xb9, .r8 = 0x8,
                             .r9 = 0x9, .r10 = 0x10, .r11 = 0x11, .r12 = 0x12, .r13 = 0x13, .r14 = 0x14, .r15 = 0x15 };
    out = (struct registers){ 0 };
    returned = 0;
}

static void trap_run(void *arg)
{
    (void)arg;
    trap_record(&in, &out);
    returned = 1;
}

static void syscall_run(void *arg)
{
    (void)arg;
    syscall_record(&in, &out);
    returned = 1;
}

static const char *worker_start_caught(worker_fn *fn, uint64_t control, uint64_t alien)
{
    struct message_words w = { CONTROL_EXCEPTION_GATE | control, GATE, 0, 0, 0, alien };

    CHECK_EQUAL(gate_create_main(GATE, 0), 0);
    CHECK_EQUAL(worker_create(0, SELECTOR_TASK), 0);
    CHECK_EQUAL(object_call(SELECTOR_WORKER(0), OP_THREAD_CONTROL, 6, &w), 0);
    CHECK_EQUAL(worker_run(0, fn, NULL, PRIORITY_ABOVE), 0);
    return NULL;
}

static const char *state_is(const struct registers *r)
{
    const uint64_t want[] = { r->rax, r->rbx, r->rcx, r->rdx, r->rsi, r->rdi, r->r8, r->r9, r->r10, r->r11, r->r12, r->r13, r->r14,
                              r->r15, r->rbp };
    for (unsigned i = 0; i < sizeof want / sizeof want[0]; i++)
        CHECK_EQUAL(state[EXCEPTION_WORD_RAX + i], want[i]);
    return NULL;
}

static const char *all_registers_seen(void)
{
    registers_fill();
    CHECK_NESTED(worker_start_caught(trap_run, 0, 0));
    CHECK_EQUAL(thread_set_fs_base(SELECTOR_WORKER(0), 0x1234000), 0);
    CHECK_NESTED(state_take());
    CHECK_EQUAL(state[EXCEPTION_WORD_VECTOR], VECTOR_INVALID_OPCODE);
    CHECK_NESTED(state_is(&in));
    return NULL;
}

static const char *all_registers_changed(void)
{
    registers_fill();
    CHECK_NESTED(worker_start_caught(trap_run, 0, 0));
    CHECK_NESTED(state_take());
    for (unsigned i = EXCEPTION_WORD_RAX; i < EXCEPTION_WORD_FS_BASE; i++)
        state[i] = 0x1000 + i;
    state[EXCEPTION_WORD_RIP] += 2;
    state_reply(EXCEPTION_SET_STATE, EXCEPTION_WORDS);
    CHECK_EQUAL(returned, 1);
    const uint64_t got[] = { out.rax, out.rbx, out.rcx, out.rdx, out.rsi, out.rdi, out.r8, out.r9, out.r10, out.r11, out.r12, out.r13,
                             out.r14, out.r15, out.rbp };
    for (unsigned i = 0; i < sizeof got / sizeof got[0]; i++)
        CHECK_EQUAL(got[i], 0x1000 + EXCEPTION_WORD_RAX + i);
    return NULL;
}

static const char *bad_state_refused(void)
{
    for (unsigned round = 0; round < 3; round++) {
        registers_fill();
        CHECK_NESTED(worker_start_caught(trap_run, 0, 0));
        CHECK_NESTED(state_take());
        state[EXCEPTION_WORD_RIP] = round == 0 ? NONCANONICAL : state[EXCEPTION_WORD_RIP] + 2;
        state[EXCEPTION_WORD_FS_BASE] = round == 1 ? NONCANONICAL : 0;
        state_reply(EXCEPTION_SET_STATE, round == 2 ? EXCEPTION_WORDS - 1 : EXCEPTION_WORDS);
        CHECK_EQUAL(returned, 0);
        CHECK_EQUAL(worker_destroy(0), 0);
        CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, GATE), 0);
    }
    return NULL;
}

static const char *flags_masked(void)
{
    registers_fill();
    CHECK_NESTED(worker_start_caught(trap_run, 0, 0));
    CHECK_NESTED(state_take());
    /* Every flag but TF; the thread traps once more, so that they are seen. */
    state[EXCEPTION_WORD_RFLAGS] = 0xfffffffffffffeff;
    state_reply(EXCEPTION_SET_STATE, EXCEPTION_WORDS);
    CHECK_NESTED(state_take());
    CHECK_EQUAL(state[EXCEPTION_WORD_RFLAGS] & ~0x10000ull, (EXCEPTION_RFLAGS & ~0x100u) | 0x202);
    return NULL;
}

static const char *alien_replaced(void)
{
    registers_fill();
    in.rsi = 0; /* what would be the null system call of this kernel */
    in.rax = 39;
    CHECK_NESTED(worker_start_caught(syscall_run, CONTROL_ALIEN, 1));
    for (unsigned i = 0; i < 3; i++) {
        CHECK_EQUAL(returned, 0);
        CHECK_NESTED(state_take());
        CHECK_EQUAL(state[EXCEPTION_WORD_VECTOR], EXCEPTION_SYSCALL);
        CHECK_EQUAL(state[EXCEPTION_WORD_RIP], (uint64_t)syscall_record_return);
        CHECK_EQUAL(state[EXCEPTION_WORD_RAX], in.rax);
        CHECK_EQUAL(state[EXCEPTION_WORD_RAX + 1], in.rbx);
        CHECK_EQUAL(state[EXCEPTION_WORD_RAX + 10], in.r12);
        CHECK_EQUAL(state[EXCEPTION_WORD_RAX + 13], in.r15);
        if (i < 2) { /* once more */
            state[EXCEPTION_WORD_RIP] -= 2;
        } else {
            state[EXCEPTION_WORD_RAX] = 4711;
        }
        state_reply(EXCEPTION_SET_STATE, EXCEPTION_WORDS);
    }
    CHECK_EQUAL(returned, 1);
    CHECK_EQUAL(out.rax, 4711);
    CHECK_EQUAL(out.rbx, in.rbx);
    CHECK_EQUAL(out.rdi, in.rdi);
    CHECK_EQUAL(out.r12, in.r12);
    CHECK_EQUAL(out.r13, in.r13);
    CHECK_EQUAL(out.r15, in.r15);
    return NULL;
}

static const char *alien_passes(void)
{
    registers_fill();
    in.rsi = TAG_INVOKE(INVOKE_WAIT) | TIMEOUT_RECEIVE_ZERO;
    CHECK_NESTED(worker_start_caught(syscall_run, CONTROL_ALIEN, 1));
    CHECK_NESTED(state_take());
    CHECK_EQUAL(state[EXCEPTION_WORD_VECTOR], EXCEPTION_SYSCALL);
    state_reply(EXCEPTION_PASS, 0);
    CHECK_EQUAL(returned, 1);
    CHECK_EQUAL(out.rsi, tag_make(0, ERR_TIMEOUT, 0) | TAG_ERROR | TAG_RECEIVE_PHASE);
    CHECK_EQUAL(out.r12, 0);
    /* The next one, in thread_end, is an exception again. */
    CHECK_NESTED(state_take());
    CHECK_EQUAL(state[EXCEPTION_WORD_VECTOR], EXCEPTION_SYSCALL);
    return NULL;
}

/* Unmapping these pages is more than the kernel does at once: it makes the call again and again, and the handler sees one. */
static const char *alien_passes_once(void)
{
    for (uint64_t i = 0; i < LONG_PAGES; i++)
        CHECK_EQUAL(task_map_memory(SELECTOR_TASK, (uint64_t)page, PROGRAM_FREE_ADDRESS + i * PAGE_BYTES, PAGE_BYTES, MEMORY_READ), 0);
    registers_fill();
    in.rdi = SELECTOR_TASK;
    in.rsi = tag_make(INVOKE_CALL, OP_TASK_UNMAP_MEMORY, 4);
    in.rdx = PROGRAM_FREE_ADDRESS;
    in.r8 = LONG_PAGES * PAGE_BYTES;
    in.r9 = in.r10 = 0;
    CHECK_NESTED(worker_start_caught(syscall_run, CONTROL_ALIEN, 1));
    CHECK_NESTED(state_take());
    CHECK_EQUAL(state[EXCEPTION_WORD_VECTOR], EXCEPTION_SYSCALL);
    state_reply(EXCEPTION_PASS, 0);
    CHECK_EQUAL(returned, 1);
    CHECK_EQUAL(out.rsi, 1); /* a result of one word */
    CHECK_EQUAL(out.rdx, LONG_PAGES * PAGE_BYTES);
    CHECK_NESTED(state_take()); /* thread_end */
    CHECK_EQUAL(state[EXCEPTION_WORD_VECTOR], EXCEPTION_SYSCALL);
    return NULL;
}

static const char *pass_is_for_aliens(void)
{
    registers_fill();
    CHECK_NESTED(worker_start_caught(trap_run, 0, 0));
    CHECK_NESTED(state_take());
    state[EXCEPTION_WORD_RIP] += 2;
    state_reply(EXCEPTION_PASS, EXCEPTION_WORDS);
    CHECK_EQUAL(returned, 0);
    return NULL;
}

static void caller_run(void *arg)
{
    (void)arg;
    ipc_call(GATE, tag_make(0, 7, 6), (struct message_words){ 1, 2, 3, 4, 5, 6 });
    returned = 1;
}

/* The call is let through to the gate that is the exception gate, too; then it is the main thread's to answer. */
static const char *alien_calls(void)
{
    registers_fill();
    CHECK_NESTED(worker_start_caught(caller_run, CONTROL_ALIEN, 1));
    CHECK_NESTED(state_take());
    state_reply(EXCEPTION_PASS, 0);
    struct message m = ipc_wait(TIMEOUT_RECEIVE_ZERO);
    CHECK_EQUAL(m.tag, tag_make(INVOKE_CALL, 7, 6));
    CHECK_EQUAL(m.w.w0 + m.w.w5, 7);
    ipc_reply(0, MESSAGE_EMPTY);
    CHECK_EQUAL(returned, 1);
    return NULL;
}

static const char *alien_no_more(void)
{
    struct message_words w = { CONTROL_ALIEN, 0, 0, 0, 0, 0 };

    registers_fill();
    in.rsi = 0;
    CHECK_NESTED(worker_start_caught(syscall_run, CONTROL_ALIEN, 1));
    CHECK_NESTED(state_take());
    CHECK_EQUAL(object_call(SELECTOR_WORKER(0), OP_THREAD_CONTROL, 6, &w), 0);
    state[EXCEPTION_WORD_RIP] -= 2;
    state_reply(EXCEPTION_SET_STATE, EXCEPTION_WORDS);
    CHECK_EQUAL(returned, 1);
    CHECK_EQUAL(out.rsi, 0);
    return NULL;
}

const struct test tests[] = {
    { "exception: the handler sees every register", all_registers_seen },
    { "exception: the handler may change every register", all_registers_changed },
    { "exception: a state that cannot be resumed stops the thread", bad_state_refused },
    { "exception: of rflags, only those of user mode are taken", flags_masked },
    { "alien: a system call is an exception, with all registers, and gets the handler's result", alien_replaced },
    { "alien: a system call may be let pass, once", alien_passes },
    { "alien: a passed system call that the kernel makes again is passed once", alien_passes_once },
    { "alien: a call that passes is a call", alien_calls },
    { "alien: only system calls can pass", pass_is_for_aliens },
    { "alien: may become an ordinary thread again", alien_no_more },
};
const size_t test_count = sizeof tests / sizeof tests[0];
