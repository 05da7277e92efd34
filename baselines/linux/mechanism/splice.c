/* SPDX-License-Identifier: BSD-2-Clause
 *
 * workload: linux.splice.round_trip | message written into one pipe, passed on by another process into a second one with splice, which moves pages and copies nothing: from before the client's write to after its read | none
 *
 * What splice is for: a process that forwards what it never looks at. Beside linux.pipe.round_trip, two of four copies less. The server
 * cannot invert what it does not see, so the reply must be the request; the pipe behind it must hold a whole message.
 */
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include "baselines/linux/baseline.h"

#define PIPE_BYTES 65536 /* of a new pipe */

static bool splice_setup(struct channel *c)
{
    if (pipe(&c->fd[0]) != 0 || pipe(&c->fd[2]) != 0)
        return false;
    if (c->bytes <= PIPE_BYTES)
        return true;
    setup_hint = "limits: fs.pipe-max-size, fs.pipe-user-pages-soft";
    return fcntl(c->fd[3], F_SETPIPE_SZ, (int)c->bytes) >= 0;
}

static bool splice_receive(struct channel *c)
{
    if (!c->server)
        return pipes_receive(c);
    for (size_t left = c->bytes; left != 0;) {
        ssize_t done = splice(c->fd[0], NULL, c->fd[3], NULL, left, SPLICE_F_MOVE);
        if (done <= 0)
            return false;
        left -= (size_t)done;
    }
    return true;
}

static bool splice_send(struct channel *c)
{
    return c->server || pipes_send(c);
}

static const struct baseline splice_round_trip = {
    .id = "linux.splice.round_trip", .bytes = payload_all, .client_calls = 2, .server_calls = 1, .exact_bytes = PIPE_BUF, .relays = true,
    .setup = splice_setup, .attach = pipes_attach, .send = splice_send, .receive = splice_receive,
};
BASELINE_REGISTER(splice_round_trip);
