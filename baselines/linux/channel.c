/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Client and server of a mechanism. The server is a forked process that echoes until it is killed: it needs no message that
 * says stop, so every mechanism's loop is the same on both sides of the measured region.
 */
#include "baselines/linux/channel.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "baselines/linux/guard.h"

static bool nothing(struct channel *c)
{
    (void)c;
    return true;
}

const struct baseline baseline_empty = { .id = "empty", .send = nothing, .receive = nothing, .operation = nothing };

bool operation_empty(struct channel *c)
{
    return nothing(c);
}

bool round_trip(struct channel *c)
{
    return c->baseline->send(c) && c->baseline->receive(c);
}

channel_fn *connection_operation(const struct baseline *b)
{
    return b->operation != NULL ? b->operation : round_trip;
}

bool cpu_pin(int cpu)
{
    cpu_set_t set;

    if (cpu == CPU_NONE)
        return true;
    CPU_ZERO(&set);
    CPU_SET((size_t)cpu, &set);
    return sched_setaffinity(0, sizeof set, &set) == 0;
}

/* out and in with headroom before each, on cache lines of their own, touched beforehand. */
static bool buffers_map(struct connection *k, size_t bytes)
{
    size_t stride = CHANNEL_HEADROOM_BYTES + (bytes + 63) / 64 * 64;

    k->memory_bytes = 2 * stride;
    k->memory = mmap(NULL, k->memory_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (k->memory == MAP_FAILED) {
        k->memory = NULL;
        return false;
    }
    k->channel.out = (unsigned char *)k->memory + CHANNEL_HEADROOM_BYTES;
    k->channel.in = k->channel.out + stride;
    return true;
}

bool connection_open(struct connection *k, const struct baseline *b, size_t bytes)
{
    *k = (struct connection){ .channel = { .baseline = b, .bytes = bytes, .fd = { -1, -1, -1, -1 }, .id = -1 } };
    if (!buffers_map(k, bytes))
        return false;
    if (b->setup == NULL || b->setup(&k->channel))
        return true;
    int reason = errno;
    connection_close(k);
    errno = reason;
    return false;
}

static void message_invert(struct channel *c)
{
    for (size_t i = 0; i < c->bytes; i++)
        c->in[i] = (unsigned char)~c->in[i];
}

static _Noreturn void server_run(struct channel *c, enum server_mode mode)
{
    const struct baseline *b = c->baseline;

    while (b->receive(c)) {
        if (mode == SERVER_INVERT)
            message_invert(c);
        if (!b->send(c))
            break;
    }
    _exit(1);
}

bool connection_serve(struct connection *k, enum server_mode mode, int cpu)
{
    const struct baseline *b = k->channel.baseline;
    pid_t parent = getpid();

    k->server = fork();
    if (k->server < 0) {
        k->server = 0;
        return false;
    }
    if (k->server == 0) {
        guard_child(parent);
        k->channel.server = true;
        k->channel.out = k->channel.in;
        if (!cpu_pin(cpu) || (b->attach != NULL && !b->attach(&k->channel)))
            _exit(1);
        server_run(&k->channel, mode);
    }
    return b->attach == NULL || b->attach(&k->channel);
}

void connection_close(struct connection *k)
{
    struct channel *c = &k->channel;

    if (k->server != 0) {
        kill(k->server, SIGKILL);
        while (waitpid(k->server, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    if (c->baseline->teardown != NULL)
        c->baseline->teardown(c);
    for (size_t i = 0; i < sizeof c->fd / sizeof c->fd[0]; i++)
        if (c->fd[i] >= 0)
            close(c->fd[i]);
    if (k->memory != NULL)
        munmap(k->memory, k->memory_bytes);
    *k = (struct connection){ .channel = { .baseline = c->baseline } };
}
