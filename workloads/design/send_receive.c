/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a call is worth as one operation that switches directly and makes its reply capability by itself: the same exchange of two threads of equal priority
 * by one-way sends through a gate each. how=one: sending and waiting are one invocation; how=two: they are two, and the waiting side runs when the scheduler
 * comes to it.
 * workload: design.send_receive | round trip of two one-way sends between tasks, each thread waiting openly for the other's | Elphinstone and Heiser, From L3 to seL4 (SOSP 2013), direct process switch and lazy scheduling
 */
#include "workloads/lib/ipc_measure.h"
#include "workloads/lib/measure_fill.h"
#include "workloads/lib/object.h"

#define BACK_GATE (SELECTOR_PROGRAM_FREE + 1)

/* The first message is the call that tells that the server runs, and wants its reply. */
static struct message first_answer(void)
{
    ipc_wait(0);
    return ipc_reply_and_wait(0, 0, MESSAGE_EMPTY);
}

static void one_server(void *arg)
{
    struct message m = first_answer();

    (void)arg;
    for (;;)
        m = ipc_send_and_wait(BACK_GATE, 1, m.w);
}

static void two_server(void *arg)
{
    struct message m = first_answer();

    (void)arg;
    for (;;) {
        ipc_send(BACK_GATE, 1, m.w);
        m = ipc_wait(0);
    }
}

static bool setup(void)
{
    return ipc_partner_create(true) && factory_create_gate(SELECTOR_FACTORY, BACK_GATE, SELECTOR_THREAD, 0) == 0 &&
           task_map_capability(SELECTOR_PEER_TASK, BACK_GATE, BACK_GATE, RIGHT_SEND) == 0;
}

static bool one_prepare(const struct variant *v) { (void)v; return ipc_server_start(true, one_server, 0); }
static bool two_prepare(const struct variant *v) { (void)v; return ipc_server_start(true, two_server, 0); }

static void finish(const struct variant *v)
{
    (void)v;
    ipc_server_stop();
}

ALWAYS_INLINE bool one_fails(void)
{
    return tag_failed(ipc_send_and_wait(SELECTOR_SERVER_GATE, 1, words_content(1)).tag);
}

ALWAYS_INLINE bool two_fails(void)
{
    return tag_failed(ipc_send(SELECTOR_SERVER_GATE, 1, words_content(1)).tag) || tag_failed(ipc_wait(0).tag);
}

MEASURE_LOOPS(one, one_fails())
MEASURE_LOOPS(two, two_fails())
MEASURE_LOOPS(empty, twin_succeeds())

#define ROW(invocations, operations, how) \
    { .name = "how=" #invocations, .direction = "round_trip", .relation = "inter", .path = "none", .batch = operations, .words = 1, \
      .prepare = invocations##_prepare, .fill = invocations##_##how, .fill_empty = empty_##how, .finish = finish }

static const struct variant variants[] = {
    ROW(one, 1, single), ROW(one, BATCH_OPERATIONS, batched), ROW(two, 1, single), ROW(two, BATCH_OPERATIONS, batched),
};

const struct workload workload = {
    .id = "design.send_receive", .setup = setup, .variants = variants, .variant_count = sizeof variants / sizeof variants[0],
};
