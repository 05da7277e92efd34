/* SPDX-License-Identifier: BSD-2-Clause
 *
 * workload: linux.tcp.round_trip | message over a TCP connection on the loopback address, TCP_NODELAY, echoed by another process: from before the client's write to after its read | Härtig 1997 Table 3, lmbench lat_tcp
 * workload: linux.tcp.one_way | messages over a TCP connection on the loopback address, in bursts: from before the first write to the receiver's word that the last has arrived | Härtig 1997 Table 3, lmbench bw_tcp
 * workload: linux.udp.round_trip | datagram over UDP on the loopback address between connected sockets, echoed by another process: from before the client's write to after its read | Härtig 1997 Table 3, lmbench lat_udp
 *
 * No burst over UDP: it has no flow control, so what the sender's rate is says nothing of what arrives. A datagram
 * holds at most 65,507 bytes. fd[0] is the client's socket, fd[1] the server's. TCP may split any message.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "baselines/linux/baseline.h"

#define UDP_BYTES_MAX 65507

/* A socket bound to a port of the loopback address that the kernel chose; its address into *at. */
static int loopback_socket(int type, struct sockaddr_in *at)
{
    socklen_t bytes = sizeof *at;
    int fd = socket(AF_INET, type, 0);

    *at = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    if (fd >= 0 && bind(fd, (struct sockaddr *)at, sizeof *at) == 0 && getsockname(fd, (struct sockaddr *)at, &bytes) == 0)
        return fd;
    int error = errno;
    if (fd >= 0)
        close(fd);
    errno = error;
    setup_hint = "the loopback interface must be up";
    return -1;
}

static bool nodelay_set(int fd)
{
    int on = 1;

    return setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0;
}

static bool tcp_setup(struct channel *c)
{
    struct sockaddr_in at;
    int listener = loopback_socket(SOCK_STREAM, &at);

    if (listener < 0)
        return false;
    bool done = listen(listener, 1) == 0 && (c->fd[0] = socket(AF_INET, SOCK_STREAM, 0)) >= 0 &&
                connect(c->fd[0], (struct sockaddr *)&at, sizeof at) == 0 && (c->fd[1] = accept(listener, NULL, NULL)) >= 0 &&
                nodelay_set(c->fd[0]) && nodelay_set(c->fd[1]);
    int error = errno;
    close(listener);
    errno = error;
    return done;
}

static bool udp_setup(struct channel *c)
{
    struct sockaddr_in at[2];

    if (c->bytes > UDP_BYTES_MAX) {
        setup_hint = "a datagram over IPv4 holds at most 65507 bytes";
        errno = EMSGSIZE;
        return false;
    }
    c->fd[0] = loopback_socket(SOCK_DGRAM, &at[0]);
    c->fd[1] = loopback_socket(SOCK_DGRAM, &at[1]);
    return c->fd[0] >= 0 && c->fd[1] >= 0 && connect(c->fd[0], (struct sockaddr *)&at[1], sizeof at[1]) == 0 &&
           connect(c->fd[1], (struct sockaddr *)&at[0], sizeof at[0]) == 0;
}

#define SOCKET .softirqs = true, .attach = socket_attach, .send = socket_send, .receive = socket_receive

static const struct baseline tcp_round_trip = {
    .id = "linux.tcp.round_trip", .bytes = payload_all, .client_calls = 2, .server_calls = 2, .exact_bytes = 4096,
    .setup = tcp_setup, SOCKET,
};
BASELINE_REGISTER(tcp_round_trip);

static const struct baseline tcp_one_way = {
    .id = "linux.tcp.one_way", .bytes = payload_all, .client_calls = 1, .server_calls = 1, .exact_bytes = 1, .one_way = true,
    .setup = tcp_setup, SOCKET,
};
BASELINE_REGISTER(tcp_one_way);

static const struct baseline udp_round_trip = {
    .id = "linux.udp.round_trip", .bytes = payload_all, .client_calls = 2, .server_calls = 2, .setup = udp_setup, SOCKET,
};
BASELINE_REGISTER(udp_round_trip);
