/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Client, partner and server are three tasks. Up to 32 bytes travel in registers, more in the client's window, where the buffers lie.
 * workload: pipe.server.round_trip | message into one pipe of the pipe server, echoed by another task through a second one: from before the client's write to after its read | Härtig et al., The Performance of mu-Kernel-Based Systems (SOSP 1997), table 4 (2)
 */
#include "workloads/lib/pipe_measure.h"
#include "workloads/lib/program.h"

static volatile uint64_t echo_bytes; /* what the partner asks for at a time */

static void echo(void *arg)
{
    char *buffer = (char *)PIPE_WINDOW_ADDRESS(PARTNER_CONNECTION);
    char byte[PIPE_INLINE_BYTES];

    (void)arg;
    for (;;) {
        char *at = echo_bytes <= sizeof byte ? byte : buffer;
        int64_t n = pipe_read(PARTNER_CONNECTION, there[0], at, echo_bytes);
        if (n <= 0 || pipe_write(PARTNER_CONNECTION, back[1], at, (size_t)n) != n)
            program_trap();
    }
}

static bool setup(void) { return pipes_setup(echo); }

ALWAYS_INLINE bool round_trip_fails(char *buffer, size_t bytes)
{
    return pipe_write(OWN_CONNECTION, there[1], buffer, bytes) != (int64_t)bytes ||
           pipe_read(OWN_CONNECTION, back[0], buffer, bytes) != (int64_t)bytes;
}

#define BUFFER ((char *)PIPE_WINDOW_ADDRESS(OWN_CONNECTION))
MEASURE_LOOPS(bytes_1, round_trip_fails(BUFFER, 1))
MEASURE_LOOPS(bytes_64, round_trip_fails(BUFFER, 64))
MEASURE_LOOPS(bytes_4096, round_trip_fails(BUFFER, 4096))
MEASURE_LOOPS(empty, twin_succeeds())

/* One round trip of that size, so that the partner comes to ask for it. */
static bool echo_set(uint64_t bytes)
{
    echo_bytes = bytes;
    return !round_trip_fails(BUFFER, 1) && !round_trip_fails(BUFFER, bytes);
}

static bool prepare_1(const struct variant *v) { (void)v; return echo_set(1); }
static bool prepare_64(const struct variant *v) { (void)v; return echo_set(64); }
static bool prepare_4096(const struct variant *v) { (void)v; return echo_set(4096); }

#define ROW(size, operations, how) \
    { .name = "bytes=" #size, .direction = "round_trip", .relation = "inter", .path = "none", .batch = operations, \
      .ring_samples = operations == 1 ? 0 : 25, .prepare = prepare_##size, .fill = bytes_##size##_##how, .fill_empty = empty_##how }

static const struct variant variants[] = {
    ROW(1, 1, single), ROW(1, BATCH_OPERATIONS, batched), ROW(64, 1, single), ROW(64, BATCH_OPERATIONS, batched),
    ROW(4096, 1, single), ROW(4096, BATCH_OPERATIONS, batched),
};

const struct workload workload = {
    .id = "pipe.server.round_trip", .setup = setup, .variants = variants, .variant_count = sizeof variants / sizeof variants[0],
};
