/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/x86_64/trace.h"

#include "kernel/x86_64/arch.h"
#include "kernel/x86_64/frame.h"
#include "kernel/x86_64/layout.h"
#include "kernel/x86_64/pmu.h"
#include "kernel/x86_64/processor.h"
#include "kernel/x86_64/string.h"

const char *trace_init(void)
{
    for (unsigned number = 0; number < processors_added(); number++) {
        struct cpu *cpu = arch_cpu_at(number);
        uint64_t physical;
        struct trace_ring *ring = arch_frame_allocate();
        if (!ring || !frame_large_take(&physical))
            return "not enough memory for its rings";
        memset(linear_address(physical), 0, LARGE_PAGE_BYTES);
        cpu->trace = (struct trace_state){ .ring = ring, .records = linear_address(physical), .cpu = number };
    }
    trace_counters_use(&arch_cpu()->trace, pmu_found()); /* no other CPU has any */
    return NULL;
}
