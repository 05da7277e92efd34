/* SPDX-License-Identifier: BSD-2-Clause
 *
 * For workloads/test-programs.sh: a workload that opens a row and ends. Root must say so; the next program is not to blame.
 */
#include "workloads/lib/service.h"
#include "workloads/lib/text.h"

bool program_main(uint64_t facts)
{
    const char *row = "row workload=unclosed variant=x direction=op relation=none words=0 path=none cache=warm method=single batch=1 "
                      "unit=instructions warmup=1 overhead=6 taints=";

    (void)facts;
    return service_record(NULL, row, text_length(row));
}
