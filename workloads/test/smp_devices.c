/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Devices and several CPUs: interrupts come to the CPU that they are bound to, and I/O ports that are taken back are gone on all.
 */
#include "workloads/lib/instructions.h"
#include "workloads/lib/pci.h"
#include "workloads/lib/remote.h"
#include "workloads/lib/service.h"
#include "workloads/lib/test.h"

#define IRQ SELECTOR_TEST(0)
#define GATE SELECTOR_TEST(1)
#define PIT_CHANNEL_0 0x40
#define PIT_CONTROL 0x43
#define PIT_SIZE 2
#define PIT_ONE_SHOT 0x30
#define PIT_COUNTS 100
#define VECTOR_PROTECTION 13
#define TURNS_MAX 100000

static volatile uint64_t handled;

static void handler_run(void *arg)
{
    (void)arg;
    for (;;)
        if (tag_label(ipc_wait(0).tag) == PROTO_IRQ)
            handled++;
}

static uint64_t irq_cpu(void)
{
    struct message_words w = MESSAGE_EMPTY;

    return object_call(IRQ, OP_IRQ_INFO, 0, &w) == 0 ? w.w3 : ~0ull;
}

static const char *handler_start(uint64_t cpu)
{
    handled = 0;
    CHECK_EQUAL(factory_create_irq(SELECTOR_FACTORY, IRQ), 0);
    CHECK_EQUAL(remote_start(0, SELECTOR_TASK, handler_run, NULL, PRIORITY_ABOVE, cpu), 0);
    CHECK_EQUAL(irq_bind(IRQ, SELECTOR_WORKER(0), 0), 0);
    return NULL;
}

static int32_t line_bind(uint64_t cpu)
{
    struct message_words w = {.w0 = ICU_LINE_ISA + 0, .w1 = IRQ, .w2 = cpu};

    return object_call(SELECTOR_ICU, OP_ICU_BIND, 3, &w);
}

static const char *pit_interrupts(uint64_t cpu, uint64_t handler_cpu)
{
    CHECK_EQUAL(task_unmap_flexpage(SELECTOR_TASK, flexpage_ports(PIT_CHANNEL_0, PIT_SIZE), 0), 0);
    CHECK_EQUAL(service_ports(PIT_CHANNEL_0, PIT_SIZE), 0);
    port_write(PIT_CONTROL, PIT_ONE_SHOT); /* silent until it is loaded */
    CHECK_NESTED(handler_start(handler_cpu));
    CHECK_EQUAL(line_bind(cpu), 0);
    CHECK_EQUAL(icu_operation(SELECTOR_ICU, OP_ICU_UNMASK, ICU_LINE_ISA + 0, 0), 0);
    for (uint64_t i = 1; i <= 5; i++) {
        port_write(PIT_CONTROL, PIT_ONE_SHOT);
        port_write(PIT_CHANNEL_0, PIT_COUNTS & 0xff);
        port_write(PIT_CHANNEL_0, PIT_COUNTS >> 8);
        CHECK(await_asleep(&handled, i));
        CHECK_EQUAL(irq_cpu(), cpu);
    }
    return NULL;
}

static const char *line_at_its_handler(void)
{
    NEEDS_CPUS(2);
    return pit_interrupts(1, 1);
}

static const char *line_elsewhere(void)
{
    NEEDS_CPUS(2);
    CHECK_NESTED(pit_interrupts(1, 0));
    CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, IRQ), 0);
    CHECK_EQUAL(worker_destroy(0), 0);
    return pit_interrupts(0, 1);
}

static const char *last_cpu(void)
{
    NEEDS_CPUS(2);
    CHECK_EQUAL(factory_create_irq(SELECTOR_FACTORY, IRQ), 0);
    CHECK_EQUAL(line_bind(cpu_count()), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(line_bind(~0ull), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, IRQ), 0);
    return pit_interrupts(cpu_count() - 1, 0);
}

static const char *msi_elsewhere(void)
{
    struct card card;
    struct message_words w = {.w0 = IRQ, .w1 = 1};

    NEEDS_CPUS(2);
    if (!card_find(&card))
        SKIP("no e1000e");
    CHECK_NESTED(handler_start(1));
    CHECK_EQUAL(object_call(SELECTOR_ICU, OP_ICU_MSI, 2, &w), 0);
    card_msi_on(&card, w.w0, (uint32_t)w.w1);
    for (uint64_t i = 1; i <= 5; i++) {
        uint64_t before = handled; /* a card may say it again until it is cleared */
        card_raise(&card);
        CHECK(await_asleep(&handled, before + 1));
        CHECK_EQUAL(irq_cpu(), 1);
        card_clear(&card);
    }
    card_msi_off(&card);
    return NULL;
}

static volatile uint64_t reads;

/* Nothing but this loop runs there: what its CPU knows of ports is from its last entry to the kernel. */
static void port_reader_run(void *arg)
{
    for (;;) {
        port_read((uint64_t)arg);
        reads++;
        cpu_relax();
    }
}

static const char *ports_taken_back(void)
{
    struct message m = {0};

    NEEDS_CPUS(2);
    reads = 0;
    CHECK_EQUAL(service_ports(PIT_CHANNEL_0, PIT_SIZE), 0);
    CHECK_EQUAL(gate_create_main(GATE, 0), 0);
    CHECK_EQUAL(worker_create(0, SELECTOR_TASK), 0);
    CHECK_EQUAL(thread_set_exception_gate(SELECTOR_WORKER(0), GATE), 0);
    CHECK_EQUAL(remote_run(0, port_reader_run, (void *)PIT_CHANNEL_0, PRIORITY_ABOVE, 1), 0);
    CHECK(await_at_least(&reads, 3));
    CHECK_EQUAL(task_unmap_flexpage(SELECTOR_TASK, flexpage_ports(PIT_CHANNEL_0, PIT_SIZE), 0), 0);
    uint64_t before = reads;
    m = ipc_wait(TIMEOUT_RECEIVE_ZERO);
    for (unsigned i = 0; i < TURNS_MAX && tag_failed(m.tag); i++) {
        cpu_relax();
        m = ipc_wait(TIMEOUT_RECEIVE_ZERO);
    }
    CHECK_EQUAL(tag_label(m.tag), PROTO_EXCEPTION);
    CHECK_EQUAL(m.w.w0, VECTOR_PROTECTION);
    CHECK(reads - before <= 1); /* between its instruction and its count */
    return NULL;
}

const struct test tests[] = {
    { "irq: a line interrupts the CPU that it is bound to, where its handler is", line_at_its_handler },
    { "irq: a line may interrupt another CPU than its handler's", line_elsewhere },
    { "irq: a line can be bound to the last CPU, and to none behind it", last_cpu },
    { "msi: interrupts the CPU that it was asked for", msi_elsewhere },
    { "ports: taken back, they are gone on another CPU that uses them", ports_taken_back },
};
const size_t test_count = sizeof tests / sizeof tests[0];
