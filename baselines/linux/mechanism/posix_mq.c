/* SPDX-License-Identifier: BSD-2-Clause
 *
 * workload: linux.posix_mq.round_trip | message through a POSIX message queue, echoed by another process through a second one: from before the client's mq_send to after its mq_receive | none
 * workload: linux.posix_mq.one_way | messages through a POSIX message queue, in bursts: from before the first mq_send to the receiver's word that the last has arrived | none
 *
 * fd[0]: client to server, fd[1]: back. The names are removed at once. A descriptor of a queue is not a file's to portable programs;
 * on Linux it is one, and is kept and closed as such.
 */
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <unistd.h>

#include "baselines/linux/baseline.h"
#include "baselines/linux/keeper.h"

#define QUEUE_MESSAGES 10 /* what an ordinary user may have: fs.mqueue.msg_max */
#define QUEUE_MESSAGES_LARGE 4 /* two queues of 64 KiB messages within the usual ulimit -q of 800 KiB */

static int queue_open(const struct channel *c, const char *object, int which)
{
    struct mq_attr attributes = { .mq_maxmsg = c->bytes <= 4096 ? QUEUE_MESSAGES : QUEUE_MESSAGES_LARGE,
                                  .mq_msgsize = (long)c->bytes };
    char name[KEPT_NAME_BYTES + 2];

    snprintf(name, sizeof name, "%s-%d", object, which);
    mqd_t queue = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attributes);
    int error = errno;
    if (queue >= 0)
        mq_unlink(name);
    errno = error;
    return (int)queue;
}

static bool posix_mq_setup(struct channel *c)
{
    char object[KEPT_NAME_BYTES];
    int names = keeper_make(KEPT_NAMES, 1);

    if (names < 0)
        return false;
    kept_object(object, names);
    c->fd[0] = queue_open(c, object, 0);
    if (c->fd[0] >= 0)
        c->fd[1] = queue_open(c, object, 1);
    int error = errno;
    keeper_remove(KEPT_NAMES, names);
    errno = error;
    if (c->fd[0] < 0 || c->fd[1] < 0)
        setup_hint = "limits: fs.mqueue.msgsize_max, and ulimit -q";
    return c->fd[0] >= 0 && c->fd[1] >= 0;
}

static bool posix_mq_send(struct channel *c)
{
    return mq_send(c->fd[c->server], (const char *)c->out, c->bytes, 0) == 0;
}

static bool posix_mq_receive(struct channel *c)
{
    ssize_t got = mq_receive(c->fd[!c->server], (char *)c->in, c->bytes, NULL);

    if (got >= 0 && (size_t)got != c->bytes)
        errno = EMSGSIZE;
    return got == (ssize_t)c->bytes;
}

#define QUEUE .bytes = payload_all, .setup = posix_mq_setup, .send = posix_mq_send, .receive = posix_mq_receive

static const struct baseline posix_mq_round_trip = {
    .id = "linux.posix_mq.round_trip", .client_calls = 2, .server_calls = 2, QUEUE,
};
BASELINE_REGISTER(posix_mq_round_trip);

static const struct baseline posix_mq_one_way = {
    .id = "linux.posix_mq.one_way", .client_calls = 1, .server_calls = 1, .one_way = true, QUEUE,
};
BASELINE_REGISTER(posix_mq_one_way);
