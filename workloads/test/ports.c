/* SPDX-License-Identifier: BSD-2-Clause
 *
 * I/O ports of a task, and with them a device whose interrupts are messages: channel 0 of the PIT (Intel 8254).
 */
#include "harness/measure/tsc.h"
#include "workloads/lib/instructions.h"
#include "workloads/lib/service.h"
#include "workloads/lib/test.h"

#define IRQ SELECTOR_TEST(0)
#define GATE SELECTOR_TEST(1)
#define VECTOR_PROTECTION 13
#define PIT_CHANNEL_0 0x40
#define PIT_CONTROL 0x43
#define PIT_ONE_SHOT 0x30      /* channel 0, both bytes, mode 0 */
#define PIT_PORTS 4
#define PIT_SIZE 2             /* 2^n of them */
#define PIT_COUNTS 100
#define PIT_COUNTS_MAX 0xffff /* 55 ms */
#define IRQ_TAG (tag_make(INVOKE_SEND, PROTO_IRQ, 1))
#define MUCH_TICKS (1ull << 34)

static struct utcb *const utcb = (struct utcb *)PROGRAM_UTCB_ADDRESS;

static void read_run(void *arg)
{
    port_read((uint64_t)arg);
}

static const char *refused(uint64_t port, bool expected)
{
    struct fault f;

    CHECK(fault_catch(read_run, port, &f));
    CHECK_EQUAL(f.happened, expected);
    if (expected)
        CHECK_EQUAL(f.vector, VECTOR_PROTECTION);
    return NULL;
}

static const char *exactly_those(void)
{
    CHECK_NESTED(refused(PIT_CONTROL, true));
    CHECK_EQUAL(service_ports(PIT_CHANNEL_0, PIT_SIZE), 0);
    for (uint64_t port = PIT_CHANNEL_0 - 1; port <= PIT_CHANNEL_0 + PIT_PORTS; port++)
        CHECK_NESTED(refused(port, port < PIT_CHANNEL_0 || port == PIT_CHANNEL_0 + PIT_PORTS));
    CHECK_NESTED(refused(65535, true));
    return NULL;
}

static const char *taken_back_whole(void)
{
    CHECK_EQUAL(service_ports(PIT_CHANNEL_0, PIT_SIZE), 0);
    CHECK_EQUAL(service_ports(0x80, 0), 0);
    CHECK_EQUAL(task_unmap_flexpage(SELECTOR_TASK, flexpage_ports(PIT_CHANNEL_0 + 1, 0), UNMAP_DERIVED), 0);
    CHECK_NESTED(refused(PIT_CHANNEL_0, false));
    CHECK_EQUAL(task_unmap_flexpage(SELECTOR_TASK, flexpage_ports(PIT_CHANNEL_0 + 1, 0), 0), 0);
    CHECK_NESTED(refused(PIT_CHANNEL_0, true));
    CHECK_NESTED(refused(PIT_CHANNEL_0 + 3, true));
    CHECK_NESTED(refused(0x80, false));
    return NULL;
}

static const char *arguments(void)
{
    CHECK_EQUAL(service_ports(PIT_CHANNEL_0, PIT_SIZE), 0);
    CHECK_EQUAL(service_ports(65535, 0), 0);
    CHECK_NESTED(refused(65535, false));
    CHECK_EQUAL(service_ports(65535, 1), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(task_map_flexpage(SELECTOR_TASK, flexpage_ports(0, 17), 0), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(task_map_flexpage(SELECTOR_TASK, flexpage_ports(65536, 0), 0), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(task_map_flexpage(SELECTOR_TASK, flexpage_ports(0, 16), 0), ERR_NO_RIGHT);
    CHECK_EQUAL(task_map_flexpage(SELECTOR_TASK, flexpage_ports(PIT_CHANNEL_0, PIT_SIZE), 0), ERR_OCCUPIED);
    CHECK_EQUAL(task_unmap_flexpage(SELECTOR_TASK, flexpage_ports(1, 1), 0), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(task_unmap_flexpage(SELECTOR_TASK, flexpage_ports(0, 16), UNMAP_DERIVED + 1), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(task_unmap_flexpage(SELECTOR_TASK, flexpage_ports(0, 16), 0), 0);
    CHECK_NESTED(refused(PIT_CHANNEL_0, true));
    CHECK_NESTED(refused(65535, true));
    return NULL;
}

static const char *at_most_128_ranges(void)
{
    for (uint64_t i = 0; i < 128; i++)
        CHECK_EQUAL(service_ports(0x1000 + 2 * i, 0), 0);
    CHECK_EQUAL(service_ports(0x1000 + 256, 0), ERR_NO_MEMORY);
    CHECK_EQUAL(task_unmap_flexpage(SELECTOR_TASK, flexpage_ports(0x1002, 0), 0), 0);
    CHECK_EQUAL(service_ports(0x1000 + 256, 0), 0);
    return NULL;
}

/* --- In messages -------------------------------------------------------------------------------------------------------------------- */

static volatile uint64_t server_tag, server_item, server_requests, server_window;

/* Worker 0 in the peer task: takes ports, and reads one when it is asked to (word 0). */
static void ports_server(void *arg)
{
    struct utcb *own = worker_utcb(0);
    (void)arg;
    own->window_ports = server_window;
    struct message m = ipc_wait(0);
    for (;;) {
        server_tag = m.tag;
        server_item = own->items[0].flexpage;
        server_requests++;
        if (m.w.w0)
            port_read(m.w.w0);
        own->window_ports = server_window;
        m = ipc_reply_and_wait(0, 0, MESSAGE_EMPTY);
    }
}

static const char *server_start(uint64_t window)
{
    server_tag = server_item = server_requests = 0;
    server_window = window;
    CHECK_EQUAL(service_ports(PIT_CHANNEL_0, PIT_SIZE), 0);
    CHECK_EQUAL(peer_create(), 0);
    CHECK_EQUAL(worker_start(0, SELECTOR_PEER_TASK, ports_server, NULL, PRIORITY_ABOVE), 0);
    CHECK_EQUAL(gate_create(GATE, 0, 0), 0);
    return NULL;
}

static int32_t send_ports(uint64_t flexpage)
{
    utcb->items[0] = (struct utcb_item){flexpage, 0x123456789};
    return tag_error(ipc_call(GATE, 1 << TAG_ITEMS_SHIFT, MESSAGE_EMPTY).tag);
}

static int32_t server_reads(uint64_t port)
{
    return tag_error(ipc_call(GATE, 1, (struct message_words){.w0 = port}).tag);
}

static const char *mapped_by_message(void)
{
    CHECK_NESTED(server_start(flexpage_ports(0, 16)));
    CHECK_EQUAL(send_ports(flexpage_ports(PIT_CHANNEL_0, 1)), 0);
    CHECK_EQUAL(server_tag >> TAG_ITEMS_SHIFT & ITEMS_MASK, 1);
    CHECK_EQUAL(server_item, flexpage_ports(PIT_CHANNEL_0, 1));
    CHECK_EQUAL(server_reads(PIT_CHANNEL_0 + 1), 0);
    CHECK_NESTED(refused(PIT_CHANNEL_0, false));
    CHECK_EQUAL(send_ports(flexpage_ports(PIT_CHANNEL_0, 1)), ERR_OCCUPIED);
    CHECK_EQUAL(send_ports(flexpage_ports(PIT_CHANNEL_0, 3)), ERR_NO_RIGHT);
    CHECK_EQUAL(send_ports(flexpage_ports(PIT_CHANNEL_0 + 1, 1)), ERR_BAD_ARGUMENT);
    return NULL;
}

static const char *granted_by_message(void)
{
    CHECK_NESTED(server_start(flexpage_ports(PIT_CHANNEL_0, PIT_SIZE)));
    CHECK_EQUAL(send_ports(flexpage_ports(PIT_CHANNEL_0, 1) | FLEXPAGE_GRANT), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(send_ports(flexpage_ports(PIT_CHANNEL_0, PIT_SIZE) | FLEXPAGE_GRANT), 0);
    CHECK_EQUAL(server_reads(PIT_CHANNEL_0), 0);
    CHECK_NESTED(refused(PIT_CHANNEL_0, true));
    return NULL;
}

static const char *window_decides(void)
{
    CHECK_NESTED(server_start(flexpage_ports(PIT_CHANNEL_0 + 2, 1)));
    CHECK_EQUAL(send_ports(flexpage_ports(PIT_CHANNEL_0 + 1, 0)), ERR_NO_WINDOW);
    CHECK_EQUAL(send_ports(flexpage_ports(PIT_CHANNEL_0, PIT_SIZE)), ERR_NO_WINDOW);
    CHECK_EQUAL(send_ports(flexpage_ports(PIT_CHANNEL_0 + 3, 0)), 0);
    server_window = 0;
    CHECK_EQUAL(tag_error(ipc_call(GATE, 0, MESSAGE_EMPTY).tag), 0); /* it closes its window */
    CHECK_EQUAL(send_ports(flexpage_ports(PIT_CHANNEL_0 + 2, 0)), ERR_NO_WINDOW);
    CHECK_EQUAL(server_requests, 2);
    return NULL;
}

/* The peer's fault comes to the main thread. */
static const char *server_faults(uint64_t port)
{
    struct fault f;

    CHECK_EQUAL(task_map_capability(SELECTOR_PEER_TASK, SELECTOR_TASK, SELECTOR_FREE, 0), 0);
    CHECK_EQUAL(gate_create_main(IRQ, 0), 0);
    CHECK_EQUAL(task_map_capability(SELECTOR_PEER_TASK, IRQ, SELECTOR_FREE + 1, RIGHT_SEND), 0);
    CHECK_EQUAL(thread_set_exception_gate(SELECTOR_WORKER(0), SELECTOR_FREE + 1), 0);
    CHECK_EQUAL(tag_error(ipc_send(GATE, 1, (struct message_words){.w0 = port}).tag), 0);
    fault_take(&f);
    CHECK(f.happened);
    CHECK_EQUAL(f.vector, VECTOR_PROTECTION);
    return NULL;
}

static const char *revoked_from_all_derived(void)
{
    CHECK_NESTED(server_start(flexpage_ports(0, 16)));
    CHECK_EQUAL(send_ports(flexpage_ports(PIT_CHANNEL_0, 1)), 0);
    CHECK_EQUAL(server_reads(PIT_CHANNEL_0 + 1), 0);
    CHECK_EQUAL(task_unmap_flexpage(SELECTOR_TASK, flexpage_ports(PIT_CHANNEL_0, PIT_SIZE), UNMAP_DERIVED), 0);
    CHECK_NESTED(refused(PIT_CHANNEL_0, false));
    return server_faults(PIT_CHANNEL_0 + 1);
}

static const char *gone_with_the_task_that_passed_them_on(void)
{
    uint64_t quota, used, after;

    CHECK_EQUAL(service_ports(PIT_CHANNEL_0, PIT_SIZE), 0);
    CHECK_EQUAL(factory_info(SELECTOR_FACTORY, &quota, &used), 0);
    CHECK_EQUAL(factory_create_task(SELECTOR_FACTORY, GATE), 0);
    CHECK_EQUAL(task_map_flexpage(GATE, flexpage_ports(PIT_CHANNEL_0, PIT_SIZE) | FLEXPAGE_GRANT, 0), 0);
    CHECK_NESTED(refused(PIT_CHANNEL_0, true));
    CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, GATE), 0);
    CHECK_EQUAL(factory_info(SELECTOR_FACTORY, &quota, &after), 0);
    CHECK(after <= used);
    CHECK_EQUAL(service_ports(PIT_CHANNEL_0, PIT_SIZE), 0); /* nobody has them */
    return NULL;
}

static void peer_server(void *arg)
{
    struct message m = ipc_wait(0);

    (void)arg;
    while (!tag_failed(m.tag))
        m = ipc_reply_and_wait(0, 0, m.w);
}

/* A fast IPC between a task with ports and one without must not leave the ports open, nor close them for good. */
static const char *own_over_ipc(void)
{
    struct fault f;

    CHECK_EQUAL(service_ports(PIT_CHANNEL_0, PIT_SIZE), 0);
    CHECK_EQUAL(peer_create(), 0);
    CHECK_EQUAL(worker_start(0, SELECTOR_PEER_TASK, peer_server, NULL, PRIORITY_ABOVE), 0);
    CHECK_EQUAL(gate_create(GATE, 0, 0), 0);
    for (unsigned i = 0; i < 3; i++) {
        port_read(PIT_CHANNEL_0);
        CHECK_EQUAL(tag_error(ipc_call(GATE, 0, MESSAGE_EMPTY).tag), 0);
        port_read(PIT_CHANNEL_0);
    }
    /* The peer itself has none. */
    CHECK_EQUAL(worker_create(1, SELECTOR_PEER_TASK), 0);
    CHECK_EQUAL(task_map_capability(SELECTOR_PEER_TASK, SELECTOR_TASK, SELECTOR_FREE, 0), 0);
    CHECK_EQUAL(gate_create_main(IRQ, 0), 0);
    CHECK_EQUAL(task_map_capability(SELECTOR_PEER_TASK, IRQ, SELECTOR_FREE + 1, RIGHT_SEND), 0);
    CHECK_EQUAL(thread_set_exception_gate(SELECTOR_WORKER(1), SELECTOR_FREE + 1), 0);
    port_read(PIT_CHANNEL_0);
    CHECK_EQUAL(worker_run(1, read_run, (void *)PIT_CHANNEL_0, PRIORITY_ABOVE), 0);
    fault_take(&f);
    CHECK(f.happened);
    CHECK_EQUAL(f.vector, VECTOR_PROTECTION);
    port_read(PIT_CHANNEL_0);
    return NULL;
}

static void pit_load(unsigned counts)
{
    port_write(PIT_CONTROL, PIT_ONE_SHOT);
    port_write(PIT_CHANNEL_0, (uint8_t)counts);
    port_write(PIT_CHANNEL_0, (uint8_t)(counts >> 8));
}

static void pit_start(void) { pit_load(PIT_COUNTS); }

static const char *pit_prepare(void)
{
    CHECK_EQUAL(service_ports(PIT_CHANNEL_0, PIT_SIZE), 0);
    /* An emulator ends the period that the firmware began although the mode is another one now, but not when it has been loaded anew: the
     * longest one, which ends when the line is open and is waited for, unless the host was slow. */
    pit_load(PIT_COUNTS_MAX);
    CHECK_EQUAL(factory_create_irq(SELECTOR_FACTORY, IRQ), 0);
    CHECK_EQUAL(irq_bind(IRQ, SELECTOR_THREAD, 0x70), 0);
    CHECK_EQUAL(icu_operation(SELECTOR_ICU, OP_ICU_BIND, ICU_LINE_ISA + 0, IRQ), 0);
    CHECK_EQUAL(icu_operation(SELECTOR_ICU, OP_ICU_UNMASK, ICU_LINE_ISA + 0, 0), 0);
    utcb->receive_timeout = MUCH_TICKS >> 4;
    (void)ipc_receive(IRQ, ABI_CONST(uint64_t, TIMEOUT_RELATIVE) << TAG_RECEIVE_TIMEOUT_SHIFT);
    CHECK_EQUAL(irq_eoi(IRQ), 0);
    utcb->receive_timeout = MUCH_TICKS;
    return NULL;
}

static const char *device_interrupts_idle(void)
{
    CHECK_NESTED(pit_prepare());
    for (unsigned i = 0; i < 3; i++) {
        pit_start();
        struct message m = ipc_receive(IRQ, ABI_CONST(uint64_t, TIMEOUT_RELATIVE) << TAG_RECEIVE_TIMEOUT_SHIFT);
        CHECK_EQUAL(m.tag, IRQ_TAG);
        CHECK_EQUAL(m.label, 0x70);
        CHECK_EQUAL(m.w.w0, 1);
        CHECK_EQUAL(irq_eoi(IRQ), 0);
    }
    return NULL;
}

static volatile uint64_t handled;

static void handler_run(void *arg)
{
    (void)arg;
    for (;;)
        if (!tag_failed(ipc_wait(0).tag))
            handled++;
}

static const char *device_interrupts_user_mode(void)
{
    handled = 0;
    CHECK_NESTED(pit_prepare());
    CHECK_EQUAL(worker_start(0, SELECTOR_TASK, handler_run, NULL, PRIORITY_ABOVE), 0);
    CHECK_EQUAL(irq_bind(IRQ, SELECTOR_WORKER(0), 0), 0);
    for (uint64_t i = 1; i <= 3; i++) {
        pit_start();
        uint64_t end = tsc_begin() + MUCH_TICKS;
        while (handled < i && tsc_begin() < end)
            ;
        CHECK_EQUAL(handled, i);
    }
    return NULL;
}

static const char *masked_is_silent(void)
{
    CHECK_NESTED(pit_prepare());
    CHECK_EQUAL(icu_operation(SELECTOR_ICU, OP_ICU_MASK, ICU_LINE_ISA + 0, 0), 0);
    pit_start();
    utcb->receive_timeout = MUCH_TICKS >> 10;
    struct message m = ipc_receive(IRQ, ABI_CONST(uint64_t, TIMEOUT_RELATIVE) << TAG_RECEIVE_TIMEOUT_SHIFT);
    CHECK_EQUAL(tag_error(m.tag), ERR_TIMEOUT);
    return NULL;
}

const struct test tests[] = {
    { "ports: a task may use exactly those that were mapped", exactly_those },
    { "ports: a range of which a part is named is taken back as a whole", taken_back_whole },
    { "ports: ranges, own permission and free places are checked", arguments },
    { "ports: a task has at most 128 ranges", at_most_128_ranges },
    { "ports: arrive by a message in the window, at their own numbers", mapped_by_message },
    { "ports: granted by a message the sender has them no longer", granted_by_message },
    { "ports: outside of the receiver's window none are passed on", window_decides },
    { "ports: are taken back from all that they were passed on to", revoked_from_all_derived },
    { "ports: go with the task that has them", gone_with_the_task_that_passed_them_on },
    { "ports: are a task's own over IPC", own_over_ipc },
    { "irq: a device wakes a thread while the CPU idles", device_interrupts_idle },
    { "irq: a device interrupts user mode, and its handler preempts", device_interrupts_user_mode },
    { "irq: a masked line is silent", masked_is_silent },
};
const size_t test_count = sizeof tests / sizeof tests[0];
