/* SPDX-License-Identifier: BSD-2-Clause
 *
 * workload: linux.vmsplice.round_trip | the pages of a message are put into a pipe with vmsplice, not copied, and read by another process, echoed in the same way: from before the client's vmsplice to after its read | Härtig 1997 Table 4 (4)
 * workload: linux.vmsplice.one_way | messages as pages put into a pipe that another process reads, in bursts: from before the first vmsplice to the reader's word that the last has arrived | lmbench bw_pipe
 *
 * From one page up: below, there is nothing to save. The receiver's copy stays: no system call moves pages from a pipe into a process.
 * The sender must not write to a message before it was read; here the same message is sent again.
 */
#include <fcntl.h>
#include <limits.h>
#include <sys/uio.h>
#include <unistd.h>

#include "baselines/linux/baseline.h"

static const size_t payload_pages[] = { 4096, 65536, 1048576, BYTES_END };

static bool vmsplice_setup(struct channel *c)
{
    return pipe(&c->fd[0]) == 0 && pipe(&c->fd[2]) == 0;
}

static bool vmsplice_send(struct channel *c)
{
    struct iovec pages = { c->out, c->bytes };

    while (pages.iov_len != 0) {
        ssize_t done = vmsplice(c->fd[c->server ? 3 : 1], &pages, 1, 0);
        if (done < 0)
            return false;
        pages.iov_base = (unsigned char *)pages.iov_base + done;
        pages.iov_len -= (size_t)done;
    }
    return true;
}

#define VMSPLICE .bytes = payload_pages, .exact_bytes = PIPE_BUF, .setup = vmsplice_setup, .attach = pipes_attach, \
                 .send = vmsplice_send, .receive = pipes_receive

static const struct baseline vmsplice_round_trip = {
    .id = "linux.vmsplice.round_trip", .client_calls = 2, .server_calls = 2, VMSPLICE,
};
BASELINE_REGISTER(vmsplice_round_trip);

static const struct baseline vmsplice_one_way = {
    .id = "linux.vmsplice.one_way", .client_calls = 1, .server_calls = 1, .one_way = true, VMSPLICE,
};
BASELINE_REGISTER(vmsplice_one_way);
