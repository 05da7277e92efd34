/* SPDX-License-Identifier: BSD-2-Clause
 *
 * For workloads/test-programs.sh: ends well, but leaves a thread behind that never stops, of the highest priority below the highest. Root
 * must get the processor to destroy it.
 */
#include "workloads/lib/object.h"
#include "workloads/lib/service.h"
#include "workloads/lib/worker.h"

static void spin(void *arg)
{
    (void)arg;
    for (;;)
        ;
}

bool program_main(uint64_t facts)
{
    (void)facts;
    bool ok = scheduler_run_thread(SELECTOR_SCHEDULER, SELECTOR_THREAD, PROGRAM_PRIORITY_MAX, PROGRAM_QUANTUM_US) == 0 &&
              worker_start(0, SELECTOR_TASK, spin, NULL, PROGRAM_PRIORITY_MAX) == 0;
    record_test(&program_records, "hog", ok ? "pass" : "fail", NULL);
    return ok;
}
