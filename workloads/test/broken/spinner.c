/* SPDX-License-Identifier: BSD-2-Clause
 *
 * For workloads/test-programs.sh: takes the highest priority that it can get, finds that none is higher, and never stops. Root's limit must
 * end it.
 */
#include "workloads/lib/object.h"
#include "workloads/lib/service.h"

bool program_main(uint64_t facts)
{
    (void)facts;
    bool above = scheduler_run_thread(SELECTOR_SCHEDULER, SELECTOR_THREAD, PROGRAM_PRIORITY_MAX + 1, PROGRAM_QUANTUM_US) != ERR_BAD_ARGUMENT;
    bool at = scheduler_run_thread(SELECTOR_SCHEDULER, SELECTOR_THREAD, PROGRAM_PRIORITY_MAX, PROGRAM_QUANTUM_US) == 0;

    record_test(&program_records, "spinner: the ceiling holds", !above && at ? "pass" : "fail", NULL);
    for (;;)
        ;
}
