/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Register hygiene: what a system call leaves in registers, what one thread sees of another's, segments and flags, on both paths.
 */
#include "workloads/lib/instructions.h"
#include "workloads/lib/program.h"
#include "workloads/lib/test.h"

#define GATE SELECTOR_TEST(0)
#define FLAG_CARRY 0x1
#define FLAG_DIRECTION 0x400
#define FLAG_NESTED_TASK 0x4000
#define FLAG_ALIGNMENT 0x40000
#define FLAGS_USUAL 0x202

static struct message_words words_any(void)
{
    return (struct message_words){ 11, 12, 13, 14, 15, 16 };
}

/* --- contract of every way out of the kernel --- */

static const char *contract_of_objects(void)
{
    struct script s;

    script_init(&s, SELECTOR_FACTORY, tag_make(INVOKE_CALL, OP_FACTORY_INFO, 6), words_any());
    script_now(&s);
    CHECK_EQUAL(s.out.rdi, 0);
    CHECK_EQUAL(s.out.rsi, 4);
    /* Words that the result does not have are 0. */
    CHECK_EQUAL(s.out.rax | s.out.r14, 0);
    return script_contract_check(&s);
}

static const char *contract_of_calls(uint64_t task, uint64_t timeouts)
{
    static struct script server, client;

    if (task == SELECTOR_PEER_TASK)
        CHECK_EQUAL(peer_create(), 0);
    script_init(&server, 0, TAG_INVOKE(INVOKE_WAIT), words_any());
    CHECK_EQUAL(script_start(0, task, &server, PRIORITY_ABOVE), 0);
    CHECK_EQUAL(gate_create(GATE, 0, 0), 0);
    script_init(&client, GATE, TAG_INVOKE(INVOKE_CALL) | timeouts, words_any());
    script_now(&client);
    CHECK_NESTED(script_contract_check(&server));
    CHECK_NESTED(script_contract_check(&client));
    /* The server did not answer: nothing of it comes back. */
    CHECK_EQUAL(client.out.rdx | client.out.r8 | client.out.r9 | client.out.r10 | client.out.rax | client.out.r14, 0);
    return NULL;
}

static const char *contract_intra(void) { return contract_of_calls(SELECTOR_TASK, 0); }
static const char *contract_inter(void) { return contract_of_calls(SELECTOR_PEER_TASK, 0); }
static const char *contract_slow(void) { return contract_of_calls(SELECTOR_PEER_TASK, TIMEOUT_SEND_ZERO); }

/* Server that replies once, with registers of its own that the client must not see. */
static struct script reply_script;

static void reply_server_run(void *arg)
{
    uint64_t timeouts = (uint64_t)arg;

    ipc_wait(0);
    script_init(&reply_script, 0xbad, tag_make(INVOKE_REPLY_AND_WAIT, 3, 6) | timeouts, words_any());
    script_run(&reply_script);
}

static const char *contract_of_reply(uint64_t task, uint64_t timeouts)
{
    static struct script client;

    if (task == SELECTOR_PEER_TASK)
        CHECK_EQUAL(peer_create(), 0);
    CHECK_EQUAL(worker_start(0, task, reply_server_run, (void *)timeouts, PRIORITY_ABOVE), 0);
    CHECK_EQUAL(gate_create(GATE, 0, 0), 0);
    script_init(&client, GATE, TAG_INVOKE(INVOKE_CALL), (struct message_words){ 1, 2, 3, 4, 5, 6 });
    client.in.rbp = 0xc11e47;
    script_now(&client);
    CHECK_EQUAL(client.out.rsi, tag_make(INVOKE_REPLY_AND_WAIT, 3, 6));
    CHECK_EQUAL(client.out.rdi, 0);
    CHECK_EQUAL(client.out.rdx, 11);
    CHECK_EQUAL(client.out.r8, 12);
    CHECK_EQUAL(client.out.r9, 13);
    CHECK_EQUAL(client.out.r10, 14);
    CHECK_EQUAL(client.out.rax, 15);
    CHECK_EQUAL(client.out.r14, 16);
    CHECK_NESTED(script_contract_check(&client));
    /* A second call finds the server in its wait, with its own rbp and rsp. */
    CHECK_EQUAL(tag_error(ipc_send(GATE, 0, MESSAGE_EMPTY).tag), 0);
    return script_contract_check(&reply_script);
}

static const char *reply_intra(void) { return contract_of_reply(SELECTOR_TASK, 0); }
static const char *reply_inter(void) { return contract_of_reply(SELECTOR_PEER_TASK, 0); }
static const char *reply_slow(void) { return contract_of_reply(SELECTOR_PEER_TASK, TIMEOUT_SEND_ZERO); }

static const char *fresh_thread(void)
{
    static struct fault fault;
    struct script noise;
    uint64_t rip = (uint64_t)registers_dump, rsp = 0x1000;

    /* After another thread was full of nonsense. */
    script_init(&noise, 0, 0, words_any());
    script_now(&noise);
    registers_dumped = noise.in;
    CHECK_EQUAL(gate_create_main(FAULT_GATE, FAULT_LABEL), 0);
    CHECK_EQUAL(worker_create(FAULT_WORKER, SELECTOR_TASK), 0);
    CHECK_EQUAL(thread_set_exception_gate(SELECTOR_WORKER(FAULT_WORKER), FAULT_GATE), 0);
    CHECK_EQUAL(scheduler_run_thread(SELECTOR_SCHEDULER, SELECTOR_WORKER(FAULT_WORKER), PRIORITY_ABOVE, 1000), 0);
    CHECK_EQUAL(thread_ex_regs(SELECTOR_WORKER(FAULT_WORKER), &rip, &rsp, EX_REGS_SET), 0);
    fault_take(&fault);
    CHECK(fault.happened);
    CHECK_EQUAL(fault.vector, 6);
    CHECK_EQUAL(fault.rflags & ~ABI_CONST(uint64_t, 0x10000), FLAGS_USUAL); /* but for the resume flag of the fault itself */
    CHECK_EQUAL(registers_dumped.rsp, 0x1000);
    registers_dumped.rsp = 0;
    const uint64_t *got = &registers_dumped.rax;
    for (size_t i = 0; i < sizeof registers_dumped / sizeof(uint64_t); i++)
        CHECK_EQUAL(got[i], 0);
    return NULL;
}

/* --- segment bases --- */

static uint64_t own_word[3] = { 0xa0a0, 0xb1b1, 0xc2c2 };
static volatile uint64_t seen[3];

static void fs_server_run(void *arg)
{
    (void)arg;
    struct message m = ipc_wait(0);
    for (;;) {
        seen[0] = fs_read(0);
        m = ipc_reply_and_wait(0, 0, (struct message_words){ .w0 = fs_read(0) });
        (void)m;
    }
}

static const char *fs_base_kept(uint64_t task, uint64_t timeouts)
{
    if (task == SELECTOR_PEER_TASK)
        CHECK_EQUAL(peer_create(), 0);
    CHECK_EQUAL(worker_create(0, task), 0);
    CHECK_EQUAL(thread_set_fs_base(SELECTOR_WORKER(0), (uint64_t)&own_word[1]), 0);
    CHECK_EQUAL(worker_run(0, fs_server_run, NULL, PRIORITY_ABOVE), 0);
    CHECK_EQUAL(gate_create(GATE, 0, 0), 0);
    CHECK_EQUAL(thread_set_fs_base(SELECTOR_THREAD, (uint64_t)&own_word[0]), 0);
    for (unsigned i = 0; i < 3; i++) {
        CHECK_EQUAL(fs_read(0), 0xa0a0);
        struct message m = ipc_call(GATE, timeouts, MESSAGE_EMPTY);
        CHECK_EQUAL(tag_error(m.tag), 0);
        CHECK_EQUAL(m.w.w0, 0xb1b1);
        CHECK_EQUAL(fs_read(0), 0xa0a0);
    }
    /* One of them without: its base is 0. */
    CHECK_EQUAL(thread_set_fs_base(SELECTOR_THREAD, 0), 0);
    CHECK_EQUAL(fs_read((uint64_t)&own_word[2]), 0xc2c2);
    CHECK_EQUAL(ipc_call(GATE, timeouts, MESSAGE_EMPTY).w.w0, 0xb1b1);
    CHECK_EQUAL(fs_read((uint64_t)&own_word[2]), 0xc2c2);
    return NULL;
}

static const char *fs_base_intra(void) { return fs_base_kept(SELECTOR_TASK, 0); }
static const char *fs_base_inter(void) { return fs_base_kept(SELECTOR_PEER_TASK, 0); }
static const char *fs_base_slow(void) { return fs_base_kept(SELECTOR_TASK, TIMEOUT_SEND_ZERO); }

static const char *fs_selector_harmless(uint64_t timeouts)
{
    CHECK_EQUAL(worker_create(0, SELECTOR_TASK), 0);
    CHECK_EQUAL(thread_set_fs_base(SELECTOR_WORKER(0), (uint64_t)&own_word[1]), 0);
    CHECK_EQUAL(worker_run(0, fs_server_run, NULL, PRIORITY_ABOVE), 0);
    CHECK_EQUAL(gate_create(GATE, 0, 0), 0);
    const uint64_t selectors[] = { 0, ss_selector(), 3 };
    for (size_t i = 0; i < sizeof selectors / sizeof selectors[0]; i++) {
        /* Loading a selector loads a base of 0; the partner has its own all the same, and so have we when we come back. */
        CHECK_EQUAL(thread_set_fs_base(SELECTOR_THREAD, (uint64_t)&own_word[0]), 0);
        fs_select(selectors[i]);
        CHECK_EQUAL(ipc_call(GATE, timeouts, MESSAGE_EMPTY).w.w0, 0xb1b1);
        CHECK_EQUAL(fs_read(0), 0xa0a0);
        CHECK_EQUAL(thread_set_fs_base(SELECTOR_THREAD, 0), 0);
        fs_select(selectors[i]);
        CHECK_EQUAL(ipc_call(GATE, timeouts, MESSAGE_EMPTY).w.w0, 0xb1b1);
        CHECK_EQUAL(fs_read((uint64_t)&own_word[2]), 0xc2c2);
    }
    return NULL;
}

static const char *fs_selector_fast(void) { return fs_selector_harmless(0); }
static const char *fs_selector_slow(void) { return fs_selector_harmless(TIMEOUT_SEND_ZERO); }

static const char *fs_base_checked(void)
{
    static const uint64_t bases[] = { USER_TOP, 0x800000000000, 0xffffffff80000000, (uint64_t)-1 };

    for (size_t i = 0; i < sizeof bases / sizeof bases[0]; i++)
        CHECK_EQUAL(thread_set_fs_base(SELECTOR_THREAD, bases[i]), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(fs_read((uint64_t)&own_word[2]), 0xc2c2);
    return NULL;
}

static const char *gs_base_zero(void)
{
    CHECK_EQUAL(gs_read((uint64_t)&own_word[1]), 0xb1b1);
    CHECK_EQUAL(invoke_nothing(), 0);
    CHECK_EQUAL(gs_read((uint64_t)&own_word[2]), 0xc2c2);
    uint64_t quota, used;
    CHECK_EQUAL(factory_info(SELECTOR_FACTORY, &quota, &used), 0);
    CHECK_EQUAL(gs_read((uint64_t)&own_word[0]), 0xa0a0);
    return NULL;
}

/* --- flags --- */

#define SERVER_FLAGS (FLAGS_USUAL | 0x40) /* zero flag: an own one, to tell them apart */

static volatile uint64_t server_word_seen;
static struct flagged_call server_call;

static void flags_server_run(void *arg)
{
    struct utcb *utcb = worker_utcb(0);

    (void)arg;
    flags_syscall(0, TAG_INVOKE(INVOKE_WAIT), SERVER_FLAGS, &server_call);
    for (;;) {
        server_word_seen = utcb->words[62];
        flags_syscall(0, tag_make(INVOKE_REPLY_AND_WAIT, 0, 63), SERVER_FLAGS, &server_call);
    }
}

static const char *flags_harmless(uint64_t timeouts)
{
    static const uint64_t flags[] = {
        FLAGS_USUAL | FLAG_DIRECTION, FLAGS_USUAL | FLAG_NESTED_TASK, FLAGS_USUAL | FLAG_ALIGNMENT, FLAGS_USUAL | FLAG_CARRY,
        FLAGS_USUAL | FLAG_DIRECTION | FLAG_NESTED_TASK | FLAG_ALIGNMENT | 0x8d5,
    };
    struct utcb *utcb = (struct utcb *)PROGRAM_UTCB_ADDRESS;
    struct flagged_call call = { 0 };

    /* 63 words are copied by a string instruction, which must not run backwards over other memory. */
    CHECK_EQUAL(worker_start(0, SELECTOR_TASK, flags_server_run, NULL, PRIORITY_ABOVE), 0);
    CHECK_EQUAL(gate_create(GATE, 0, 0), 0);
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        utcb->words[62] = 0x1000 + i;
        utcb->words[63] = 0x777;
        utcb->words[5] = 0x555;
        uint64_t tag = flags_syscall(GATE, tag_make(INVOKE_CALL, 0, 63) | timeouts, flags[i], &call);
        CHECK_EQUAL(tag_error(tag), 0);
        CHECK_EQUAL(server_word_seen, 0x1000 + i);
        CHECK_EQUAL(utcb->words[62], 0x1000 + i);
        CHECK_EQUAL(utcb->words[63], 0x777);
        CHECK_EQUAL(utcb->words[5], 0x555);
        /* And each side has its own again. */
        CHECK_EQUAL(call.flags, flags[i]);
        CHECK_EQUAL(server_call.flags, SERVER_FLAGS);
    }
    return NULL;
}

/* A thread that has not made a system call is resumed by iretq, which faults when NT is set in ring 0. */
static const char *nested_task_flag_at_iretq(void)
{
    static struct script s;
    struct flagged_call call = { SELECTOR_WORKER(0), PRIORITY_ABOVE, 1000, 0 };

    script_init(&s, 0, 0, MESSAGE_EMPTY);
    CHECK_EQUAL(script_start(0, SELECTOR_TASK, &s, PRIORITY_BELOW), 0);
    uint64_t tag = flags_syscall(SELECTOR_SCHEDULER, tag_make(INVOKE_CALL, OP_SCHEDULER_RUN_THREAD, 3), FLAGS_USUAL | FLAG_NESTED_TASK,
                                 &call);
    CHECK_EQUAL(tag_error(tag), 0);
    CHECK(s.done);
    CHECK_EQUAL(call.flags, FLAGS_USUAL | FLAG_NESTED_TASK);
    return NULL;
}

static const char *flags_fast(void) { return flags_harmless(0); }
static const char *flags_slow(void) { return flags_harmless(TIMEOUT_SEND_ZERO); }

/* --- the end of user space --- */

/* A page of code whose last two bytes are `syscall`, at the very end of what can be mapped: the return address is USER_TOP. */
static const char *system_call_at_the_end(uint64_t tag)
{
    const uint64_t page = USER_TOP - PAGE_BYTES;
    static struct fault fault;
    uint64_t unmapped;

    CHECK_EQUAL(page_end_code_end - page_end_code, PAGE_BYTES);
    CHECK_EQUAL(task_map_memory(SELECTOR_TASK, (uint64_t)page_end_code, page, PAGE_BYTES, MEMORY_READ | MEMORY_EXECUTE), 0);
    CHECK_EQUAL(gate_create_main(FAULT_GATE, FAULT_LABEL), 0);
    CHECK_EQUAL(worker_create(FAULT_WORKER, SELECTOR_TASK), 0);
    CHECK_EQUAL(thread_set_exception_gate(SELECTOR_WORKER(FAULT_WORKER), FAULT_GATE), 0);
    /* rdi of thread_entry's function is its argument: the tag, which the code moves to rsi. */
    CHECK_EQUAL(worker_run(FAULT_WORKER, (worker_fn *)(USER_TOP - 8), (void *)tag, PRIORITY_ABOVE), 0);
    fault_take(&fault);
    CHECK(fault.happened);
    CHECK_EQUAL(fault.vector, 14);
    CHECK_EQUAL(fault.rip, USER_TOP);
    CHECK_EQUAL(fault.address, USER_TOP);
    CHECK_EQUAL(task_unmap_memory(SELECTOR_TASK, page, PAGE_BYTES, &unmapped), 0);
    CHECK_EQUAL(unmapped, PAGE_BYTES);
    return NULL;
}

static const char *end_null(void) { return system_call_at_the_end(0); }
static const char *end_error(void) { return system_call_at_the_end(TAG_INVOKE(INVOKE_CALL)); }
static const char *end_timeout(void) { return system_call_at_the_end(TAG_INVOKE(INVOKE_WAIT) | TIMEOUT_RECEIVE_ZERO); }

const struct test tests[] = {
    { "registers: an operation leaves its result and nothing else", contract_of_objects },
    { "registers: a call leaves nothing of kernel or partner, same task", contract_intra },
    { "registers: a call leaves nothing of kernel or partner, two tasks", contract_inter },
    { "registers: a call leaves nothing of kernel or partner, slow path", contract_slow },
    { "registers: a reply brings six words and nothing else, same task", reply_intra },
    { "registers: a reply brings six words and nothing else, two tasks", reply_inter },
    { "registers: a reply brings six words and nothing else, slow path", reply_slow },
    { "registers: a fresh thread has none of another", fresh_thread },
    { "fs base: is each thread's own over a call, same task", fs_base_intra },
    { "fs base: is each thread's own over a call, two tasks", fs_base_inter },
    { "fs base: is each thread's own over a call, slow path", fs_base_slow },
    { "fs base: loading a selector changes nobody else's", fs_selector_fast },
    { "fs base: loading a selector changes nobody else's, slow path", fs_selector_slow },
    { "fs base: outside of user space is refused", fs_base_checked },
    { "gs base: is 0", gs_base_zero },
    { "flags: of the caller have no effect in the kernel", flags_fast },
    { "flags: of the caller have no effect in the kernel, slow path", flags_slow },
    { "flags: the caller's nested-task flag does not disturb the start of a thread", nested_task_flag_at_iretq },
    { "end of user space: the null system call in its last bytes returns", end_null },
    { "end of user space: a failing call in its last bytes returns", end_error },
    { "end of user space: a wait in its last bytes returns", end_timeout },
};
const size_t test_count = sizeof tests / sizeof tests[0];
