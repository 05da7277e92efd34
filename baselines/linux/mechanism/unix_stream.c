/* SPDX-License-Identifier: BSD-2-Clause
 *
 * workload: linux.unix_stream.round_trip | message through a connected pair of UNIX stream sockets, echoed by another process: from before the client's write to after its read | lmbench lat_unix
 *
 * fd[0] is the client's socket, fd[1] the server's.
 */
#include <sys/socket.h>
#include <unistd.h>

#include "baselines/linux/baseline.h"

static bool unix_stream_setup(struct channel *c)
{
    return socketpair(AF_UNIX, SOCK_STREAM, 0, c->fd) == 0;
}

static bool unix_stream_attach(struct channel *c)
{
    int other = c->server ? 0 : 1;

    close(c->fd[other]);
    c->fd[other] = -1;
    return true;
}

static bool unix_stream_send(struct channel *c)
{
    return message_write(c->fd[c->server], c->out, c->bytes);
}

static bool unix_stream_receive(struct channel *c)
{
    return message_read(c->fd[c->server], c->in, c->bytes);
}

static const struct baseline unix_stream_round_trip = {
    .id = "linux.unix_stream.round_trip",
    .bytes = payload_small,
    .client_calls = 2,
    .server_calls = 2,
    .setup = unix_stream_setup,
    .attach = unix_stream_attach,
    .send = unix_stream_send,
    .receive = unix_stream_receive,
};
BASELINE_REGISTER(unix_stream_round_trip);
