/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Workers on other CPUs. Who waits for another CPU in user mode does it with cpu_relax: where an emulator plays the CPUs in turns, it
 * goes on to the next one there.
 */
#ifndef WORKLOADS_LIB_REMOTE_H
#define WORKLOADS_LIB_REMOTE_H

#include <stdbool.h>
#include <stdint.h>

#include "workloads/lib/worker.h"

static inline void cpu_relax(void) { __asm__ volatile("pause" ::: "memory"); }

/* Number of the CPU that executes this. */
static inline uint64_t cpu_number(void)
{
    uint32_t number;
    __asm__ volatile("rdtscp" : "=c"(number) :: "eax", "edx", "memory");
    return number;
}

/* CPUs that run; 0 when the scheduler does not answer. */
uint64_t cpu_count(void);
int32_t scheduler_move_thread(uint64_t scheduler, uint64_t thread, uint64_t priority, uint64_t quantum_us, uint64_t cpu);
/* Moves a worker, or the main thread. */
int32_t worker_move(unsigned worker, uint64_t priority, uint64_t cpu);
int32_t main_move(uint64_t cpu);
/* As worker_run and worker_start; it runs on that CPU from its first instruction on. */
int32_t remote_run(unsigned worker, worker_fn *fn, void *arg, uint64_t priority, uint64_t cpu);
int32_t remote_start(unsigned worker, uint64_t task, worker_fn *fn, void *arg, uint64_t priority, uint64_t cpu);

/* For tests (test.h). */
#define NEEDS_CPUS(n) \
    do { \
        if (cpu_count() < (n)) \
            SKIP("fewer than " #n " CPUs"); \
    } while (0)

/* Waits until *value is `wanted`, or is at least that; false when it takes too long. */
bool await(const volatile uint64_t *value, uint64_t wanted);
bool await_at_least(const volatile uint64_t *value, uint64_t wanted);
/* The state of a worker as OP_THREAD_STATISTICS tells it. */
uint64_t worker_state(unsigned worker);
#define STATE_STOPPED 0
#define STATE_RUNNABLE 1
#define STATE_OPEN_WAIT 2
#define STATE_REPLY_WAIT 3
#define STATE_SENDING 4
#define STATE_RECEIVING 5
#define STATE_REMOTE_REPLY_WAIT 6
#define STATE_EXCEPTION_WAIT 7
#define STATE_SEMAPHORE_WAIT 8
#define STATE_IRQ_WAIT 9
bool await_state(unsigned worker, uint64_t state);
/* The main thread sleeps for so long. The same as above, but it sleeps meanwhile: for what other threads of its CPU do, or devices, which an
 * emulator plays when a CPU waits. */
void main_sleep(uint64_t ticks);
bool await_asleep(const volatile uint64_t *value, uint64_t at_least);
bool await_state_asleep(unsigned worker, uint64_t state);

#endif
