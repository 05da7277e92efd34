/* SPDX-License-Identifier: BSD-2-Clause
 *
 * workload: linux.sysv_msg.round_trip | message through a System V message queue, echoed by another process as a message of another type in the same queue: from before the client's msgsnd to after its msgrcv | none
 * workload: linux.sysv_msg.one_way | messages through a System V message queue, in bursts: from before the first msgsnd to the receiver's word that the last has arrived | none
 *
 * The queue outlives its processes: the keeper makes it, and removes it at teardown or when all of them are gone. The message type lives in
 * the headroom before the payload.
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/ipc.h>
#include <sys/msg.h>

#include "baselines/linux/baseline.h"
#include "baselines/linux/keeper.h"

enum { TYPE_REQUEST = 1, TYPE_REPLY = 2 };

/* struct msgbuf of msgop(2): the type, then the text. Headroom and alignment of the buffer make room for it. */
static long *message_header(unsigned char *text)
{
    return (long *)(void *)(text - sizeof(long));
}

/* The kernel's limit of one message; 0 when it does not tell. */
static size_t message_bytes_max(void)
{
    size_t bytes = 0;
    FILE *f = fopen("/proc/sys/kernel/msgmax", "r");

    if (f != NULL && fscanf(f, "%zu", &bytes) != 1)
        bytes = 0;
    if (f != NULL)
        fclose(f);
    return bytes;
}

static bool sysv_msg_setup(struct channel *c)
{
    size_t most = message_bytes_max();

    if (most != 0 && c->bytes > most) {
        setup_hint = "limit: kernel.msgmax";
        errno = EMSGSIZE;
        return false;
    }
    c->id = keeper_make(KEPT_QUEUE, 1);
    return c->id >= 0;
}

static bool sysv_msg_teardown(struct channel *c)
{
    return keeper_remove(KEPT_QUEUE, c->id);
}

static bool sysv_msg_send(struct channel *c)
{
    long *header = message_header(c->out);

    *header = c->server ? TYPE_REPLY : TYPE_REQUEST;
    return msgsnd(c->id, header, c->bytes, 0) == 0;
}

static bool sysv_msg_receive(struct channel *c)
{
    long type = c->server ? TYPE_REQUEST : TYPE_REPLY;
    ssize_t got = msgrcv(c->id, message_header(c->in), c->bytes, type, 0);

    if (got >= 0 && (size_t)got != c->bytes)
        errno = EMSGSIZE;
    return got == (ssize_t)c->bytes;
}

#define QUEUE .bytes = payload_all, .setup = sysv_msg_setup, .send = sysv_msg_send, .receive = sysv_msg_receive, \
              .teardown = sysv_msg_teardown

static const struct baseline sysv_msg_round_trip = {
    .id = "linux.sysv_msg.round_trip", .client_calls = 2, .server_calls = 2, QUEUE,
};
BASELINE_REGISTER(sysv_msg_round_trip);

static const struct baseline sysv_msg_one_way = {
    .id = "linux.sysv_msg.one_way", .client_calls = 1, .server_calls = 1, .one_way = true, QUEUE,
};
BASELINE_REGISTER(sysv_msg_one_way);
