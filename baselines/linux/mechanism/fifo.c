/* SPDX-License-Identifier: BSD-2-Clause
 *
 * workload: linux.fifo.round_trip | message into one FIFO of the file system, echoed by another process through a second one: from before the client's write to after its read | lmbench lat_fifo
 * workload: linux.fifo.one_way | messages into a FIFO that another process reads, in bursts: from before the first write to the reader's word that the last has arrived | none
 *
 * Opened for reading and writing at once before the fork, as Linux allows (fifo(7)): no open waits for the other side. The names are
 * gone before the first message; a FIFO needs them to be opened, not to be used.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "baselines/linux/baseline.h"
#include "baselines/linux/keeper.h"

/* Makes and opens one: fd[0] for reading, fd[1] for writing. */
static bool fifo_open(const char *folder, char name, int fd[2])
{
    char path[KEPT_NAME_BYTES + 2];

    snprintf(path, sizeof path, "%s/%c", folder, name);
    if (mkfifo(path, 0600) != 0)
        return false;
    int both = open(path, O_RDWR | O_CLOEXEC);
    fd[0] = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    fd[1] = open(path, O_WRONLY | O_CLOEXEC);
    int error = errno;
    if (both >= 0)
        close(both);
    unlink(path);
    errno = error;
    return both >= 0 && fd[0] >= 0 && fd[1] >= 0 && fcntl(fd[0], F_SETFL, O_RDONLY) == 0;
}

static bool fifo_setup(struct channel *c)
{
    char folder[KEPT_NAME_BYTES];
    int names = keeper_make(KEPT_NAMES, 1);

    if (names < 0)
        return false;
    /* Not mkdtemp, whose number of system calls varies: they are counted. */
    kept_path(folder, names);
    setup_hint = "FIFOs are made below /tmp";
    bool done = mkdir(folder, 0700) == 0 && fifo_open(folder, 'a', &c->fd[0]) && fifo_open(folder, 'b', &c->fd[2]);
    int error = errno;
    rmdir(folder);
    keeper_remove(KEPT_NAMES, names);
    errno = error;
    return done;
}

#define FIFO .exact_bytes = PIPE_BUF, .setup = fifo_setup, .attach = pipes_attach, .send = pipes_send, .receive = pipes_receive

static const struct baseline fifo_round_trip = {
    .id = "linux.fifo.round_trip", .bytes = payload_all, .client_calls = 2, .server_calls = 2, FIFO,
};
BASELINE_REGISTER(fifo_round_trip);

static const struct baseline fifo_one_way = {
    .id = "linux.fifo.one_way", .bytes = payload_all, .client_calls = 1, .server_calls = 1, .one_way = true, FIFO,
};
BASELINE_REGISTER(fifo_one_way);
