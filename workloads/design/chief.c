/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Clans and chiefs, dropped by L4's successors and by this kernel: a message that leaves a clan goes to its chief, who passes it on. Here client and server
 * are in one task and the chief in another, so that each hop crosses address spaces; via=none is the call that a chief would see.
 * workload: design.chief | round trip of a call that an intermediary in another task passes on to the server, and of one without | Elphinstone and Heiser, From L3 to seL4 (SOSP 2013), clans and chiefs
 */
#include "workloads/lib/ipc_measure.h"
#include "workloads/lib/measure_fill.h"
#include "workloads/lib/object.h"

#define FAR_GATE (SELECTOR_PROGRAM_FREE + 1)
#define FAR_WORKER 1

static void echo_server(void *arg)
{
    (void)arg;
    for (;;) {
        struct message m = ipc_wait(0);
        while (!tag_failed(m.tag))
            m = ipc_reply_and_wait(m.label, 1, m.w);
    }
}

static void chief(void *arg)
{
    (void)arg;
    for (;;) {
        struct message m = ipc_wait(0);
        while (!tag_failed(m.tag)) {
            struct message reply = ipc_call(FAR_GATE, 1, m.w);
            m = ipc_reply_and_wait(0, 1, reply.w);
        }
    }
}

static bool setup(void)
{
    return ipc_partner_create(true) && worker_create(FAR_WORKER, SELECTOR_TASK) == 0 &&
           factory_create_gate(SELECTOR_FACTORY, FAR_GATE, SELECTOR_WORKER(FAR_WORKER), 0) == 0 &&
           task_map_capability(SELECTOR_PEER_TASK, FAR_GATE, FAR_GATE, RIGHT_SEND) == 0 &&
           worker_run(FAR_WORKER, echo_server, NULL, PROGRAM_PRIORITY) == 0;
}

static bool chief_prepare(const struct variant *v) { (void)v; return ipc_server_start(true, chief, 0); }
static bool none_prepare(const struct variant *v) { (void)v; return ipc_server_start(true, echo_server, 0); }

static void finish(const struct variant *v)
{
    (void)v;
    ipc_server_stop();
}

ALWAYS_INLINE bool call_fails(void)
{
    return tag_failed(ipc_call(SELECTOR_SERVER_GATE, 1, words_content(1)).tag);
}

MEASURE_LOOPS(call, call_fails())
MEASURE_LOOPS(empty, twin_succeeds())

#define ROW(via, operations, how) \
    { .name = "via=" #via, .direction = "round_trip", .relation = "inter", .path = "fast", .batch = operations, .words = 1, .path_counts = ipc_path_counts, \
      .prepare = via##_prepare, .fill = call_##how, .fill_empty = empty_##how, .finish = finish }

static const struct variant variants[] = {
    ROW(none, 1, single), ROW(none, BATCH_OPERATIONS, batched), ROW(chief, 1, single), ROW(chief, BATCH_OPERATIONS, batched),
};

const struct workload workload = {
    .id = "design.chief", .setup = setup, .variants = variants, .variant_count = sizeof variants / sizeof variants[0],
};
