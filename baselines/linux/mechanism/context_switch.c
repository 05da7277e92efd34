/* SPDX-License-Identifier: BSD-2-Clause
 *
 * workload: linux.context_switch.processes_2 | a token round a ring of 2 processes over pipes, each touching an array of `bytes`; per switch; overhead: the same hops within one process | lmbench lat_ctx, Härtig 1997 Table 3
 * workload: linux.context_switch.processes_4 | a token round a ring of 4 processes over pipes, as with 2 | lmbench lat_ctx
 * workload: linux.context_switch.processes_8 | a token round a ring of 8 processes over pipes, as with 2 | lmbench lat_ctx, Härtig 1997 Table 3
 * workload: linux.context_switch.processes_16 | a token round a ring of 16 processes over pipes, as with 2 | lmbench lat_ctx
 *
 * lmbench's definition: corrected = (one turn of the ring - as many hops and sums within one process) / processes. All on one CPU.
 * fd[0]: read end of the measured process, fd[1]: write end to the next one; fd[2], fd[3]: a pipe to itself, for the twin.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "baselines/linux/baseline.h"
#include "baselines/linux/guard.h"
#include "baselines/linux/mechanism/context_switch.h"

#define PROCESSES_MAX 16

static const size_t footprints[] = { 0, 4096, 16384, 65536, BYTES_END };
static pid_t members[PROCESSES_MAX]; /* all but the first */

static bool token_pass(int fd)
{
    const unsigned char token = 1;

    return message_write(fd, &token, 1);
}

static bool token_take(int fd)
{
    unsigned char token;

    return message_read(fd, &token, 1);
}

/* Sums the array, as lmbench does; the result must not be thought unused. */
static void array_touch(const struct channel *c)
{
    const volatile uint32_t *words = c->memory;
    uint32_t sum = 0;

    for (size_t i = 0; i < c->bytes / sizeof *words; i++)
        sum += words[i];
    ((volatile uint32_t *)c->memory)[c->bytes / sizeof *words] = sum;
}

static _Noreturn void member_run(struct channel *c, int from, int to, pid_t parent)
{
    guard_child(parent);
    while (token_take(from)) {
        array_touch(c);
        if (!token_pass(to))
            break;
    }
    _exit(1);
}

/* Forks members 1 to n - 1; member i reads pipe i and writes pipe i + 1. Then keeps the two ends of member 0. */
static bool members_fork(struct channel *c, int pipes[PROCESSES_MAX][2])
{
    pid_t parent = getpid();

    for (unsigned i = 1; i < c->units; i++) {
        members[i] = fork();
        if (members[i] < 0)
            return false;
        if (members[i] == 0)
            member_run(c, pipes[i][0], pipes[(i + 1) % c->units][1], parent);
    }
    return true;
}

static void pipes_close(int pipes[PROCESSES_MAX][2], int keep_read, int keep_write)
{
    for (unsigned i = 0; i < PROCESSES_MAX; i++)
        for (int end = 0; end < 2; end++)
            if (pipes[i][end] >= 0 && pipes[i][end] != keep_read && pipes[i][end] != keep_write)
                close(pipes[i][end]);
}

static bool ring_setup(struct channel *c)
{
    int pipes[PROCESSES_MAX][2];

    memset(members, 0, sizeof members);
    memset(pipes, -1, sizeof pipes);
    c->memory_bytes = c->bytes + 4096;
    c->memory = mmap(NULL, c->memory_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    bool done = c->memory != MAP_FAILED && pipe(&c->fd[2]) == 0;
    if (c->memory == MAP_FAILED)
        c->memory = NULL;
    for (unsigned i = 0; done && i < c->units; i++)
        done = pipe(pipes[i]) == 0;
    done = done && members_fork(c, pipes);
    int error = errno;
    if (done) {
        c->fd[0] = pipes[0][0];
        c->fd[1] = pipes[1][1];
    }
    pipes_close(pipes, c->fd[0], c->fd[1]);
    errno = error;
    return done;
}

static bool ring_teardown(struct channel *c)
{
    for (unsigned i = 1; i < c->units; i++)
        if (members[i] > 0) {
            kill(members[i], SIGKILL);
            while (waitpid(members[i], NULL, 0) < 0 && errno == EINTR)
                ;
        }
    memset(members, 0, sizeof members);
    return true;
}

static bool ring_turn(struct channel *c)
{
    if (!token_pass(c->fd[1]) || !token_take(c->fd[0]))
        return false;
    array_touch(c);
    return true;
}

static bool ring_alone(struct channel *c)
{
    for (unsigned i = 0; i < c->units; i++) {
        if (!token_pass(c->fd[3]) || !token_take(c->fd[2]))
            return false;
        array_touch(c);
    }
    return true;
}

#define RING(n) .bytes = footprints, .client_calls = 2, .server_calls = 2, .units = (n), .peers = (n) - 1, .setup = ring_setup, \
                .operation = ring_turn, .twin = ring_alone, .teardown = ring_teardown

static const struct baseline ring_2 = { .id = "linux.context_switch.processes_2", RING(2) };
BASELINE_REGISTER(ring_2);
static const struct baseline ring_4 = { .id = "linux.context_switch.processes_4", RING(4) };
BASELINE_REGISTER(ring_4);
static const struct baseline ring_8 = { .id = "linux.context_switch.processes_8", RING(8) };
BASELINE_REGISTER(ring_8);
static const struct baseline ring_16 = { .id = "linux.context_switch.processes_16", RING(16) };
BASELINE_REGISTER(ring_16);

const struct baseline crosscheck_ring_2 = { .id = "linux.crosscheck.context_switch_2", RING(2) };
const struct baseline crosscheck_ring_8 = { .id = "linux.crosscheck.context_switch_8", RING(8) };
