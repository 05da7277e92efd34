/* SPDX-License-Identifier: BSD-2-Clause
 *
 * For workloads/test-programs.sh: variants that take another path than they name, on one leg or on both, or that nobody observes. None
 * of them may become a row.
 */
#include "harness/measure/tsc.h"
#include "workloads/lib/ipc_measure.h"
#include "workloads/lib/measure_loop.h"

static uint64_t call_timeouts;

static void echo_server(void *arg)
{
    for (;;) {
        struct message m = ipc_wait(0);
        while (!tag_failed(m.tag))
            m = ipc_reply_and_wait(m.label, (uint64_t)arg, m.w);
    }
}

static bool pair_start(uint64_t calls, uint64_t replies)
{
    call_timeouts = calls;
    return ipc_server_start(false, echo_server, replies);
}

static bool fast_prepare(const struct variant *v) { (void)v; return pair_start(TIMEOUTS_FAST, TIMEOUTS_FAST); }
static bool slow_call_prepare(const struct variant *v) { (void)v; return pair_start(TIMEOUTS_SLOW, TIMEOUTS_FAST); }
static bool slow_reply_prepare(const struct variant *v) { (void)v; return pair_start(TIMEOUTS_FAST, TIMEOUTS_SLOW); }

static bool call_fill(const struct variant *v, uint64_t *ring, size_t n)
{
    (void)v;
    for (size_t i = 0; i < n; i++) {
        uint64_t begin = value_keep(tsc_begin());
        if (tag_failed(ipc_call(SELECTOR_SERVER_GATE, call_timeouts, MESSAGE_EMPTY).tag))
            return false;
        ring[i] = tsc_end() - begin;
    }
    return true;
}

static void pair_finish(const struct variant *v)
{
    (void)v;
    ipc_server_stop();
}

#define MISLABELLED(name_text, path_name, prepare_function, counts_function) \
    { .name = name_text, .direction = "round_trip", .relation = "intra", .path = path_name, .batch = 1, .path_counts = counts_function, \
      .prepare = prepare_function, .fill = call_fill, .fill_empty = call_fill, .finish = pair_finish }

static const struct variant variants[] = {
    MISLABELLED("slow_call", "fast", slow_call_prepare, ipc_path_counts),
    MISLABELLED("slow_reply", "fast", slow_reply_prepare, ipc_path_counts),
    MISLABELLED("fast_call", "slow", slow_reply_prepare, ipc_path_counts),
    MISLABELLED("fast_reply", "slow", slow_call_prepare, ipc_path_counts),
    MISLABELLED("not_observed", "fast", fast_prepare, NULL),
};

const struct workload workload = {
    .id = "mislabelled", .variants = variants, .variant_count = sizeof variants / sizeof variants[0],
};
