/* SPDX-License-Identifier: BSD-2-Clause
 *
 * No system call yields, as a quantum ends by itself and threads wait for what they want. The nearest to it: a thread asks the scheduler to run it
 * below another one that is ready, and so gives it the CPU by one system call that switches; the other one raises it again, likewise. Half a round
 * is what other kernels call a yield.
 * workload: sched.yield | round of two threads, of which each makes the other the more important one by one operation of the scheduler: two operations, two switches | sel4bench, yield
 */
#include "workloads/lib/measure_fill.h"
#include "workloads/lib/object.h"
#include "workloads/lib/worker.h"

#define OTHER 0u
#define BELOW (PROGRAM_PRIORITY - 2)
#define BETWEEN (PROGRAM_PRIORITY - 1)

static volatile uint64_t turns; /* of the other one */

ALWAYS_INLINE bool first_runs_fails(uint64_t priority)
{
    return scheduler_run_thread(SELECTOR_SCHEDULER, SELECTOR_THREAD, priority, PROGRAM_QUANTUM_US) != 0;
}

/* Runs whenever the first one is below it. */
static void other_run(void *arg)
{
    (void)arg;
    do
        turns++;
    while (!first_runs_fails(PROGRAM_PRIORITY));
}

ALWAYS_INLINE bool round_fails(void)
{
    uint64_t before = turns;

    return first_runs_fails(BELOW) || turns == before;
}

MEASURE_LOOPS(round, round_fails())
MEASURE_LOOPS(empty, twin_succeeds())

static bool begin(void)
{
    return worker_start(OTHER, SELECTOR_TASK, other_run, NULL, BETWEEN) == 0 && !round_fails();
}

static const struct variant variants[] = { MEASURE_ROWS(NULL, "round_trip", round, empty, NULL, NULL) };

const struct workload workload = {
    .id = "sched.yield", .setup = begin, .variants = variants, .variant_count = sizeof variants / sizeof variants[0],
};
