/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Interrupts as messages: triggers by software, and what the Icu lets one do.
 */
#include "workloads/lib/test.h"

#define IRQ SELECTOR_TEST(0)
#define OTHER SELECTOR_TEST(1)
#define WEAK SELECTOR_TEST(2)
#define LABEL 0x70
#define IRQ_TAG (tag_make(INVOKE_SEND, PROTO_IRQ, 1))

static const char *irq_make(void)
{
    CHECK_EQUAL(factory_create_irq(SELECTOR_FACTORY, IRQ), 0);
    CHECK_EQUAL(irq_bind(IRQ, SELECTOR_THREAD, LABEL), 0);
    return NULL;
}

static const char *message_is(struct message m, uint64_t label, uint64_t count)
{
    CHECK_EQUAL(m.tag, IRQ_TAG);
    CHECK_EQUAL(m.label, label);
    CHECK_EQUAL(m.w.w0, count);
    CHECK_EQUAL(m.w.w1 | m.w.w2 | m.w.w3 | m.w.w4 | m.w.w5, 0);
    return NULL;
}

static const char *counted(void)
{
    CHECK_NESTED(irq_make());
    for (unsigned i = 0; i < 5; i++)
        CHECK_EQUAL(irq_trigger(IRQ), 0);
    CHECK_NESTED(message_is(ipc_wait(TIMEOUT_RECEIVE_ZERO), LABEL, 5));
    CHECK_EQUAL(tag_error(ipc_wait(TIMEOUT_RECEIVE_ZERO).tag), ERR_TIMEOUT);
    CHECK_EQUAL(irq_trigger(IRQ), 0);
    return message_is(ipc_receive(IRQ, TIMEOUT_RECEIVE_ZERO), LABEL, 1);
}

static volatile uint64_t handled;
static struct message handler_message;

static void handler_run(void *arg)
{
    (void)arg;
    for (;;) {
        handler_message = ipc_wait(0);
        handled++;
    }
}

static void closed_handler_run(void *arg)
{
    for (;;) {
        handler_message = ipc_receive((uint64_t)arg, 0);
        handled++;
    }
}

static const char *handler_preempts(void)
{
    handled = 0;
    CHECK_EQUAL(factory_create_irq(SELECTOR_FACTORY, IRQ), 0);
    CHECK_EQUAL(worker_start(0, SELECTOR_TASK, handler_run, NULL, PRIORITY_ABOVE), 0);
    CHECK_EQUAL(irq_bind(IRQ, SELECTOR_WORKER(0), LABEL), 0);
    for (uint64_t i = 1; i <= 10; i++) {
        CHECK_EQUAL(irq_trigger(IRQ), 0);
        CHECK_EQUAL(handled, i);
        CHECK_NESTED(message_is(handler_message, LABEL, 1));
    }
    return NULL;
}

static const char *closed_receive(void)
{
    handled = 0;
    CHECK_EQUAL(factory_create_irq(SELECTOR_FACTORY, IRQ), 0);
    CHECK_EQUAL(factory_create_irq(SELECTOR_FACTORY, OTHER), 0);
    CHECK_EQUAL(worker_create(0, SELECTOR_TASK), 0);
    CHECK_EQUAL(irq_bind(IRQ, SELECTOR_WORKER(0), LABEL), 0);
    CHECK_EQUAL(irq_bind(OTHER, SELECTOR_WORKER(0), 0), 0);
    CHECK_EQUAL(worker_run(0, closed_handler_run, (void *)IRQ, PRIORITY_ABOVE), 0);
    CHECK_EQUAL(irq_trigger(OTHER), 0);
    CHECK_EQUAL(handled, 0);
    CHECK_EQUAL(irq_trigger(IRQ), 0);
    CHECK_EQUAL(handled, 1);
    CHECK_NESTED(message_is(handler_message, LABEL, 1));
    CHECK_EQUAL(tag_error(ipc_receive(IRQ, 0).tag), ERR_NO_PARTNER);
    return NULL;
}

static const char *before_senders(void)
{
    struct script s;

    CHECK_NESTED(irq_make());
    CHECK_EQUAL(gate_create_main(OTHER, 0x40), 0);
    script_init(&s, OTHER, TAG_INVOKE(INVOKE_SEND), MESSAGE_EMPTY);
    CHECK_EQUAL(script_start(0, SELECTOR_TASK, &s, PRIORITY_ABOVE), 0);
    CHECK_EQUAL(irq_trigger(IRQ), 0);
    CHECK_NESTED(message_is(ipc_wait(0), LABEL, 1));
    CHECK_EQUAL(ipc_wait(0).label & ~3ull, 0x40);
    return NULL;
}

static void triggering_client(void *arg)
{
    (void)arg;
    for (;;)
        ipc_call(OTHER, 0, MESSAGE_EMPTY);
}

static const char *server_gets_both(void)
{
    CHECK_NESTED(irq_make());
    CHECK_EQUAL(gate_create_main(OTHER, 0x40), 0);
    CHECK_EQUAL(worker_start(0, SELECTOR_TASK, triggering_client, NULL, PRIORITY_BELOW), 0);
    struct message m = ipc_wait(0);
    for (uint64_t i = 0; i < 10; i++) {
        CHECK_EQUAL(m.label & ~3ull, 0x40);
        CHECK_EQUAL(irq_trigger(IRQ), 0);
        /* reply_and_wait finds the trigger and leaves the fast path for it. */
        CHECK_NESTED(message_is(ipc_reply_and_wait(0, 0, MESSAGE_EMPTY), LABEL, 1));
        m = ipc_wait(0);
    }
    return NULL;
}

static const char *unbound_keeps_count(void)
{
    CHECK_EQUAL(factory_create_irq(SELECTOR_FACTORY, IRQ), 0);
    CHECK_EQUAL(irq_trigger(IRQ), 0);
    CHECK_EQUAL(irq_trigger(IRQ), 0);
    CHECK_EQUAL(irq_bind(IRQ, SELECTOR_THREAD, LABEL), 0);
    return message_is(ipc_wait(TIMEOUT_RECEIVE_ZERO), LABEL, 2);
}

static const char *rights(void)
{
    CHECK_NESTED(irq_make());
    CHECK_EQUAL(task_map_capability(SELECTOR_TASK, IRQ, WEAK, RIGHT_SEND), 0);
    CHECK_EQUAL(irq_trigger(WEAK), ERR_NO_RIGHT);
    CHECK_EQUAL(irq_eoi(WEAK), ERR_NO_RIGHT);
    CHECK_EQUAL(irq_bind(WEAK, SELECTOR_THREAD, 0), ERR_NO_RIGHT);
    CHECK_EQUAL(irq_bind(IRQ, SELECTOR_THREAD, 2), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(icu_operation(SELECTOR_ICU, OP_ICU_BIND, 5, WEAK), ERR_NO_RIGHT);
    return NULL;
}

static const char *icu_lines(void)
{
    struct message_words w = MESSAGE_EMPTY;

    CHECK_NESTED(irq_make());
    CHECK_EQUAL(factory_create_irq(SELECTOR_FACTORY, OTHER), 0);
    CHECK_EQUAL(object_call(SELECTOR_ICU, OP_ICU_INFO, 0, &w), 0);
    CHECK(w.w0 >= 16);
    uint64_t lines = w.w0, vectors = w.w1;
    CHECK_EQUAL(icu_operation(SELECTOR_ICU, OP_ICU_BIND, lines, IRQ), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(icu_operation(SELECTOR_ICU, OP_ICU_UNMASK, ICU_LINE_ISA + 7, 0), ERR_NO_PARTNER);
    CHECK_EQUAL(icu_operation(SELECTOR_ICU, OP_ICU_BIND, ICU_LINE_ISA + 7, IRQ), 0);
    CHECK_EQUAL(icu_operation(SELECTOR_ICU, OP_ICU_BIND, ICU_LINE_ISA + 7, OTHER), ERR_OCCUPIED);
    CHECK_EQUAL(icu_operation(SELECTOR_ICU, OP_ICU_BIND, ICU_LINE_ISA + 6, IRQ), ERR_OCCUPIED);
    CHECK_EQUAL(icu_operation(SELECTOR_ICU, OP_ICU_SET_MODE, ICU_LINE_ISA + 7, 4), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(icu_operation(SELECTOR_ICU, OP_ICU_UNBIND, ICU_LINE_ISA + 7, 0), 0);
    CHECK_EQUAL(icu_operation(SELECTOR_ICU, OP_ICU_BIND, ICU_LINE_ISA + 7, OTHER), 0);
    CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, OTHER), 0);
    w = (struct message_words){ .w0 = IRQ };
    CHECK_EQUAL(object_call(SELECTOR_ICU, OP_ICU_MSI, 1, &w), 0);
    CHECK_EQUAL(w.w0 >> 20, 0xfee);
    CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, IRQ), 0);
    CHECK_EQUAL(object_call(SELECTOR_ICU, OP_ICU_INFO, 0, &w), 0);
    CHECK_EQUAL(w.w1, vectors);
    return NULL;
}

const struct test tests[] = {
    { "irq: triggers are counted until they are taken", counted },
    { "irq: a trigger runs a handler of higher priority at once", handler_preempts },
    { "irq: a closed receive takes triggers of that Irq alone, and is its thread's alone", closed_receive },
    { "irq: triggers are taken before messages of senders", before_senders },
    { "irq: reply_and_wait takes triggers", server_gets_both },
    { "irq: without a thread the count is kept", unbound_keeps_count },
    { "irq: bind, trigger and eoi need a right each", rights },
    { "icu: lines and vectors have one Irq each, and are free again when it goes", icu_lines },
};
const size_t test_count = sizeof tests / sizeof tests[0];
