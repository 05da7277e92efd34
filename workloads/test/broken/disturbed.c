/* SPDX-License-Identifier: BSD-2-Clause
 *
 * For workloads/test-programs.sh: samples into which an interrupt falls, unsaid, said by the variant, and none. The unsaid ones must be marked.
 */
#include "harness/measure/tsc.h"
#include "workloads/lib/ipc_measure.h"
#include "workloads/lib/measure_loop.h"

#define WAIT_TICKS 1000

static bool quiet_fill(const struct variant *v, uint64_t *ring, size_t n)
{
    (void)v;
    for (size_t i = 0; i < n; i++) {
        uint64_t begin = value_keep(tsc_begin());
        invoke_twin();
        ring[i] = tsc_end() - begin;
    }
    return true;
}

/* The first sample of a ring is one wait that the timer ends. */
static bool interrupted_fill(const struct variant *v, uint64_t *ring, size_t n)
{
    ((struct utcb *)PROGRAM_UTCB_ADDRESS)->receive_timeout = WAIT_TICKS;
    uint64_t begin = value_keep(tsc_begin());
    ipc_wait(ABI_CONST(uint64_t, TIMEOUT_RELATIVE) << TAG_RECEIVE_TIMEOUT_SHIFT);
    ring[0] = tsc_end() - begin;
    return quiet_fill(v, ring + 1, n - 1);
}

#define ROW(name_text, function, said) \
    { .name = name_text, .direction = "op", .relation = "none", .path = "none", .batch = 1, .ring_samples = 50, .interrupts = said, .fill = function, \
      .fill_empty = quiet_fill }

static const struct variant variants[] = { ROW("quiet", quiet_fill, false), ROW("interrupted", interrupted_fill, false), ROW("said", interrupted_fill, true) };

const struct workload workload = {
    .id = "disturbed", .variants = variants, .variant_count = sizeof variants / sizeof variants[0],
};
