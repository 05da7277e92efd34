/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Interrupts as a specification: triggers by software and by devices, lines and their modes.
 */
#include "kernel/test/machine.h"

#include "kernel/core/irq.h"
#include "kernel/core/timeout.h"

#define LABEL 0x70
#define IRQ_TAG ((uint64_t)(int64_t)PROTO_IRQ << TAG_LABEL_SHIFT | TAG_INVOKE(INVOKE_SEND) | 1)

static uint64_t make_irq(void)
{
    uint64_t selector = selector_new();
    op_ok(machine.root, SELECTOR_FACTORY, OP_FACTORY_CREATE, W(KIND_IRQ, selector));
    return selector;
}

static unsigned trigger(uint64_t irq) { return op(machine.root, irq, OP_IRQ_TRIGGER, NULL); }
static unsigned icu(int32_t operation, uint64_t line, uint64_t argument)
{
    return op(machine.root, SELECTOR_ICU, operation, W(line, argument));
}

static struct thread *make_handler(uint64_t irq)
{
    uint64_t selector = make_thread(SELECTOR_TASK);
    op_ok(machine.root, irq, OP_IRQ_BIND, W(selector, LABEL));
    return thread_at(selector);
}

static void wait_open(struct thread *t) { enter_as(t, 0, tag_of(INVOKE_WAIT, 0, 0), NULL); }

static void trigger_is_a_message_to_who_waits(void **state)
{
    (void)state;
    uint64_t irq = make_irq();
    struct thread *t = make_handler(irq);
    wait_open(t);
    assert_int_equal(trigger(irq), 0);
    expect_message(t, LABEL, IRQ_TAG, W(1));
}

/* A driver answers its client and waits for its device at once. */
static void reply_and_receive_takes_an_irq(void **state)
{
    (void)state;
    uint64_t irq = make_irq(), strange = make_irq();
    struct thread *t = make_handler(irq), *client = thread_at(make_thread(SELECTOR_TASK));
    uint64_t gate = make_gate(machine.selector_next - 2, 0x40);
    for (unsigned before = 0; before < 2; before++) {
        wait_open(t);
        enter_as(client, gate, tag_of(INVOKE_CALL, 0, 0), NULL);
        enter_as(t, strange, tag_of(INVOKE_REPLY_AND_RECEIVE, 0, 0), NULL);
        expect_error(t, ERR_NO_PARTNER); /* before the reply: the client still waits */
        expect_state(client, THREAD_REPLY_WAIT);
        if (before)
            assert_int_equal(trigger(irq), 0);
        enter_as(t, irq, tag_of(INVOKE_REPLY_AND_RECEIVE, 0, 0), NULL);
        expect_state(client, THREAD_RUNNABLE);
        expect_state(t, before ? THREAD_RUNNABLE : THREAD_IRQ_WAIT);
        if (!before)
            assert_int_equal(trigger(irq), 0);
        expect_message(t, LABEL, IRQ_TAG, W(1));
    }
    wait_open(t);
    enter_as(client, gate, tag_of(INVOKE_CALL, 0, 0), NULL);
    enter_as(t, irq, tag_of(INVOKE_REPLY_AND_RECEIVE, 0, 0) | RECEIVE_ZERO, NULL);
    expect_receive_error(t, ERR_TIMEOUT);
}

static void triggers_are_counted_until_taken(void **state)
{
    (void)state;
    uint64_t irq = make_irq(), other = make_irq();
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(trigger(irq), 0);
    op_ok(machine.root, irq, OP_IRQ_INFO, NULL);
    assert_int_equal(out[1], 3);
    struct thread *t = make_handler(irq);
    op_ok(machine.root, other, OP_IRQ_BIND, W(machine.selector_next - 1, LABEL + 4));
    assert_int_equal(trigger(other), 0);
    assert_int_equal(trigger(irq), 0);
    wait_open(t); /* in the order in which they became pending */
    expect_message(t, LABEL, IRQ_TAG, W(4));
    wait_open(t);
    expect_message(t, LABEL + 4, IRQ_TAG, W(1));
    wait_open(t);
    expect_state(t, THREAD_OPEN_WAIT);
}

static void interrupts_come_before_senders(void **state)
{
    (void)state;
    uint64_t irq = make_irq();
    struct thread *t = make_handler(irq), *sender = thread_at(make_thread(SELECTOR_TASK));
    uint64_t gate = make_gate(machine.selector_next - 2, 0x40);
    enter_as(sender, gate, tag_of(INVOKE_SEND, 0, 0), NULL);
    assert_int_equal(trigger(irq), 0);
    wait_open(t);
    expect_message(t, LABEL, IRQ_TAG, W(1));
    wait_open(t);
    assert_int_equal(seen_label(t), 0x43);
}

/* What is pending keeps the reply off the fast path, and is served by it. */
static void reply_and_wait_takes_what_is_pending(void **state)
{
    (void)state;
    uint64_t irq = make_irq();
    struct thread *t = make_handler(irq), *client = thread_at(make_thread(SELECTOR_TASK));
    uint64_t gate = make_gate(machine.selector_next - 2, 0x40);
    wait_open(t);
    enter_as(client, gate, tag_of(INVOKE_CALL, 0, 0), NULL);
    assert_ptr_equal(current(), t);
    assert_int_equal(trigger(irq), 0);
    enter_as(t, 0, tag_of(INVOKE_REPLY_AND_WAIT, 0, 0), NULL);
    assert_false(machine.took_fast_path);
    expect_message(t, LABEL, IRQ_TAG, W(1));
    expect_message(client, 0, tag_of(INVOKE_REPLY_AND_WAIT, 0, 0), NULL);
}

static void closed_receive_takes_that_one_alone(void **state)
{
    (void)state;
    uint64_t irq = make_irq(), other = make_irq();
    struct thread *t = make_handler(irq);
    op_ok(machine.root, other, OP_IRQ_BIND, W(machine.selector_next - 1, 0));
    enter_as(t, irq, tag_of(INVOKE_RECV, 0, 0), NULL);
    expect_state(t, THREAD_IRQ_WAIT);
    assert_int_equal(trigger(other), 0);
    expect_state(t, THREAD_IRQ_WAIT);
    assert_int_equal(trigger(irq), 0);
    expect_message(t, LABEL, IRQ_TAG, W(1));
    enter_as(t, irq, tag_of(INVOKE_RECV, 0, 0) | RECEIVE_ZERO, NULL);
    expect_receive_error(t, ERR_TIMEOUT);
    enter_as(t, other, tag_of(INVOKE_RECV, 0, 0), NULL);
    expect_message(t, 0, IRQ_TAG, W(1));
    enter_as(machine.root, irq, tag_of(INVOKE_RECV, 0, 0), NULL);
    expect_receive_error(machine.root, ERR_NO_PARTNER);
}

static void closed_receive_may_be_limited_canceled_or_orphaned(void **state)
{
    (void)state;
    uint64_t irq = make_irq(), handler;
    struct thread *t = make_handler(irq);
    handler = machine.selector_next - 1;
    t->utcb->receive_timeout = 5000;
    enter_as(t, irq, tag_of(INVOKE_RECV, 0, 0) | (uint64_t)TIMEOUT_RELATIVE << TAG_RECEIVE_TIMEOUT_SHIFT, NULL);
    time_pass(5000);
    expect_receive_error(t, ERR_TIMEOUT);
    enter_as(t, irq, tag_of(INVOKE_RECV, 0, 0), NULL);
    op_ok(machine.root, handler, OP_THREAD_EX_REGS, W(0, 0, 0));
    expect_receive_error(t, ERR_CANCELED);
    enter_as(t, irq, tag_of(INVOKE_RECV, 0, 0), NULL);
    destroy(irq);
    expect_receive_error(t, ERR_NO_PARTNER);
}

static void handler_may_die(void **state)
{
    (void)state;
    uint64_t irq = make_irq();
    make_handler(irq);
    uint64_t handler = machine.selector_next - 1;
    assert_int_equal(trigger(irq), 0);
    destroy(handler);
    assert_int_equal(trigger(irq), 0);
    op_ok(machine.root, irq, OP_IRQ_INFO, NULL);
    assert_int_equal(out[1], 2);
    assert_int_equal(out[2], 0);
    struct thread *t = make_handler(irq); /* the next one gets them all */
    wait_open(t);
    expect_message(t, LABEL, IRQ_TAG, W(2));
}

/* --- Lines ------------------------------------------------------------------------------------------------------------------------------- */

static void device_handle(unsigned vector) { assert_true(irq_arrived(vector)); }

static void device_interrupt(unsigned line)
{
    assert_false(host.lines[line].masked);
    current()->full_context = true;
    machine_interrupt(device_handle, host.lines[line].vector);
}

static void edge_line_triggers(void **state)
{
    (void)state;
    uint64_t irq = make_irq();
    struct thread *t = make_handler(irq);
    assert_int_equal(icu(OP_ICU_BIND, ICU_LINE_ISA + 0, irq), 0); /* ISA line 0 is connected to line 2 */
    assert_true(host.lines[2].masked);
    assert_int_equal(icu(OP_ICU_UNMASK, 2, 0), 0);
    wait_open(t);
    device_interrupt(2);
    assert_int_equal(host.irq_ends, 1);
    expect_message(t, LABEL, IRQ_TAG, W(1));
    assert_false(host.lines[2].masked);
    device_interrupt(2);
    device_interrupt(2);
    wait_open(t);
    expect_message(t, LABEL, IRQ_TAG, W(2));
    assert_int_equal(icu(OP_ICU_MASK, 2, 0), 0);
    assert_true(host.lines[2].masked);
}

static void level_line_is_silent_until_its_end(void **state)
{
    (void)state;
    uint64_t irq = make_irq();
    struct thread *t = make_handler(irq);
    assert_int_equal(icu(OP_ICU_BIND, HOST_LINE_LEVEL, irq), 0);
    assert_int_equal(host.lines[HOST_LINE_LEVEL].mode, ICU_MODE_LEVEL | ICU_MODE_LOW);
    assert_int_equal(icu(OP_ICU_UNMASK, HOST_LINE_LEVEL, 0), 0);
    wait_open(t);
    device_interrupt(HOST_LINE_LEVEL);
    assert_true(host.lines[HOST_LINE_LEVEL].masked);
    assert_int_equal(op(machine.root, irq, OP_IRQ_EOI, NULL), 0);
    assert_false(host.lines[HOST_LINE_LEVEL].masked);
    device_interrupt(HOST_LINE_LEVEL);
    assert_int_equal(icu(OP_ICU_MASK, HOST_LINE_LEVEL, 0), 0);
    assert_int_equal(op(machine.root, irq, OP_IRQ_EOI, NULL), 0);
    assert_true(host.lines[HOST_LINE_LEVEL].masked);
}

static void mode_is_the_users(void **state)
{
    (void)state;
    uint64_t irq = make_irq();
    assert_int_equal(icu(OP_ICU_SET_MODE, 5, 0), ERR_NO_PARTNER);
    assert_int_equal(icu(OP_ICU_BIND, 5, irq), 0);
    assert_int_equal(icu(OP_ICU_SET_MODE, 5, ICU_MODE_LOW), 0);
    assert_int_equal(host.lines[5].mode, ICU_MODE_LOW);
    assert_int_equal(icu(OP_ICU_SET_MODE, 5, 4), ERR_BAD_ARGUMENT);
    assert_int_equal(icu(OP_ICU_SET_MODE, 5, 0), 0);
}

static void line_and_irq_have_one_partner(void **state)
{
    (void)state;
    uint64_t irq = make_irq(), other = make_irq();
    assert_int_equal(icu(OP_ICU_BIND, 5, irq), 0);
    assert_int_equal(icu(OP_ICU_BIND, 5, other), ERR_OCCUPIED);
    assert_int_equal(icu(OP_ICU_BIND, 6, irq), ERR_OCCUPIED);
    assert_int_equal(op(machine.root, SELECTOR_ICU, OP_ICU_MSI, W(irq)), ERR_OCCUPIED);
    assert_int_equal(icu(OP_ICU_UNBIND, 5, 0), 0);
    assert_int_equal(icu(OP_ICU_BIND, 5, other), 0);
    assert_int_equal(icu(OP_ICU_UNMASK, 5, 0), 0);
    destroy(other);
    assert_true(host.lines[5].masked);
    assert_int_equal(icu(OP_ICU_UNMASK, 5, 0), ERR_NO_PARTNER);
    assert_int_equal(icu(OP_ICU_BIND, HOST_LINES, irq), ERR_BAD_ARGUMENT);
    assert_int_equal(icu(OP_ICU_BIND, ICU_LINE_ISA + 16, irq), ERR_BAD_ARGUMENT);
    assert_int_equal(icu(OP_ICU_BIND, 5, SELECTOR_TASK), ERR_BAD_ARGUMENT);
    assert_int_equal(op(machine.root, SELECTOR_ICU, OP_ICU_BIND, W(5, irq, 1)), ERR_BAD_ARGUMENT); /* no such CPU */
    assert_int_equal(op(machine.root, SELECTOR_ICU, OP_ICU_MSI, W(irq, ~0ull)), ERR_BAD_ARGUMENT);
    assert_int_equal(icu(OP_ICU_BIND, 5, 4000), ERR_NO_CAPABILITY);
}

static void vectors_of_messages_run_out_and_come_back(void **state)
{
    (void)state;
    uint64_t irq[IRQ_VECTORS + 1];
    op_ok(machine.root, SELECTOR_ICU, OP_ICU_INFO, NULL);
    assert_int_equal(out[0], HOST_LINES);
    assert_int_equal(out[1], IRQ_VECTORS);
    for (unsigned i = 0; i < IRQ_VECTORS; i++) {
        irq[i] = make_irq();
        op_ok(machine.root, SELECTOR_ICU, OP_ICU_MSI, W(irq[i]));
        assert_true(out[1] >= IRQ_VECTOR_FIRST);
    }
    irq[IRQ_VECTORS] = make_irq();
    assert_int_equal(op(machine.root, SELECTOR_ICU, OP_ICU_MSI, W(irq[IRQ_VECTORS])), ERR_NO_MEMORY);
    destroy(irq[7]);
    op_ok(machine.root, SELECTOR_ICU, OP_ICU_MSI, W(irq[IRQ_VECTORS]));
    struct thread *t = make_handler(irq[IRQ_VECTORS]);
    wait_open(t);
    current()->full_context = true;
    machine_interrupt(device_handle, IRQ_VECTOR_FIRST + 7);
    expect_message(t, LABEL, IRQ_TAG, W(1));
}

static void rights_are_checked(void **state)
{
    (void)state;
    uint64_t irq = make_irq(), weak = selector_new(), icu_weak = selector_new();
    struct thread *root = machine.root;
    make_copy(SELECTOR_TASK, irq, weak, RIGHT_SEND);
    make_copy(SELECTOR_TASK, SELECTOR_ICU, icu_weak, RIGHT_SEND);
    assert_int_equal(op(root, weak, OP_IRQ_TRIGGER, NULL), ERR_NO_RIGHT);
    assert_int_equal(op(root, weak, OP_IRQ_EOI, NULL), ERR_NO_RIGHT);
    assert_int_equal(op(root, weak, OP_IRQ_BIND, W(SELECTOR_THREAD)), ERR_NO_RIGHT);
    assert_int_equal(op(root, weak, OP_IRQ_INFO, NULL), 0);
    assert_int_equal(op(root, irq, OP_IRQ_BIND, W(SELECTOR_THREAD, 1)), ERR_BAD_ARGUMENT);
    assert_int_equal(op(root, irq, 0x8ff, NULL), ERR_BAD_OPERATION);
    assert_int_equal(op(root, icu_weak, OP_ICU_INFO, NULL), 0);
    assert_int_equal(op(root, icu_weak, OP_ICU_BIND, W(5, irq)), ERR_NO_RIGHT);
    assert_int_equal(icu(OP_ICU_BIND, 5, weak), ERR_NO_RIGHT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MACHINE_TEST(reply_and_receive_takes_an_irq),
        MACHINE_TEST(trigger_is_a_message_to_who_waits), MACHINE_TEST(triggers_are_counted_until_taken),
        MACHINE_TEST(interrupts_come_before_senders), MACHINE_TEST(reply_and_wait_takes_what_is_pending),
        MACHINE_TEST(closed_receive_takes_that_one_alone), MACHINE_TEST(closed_receive_may_be_limited_canceled_or_orphaned),
        MACHINE_TEST(handler_may_die), MACHINE_TEST(edge_line_triggers), MACHINE_TEST(level_line_is_silent_until_its_end),
        MACHINE_TEST(mode_is_the_users), MACHINE_TEST(line_and_irq_have_one_partner),
        MACHINE_TEST(vectors_of_messages_run_out_and_come_back), MACHINE_TEST(rights_are_checked),
    };
    return machine_run_tests("core_irq", tests, sizeof tests / sizeof *tests);
}
