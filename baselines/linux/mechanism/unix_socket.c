/* SPDX-License-Identifier: BSD-2-Clause
 *
 * workload: linux.unix_stream.round_trip | message through a connected pair of UNIX stream sockets, echoed by another process: from before the client's write to after its read | lmbench lat_unix
 * workload: linux.unix_stream.one_way | messages through a connected pair of UNIX stream sockets, in bursts: from before the first write to the receiver's word that the last has arrived | lmbench bw_unix
 * workload: linux.unix_dgram.round_trip | message as a datagram through a connected pair of UNIX sockets, echoed by another process: from before the client's write to after its read | none
 * workload: linux.unix_dgram.one_way | datagrams through a connected pair of UNIX sockets, in bursts, the sender waits when the receiver's queue is full: from before the first write to the receiver's word that the last has arrived | none
 * workload: linux.unix_seqpacket.round_trip | message through a connected pair of UNIX sockets that keep message boundaries, echoed by another process: from before the client's write to after its read | none
 * workload: linux.unix_seqpacket.one_way | messages through a connected pair of UNIX sockets that keep message boundaries, in bursts: from before the first write to the receiver's word that the last has arrived | none
 *
 * fd[0] is the client's socket, fd[1] the server's. A datagram or packet must fit the send buffer.
 */
#include <errno.h>
#include <sys/socket.h>

#include "baselines/linux/baseline.h"

#define BUFFER_OWN_BYTES 4096

static bool stream_setup(struct channel *c) { return socketpair(AF_UNIX, SOCK_STREAM, 0, c->fd) == 0; }

/* The message at once must fit the buffer of the socket, part of which is the kernel's own: made larger only when it has to be. */
static bool buffer_fits(int fd, size_t bytes)
{
    int wanted = (int)bytes, has = 0;
    socklen_t length = sizeof has;

    if (getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &has, &length) == 0 && (size_t)has >= bytes + BUFFER_OWN_BYTES)
        return true;
    if (setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &wanted, sizeof wanted) != 0 ||
        getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &has, &length) != 0)
        return false;
    if ((size_t)has >= bytes + BUFFER_OWN_BYTES)
        return true;
    setup_hint = "limit: net.core.wmem_max";
    errno = EMSGSIZE;
    return false;
}

static bool whole_setup(struct channel *c, int type)
{
    return socketpair(AF_UNIX, type, 0, c->fd) == 0 && buffer_fits(c->fd[0], c->bytes) && buffer_fits(c->fd[1], c->bytes);
}

static bool dgram_setup(struct channel *c) { return whole_setup(c, SOCK_DGRAM); }
static bool seqpacket_setup(struct channel *c) { return whole_setup(c, SOCK_SEQPACKET); }

#define SOCKET .attach = socket_attach, .send = socket_send, .receive = socket_receive
#define ROUND_TRIP .client_calls = 2, .server_calls = 2, SOCKET
#define ONE_WAY .client_calls = 1, .server_calls = 1, .one_way = true, SOCKET

static const struct baseline stream_round_trip = {
    .id = "linux.unix_stream.round_trip", .bytes = payload_all, .exact_bytes = 4096, .setup = stream_setup, ROUND_TRIP,
};
BASELINE_REGISTER(stream_round_trip);

static const struct baseline stream_one_way = {
    .id = "linux.unix_stream.one_way", .bytes = payload_all, .exact_bytes = 4096, .setup = stream_setup, ONE_WAY,
};
BASELINE_REGISTER(stream_one_way);

static const struct baseline dgram_round_trip = {
    .id = "linux.unix_dgram.round_trip", .bytes = payload_all, .setup = dgram_setup, ROUND_TRIP,
};
BASELINE_REGISTER(dgram_round_trip);

static const struct baseline dgram_one_way = {
    .id = "linux.unix_dgram.one_way", .bytes = payload_all, .setup = dgram_setup, ONE_WAY,
};
BASELINE_REGISTER(dgram_one_way);

static const struct baseline seqpacket_round_trip = {
    .id = "linux.unix_seqpacket.round_trip", .bytes = payload_all, .setup = seqpacket_setup, ROUND_TRIP,
};
BASELINE_REGISTER(seqpacket_round_trip);

static const struct baseline seqpacket_one_way = {
    .id = "linux.unix_seqpacket.one_way", .bytes = payload_all, .setup = seqpacket_setup, ONE_WAY,
};
BASELINE_REGISTER(seqpacket_one_way);
