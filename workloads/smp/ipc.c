/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The server is alone on another CPU and idles when the call comes. Where an emulator plays the CPUs in turns, the count is that of both.
 * workload: smp.ipc | round trip of a call to a server thread on another CPU, in the same address space, as the client's loop sees it | sel4bench ipc (cross-core), L4Re ipcbench (-c)
 */
#include "harness/measure/tsc.h"
#include "workloads/lib/ipc_measure.h"
#include "workloads/lib/measure_loop.h"
#include "workloads/lib/object.h"
#include "workloads/lib/remote.h"

#define SERVER_CPU 1

static void echo_server(void *arg)
{
    uint64_t words = (uint64_t)arg;

    for (;;) {
        struct message m = ipc_wait(0);
        while (!tag_failed(m.tag))
            m = ipc_reply_and_wait(m.label, words, m.w);
    }
}

static bool call_prepare(const struct variant *v)
{
    for (unsigned i = REGISTER_WORDS; i < WORDS_MAX; i++)
        ((struct utcb *)PROGRAM_UTCB_ADDRESS)->words[i] = i;
    return ipc_server_start(false, echo_server, v->words) && worker_move(SERVER_WORKER, PROGRAM_PRIORITY, SERVER_CPU) == 0;
}

static void call_finish(const struct variant *v)
{
    (void)v;
    ipc_server_stop();
}

static bool call_fill(const struct variant *v, uint64_t *ring, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t begin = value_keep(tsc_begin());
        for (uint64_t left = v->batch; left != 0; left--)
            if (tag_failed(ipc_call(SELECTOR_SERVER_GATE, v->words, words_content(v->words)).tag))
                return false;
        ring[i] = tsc_end() - begin;
    }
    return true;
}

static bool empty_fill(const struct variant *v, uint64_t *ring, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t begin = value_keep(tsc_begin());
        for (uint64_t left = v->batch; left != 0; left--)
            invoke_twin();
        ring[i] = tsc_end() - begin;
    }
    return true;
}

#define RING_BATCHED 10        /* batches are long where an emulator plays the CPUs in turns */
#define ROW(count, batch_operations) \
    { .ring_samples = (batch_operations) == 1 ? 0 : RING_BATCHED, .interrupts = true, .direction = "round_trip", .relation = "cross_cpu", .path = "slow", .batch = batch_operations, .words = count, \
      .words_named = true, .path_counts = ipc_path_counts, .prepare = call_prepare, .fill = call_fill, .fill_empty = empty_fill, \
      .finish = call_finish },
#define ROWS(count) ROW(count, 1) ROW(count, BATCH_OPERATIONS)

static const struct variant variants[] = { ROWS(0) ROWS(1) ROWS(4) ROWS(6) ROWS(8) ROWS(16) ROWS(32) ROWS(63) };

const struct workload workload = {
    .id = "smp.ipc", .cpus_min = 2, .variants = variants, .variant_count = sizeof variants / sizeof variants[0],
};
