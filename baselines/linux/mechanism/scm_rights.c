/* SPDX-License-Identifier: BSD-2-Clause
 *
 * workload: linux.scm_rights.round_trip | a file descriptor and one byte through a UNIX stream socket; the receiver closes the descriptor and returns the byte: from before the client's sendmsg to after its read | capability transfer by IPC, seL4 and L4Re
 * workload: linux.scm_rights.without | the round trip of `linux.scm_rights.round_trip` without a descriptor and without the close: the difference is what granting one costs | capability transfer by IPC, seL4 and L4Re
 *
 * fd[0] is the client's socket, fd[1] the server's, fd[2] what is passed.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "baselines/linux/baseline.h"

static const size_t payload_byte[] = { 1, BYTES_END };

union control {
    struct cmsghdr header;
    char room[CMSG_SPACE(sizeof(int))];
};

static bool scm_setup(struct channel *c)
{
    c->fd[2] = open("/dev/null", O_RDWR);
    return c->fd[2] >= 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, c->fd) == 0;
}

static bool message_send(struct channel *c, int fd)
{
    struct iovec text = { c->out, c->bytes };
    union control control = { .header = { .cmsg_len = CMSG_LEN(sizeof fd), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS } };
    struct msghdr message = { .msg_iov = &text, .msg_iovlen = 1 };

    if (fd >= 0) {
        memcpy(CMSG_DATA(&control.header), &fd, sizeof fd);
        message.msg_control = &control;
        message.msg_controllen = sizeof control;
    }
    return sendmsg(c->fd[0], &message, 0) == (ssize_t)c->bytes;
}

/* Takes the message, and closes the descriptor that must or must not come with it. */
static bool message_take(struct channel *c, bool with)
{
    struct iovec text = { c->in, c->bytes };
    union control control;
    struct msghdr message = { .msg_iov = &text, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control };
    int fd = -1;

    errno = 0;
    if (recvmsg(c->fd[1], &message, 0) != (ssize_t)c->bytes)
        return false;
    if (message.msg_controllen >= CMSG_LEN(sizeof fd) && control.header.cmsg_type == SCM_RIGHTS)
        memcpy(&fd, CMSG_DATA(&control.header), sizeof fd);
    errno = EBADMSG;
    return with ? fd >= 0 && close(fd) == 0 : fd < 0;
}

static bool with_send(struct channel *c) { return c->server ? socket_send(c) : message_send(c, c->fd[2]); }
static bool with_receive(struct channel *c) { return c->server ? message_take(c, true) : socket_receive(c); }
static bool without_send(struct channel *c) { return c->server ? socket_send(c) : message_send(c, -1); }
static bool without_receive(struct channel *c) { return c->server ? message_take(c, false) : socket_receive(c); }

#define SCM .bytes = payload_byte, .setup = scm_setup, .attach = socket_attach

static const struct baseline scm_rights_round_trip = {
    .id = "linux.scm_rights.round_trip", .client_calls = 2, .server_calls = 3, .send = with_send, .receive = with_receive, SCM,
};
BASELINE_REGISTER(scm_rights_round_trip);

static const struct baseline scm_rights_without = {
    .id = "linux.scm_rights.without", .client_calls = 2, .server_calls = 2, .send = without_send, .receive = without_receive, SCM,
};
BASELINE_REGISTER(scm_rights_without);
