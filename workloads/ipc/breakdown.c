/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Where a round trip of ipc.call.* goes, step by step: a row is what lies between one tracepoint and the next, summed over the points of that step; its
 * overhead is what the points themselves cost, measured back to back. The loop is that of ipc.call.*, its `syscall` being a call of a
 * routine that has a point on either side. step=stub is the code of user mode between two system calls: the server's in leg=call, the client's in leg=reply.
 * workload: ipc.breakdown | steps of call and reply_and_wait on the fast path, within and across address spaces, stubs included: they add up to ipc.call.* | Haertig et al., The Performance of mu-Kernel-Based Systems (SOSP 1997), figure 5 and table 6
 */
#define INVOKE_INSTRUCTION "call trace_user_invoke"
#include "harness/measure/fidelity.h"
#include "workloads/lib/ipc_measure.h"
#include "workloads/lib/trace.h"

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

/* The records of both rings by time. */
struct reader {
    uint64_t user, user_end, kernel, kernel_end;
};

static const struct trace_record *record_next(struct reader *r)
{
    const struct trace_record *user = r->user < r->user_end ? &trace_user.records[r->user % TRACE_RING_RECORDS] : NULL;
    const struct trace_record *kernel = r->kernel < r->kernel_end ? trace_record_at(0, r->kernel) : NULL;

    if (user != NULL && (kernel == NULL || user->tsc < kernel->tsc)) {
        r->user++;
        return user;
    }
    r->kernel += kernel != NULL;
    return kernel;
}

static struct reader reader_start(void)
{
    return (struct reader){ trace_user_ring.tail, trace_user_ring.head, trace_ring(0)->tail, trace_ring(0)->head };
}

/* Points at which GS base is user mode's: two instructions more each, one on either side. */
static bool is_at_user(const struct trace_record *r) { return r->point == TRACE_fast_p1_tag || r->point == TRACE_fast_enter; }

/* What a part holds beside its own ticks. */
struct points {
    uint64_t points, swaps;
};

/* Of n round trips the ticks of the part, into ring, and the points of the last; false when the points are not those of n round trips and the
 * beginning of one more. */
static bool part_extract(const struct part *part, uint64_t *ring, size_t n, struct points *points)
{
    struct reader reader = reader_start();
    const struct trace_record *record = record_next(&reader), *next;
    uint64_t legs = 0;

    while (record != NULL && record->point != TRACE_user_enter)
        record = record_next(&reader);
    for (; record != NULL && (next = record_next(&reader)) != NULL; record = next) {
        if (record->point == TRACE_user_enter && legs++ % 2 == 0) {
            if (legs / 2 == n)
                return true;
            ring[legs / 2] = 0;
            *points = (struct points){ 0 };
        }
        if (record->point >= TRACE_POINTS_END || legs > 2 * n || (legs % 2 == 0) != part->reply || step_of[record->point] != part->step)
            continue;
        ring[(legs - 1) / 2] += next->tsc - record->tsc;
        points->points++;
        points->swaps += (uint64_t)is_at_user(record) + is_at_user(next);
    }
    return false;
}

static bool part_fill(const struct variant *v, uint64_t *ring, size_t n)
{
    struct points points;

    return trace_release() && calls_make(n + 1) && part_extract(part_of(v), ring, n, &points);
}

/* What the points of the part cost. Of the client's stub: with its loop. */
static struct points twin_points;
static uint64_t swap_ticks;

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
        ring[i] = ring[i] * twin_points.points + swap_ticks * twin_points.swaps;
    return true;
}

static bool breakdown_setup(void)
{
    return trace_user_start() && ipc_partner_create(true) && trace_user_share(SELECTOR_PEER_TASK);
}

/* Ticks from the first point of that kind since `from` to the next one; 0: there is none. */
static uint64_t pair_ticks(uint64_t from, uint32_t point)
{
    while (from + 1 < trace_ring(0)->head && trace_record_at(0, from)->point != point)
        from++;
    return from + 1 < trace_ring(0)->head ? trace_record_at(0, from + 1)->tsc - trace_record_at(0, from)->tsc : 0;
}

/* What points cost, back to back. False: one of the kernel does not cost what one of user mode does, where the clock would show. */
static bool points_measure(void)
{
    if (!trace_release())
        return false;
    invoke_traced_twin();
    uint64_t head = trace_ring(0)->head, user = trace_user_ring.tail;
    if (invoke_nothing() != TAG_INVOKE(INVOKE_NOTHING))
        return false;
    uint64_t kernel_ticks = pair_ticks(head, TRACE_fast_nothing), outside_ticks = pair_ticks(head, TRACE_fast_nothing_outside);
    uint64_t user_ticks = trace_user.records[(user + 1) % TRACE_RING_RECORDS].tsc - trace_user.records[user % TRACE_RING_RECORDS].tsc;
    swap_ticks = outside_ticks > kernel_ticks ? (outside_ticks - kernel_ticks) / 2 : 0;
    return kernel_ticks != 0 && outside_ticks != 0 && (program_info()->fidelity != FIDELITY_INSTRUCTIONS || kernel_ticks == user_ticks);
}

static bool breakdown_prepare(const struct variant *v)
{
    const struct part *part = part_of(v);
    uint64_t ticks;

    return points_measure() && ipc_server_start(part->inter, echo_server, 0) && trace_release() && calls_make(2) &&
           part_extract(part, &ticks, 1, &twin_points);
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

static const char *untraced(void) { return trace_is_on() ? NULL : "needs tracepoints: kernel option trace=on"; }

const struct workload workload = {
    .id = "ipc.breakdown", .unable = untraced, .setup = breakdown_setup, .variants = variants, .variant_count = sizeof variants / sizeof variants[0],
};
