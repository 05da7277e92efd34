/* SPDX-License-Identifier: BSD-2-Clause
 *
 * ex_regs reaches a thread that has just come to the kernel's door on another CPU, with a system call or an exception, and waits there for its
 * turn: what it came for is not done any more. Needs two CPUs; which of the two comes first differs from round to round.
 */
#include "workloads/lib/object.h"
#include "workloads/lib/program.h"
#include "workloads/lib/remote.h"
#include "workloads/lib/test.h"

#define CALLER 0
#define TRAPPER 1
#define SEMAPHORE SELECTOR_TEST(0)
#define ROUNDS 300

static volatile uint64_t done, canceled, other, landed, stop;

/* Adds to the semaphore as often as it can. */
static void caller_run(void *arg)
{
    (void)arg;
    while (!stop) {
        int32_t error = semaphore_up(SEMAPHORE);
        done += error == 0;
        canceled += error == ERR_CANCELED;
        other += error != 0 && error != ERR_CANCELED;
    }
    landed = 1;
}

static const char *system_call(void)
{
    uint64_t rip = 0, rsp = 0, count = 0;

    NEEDS_CPUS(2);
    done = canceled = other = landed = stop = 0;
    CHECK_EQUAL(factory_create_semaphore(SELECTOR_FACTORY, SEMAPHORE, 0), 0);
    CHECK_EQUAL(remote_start(CALLER, SELECTOR_TASK, caller_run, NULL, PRIORITY_ABOVE, 1), 0);
    for (uint64_t round = 0; round < ROUNDS; round++) {
        CHECK_EQUAL(thread_ex_regs(SELECTOR_WORKER(CALLER), &rip, &rsp, 0), 0);
        CHECK(await_at_least(&done, round % 7));
    }
    stop = 1;
    CHECK(await(&landed, 1));
    CHECK(canceled > ROUNDS / 10);
    CHECK_EQUAL(other, 0);
    while (semaphore_down(SEMAPHORE, TIMEOUT_ZERO) == 0)
        count++;
    CHECK_EQUAL(count, done);
    return NULL;
}

static void land(void)
{
    landed++;
    for (;;)
        cpu_relax();
}

/* The trap comes just before it is sent elsewhere, where it must arrive. */
static const char *exception(void)
{
    const uint64_t rsp_worker = (uint64_t)worker_utcb(TRAPPER) + UTCB_BYTES - 8;

    NEEDS_CPUS(2);
    landed = 0;
    CHECK_EQUAL(worker_create(TRAPPER, SELECTOR_TASK), 0);
    CHECK_EQUAL(thread_set_exception_gate(SELECTOR_WORKER(TRAPPER), 0), 0);
    CHECK_EQUAL(worker_move(TRAPPER, PRIORITY_ABOVE, 1), 0);
    for (uint64_t round = 1; round <= ROUNDS; round++) {
        uint64_t rip = (uint64_t)program_trap, rsp = rsp_worker;
        CHECK_EQUAL(thread_ex_regs(SELECTOR_WORKER(TRAPPER), &rip, &rsp, EX_REGS_SET), 0);
        for (uint64_t i = 0; i < round % 5; i++)
            cpu_relax();
        rip = (uint64_t)land;
        rsp = rsp_worker;
        CHECK_EQUAL(thread_ex_regs(SELECTOR_WORKER(TRAPPER), &rip, &rsp, EX_REGS_SET), 0);
        CHECK(await_at_least(&landed, round));
    }
    CHECK_EQUAL(landed, ROUNDS);
    return NULL;
}

const struct test tests[] = {
    { "redirect: a system call at the door, on another CPU, is canceled and not done", system_call },
    { "redirect: an exception at the door, on another CPU, is not raised any more", exception },
};
const size_t test_count = sizeof tests / sizeof tests[0];
