/* SPDX-License-Identifier: BSD-2-Clause
 *
 * For workloads/test-programs.sh: a workload that reports nothing and says that all went well. Root must not believe it.
 */
#include "workloads/lib/service.h"

bool program_main(uint64_t facts)
{
    (void)facts;
    return true;
}
