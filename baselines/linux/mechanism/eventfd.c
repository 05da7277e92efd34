/* SPDX-License-Identifier: BSD-2-Clause
 *
 * workload: linux.eventfd.round_trip | a number of 8 bytes added to one eventfd, taken by another process and returned through a second one: from before the client's write to after its read | none
 *
 * fd[0]: client to server, fd[1]: back. No burst: numbers that nobody has taken yet are added up.
 */
#include <sys/eventfd.h>

#include "baselines/linux/baseline.h"

static bool eventfd_setup(struct channel *c)
{
    c->fd[0] = eventfd(0, 0);
    c->fd[1] = eventfd(0, 0);
    return c->fd[0] >= 0 && c->fd[1] >= 0;
}

static bool eventfd_send(struct channel *c)
{
    return message_write(c->fd[c->server], c->out, c->bytes);
}

static bool eventfd_receive(struct channel *c)
{
    return message_read(c->fd[!c->server], c->in, c->bytes);
}

static const struct baseline eventfd_round_trip = {
    .id = "linux.eventfd.round_trip", .bytes = payload_word, .client_calls = 2, .server_calls = 2,
    .setup = eventfd_setup, .send = eventfd_send, .receive = eventfd_receive,
};
BASELINE_REGISTER(eventfd_round_trip);
