/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A sample starts on one side and ends on the other, so there is no batched form: no two operations fit between the clock reads.
 * leg=call is client to server (call), leg=reply is server to client (reply_and_wait). Stamps lie in memory that both share.
 * workload: ipc.oneway.inter | one message from the clock read before the sender's stub to the one after the receiver's, across address spaces, each leg of a call by itself | Liedtke, On micro-kernel construction (SOSP 1995), table 2
 */
#include "harness/measure/tsc.h"
#include "workloads/lib/ipc_measure.h"
#include "workloads/lib/measure_loop.h"

static volatile uint64_t stamp;      /* clock of whoever sends */
static volatile uint64_t call_ticks; /* length of the last leg=call, measured by the server */

/* The server's loop; content and tag as the client's, so that both legs carry the same. */
ALWAYS_INLINE void leg_server(uint64_t timeouts, uint64_t words)
{
    for (;;) {
        struct message m = ipc_wait(0);
        while (!tag_failed(m.tag)) {
            call_ticks = tsc_end() - stamp;
            stamp = tsc_begin();
            m = ipc_reply_and_wait(0, timeouts | words, words_content(words));
        }
    }
}

/* The client's loop: one of the two legs goes into the ring. */
ALWAYS_INLINE bool leg_fill(uint64_t *ring, size_t n, uint64_t timeouts, uint64_t words, bool reply)
{
    for (size_t i = 0; i < n; i++) {
        stamp = tsc_begin();
        uint64_t tag = ipc_call(SELECTOR_SERVER_GATE, timeouts | words, words_content(words)).tag;
        uint64_t reply_ticks = tsc_end() - stamp;
        if (tag_failed(tag))
            return false;
        ring[i] = reply ? reply_ticks : call_ticks;
    }
    return true;
}

static bool leg_fill_empty(const struct variant *v, uint64_t *ring, size_t n)
{
    (void)v;
    for (size_t i = 0; i < n; i++) {
        stamp = tsc_begin();
        invoke_twin();
        ring[i] = tsc_end() - stamp;
    }
    return true;
}

static bool leg_setup(void)
{
    return ipc_partner_create(true);
}

static void leg_finish(const struct variant *v)
{
    (void)v;
    ipc_server_stop();
}

static void utcb_fill(struct utcb *utcb)
{
    for (unsigned i = REGISTER_WORDS; i < WORDS_MAX; i++)
        utcb->words[i] = i;
}

#define LEG_WORDS(X, path_name, timeouts) X(path_name, timeouts, 0) X(path_name, timeouts, 6) X(path_name, timeouts, 10) X(path_name, timeouts, 63)
#define LEG_CONDITIONS(X) LEG_WORDS(X, fast, TIMEOUTS_FAST) LEG_WORDS(X, slow, TIMEOUTS_SLOW)

#define LEG_LOOPS(path_name, timeouts, count) \
    static void server_##path_name##_##count(void *arg) \
    { \
        (void)arg; \
        utcb_fill(worker_utcb(SERVER_WORKER)); \
        leg_server(timeouts, count); \
    } \
    static bool prepare_##path_name##_##count(const struct variant *v) \
    { \
        (void)v; \
        utcb_fill((struct utcb *)PROGRAM_UTCB_ADDRESS); \
        return ipc_server_start(true, server_##path_name##_##count, 0); \
    } \
    static bool call_##path_name##_##count(const struct variant *v, uint64_t *ring, size_t n) \
    { \
        (void)v; \
        return leg_fill(ring, n, timeouts, count, false); \
    } \
    static bool reply_##path_name##_##count(const struct variant *v, uint64_t *ring, size_t n) \
    { \
        (void)v; \
        return leg_fill(ring, n, timeouts, count, true); \
    }
LEG_CONDITIONS(LEG_LOOPS)

#define LEG_ROW(leg, which, path_name, count) \
    { .name = "leg=" #leg, .window = which, .direction = "one_way", .relation = "inter", .path = #path_name, .batch = 1, .words = count, .states = (count) == 0, \
      .words_named = true, .path_counts = ipc_path_counts, .prepare = prepare_##path_name##_##count, .fill = leg##_##path_name##_##count, \
      .fill_empty = leg_fill_empty, .finish = leg_finish },
#define LEG_ROWS(path_name, timeouts, count) LEG_ROW(call, 1, path_name, count) LEG_ROW(reply, 2, path_name, count)

static const struct variant variants[] = { LEG_CONDITIONS(LEG_ROWS) };

const struct workload workload = {
    .id = "ipc.oneway.inter", .setup = leg_setup, .variants = variants, .variant_count = sizeof variants / sizeof variants[0],
};
