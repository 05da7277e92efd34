/* SPDX-License-Identifier: BSD-2-Clause
 *
 * ipc.call.*: the body of the two workloads that differ in where the server lives. Included once by each, which defines
 * IPC_CALL_INTER (true or false), IPC_CALL_RELATION and IPC_CALL_ID first. Each condition has its own compiled loop, so that what is
 * measured holds no decision but "did the kernel report an error". Server: echoes the registers as they came.
 */
#include "workloads/lib/ipc_measure.h"
#include "workloads/lib/measure_fill.h"

static void echo_server(void *arg)
{
    uint64_t tag = (uint64_t)arg;

    for (;;) {
        struct message m = ipc_wait(0);
        while (!tag_failed(m.tag))
            m = ipc_reply_and_wait(m.label, tag, m.w);
    }
}

static uint64_t variant_timeouts(const struct variant *v)
{
    return v->path[0] == 'f' ? TIMEOUTS_FAST : TIMEOUTS_SLOW;
}

static bool call_setup(void)
{
    return ipc_partner_create(IPC_CALL_INTER);
}

static bool call_prepare(const struct variant *v)
{
    for (unsigned i = REGISTER_WORDS; i < WORDS_MAX; i++)
        ((struct utcb *)PROGRAM_UTCB_ADDRESS)->words[i] = i;
    return ipc_server_start(IPC_CALL_INTER, echo_server, variant_timeouts(v) | v->words);
}

static void call_finish(const struct variant *v)
{
    (void)v;
    ipc_server_stop();
}

MEASURE_LOOPS(empty, twin_succeeds())

/* The conditions. */
#define CALL_WORDS(X, path_name, timeouts) \
    X(path_name, timeouts, 0) X(path_name, timeouts, 1) X(path_name, timeouts, 4) X(path_name, timeouts, 6) \
    X(path_name, timeouts, 8) X(path_name, timeouts, 16) X(path_name, timeouts, 32) X(path_name, timeouts, 63)
#define CALL_CONDITIONS(X) CALL_WORDS(X, fast, TIMEOUTS_FAST) CALL_WORDS(X, slow, TIMEOUTS_SLOW)

#define CALL_LOOPS(path_name, timeouts, count) \
    MEASURE_LOOPS(path_name##_##count, tag_failed(ipc_call(SELECTOR_SERVER_GATE, (timeouts) | (count), words_content(count)).tag))
CALL_CONDITIONS(CALL_LOOPS)

#define CALL_ROW(path_name, count, batch_operations, fill_function, empty_function) \
    { .direction = "round_trip", .relation = IPC_CALL_RELATION, .path = #path_name, .batch = batch_operations, .words = count, \
      .words_named = true, .states = (count) == 0, .path_counts = ipc_path_counts, .prepare = call_prepare, .fill = fill_function, .fill_empty = empty_function, .finish = call_finish },
#define CALL_ROWS(path_name, timeouts, count) \
    CALL_ROW(path_name, count, 1, path_name##_##count##_single, empty_single) \
    CALL_ROW(path_name, count, BATCH_OPERATIONS, path_name##_##count##_batched, empty_batched)

static const struct variant variants[] = { CALL_CONDITIONS(CALL_ROWS) };

const struct workload workload = {
    .id = IPC_CALL_ID, .setup = call_setup, .variants = variants, .variant_count = sizeof variants / sizeof variants[0],
};
