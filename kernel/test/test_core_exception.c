/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Exceptions as messages (abi.h section 8): delivered, queued, answered, dropped, and without anybody to tell.
 */
#include "kernel/test/machine.h"

#define VECTOR 14
#define ERROR 6
#define ADDRESS 0xdeadbeef000ull
#define HANDLER_LABEL 0x70

struct setting {
    struct thread *faulty, *handler;
    uint64_t faulty_selector, handler_selector, gate;
};

static struct setting setting_make(void)
{
    struct setting s;
    s.faulty_selector = make_thread(SELECTOR_TASK);
    s.handler_selector = make_thread(SELECTOR_TASK);
    s.faulty = thread_at(s.faulty_selector);
    s.handler = thread_at(s.handler_selector);
    s.gate = make_gate(s.handler_selector, HANDLER_LABEL);
    op_ok(machine.root, s.faulty_selector, OP_THREAD_CONTROL, W(CONTROL_EXCEPTION_GATE, s.gate));
    return s;
}

static void wait_open(struct thread *t) { enter_as(t, 0, tag_of(INVOKE_WAIT, 0, 0), NULL); }

/* In the order of the message. */
static const uint8_t registers[SAVED_REGISTERS] = {REG_RAX, REG_RBX, REG_RCX, REG_RDX, REG_RSI, REG_RDI, REG_R8, REG_R9, REG_R10, REG_R11,
                                                   REG_R12, REG_R13, REG_R14, REG_R15};

static void fault(const struct setting *s)
{
    switch_to(s->faulty);
    for (unsigned i = 0; i < SAVED_REGISTERS; i++)
        s->faulty->regs[registers[i]] = 0xabc0 + i;
    exception(s->faulty, VECTOR, ERROR, ADDRESS);
}

static void answer(const struct setting *s, int32_t label, uint64_t rip)
{
    enter_as(s->handler, 0, tag_of(INVOKE_REPLY_ONLY, label, 1), W(rip));
    expect_nothing(s->handler);
}

static void expect_exception(const struct setting *s)
{
    assert_int_equal(s->handler->caller == s->faulty, 1);
    expect_state(s->faulty, THREAD_EXCEPTION_WAIT);
    expect_message(s->handler, HANDLER_LABEL | RIGHT_W | RIGHT_X, tag_of(INVOKE_CALL, PROTO_EXCEPTION, EXCEPTION_WORDS),
                   W(VECTOR, ERROR, s->faulty->rip, ADDRESS, s->faulty->rsp, s->faulty->rflags));
}

static void expect_registers_kept(const struct setting *s)
{
    for (unsigned i = 0; i < SAVED_REGISTERS; i++)
        assert_int_equal(s->faulty->regs[registers[i]], 0xabc0 + i);
}

static void delivered_to_a_waiting_handler(void **state)
{
    (void)state;
    struct setting s = setting_make();
    wait_open(s.handler);
    fault(&s);
    expect_exception(&s);
}

static void queued_for_a_busy_handler(void **state)
{
    (void)state;
    struct setting s = setting_make();
    fault(&s);
    expect_state(s.faulty, THREAD_SENDING);
    wait_open(s.handler);
    expect_exception(&s);
}

static void received_in_a_closed_receive(void **state)
{
    (void)state;
    struct setting s = setting_make();
    enter_as(s.handler, s.faulty_selector, tag_of(INVOKE_RECV, 0, 0), NULL);
    fault(&s);
    expect_exception(&s);
}

static void resumed_where_it_was(void **state)
{
    (void)state;
    struct setting s = setting_make();
    wait_open(s.handler);
    fault(&s);
    uint64_t rip = s.faulty->rip;
    answer(&s, EXCEPTION_RESUME, 0x1234);
    expect_state(s.faulty, THREAD_RUNNABLE);
    assert_int_equal(s.faulty->rip, rip);
    assert_true(current() == s.faulty); /* it has its time again */
    expect_registers_kept(&s);
    enter_as(s.handler, 0, tag_of(INVOKE_REPLY_ONLY, 0, 0), NULL);
    expect_error(s.handler, ERR_NO_REPLY);
}

static void resumed_by_reply_and_wait(void **state)
{
    (void)state;
    struct setting s = setting_make();
    machine.path = PATH_FAST_IF_POSSIBLE;
    wait_open(s.handler);
    fault(&s);
    enter_as(s.handler, 0, tag_of(INVOKE_REPLY_AND_WAIT, EXCEPTION_RESUME, 0), NULL);
    assert_false(machine.took_fast_path);
    expect_state(s.faulty, THREAD_RUNNABLE);
    expect_state(s.handler, THREAD_OPEN_WAIT);
    expect_registers_kept(&s);
    fault(&s);
    expect_exception(&s);
}

/* As any call is served on its caller's: a handler of any priority runs at once, and gives the time back with its answer. */
static void handled_on_the_time_of_who_took_it(void **state)
{
    (void)state;
    struct setting s = setting_make();
    wait_open(s.handler);
    op_ok(machine.root, SELECTOR_SCHEDULER, OP_SCHEDULER_RUN_THREAD, W(s.faulty_selector, 200, 1000));
    fault(&s);
    assert_true(current() == s.handler && host.cpu.sc == &s.faulty->own_sc);
    enter_as(s.handler, 0, tag_of(INVOKE_REPLY_AND_WAIT, EXCEPTION_RESUME, 0), NULL);
    assert_true(current() == s.faulty && host.cpu.sc == &s.faulty->own_sc);
    fault(&s);
    answer(&s, -1, 0);
    expect_state(s.faulty, THREAD_STOPPED);
    assert_true(host.cpu.sc && host.cpu.sc != &s.faulty->own_sc && !s.faulty->own_sc.next);
}

static void resumed_elsewhere(void **state)
{
    (void)state;
    struct setting s = setting_make();
    wait_open(s.handler);
    fault(&s);
    answer(&s, EXCEPTION_SET_RIP, 0x654321);
    expect_state(s.faulty, THREAD_RUNNABLE);
    assert_int_equal(s.faulty->rip, 0x654321);
    expect_registers_kept(&s);
}

static void stopped_by_any_other_answer(void **state)
{
    (void)state;
    struct setting s = setting_make();
    static const struct { int32_t label; uint64_t rip; } answers[] = {
        {2, 0x1000}, {-1, 0x1000}, {EXCEPTION_SET_RIP, 0}, {EXCEPTION_SET_RIP, USER_TOP}, {EXCEPTION_SET_RIP, 1ull << 63},
    };
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        wait_open(s.handler);
        fault(&s);
        answer(&s, answers[i].label, answers[i].rip);
        expect_state(s.faulty, THREAD_STOPPED);
        op_ok(machine.root, s.faulty_selector, OP_THREAD_EX_REGS, W(0x400000, 0x800000, EX_REGS_SET));
        expect_state(s.faulty, THREAD_RUNNABLE);
        assert_int_equal(s.faulty->rip, 0x400000);
    }
}

static void stopped_without_a_handler(void **state)
{
    (void)state;
    struct setting s = setting_make();
    uint64_t weak = selector_new(), unbound = make_gate(0, 0), own = make_gate(s.faulty_selector, 0);
    make_copy(SELECTOR_TASK, s.gate, weak, RIGHTS_ALL & ~RIGHT_SEND);
    wait_open(s.handler);
    const uint64_t gates[] = {0, 4000, SELECTOR_MAX, SELECTOR_TASK, weak, unbound, own};
    for (size_t i = 0; i < sizeof gates / sizeof *gates; i++) {
        op_ok(machine.root, s.faulty_selector, OP_THREAD_CONTROL, W(CONTROL_EXCEPTION_GATE, gates[i]));
        fault(&s);
        expect_state(s.faulty, THREAD_STOPPED);
        expect_state(s.handler, THREAD_OPEN_WAIT);
        op_ok(machine.root, s.faulty_selector, OP_THREAD_EX_REGS, W(0));
        expect_state(s.faulty, THREAD_RUNNABLE);
        expect_registers_kept(&s);
    }
}

static void stopped_when_the_handler_drops_it(void **state)
{
    (void)state;
    struct setting s = setting_make();
    wait_open(s.handler);
    fault(&s);
    wait_open(s.handler);
    expect_state(s.faulty, THREAD_STOPPED);
    expect_state(s.handler, THREAD_OPEN_WAIT);
}

static void stopped_when_the_handler_dies(void **state)
{
    (void)state;
    for (unsigned queued = 0; queued < 2; queued++) {
        struct setting s = setting_make();
        if (!queued)
            wait_open(s.handler);
        fault(&s);
        expect_state(s.faulty, queued ? THREAD_SENDING : THREAD_EXCEPTION_WAIT);
        destroy(s.handler_selector);
        expect_state(s.faulty, THREAD_STOPPED);
    }
}

/* The access is made again then: its fault is the exception handler's, as the pager's gate leads to nobody. */
static void the_fault_of_a_dead_pager_is_an_exception(void **state)
{
    (void)state;
    for (unsigned queued = 0; queued < 2; queued++) {
        struct setting s = setting_make();
        uint64_t pager_selector = make_thread(SELECTOR_TASK), to_pager = make_gate(pager_selector, 0);
        op_ok(machine.root, s.faulty_selector, OP_THREAD_CONTROL, W(CONTROL_PAGER, 0, 0, to_pager));
        if (!queued)
            wait_open(thread_at(pager_selector));
        wait_open(s.handler);
        fault(&s);
        expect_state(s.faulty, queued ? THREAD_SENDING : THREAD_EXCEPTION_WAIT);
        assert_int_not_equal(s.faulty->page_fault_access, 0);
        destroy(pager_selector);
        expect_state(s.faulty, THREAD_RUNNABLE);
        expect_state(s.handler, THREAD_OPEN_WAIT);
        fault(&s);
        expect_exception(&s);
    }
}

static void ex_regs_ends_an_exception(void **state)
{
    (void)state;
    for (unsigned queued = 0; queued < 2; queued++) {
        struct setting s = setting_make();
        if (!queued)
            wait_open(s.handler);
        fault(&s);
        op_ok(machine.root, s.faulty_selector, OP_THREAD_EX_REGS, W(0x500000, 0x600000, EX_REGS_SET));
        expect_state(s.faulty, THREAD_RUNNABLE);
        expect_registers_kept(&s);
        assert_int_equal(s.faulty->rip, 0x500000);
        if (queued)
            continue;
        enter_as(s.handler, 0, tag_of(INVOKE_REPLY_ONLY, 0, 0), NULL);
        expect_error(s.handler, ERR_NO_REPLY);
    }
}

static void the_handler_may_destroy_the_thread(void **state)
{
    (void)state;
    struct setting s = setting_make();
    wait_open(s.handler);
    fault(&s);
    op_ok(s.handler, SELECTOR_TASK, OP_TASK_UNMAP_CAPABILITY, W(s.faulty_selector));
    enter_as(s.handler, 0, tag_of(INVOKE_REPLY_ONLY, 0, 0), NULL);
    expect_error(s.handler, ERR_NO_REPLY);
}

/* A thread that serves a call faults: its client waits on, and gets its answer once the fault is repaired. */
static void a_server_faults_and_goes_on(void **state)
{
    (void)state;
    struct setting s = setting_make();
    uint64_t client = make_thread(SELECTOR_TASK), gate = make_gate(s.faulty_selector, 0);
    wait_open(s.handler);
    wait_open(s.faulty);
    enter_as(thread_at(client), gate, tag_of(INVOKE_CALL, 1, 0), NULL);
    fault(&s);
    expect_exception(&s);
    expect_state(thread_at(client), THREAD_REPLY_WAIT);
    answer(&s, EXCEPTION_RESUME, 0);
    enter_as(s.faulty, 0, tag_of(INVOKE_REPLY_ONLY, 7, 0), NULL);
    expect_message(thread_at(client), 0, tag_of(INVOKE_REPLY_ONLY, 7, 0), NULL);
}

/* The exception takes the place of a caller: that one is told. */
static void an_exception_in_a_closed_receive_drops_the_caller(void **state)
{
    (void)state;
    struct setting s = setting_make();
    uint64_t client = make_thread(SELECTOR_TASK);
    wait_open(s.handler);
    enter_as(thread_at(client), s.gate, tag_of(INVOKE_CALL, 1, 0), NULL);
    enter_as(s.handler, s.faulty_selector, tag_of(INVOKE_RECV, 0, 0), NULL);
    fault(&s);
    expect_exception(&s);
    expect_receive_error(thread_at(client), ERR_CANCELED);
}

static void arguments_of_control(void **state)
{
    (void)state;
    struct thread *root = machine.root;
    uint64_t s = make_thread(SELECTOR_TASK);
    static const struct { uint64_t mask, gate, fs_base; unsigned error; } cases[] = {
        {0, ~0ull, ~0ull, 0}, {CONTROL_ALIEN << 1, 0, 0, ERR_BAD_ARGUMENT}, {1ull << 63, 0, 0, ERR_BAD_ARGUMENT},
        {CONTROL_EXCEPTION_GATE, SELECTOR_MAX, 0, 0}, {CONTROL_EXCEPTION_GATE, SELECTOR_MAX + 1, 0, ERR_BAD_ARGUMENT},
        {CONTROL_EXCEPTION_GATE, 1ull << 32, 0, ERR_BAD_ARGUMENT}, {CONTROL_FS_BASE, 0, USER_BOTTOM - 1, ERR_BAD_ARGUMENT},
        {CONTROL_FS_BASE, 0, USER_TOP, ERR_BAD_ARGUMENT}, {CONTROL_FS_BASE, 0, 1ull << 63, ERR_BAD_ARGUMENT},
        {CONTROL_FS_BASE, 0, 0, 0}, {CONTROL_FS_BASE, ~0ull, USER_TOP - 1, 0},
        {CONTROL_FS_BASE | CONTROL_EXCEPTION_GATE, 9, USER_TOP, ERR_BAD_ARGUMENT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(op(root, s, OP_THREAD_CONTROL, W(cases[i].mask, cases[i].gate, cases[i].fs_base)), cases[i].error);
    assert_int_equal(thread_at(s)->fs_base, USER_TOP - 1);
    assert_int_equal(thread_at(s)->exception_selector, SELECTOR_MAX);
}

static void arguments_of_ex_regs(void **state)
{
    (void)state;
    struct thread *root = machine.root;
    uint64_t s = make_thread(SELECTOR_TASK);
    static const uint64_t bad[] = {0, USER_BOTTOM - 1, USER_TOP, 1ull << 47, 1ull << 63, ~0ull};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(op(root, s, OP_THREAD_EX_REGS, W(bad[i], 0, EX_REGS_SET)), ERR_BAD_ARGUMENT);
    assert_int_equal(op(root, s, OP_THREAD_EX_REGS, W(0x1000, 0, 2)), ERR_BAD_ARGUMENT);
    op_ok(root, s, OP_THREAD_EX_REGS, W(USER_TOP - 1, ~0ull, EX_REGS_SET));
    op_ok(root, s, OP_THREAD_EX_REGS, W(0, 0, 0));
    assert_int_equal(out[0], USER_TOP - 1);
    assert_int_equal(out[1], ~0ull);
    op_ok(root, SELECTOR_THREAD, OP_THREAD_EX_REGS, W(0x700000, 0x900000, EX_REGS_SET)); /* its own */
    assert_int_equal(root->rip, 0x700000);
}

/* --- All registers ------------------------------------------------------------------------------------------------------------------------ */

static uint64_t *handler_state(const struct setting *s) { return &s->handler->utcb->words[REGISTER_WORDS]; }

/* Words 0..5 and, in the UTCB, what the handler got. */
static void answer_state(const struct setting *s, int32_t label, unsigned words, uint64_t rip, uint64_t rflags)
{
    enter_as(s->handler, 0, tag_of(INVOKE_REPLY_ONLY, label, words), W(0, 0, rip, 0, 0x7000, rflags));
    expect_nothing(s->handler);
}

static void handler_sees_and_sets_all_registers(void **state)
{
    (void)state;
    struct setting s = setting_make();
    wait_open(s.handler);
    s.faulty->rbp = 0x1bb;
    s.faulty->fs_base = 0x5000;
    fault(&s);
    for (unsigned i = 0; i < SAVED_REGISTERS; i++)
        assert_int_equal(handler_state(&s)[i], 0xabc0 + i);
    assert_int_equal(handler_state(&s)[SAVED_REGISTERS + 1], 0x5000);
    for (unsigned i = 0; i < SAVED_REGISTERS; i++)
        handler_state(&s)[i] = 0x700 + i;
    handler_state(&s)[SAVED_REGISTERS] = 0x1bc;
    handler_state(&s)[SAVED_REGISTERS + 1] = 0x6000;
    answer_state(&s, EXCEPTION_SET_STATE, EXCEPTION_WORDS, 0x400100, ~0ull);
    expect_state(s.faulty, THREAD_RUNNABLE);
    for (unsigned i = 0; i < SAVED_REGISTERS; i++)
        assert_int_equal(s.faulty->regs[registers[i]], 0x700 + i);
    assert_int_equal(s.faulty->rip, 0x400100);
    assert_int_equal(s.faulty->rsp, 0x7000);
    assert_int_equal(s.faulty->rbp, 0x1bc);
    assert_int_equal(s.faulty->fs_base, 0x6000);
    assert_int_equal(s.faulty->rflags, EXCEPTION_RFLAGS | 0x202);
}

static void state_that_cannot_be_resumed_changes_nothing(void **state)
{
    (void)state;
    static const struct { uint64_t rip, fs_base; unsigned words; } bad[] = {
        {USER_TOP, 0, EXCEPTION_WORDS}, {1ull << 47, 0, EXCEPTION_WORDS}, {0x400000, USER_TOP, EXCEPTION_WORDS},
        {0x400000, 1ull << 63, EXCEPTION_WORDS}, {0x400000, 0, EXCEPTION_WORDS - 1},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct setting s = setting_make();
        wait_open(s.handler);
        fault(&s);
        uint64_t rip = s.faulty->rip;
        handler_state(&s)[0] = 4711;
        handler_state(&s)[SAVED_REGISTERS + 1] = bad[i].fs_base;
        answer_state(&s, EXCEPTION_SET_STATE, bad[i].words, bad[i].rip, 0);
        expect_state(s.faulty, THREAD_STOPPED);
        assert_int_equal(s.faulty->rip, rip);
        expect_registers_kept(&s);
    }
}

static void only_system_calls_of_aliens_pass(void **state)
{
    (void)state;
    struct setting s = setting_make();
    wait_open(s.handler);
    fault(&s);
    answer_state(&s, EXCEPTION_PASS, 0, 0, 0);
    expect_state(s.faulty, THREAD_STOPPED);
    assert_false(s.faulty->alien_pass);
}

static void fpu_state_is_paid_for_by_the_factory_of_the_thread(void **state)
{
    (void)state;
    uint64_t s = make_thread(SELECTOR_TASK), used = machine.factory->used_bytes;
    op_ok(machine.root, s, OP_THREAD_CONTROL, W(CONTROL_FPU, 0, 0, 0, 1));
    op_ok(machine.root, s, OP_THREAD_CONTROL, W(CONTROL_FPU, 0, 0, 0, 1));
    assert_int_equal(machine.factory->used_bytes, used + PAGE_BYTES);
    op_ok(machine.root, s, OP_THREAD_CONTROL, W(CONTROL_FPU, 0, 0, 0, 0));
    assert_int_equal(machine.factory->used_bytes, used);
    switch_to(machine.root);
    host.allocations_left = 0;
    assert_int_equal(op(machine.root, s, OP_THREAD_CONTROL, W(CONTROL_FPU, 0, 0, 0, 1)), ERR_NO_MEMORY);
    host.allocations_left = UINT64_MAX;
    assert_int_equal(machine.factory->used_bytes, used);
    op_ok(machine.root, s, OP_THREAD_CONTROL, W(CONTROL_FPU | CONTROL_ALIEN, 0, 0, 0, 1, 1)); /* and dies with both */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MACHINE_TEST(delivered_to_a_waiting_handler),
        MACHINE_TEST(queued_for_a_busy_handler),
        MACHINE_TEST(received_in_a_closed_receive),
        MACHINE_TEST(resumed_where_it_was),
        MACHINE_TEST(resumed_by_reply_and_wait),
        MACHINE_TEST(handled_on_the_time_of_who_took_it),
        MACHINE_TEST(resumed_elsewhere),
        MACHINE_TEST(stopped_by_any_other_answer),
        MACHINE_TEST(stopped_without_a_handler),
        MACHINE_TEST(stopped_when_the_handler_drops_it),
        MACHINE_TEST(stopped_when_the_handler_dies),
        MACHINE_TEST(the_fault_of_a_dead_pager_is_an_exception),
        MACHINE_TEST(ex_regs_ends_an_exception),
        MACHINE_TEST(the_handler_may_destroy_the_thread),
        MACHINE_TEST(a_server_faults_and_goes_on),
        MACHINE_TEST(an_exception_in_a_closed_receive_drops_the_caller),
        MACHINE_TEST(handler_sees_and_sets_all_registers),
        MACHINE_TEST(state_that_cannot_be_resumed_changes_nothing),
        MACHINE_TEST(only_system_calls_of_aliens_pass),
        MACHINE_TEST(fpu_state_is_paid_for_by_the_factory_of_the_thread),
        MACHINE_TEST(arguments_of_control),
        MACHINE_TEST(arguments_of_ex_regs),
    };
    return machine_run("core_exception", tests);
}
