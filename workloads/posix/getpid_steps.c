/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Five steps, from tracepoint to tracepoint: library and server are compiled into this program with a point on either side of each `syscall` of theirs, and one
 * where the loop calls the library. So send and reply are what the kernel executes, the system call and the way back included; server is what its
 * task executes between two system calls; enter and leave are the client's rest, the loop's comparison included. Overhead is what points cost.
 * workload: posix.getpid.steps | where a getpid by message to the personality server goes, from tracepoint to tracepoint, in library, kernel and server: the steps of the paper's figure, which add up to posix.getpid.libc | Härtig et al., The Performance of mu-Kernel-Based Systems (SOSP 1997), figure 5
 */
#define INVOKE_INSTRUCTION "call trace_user_invoke"
#include "workloads/servers/personality.c"
#include "workloads/servers/personality_client.c"

#include "workloads/lib/trace_steps.h"

enum step { STEP_ENTER, STEP_SEND, STEP_SERVER, STEP_REPLY, STEP_LEAVE, STEPS };
/* The point of user mode that each begins with. */
static const uint32_t first_points[STEPS] = { TRACE_user_library, TRACE_user_enter, TRACE_user_return, TRACE_user_enter, TRACE_user_return };

static bool calls_make(uint64_t n)
{
    for (uint64_t left = n; left != 0; left--) {
        invoke_traced_mark();
        if (library_getpid() != PERSONALITY_PID)
            return false;
    }
    return true;
}

/* The points of as many calls, and nothing else. */
static void twins_make(uint64_t n)
{
    for (uint64_t left = n; left != 0; left--) {
        invoke_traced_mark();
        invoke_traced_twin();
        invoke_traced_twin();
    }
}

static const struct trace_record *user_record(uint64_t number)
{
    return &trace_user.records[(trace_user_ring.tail + number) % TRACE_RING_RECORDS];
}

/* Of n calls the ticks of the step; false: the points are not those of n calls and the beginning of one more. */
static bool step_extract(enum step step, uint64_t *ring, size_t n)
{
    if (trace_user_ring.head - trace_user_ring.tail <= n * STEPS)
        return false;
    for (size_t i = 0; i < n; i++) {
        const struct trace_record *record = user_record(i * STEPS + step), *next = user_record(i * STEPS + step + 1);
        if (record->point != first_points[step] || next->point != first_points[(step + 1) % STEPS])
            return false;
        ring[i] = next->tsc - record->tsc;
    }
    return true;
}

/* What points the step of the first call in the rings has. */
static bool step_passed(enum step step, struct trace_passed *passed)
{
    struct trace_reader reader = trace_reader_start();
    const struct trace_record *record = trace_reader_next(&reader), *next;
    uint64_t user_points = 0;

    *passed = (struct trace_passed){ 0 };
    for (; record != NULL && (next = trace_reader_next(&reader)) != NULL; record = next) {
        user_points += record->point <= TRACE_user_library;
        if (user_points > (uint64_t)step + 1)
            return true;
        if (user_points == (uint64_t)step + 1)
            trace_passed_add(passed, record, next);
    }
    return false;
}

static struct trace_passed step_points;
extern const struct variant variants[];
static enum step step_of(const struct variant *v) { return (enum step)(v - variants); }

static bool steps_setup(void)
{
    personality.pid = PERSONALITY_PID;
    return trace_user_start() && ipc_partner_create(true) && trace_user_share(SELECTOR_PEER_TASK) && ipc_server_start(true, personality_serve, 0);
}

static bool step_prepare(const struct variant *v)
{
    return trace_points_measure() && calls_make(1) && trace_release() && calls_make(2) && step_passed(step_of(v), &step_points);
}

static bool step_fill(const struct variant *v, uint64_t *ring, size_t n)
{
    return trace_release() && calls_make(n + 1) && step_extract(step_of(v), ring, n);
}

static bool step_fill_empty(const struct variant *v, uint64_t *ring, size_t n)
{
    if (!trace_release())
        return false;
    twins_make(n + 1);
    if (!step_extract(step_of(v), ring, n))
        return false;
    for (size_t i = 0; i < n; i++)
        ring[i] = ring[i] * step_points.points + trace_swap_ticks * step_points.swaps;
    return true;
}

#define ROW(step_name, silent) \
    { .name = "step=" step_name, .direction = "one_way", .relation = "inter", .path = "fast", .batch = 1, .words = 3, .path_counts = ipc_path_counts, \
      .prepare = step_prepare, .fill = step_fill, .fill_empty = step_fill_empty, .trace_silent = silent }

const struct variant variants[] = {
    ROW("enter", false), ROW("send", true), ROW("server", true), ROW("reply", true), ROW("leave", true),
};

const struct workload workload = {
    .id = "posix.getpid.steps", .unable = trace_missing, .setup = steps_setup, .variants = variants, .variant_count = sizeof variants / sizeof variants[0],
};
