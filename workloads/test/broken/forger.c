/* SPDX-License-Identifier: BSD-2-Clause
 *
 * For workloads/test-programs.sh: a workload that reports in the name of another one. Root must write none of it.
 */
#include "workloads/lib/service.h"
#include "workloads/lib/text.h"

#define CONDITIONS "direction=op relation=none words=0 path=none cache=warm method=single batch=1 unit=instructions warmup=1 overhead=6 taints="

static bool refused(const char *text)
{
    return !service_record(NULL, text, text_length(text));
}

bool program_main(uint64_t facts)
{
    (void)facts;
    bool all = refused("row workload=hw.null_syscall variant=forged " CONDITIONS);
    all = refused("row workload=forgery variant=forged " CONDITIONS) && all;
    all = refused("hist 7:1") && all;
    all = refused("endrow samples=1") && all;
    all = refused("skip workload=ipc.call.inter reason=forged") && all;
    all = refused("test name=hw.null_syscall result=pass") && all;
    record_test(&program_records, "forger", "fail", all ? "refused" : "accepted");
    return all;
}
