/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Where a round trip of ipc.call.* goes, step by step: a row is what lies between one tracepoint and the next, summed over the points of that step; its
 * overhead is what the points themselves cost, measured back to back. The loop is that of ipc.call.*, its `syscall` being a call of a
 * routine that has a point on either side. step=stub is the code of user mode between two system calls: the server's in leg=call, the client's in leg=reply.
 * workload: ipc.breakdown | steps of call and reply_and_wait on the fast path, within and across address spaces, stubs included: they add up to ipc.call.* | Haertig et al., The Performance of mu-Kernel-Based Systems (SOSP 1997), figure 5 and table 6
 */
#define INVOKE_INSTRUCTION "call trace_user_invoke"
#include "workloads/lib/ipc_measure.h"
#include "workloads/lib/trace_steps.h"

static void echo_server(void *arg)
{
    uint64_t tag = (uint64_t)arg;

    for (;;) {
        struct message m = ipc_wait(0);
        while (!tag_failed(m.tag))
            m = ipc_reply_and_wait(m.label, tag, m.w);
    }
}

struct part {
    enum trace_step step;
    bool reply, inter;
};

#define STEPS(X, leg, relation) \
    X(entry, leg, relation) X(decode, leg, relation) X(capability, leg, relation) X(rendezvous, leg, relation) X(commit, leg, relation) \
    X(message, leg, relation) X(space, leg, relation) X(exit, leg, relation) X(stub, leg, relation)
#define PARTS(X) STEPS(X, call, intra) STEPS(X, reply, intra) STEPS(X, call, inter) STEPS(X, reply, inter)

enum leg { LEG_call, LEG_reply };
enum relation { RELATION_intra, RELATION_inter };
#define PART(step_name, leg, relation) { TRACE_STEP_##step_name, LEG_##leg == LEG_reply, RELATION_##relation == RELATION_inter },
static const struct part parts[] = { PARTS(PART) };

extern const struct variant variants[];
static const struct part *part_of(const struct variant *v) { return &parts[v - variants]; }

#define TRACE_STEP(id, name, title)
#define TRACE(id, name, step, argument0, argument1) [id] = TRACE_STEP_##step,
static const uint8_t step_of[TRACE_POINTS_END] = {
#include "kernel/abi/trace.def"
};

/* Round trips, as ipc.call.* makes them batched. */
static bool calls_make(uint64_t n)
{
    for (uint64_t left = n; left != 0; left--)
        if (tag_failed(ipc_call(SELECTOR_SERVER_GATE, 0, MESSAGE_EMPTY).tag))
            return false;
    return true;
}

/* Of n round trips the ticks of the part, into ring, and the points of the last; false when the points are not those of n round trips and the
 * beginning of one more. */
static bool part_extract(const struct part *part, uint64_t *ring, size_t n, struct trace_passed *passed)
{
    struct trace_reader reader = trace_reader_start();
    const struct trace_record *record = trace_reader_next(&reader), *next;
    uint64_t legs = 0;

    while (record != NULL && record->point != TRACE_user_enter)
        record = trace_reader_next(&reader);
    for (; record != NULL && (next = trace_reader_next(&reader)) != NULL; record = next) {
        if (record->point == TRACE_user_enter && legs++ % 2 == 0) {
            if (legs / 2 == n)
                return true;
            ring[legs / 2] = 0;
            *passed = (struct trace_passed){ 0 };
        }
        if (record->point >= TRACE_POINTS_END || legs > 2 * n || (legs % 2 == 0) != part->reply || step_of[record->point] != part->step)
            continue;
        ring[(legs - 1) / 2] += next->tsc - record->tsc;
        trace_passed_add(passed, record, next);
    }
    return false;
}

static bool part_fill(const struct variant *v, uint64_t *ring, size_t n)
{
    struct trace_passed passed;

    return trace_release() && calls_make(n + 1) && part_extract(part_of(v), ring, n, &passed);
}

/* What the points of the part cost. Of the client's stub: with its loop. */
static struct trace_passed twin_passed;

static void twins_make(uint64_t n, bool loop)
{
    if (loop)
        for (uint64_t left = n; left != 0; left--)
            invoke_traced_twin();
    else
        for (uint64_t left = n; left != 0; left--) {
            invoke_traced_twin();
            invoke_traced_twin();
        }
}

/* Ticks between the pairs of points (`first`, the next one) of the n-th pair on. */
static void pairs_extract(uint64_t *ring, size_t n, uint32_t first, uint64_t step)
{
    uint64_t at = trace_user_ring.tail;

    for (size_t i = 0; i < n; i++, at += step) {
        const struct trace_record *record = &trace_user.records[at % TRACE_RING_RECORDS];
        while (record->point != first)
            record = &trace_user.records[++at % TRACE_RING_RECORDS];
        ring[i] = trace_user.records[(at + 1) % TRACE_RING_RECORDS].tsc - record->tsc;
    }
}

static bool part_fill_empty(const struct variant *v, uint64_t *ring, size_t n)
{
    const struct part *part = part_of(v);
    bool stub = part->step == TRACE_STEP_stub;

    if (!trace_release())
        return false;
    twins_make(n + 1, stub && part->reply);
    pairs_extract(ring, n, stub ? TRACE_user_return : TRACE_user_enter, stub && !part->reply ? 4 : 2);
    for (size_t i = 0; i < n; i++)
        ring[i] = ring[i] * twin_passed.points + trace_swap_ticks * twin_passed.swaps;
    return true;
}

static bool breakdown_setup(void)
{
    return trace_user_start() && ipc_partner_create(true) && trace_user_share(SELECTOR_PEER_TASK);
}

static bool breakdown_prepare(const struct variant *v)
{
    const struct part *part = part_of(v);
    uint64_t ticks;

    return trace_points_measure() && ipc_server_start(part->inter, echo_server, 0) && trace_release() && calls_make(2) &&
           part_extract(part, &ticks, 1, &twin_passed);
}

static void breakdown_finish(const struct variant *v)
{
    (void)v;
    ipc_server_stop();
}

#define ROW(step_name, leg, relation_name) \
    { .name = "relation=" #relation_name ",leg=" #leg ",step=" #step_name, .direction = "one_way", .relation = #relation_name, .path = "fast", \
      .batch = 1, .path_counts = ipc_path_counts, .prepare = breakdown_prepare, .fill = part_fill, .fill_empty = part_fill_empty, \
      .trace_silent = TRACE_STEP_##step_name != TRACE_STEP_stub || LEG_##leg == LEG_reply, .finish = breakdown_finish },
const struct variant variants[] = { PARTS(ROW) };

const struct workload workload = {
    .id = "ipc.breakdown", .unable = trace_missing, .setup = breakdown_setup, .variants = variants, .variant_count = sizeof variants / sizeof variants[0],
};
