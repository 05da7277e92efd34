/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The client calls the first server, each server the next one, and the last one replies: all run on the client's time slice, which comes
 * back with the replies. depth=1 is a plain call. Servers are of a priority below the client's and share its address space.
 * workload: sched.donate_chain | round trip of a call through a chain of servers, each of which calls the next one on the time slice that the client lent | Steinberg et al., Timeslice donation in component-based systems (OSPERT 2010)
 */
#include "workloads/lib/measure_fill.h"
#include "workloads/lib/object.h"
#include "workloads/lib/worker.h"

#define DEPTH_MAX 8
#define GATE(i) (SELECTOR_PROGRAM_FREE + (uint64_t)(i))
#define SERVER_PRIORITY (PROGRAM_PRIORITY - 10)

static void link_run(void *arg)
{
    uint64_t next = (uint64_t)arg;
    struct message m = ipc_wait(0);

    while (!tag_failed(m.tag) && !tag_failed(ipc_call(next, 0, MESSAGE_EMPTY).tag))
        m = ipc_reply_and_wait(0, 0, MESSAGE_EMPTY);
}

static void last_run(void *arg)
{
    struct message m = ipc_wait(0);

    (void)arg;
    while (!tag_failed(m.tag))
        m = ipc_reply_and_wait(0, 0, MESSAGE_EMPTY);
}

static bool chain_begin(unsigned depth)
{
    for (unsigned i = depth; i-- > 0;) {
        bool last = i + 1 == depth;
        if (worker_create(i, SELECTOR_TASK) != 0 || factory_create_gate(SELECTOR_FACTORY, GATE(i), SELECTOR_WORKER(i), 0) != 0 ||
            worker_run(i, last ? last_run : link_run, (void *)GATE(i + 1), SERVER_PRIORITY) != 0)
            return false;
    }
    return !tag_failed(ipc_call(GATE(0), 0, MESSAGE_EMPTY).tag);
}

static void chain_end(const struct variant *v)
{
    (void)v;
    for (unsigned i = 0; i < DEPTH_MAX; i++) {
        worker_destroy(i);
        task_unmap_capability(SELECTOR_TASK, GATE(i));
    }
}

MEASURE_LOOPS(chain, tag_failed(ipc_call(GATE(0), 0, MESSAGE_EMPTY).tag))
MEASURE_LOOPS(empty, twin_succeeds())

#define DEPTHS(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8)
#define CHAIN_BEGIN(depth) \
    static bool begin_##depth(const struct variant *v) \
    { \
        (void)v; \
        return chain_begin(depth); \
    }
DEPTHS(CHAIN_BEGIN)
#define CHAIN_ROWS(depth) MEASURE_ROWS("depth=" #depth, "round_trip", chain, empty, begin_##depth, chain_end),

static const struct variant variants[] = { DEPTHS(CHAIN_ROWS) };

const struct workload workload = {
    .id = "sched.donate_chain", .variants = variants, .variant_count = sizeof variants / sizeof variants[0],
};
