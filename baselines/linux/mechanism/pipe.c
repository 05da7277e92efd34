/* SPDX-License-Identifier: BSD-2-Clause
 *
 * workload: linux.pipe.round_trip | message into one pipe, echoed by another process through a second one: from before the client's write to after its read | Härtig 1997 Table 4 (1), lmbench lat_pipe
 * workload: linux.pipe.one_way | messages into a pipe that another process reads, in bursts: from before the first write to the reader's word that the last has arrived | Härtig 1997 Table 4 (1), lmbench bw_pipe
 * workload: linux.pipe.bandwidth | blocks of 64 KiB into a pipe that another process reads, in bursts: from before the first write to the reader's word that the last has arrived, per block | Härtig 1997 Table 4 (1)
 *
 * Messages above PIPE_BUF (4096 bytes) may be split.
 */
#include <limits.h>
#include <unistd.h>

#include "baselines/linux/baseline.h"

static bool pipe_setup(struct channel *c)
{
    return pipe(&c->fd[0]) == 0 && pipe(&c->fd[2]) == 0;
}

#define PIPE .exact_bytes = PIPE_BUF, .setup = pipe_setup, .attach = pipes_attach, .send = pipes_send, .receive = pipes_receive

static const struct baseline pipe_round_trip = {
    .id = "linux.pipe.round_trip", .bytes = payload_all, .client_calls = 2, .server_calls = 2, PIPE,
};
BASELINE_REGISTER(pipe_round_trip);

static const struct baseline pipe_one_way = {
    .id = "linux.pipe.one_way", .bytes = payload_all, .client_calls = 1, .server_calls = 1, .one_way = true, PIPE,
};
BASELINE_REGISTER(pipe_one_way);

static const size_t one_block[] = { 65536, BYTES_END };
static const struct baseline pipe_bandwidth = {
    .id = "linux.pipe.bandwidth", .bytes = one_block, .client_calls = 1, .server_calls = 1, .one_way = true, PIPE,
};
BASELINE_REGISTER(pipe_bandwidth);
