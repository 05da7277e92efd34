/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Errors of operations that no other test comes by: empty places, threads that are gone, quotas and vectors that are used up.
 */
#include "workloads/lib/test.h"

#define TASK SELECTOR_TEST(0)
#define EMPTY SELECTOR_TEST(1)
#define IRQ SELECTOR_TEST(2)
#define FACTORY SELECTOR_TEST(3)
#define MADE SELECTOR_TEST(4)
#define GATE SELECTOR_TEST(5)
#define FIRST_OF_MANY 4000
#define MANY 512
#define LINE_FREE 8            /* that no test has and no console */

static int32_t msi(uint64_t irq, uint64_t cpu)
{
    struct message_words w = { .w0 = irq, .w1 = cpu };

    return object_call(SELECTOR_ICU, OP_ICU_MSI, 2, &w);
}

static const char *empty_flexpages(void)
{
    CHECK_EQUAL(factory_create_task(SELECTOR_FACTORY, TASK), 0);
    CHECK_EQUAL(task_map_flexpage(TASK, flexpage_capability(EMPTY, RIGHTS_ALL), 20), ERR_NO_CAPABILITY);
    CHECK_EQUAL(task_unmap_flexpage(TASK, flexpage_capability(20, RIGHTS_ALL), 0), ERR_NO_CAPABILITY);
    CHECK_EQUAL(task_unmap_flexpage(SELECTOR_TASK, flexpage_capability(EMPTY, RIGHTS_ALL), UNMAP_DERIVED), ERR_NO_CAPABILITY);
    return NULL;
}

/* A thread whose task is destroyed is left as a name. */
static const char *dead_thread(void)
{
    uint64_t rip = 0, rsp = 0;

    CHECK_EQUAL(peer_create(), 0);
    CHECK_EQUAL(worker_create(0, SELECTOR_PEER_TASK), 0);
    CHECK_EQUAL(factory_create_irq(SELECTOR_FACTORY, IRQ), 0);
    CHECK_EQUAL(gate_create_main(GATE, 0), 0);
    CHECK_EQUAL(peer_destroy(), 0);
    CHECK_EQUAL(thread_ex_regs(SELECTOR_WORKER(0), &rip, &rsp, 0), ERR_NO_PARTNER);
    CHECK_EQUAL(thread_set_fs_base(SELECTOR_WORKER(0), 0), ERR_NO_PARTNER);
    CHECK_EQUAL(thread_slow_sends(SELECTOR_WORKER(0), &rip), ERR_NO_PARTNER);
    CHECK_EQUAL(scheduler_run_thread(SELECTOR_SCHEDULER, SELECTOR_WORKER(0), 1, 1000), ERR_NO_PARTNER);
    CHECK_EQUAL(irq_bind(IRQ, SELECTOR_WORKER(0), 0), ERR_NO_PARTNER);
    CHECK_EQUAL(thread_bind_gate(SELECTOR_WORKER(0), GATE, 0), ERR_NO_PARTNER);
    CHECK_EQUAL(factory_create_gate(SELECTOR_FACTORY, MADE, SELECTOR_WORKER(0), 0), ERR_NO_PARTNER);
    CHECK_EQUAL(irq_bind(IRQ, EMPTY, 0), ERR_NO_CAPABILITY);
    return NULL;
}

/* A factory that has nothing left pays for nothing. */
static const char *empty_factory(void)
{
    CHECK_EQUAL(factory_create_factory(SELECTOR_FACTORY, FACTORY, 0), 0);
    CHECK_EQUAL(gate_create_main(GATE, 0), 0);
    CHECK_EQUAL(gate_mint(GATE, FACTORY, MADE, 0x80, RIGHTS_ALL), ERR_NO_MEMORY);
    CHECK_EQUAL(scheduler_limit(SELECTOR_SCHEDULER, FACTORY, MADE, 5), ERR_NO_MEMORY);
    CHECK_EQUAL(gate_mint(GATE, SELECTOR_FACTORY, MADE, 0x80, RIGHTS_ALL), 0);
    return NULL;
}

static const char *fpu_beyond_quota(void)
{
    struct message_words w = { CONTROL_FPU, 0, 0, 0, 1, 0 };
    uint64_t quota, used;

    CHECK_EQUAL(factory_create_factory(SELECTOR_FACTORY, FACTORY, 64 * PAGE_BYTES), 0);
    CHECK_EQUAL(factory_create_thread(FACTORY, MADE, SELECTOR_TASK, (uint64_t)worker_utcb(WORKERS_MAX - 1)), 0);
    CHECK_EQUAL(factory_info(FACTORY, &quota, &used), 0);
    CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, MADE), 0);
    CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, FACTORY), 0);
    CHECK_EQUAL(factory_create_factory(SELECTOR_FACTORY, FACTORY, used), 0);
    CHECK_EQUAL(factory_create_thread(FACTORY, MADE, SELECTOR_TASK, (uint64_t)worker_utcb(WORKERS_MAX - 1)), 0);
    CHECK_EQUAL(object_call(MADE, OP_THREAD_CONTROL, 6, &w), ERR_NO_MEMORY);
    return NULL;
}

static const char *msi_refused(void)
{
    CHECK_EQUAL(factory_create_irq(SELECTOR_FACTORY, IRQ), 0);
    CHECK_EQUAL(msi(SELECTOR_TASK, 0), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(msi(EMPTY, 0), ERR_NO_CAPABILITY);
    CHECK_EQUAL(msi(IRQ, UINT64_MAX), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(msi(IRQ, 0), 0);
    CHECK_EQUAL(msi(IRQ, 0), ERR_OCCUPIED);
    return NULL;
}

/* Numbers of lines, CPUs and flags that there are not. */
static const char *beyond(void)
{
    static const uint64_t lines[] = { 1u << 15, ICU_LINE_ISA + 16, UINT64_MAX };
    static const int32_t of_lines[] = { OP_ICU_BIND, OP_ICU_UNBIND, OP_ICU_SET_MODE, OP_ICU_MASK, OP_ICU_UNMASK };
    struct message_words w = { .w0 = EMPTY, .w1 = UNMAP_DERIVED << 1 };

    CHECK_EQUAL(object_call(SELECTOR_TASK, OP_TASK_UNMAP_CAPABILITY, 2, &w), ERR_BAD_ARGUMENT);
    CHECK_EQUAL(scheduler_trace_release(SELECTOR_SCHEDULER, UINT32_MAX, 0), ERR_BAD_ARGUMENT);
    for (size_t o = 0; o < sizeof of_lines / sizeof of_lines[0]; o++)
        for (size_t l = 0; l < sizeof lines / sizeof lines[0]; l++)
            CHECK_EQUAL(icu_operation(SELECTOR_ICU, of_lines[o], lines[l], 0), ERR_BAD_ARGUMENT);
    return NULL;
}

/* Vectors are there again when their Irqs go. */
static const char *vectors_used_up(void)
{
    uint64_t n = 0;
    int32_t error = 0;

    CHECK_EQUAL(factory_create_irq(SELECTOR_FACTORY, IRQ), 0);
    for (; error == 0 && n < MANY; n++) {
        CHECK_EQUAL(factory_create_irq(SELECTOR_FACTORY, FIRST_OF_MANY + n), 0);
        error = msi(FIRST_OF_MANY + n, 0);
    }
    int32_t bound = icu_operation(SELECTOR_ICU, OP_ICU_BIND, LINE_FREE, IRQ);
    struct message_words console = { .w0 = IRQ };
    int32_t console_bound = object_call(SELECTOR_VCON, OP_VCON_BIND, 1, &console);
    for (uint64_t i = 0; i < n; i++)
        CHECK_EQUAL(task_unmap_capability(SELECTOR_TASK, FIRST_OF_MANY + i), 0);
    CHECK_EQUAL(error, ERR_NO_MEMORY);
    CHECK_EQUAL(bound, ERR_NO_MEMORY);
    CHECK(console_bound == ERR_NO_MEMORY || console_bound == ERR_NO_PARTNER); /* the console may have no line */
    CHECK_EQUAL(msi(IRQ, 0), 0);
    return NULL;
}

static const char *probes(void)
{
    static const struct message_words bad[] = { { .w0 = 0, .w1 = 2 }, { .w0 = PROBE_KINDS + 1, .w1 = 2 }, { .w0 = PROBE_FS_BASE, .w1 = 0 },
        { .w0 = PROBE_FS_BASE, .w1 = 3 }, { .w0 = PROBE_FS_BASE, .w1 = PROBE_MAX + 2 } };
    struct message_words w = { .w0 = PROBE_FS_BASE, .w1 = PROBE_MAX };

    CHECK_EQUAL(object_call(SELECTOR_SCHEDULER, OP_SCHEDULER_PROBE, 2, &w), 0);
    CHECK(w.w0 > 0);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        w = bad[i];
        CHECK_EQUAL(object_call(SELECTOR_SCHEDULER, OP_SCHEDULER_PROBE, 2, &w), ERR_BAD_ARGUMENT);
    }
    return NULL;
}

const struct test tests[] = {
    { "flexpage: a capability that is not there can be neither passed on nor taken back", empty_flexpages },
    { "thread: one whose task is gone gets no registers, FS base, priority, gate or Irq, and tells nothing", dead_thread },
    { "quota: a factory without any pays for neither label nor ceiling", empty_factory },
    { "quota: a thread gets no FPU state that its factory cannot pay for", fpu_beyond_quota },
    { "msi: an Irq has one device, and its CPU exists", msi_refused },
    { "probe: what the machine has is timed, for numbers within the limits", probes },
    { "arguments: lines, CPUs and flags that there are not are refused", beyond },
    { "icu: vectors are used up, and there again when their Irqs go", vectors_used_up },
};
const size_t test_count = sizeof tests / sizeof tests[0];
