/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Workers on other CPUs.
 */
#include "workloads/lib/remote.h"

#include "workloads/lib/object.h"
#include "workloads/lib/program.h"

#define AWAIT_TURNS_MAX 30000000
#define AWAIT_STATE_TURNS_MAX 1000000
#define AWAIT_SLEEPS_MAX 20000
#define AWAIT_SLEEP_TICKS 20000

uint64_t cpu_count(void)
{
    struct message_words w = MESSAGE_EMPTY;

    return object_call(SELECTOR_SCHEDULER, OP_SCHEDULER_INFO, 0, &w) == 0 ? w.w0 : 0;
}

int32_t scheduler_move_thread(uint64_t scheduler, uint64_t thread, uint64_t priority, uint64_t quantum_us, uint64_t cpu)
{
    struct message_words w = { thread, priority, quantum_us, cpu, 0, 0 };

    return object_call(scheduler, OP_SCHEDULER_RUN_THREAD, 4, &w);
}

int32_t worker_move(unsigned worker, uint64_t priority, uint64_t cpu)
{
    return scheduler_move_thread(SELECTOR_SCHEDULER, SELECTOR_WORKER(worker), priority, PROGRAM_QUANTUM_US, cpu);
}

int32_t main_move(uint64_t cpu)
{
    return scheduler_move_thread(SELECTOR_SCHEDULER, SELECTOR_THREAD, PROGRAM_PRIORITY, PROGRAM_QUANTUM_US, cpu);
}

int32_t remote_run(unsigned worker, worker_fn *fn, void *arg, uint64_t priority, uint64_t cpu)
{
    int32_t error = worker_move(worker, priority, cpu);

    return error != 0 ? error : worker_begin(worker, fn, arg);
}

int32_t remote_start(unsigned worker, uint64_t task, worker_fn *fn, void *arg, uint64_t priority, uint64_t cpu)
{
    int32_t error = worker_create(worker, task);

    return error != 0 ? error : remote_run(worker, fn, arg, priority, cpu);
}

bool await(const volatile uint64_t *value, uint64_t wanted)
{
    for (uint64_t i = 0; i < AWAIT_TURNS_MAX; i++) {
        if (*value == wanted)
            return true;
        cpu_relax();
    }
    return false;
}

bool await_at_least(const volatile uint64_t *value, uint64_t wanted)
{
    for (uint64_t i = 0; i < AWAIT_TURNS_MAX; i++) {
        if (*value >= wanted)
            return true;
        cpu_relax();
    }
    return false;
}

uint64_t worker_state(unsigned worker)
{
    struct message_words w = MESSAGE_EMPTY;

    return object_call(SELECTOR_WORKER(worker), OP_THREAD_STATISTICS, 0, &w) == 0 ? w.w2 : UINT64_MAX;
}

bool await_state(unsigned worker, uint64_t state)
{
    for (uint64_t i = 0; i < AWAIT_STATE_TURNS_MAX; i++) {
        if (worker_state(worker) == state)
            return true;
        cpu_relax();
    }
    return false;
}

void main_sleep(uint64_t ticks)
{
    struct utcb *utcb = (struct utcb *)PROGRAM_UTCB_ADDRESS;

    utcb->receive_timeout = ticks;
    ipc_wait((uint64_t)TIMEOUT_RELATIVE << TAG_RECEIVE_TIMEOUT_SHIFT);
}

bool await_asleep(const volatile uint64_t *value, uint64_t at_least)
{
    for (unsigned i = 0; i < AWAIT_SLEEPS_MAX && *value < at_least; i++)
        main_sleep(AWAIT_SLEEP_TICKS);
    return *value >= at_least;
}

bool await_state_asleep(unsigned worker, uint64_t state)
{
    for (unsigned i = 0; i < AWAIT_SLEEPS_MAX && worker_state(worker) != state; i++)
        main_sleep(AWAIT_SLEEP_TICKS);
    return worker_state(worker) == state;
}
