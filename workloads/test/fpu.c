/* SPDX-License-Identifier: BSD-2-Clause
 *
 * FPU state is its thread's own: who has none gets an exception, who has some finds it as it was.
 */
#include "workloads/lib/fpu.h"
#include "workloads/lib/instructions.h"
#include "workloads/lib/test.h"
#include "workloads/lib/text.h"

#define GATE SELECTOR_TEST(0)
#define VECTOR_NO_FPU 7
#define MXCSR_DEFAULT 0x1f80

static struct fpu_registers mine, seen, fresh, theirs;
static bool has_avx;

static int32_t fpu_allow(uint64_t thread, uint64_t on)
{
    struct message_words w = { CONTROL_FPU, 0, 0, 0, on, 0 };

    return object_call(thread, OP_THREAD_CONTROL, 5, &w);
}

static void pattern_make(struct fpu_registers *r, uint64_t seed)
{
    for (unsigned i = 0; i < FPU_REGISTERS; i++)
        for (unsigned k = 0; k < 4; k++)
            r->ymm[i][k] = seed * 0x9e3779b97f4a7c15 + i * 0x100 + k;
}

static void registers_load(const struct fpu_registers *r)
{
    if (has_avx)
        fpu_load_ymm(r);
    else
        fpu_load_xmm(r);
}

static void registers_store(struct fpu_registers *r)
{
    if (has_avx)
        fpu_store_ymm(r);
    else
        fpu_store_xmm(r);
}

static const char *same(const struct fpu_registers *a, const struct fpu_registers *b)
{
    for (unsigned i = 0; i < FPU_REGISTERS; i++)
        for (unsigned k = 0; k < (has_avx ? 4 : 2); k++)
            CHECK_EQUAL(a->ymm[i][k], b->ymm[i][k]);
    return NULL;
}

/* Answers each call after having changed every vector register. */
static void changing_server(void *arg)
{
    uint64_t calls = 0;

    registers_store(&fresh);
    (void)arg;
    struct message m = ipc_wait(0);
    while (!tag_failed(m.tag)) {
        pattern_make(&theirs, 1000 + calls++);
        registers_load(&theirs);
        fpu_load_mxcsr(0x9f80);
        m = ipc_reply_and_wait(0, 0, m.w);
    }
}

static const char *setup(bool server_has_fpu, worker_fn *server)
{
    CHECK_EQUAL(fpu_allow(SELECTOR_THREAD, 1), 0);
    has_avx = fpu_has_avx();
    CHECK_EQUAL(worker_create(0, SELECTOR_TASK), 0);
    CHECK_EQUAL(gate_create(GATE, 0, 0), 0);
    if (server_has_fpu)
        CHECK_EQUAL(fpu_allow(SELECTOR_WORKER(0), 1), 0);
    pattern_make(&mine, 1);
    registers_load(&mine);
    CHECK_EQUAL(worker_run(0, server, NULL, PRIORITY_ABOVE), 0);
    return NULL;
}

static const char *over_ipc(void)
{
    CHECK_NESTED(setup(true, changing_server));
    for (uint64_t i = 0; i < 5; i++) {
        pattern_make(&mine, i + 1);
        registers_load(&mine);
        fpu_load_mxcsr(0x3f80);
        CHECK_EQUAL(tag_error(ipc_call(GATE, 0, MESSAGE_EMPTY).tag), 0);
        registers_store(&seen);
        CHECK_EQUAL(fpu_store_mxcsr(), 0x3f80);
        CHECK_NESTED(same(&seen, &mine));
    }
    fpu_load_mxcsr(MXCSR_DEFAULT);
    return NULL;
}

static const char *begins_fresh(void)
{
    CHECK_NESTED(setup(true, changing_server));
    for (unsigned i = 0; i < FPU_REGISTERS; i++)
        for (unsigned k = 0; k < (has_avx ? 4 : 2); k++)
            CHECK_EQUAL(fresh.ymm[i][k], 0);
    return NULL;
}

static void plain_server(void *arg)
{
    struct message m = ipc_wait(0);

    (void)arg;
    while (!tag_failed(m.tag))
        m = ipc_reply_and_wait(0, 0, m.w);
}

static const char *over_ipc_with_a_thread_without(void)
{
    CHECK_NESTED(setup(false, plain_server));
    for (uint64_t i = 0; i < 5; i++) {
        pattern_make(&mine, i + 1);
        registers_load(&mine);
        struct message m = ipc_call(GATE, tag_make(0, 0, 6), (struct message_words){ 1, 2, 3, 4, 5, i });
        CHECK_EQUAL(tag_error(m.tag), 0);
        CHECK_EQUAL(m.w.w0 + m.w.w1 + m.w.w2 + m.w.w3 + m.w.w4 + m.w.w5, 15 + i);
        registers_store(&seen);
        CHECK_NESTED(same(&seen, &mine));
    }
    return NULL;
}

static volatile uint64_t released;

static void releasing_run(void *arg)
{
    (void)arg;
    pattern_make(&theirs, 77);
    registers_load(&theirs);
    released = 1;
    for (;;)
        ;
}

static const char *over_preemption(void)
{
    released = 0;
    CHECK_EQUAL(fpu_allow(SELECTOR_THREAD, 1), 0);
    has_avx = fpu_has_avx();
    pattern_make(&mine, 3);
    CHECK_EQUAL(worker_create(0, SELECTOR_TASK), 0);
    CHECK_EQUAL(fpu_allow(SELECTOR_WORKER(0), 1), 0);
    CHECK_EQUAL(worker_run(0, releasing_run, NULL, PROGRAM_PRIORITY), 0);
    CHECK_EQUAL(scheduler_run_thread(SELECTOR_SCHEDULER, SELECTOR_WORKER(0), PROGRAM_PRIORITY, 200), 0);
    CHECK_EQUAL(scheduler_run_thread(SELECTOR_SCHEDULER, SELECTOR_THREAD, PROGRAM_PRIORITY, 200), 0);
    fpu_spin(&mine, &seen, &released);
    CHECK_EQUAL(scheduler_run_thread(SELECTOR_SCHEDULER, SELECTOR_THREAD, PROGRAM_PRIORITY, PROGRAM_QUANTUM_US), 0);
    for (unsigned i = 0; i < FPU_REGISTERS; i++)
        for (unsigned k = 0; k < 2; k++)
            CHECK_EQUAL(seen.ymm[i][k], mine.ymm[i][k]);
    return NULL;
}

static void xorps_run(void *arg)
{
    instruction_xorps((uint64_t)arg);
}

static const char *without_it_is_an_exception(void)
{
    struct fault f;

    CHECK_EQUAL(fpu_allow(SELECTOR_THREAD, 1), 0);
    has_avx = fpu_has_avx();
    registers_load(&mine);
    CHECK(fault_catch(xorps_run, 0, &f));
    CHECK(f.happened);
    CHECK_EQUAL(f.vector, VECTOR_NO_FPU);
    /* The handler gives it what it lacks, and it goes on. */
    CHECK_EQUAL(fpu_allow(SELECTOR_WORKER(FAULT_WORKER), 1), 0);
    fault_reply(EXCEPTION_RESUME, 0);
    fault_take(&f);
    CHECK(!f.happened);
    /* Taken away from the caller itself, which then must not use it. */
    CHECK_EQUAL(fpu_allow(SELECTOR_WORKER(FAULT_WORKER), 0), 0);
    CHECK_EQUAL(fpu_allow(SELECTOR_THREAD, 0), 0);
    CHECK(fault_catch(xorps_run, 0, &f));
    CHECK_EQUAL(f.vector, VECTOR_NO_FPU);
    return NULL;
}

static const char *paid_for(void)
{
    uint64_t quota, before, with, after;

    CHECK_EQUAL(worker_create(0, SELECTOR_TASK), 0);
    CHECK_EQUAL(factory_info(SELECTOR_FACTORY, &quota, &before), 0);
    CHECK_EQUAL(fpu_allow(SELECTOR_WORKER(0), 1), 0);
    CHECK_EQUAL(fpu_allow(SELECTOR_WORKER(0), 1), 0);
    CHECK_EQUAL(factory_info(SELECTOR_FACTORY, &quota, &with), 0);
    CHECK_EQUAL(with, before + PAGE_BYTES);
    CHECK_EQUAL(fpu_allow(SELECTOR_WORKER(0), 0), 0);
    CHECK_EQUAL(factory_info(SELECTOR_FACTORY, &quota, &after), 0);
    CHECK_EQUAL(after, before);
    CHECK_EQUAL(fpu_allow(SELECTOR_WORKER(0), 2), ERR_BAD_ARGUMENT);
    return NULL;
}

static const char *over_cpus(void)
{
    struct message_words w = MESSAGE_EMPTY;

    CHECK_EQUAL(object_call(SELECTOR_SCHEDULER, OP_SCHEDULER_INFO, 0, &w), 0);
    uint64_t cpus = w.w0;
    CHECK_EQUAL(fpu_allow(SELECTOR_THREAD, 1), 0);
    has_avx = fpu_has_avx();
    for (uint64_t i = 1; i <= 2 * cpus; i++) {
        pattern_make(&mine, i);
        registers_load(&mine);
        w = (struct message_words){ SELECTOR_THREAD, PROGRAM_PRIORITY, PROGRAM_QUANTUM_US, i % cpus, 0, 0 };
        CHECK_EQUAL(object_call(SELECTOR_SCHEDULER, OP_SCHEDULER_RUN_THREAD, 4, &w), 0);
        registers_store(&seen);
        CHECK_NESTED(same(&seen, &mine));
    }
    return NULL;
}

const struct test tests[] = {
    { "fpu: registers, upper halves and MXCSR are a thread's own over IPC", over_ipc },
    { "fpu: a thread begins with a fresh state", begins_fresh },
    { "fpu: IPC with a thread that has none leaves state and message alone", over_ipc_with_a_thread_without },
    { "fpu: registers are a thread's own over preemption", over_preemption },
    { "fpu: registers go with their thread from CPU to CPU", over_cpus },
    { "fpu: use by a thread that has none is an exception, and may be allowed then", without_it_is_an_exception },
    { "fpu: state is paid for by the thread's factory, once", paid_for },
};
const size_t test_count = sizeof tests / sizeof tests[0];
