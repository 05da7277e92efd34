/* SPDX-License-Identifier: BSD-2-Clause
 *
 * workload: linux.pipe.round_trip | message into one pipe, echoed by another process through a second one: from before the client's write to after its read | Härtig 1997 Table 4 (1), lmbench lat_pipe
 *
 * fd[0], fd[1]: client to server; fd[2], fd[3]: server to client. Each process closes the ends that it does not use, so that
 * the death of one is the end of file of the other.
 */
#include <unistd.h>

#include "baselines/linux/baseline.h"

static bool pipe_setup(struct channel *c)
{
    return pipe(&c->fd[0]) == 0 && pipe(&c->fd[2]) == 0;
}

static bool pipe_attach(struct channel *c)
{
    int write_end = c->server ? 1 : 3;
    int read_end = c->server ? 2 : 0;

    close(c->fd[write_end]);
    close(c->fd[read_end]);
    c->fd[write_end] = c->fd[read_end] = -1;
    return true;
}

static bool pipe_send(struct channel *c)
{
    return message_write(c->fd[c->server ? 3 : 1], c->out, c->bytes);
}

static bool pipe_receive(struct channel *c)
{
    return message_read(c->fd[c->server ? 0 : 2], c->in, c->bytes);
}

static const struct baseline pipe_round_trip = {
    .id = "linux.pipe.round_trip",
    .bytes = payload_small,
    .client_calls = 2,
    .server_calls = 2,
    .setup = pipe_setup,
    .attach = pipe_attach,
    .send = pipe_send,
    .receive = pipe_receive,
};
BASELINE_REGISTER(pipe_round_trip);
