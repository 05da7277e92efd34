/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Client and server of a mechanism. The server is a forked process that echoes, or takes bursts, until it is killed: it needs no
 * message that says stop, so every mechanism's loop is the same on both sides of the measured region.
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

#define PAGE_BYTES 4096u
/* Messages of one burst: the word at its end, about half a pipe round trip, is spread over them. Large ones are fewer: a burst
 * of 4 MiB is long enough. */
#define BURST_SMALL 256
#define BURST_64K 32
#define BURST_LARGE 8

static bool nothing(struct channel *c)
{
    (void)c;
    return true;
}

const struct baseline baseline_empty = { .id = "empty", .send = nothing, .receive = nothing, .operation = nothing };

static bool operation_empty(struct channel *c)
{
    return nothing(c);
}

static bool round_trip(struct channel *c)
{
    return c->baseline->send(c) && c->baseline->receive(c);
}

static bool burst_send(struct channel *c)
{
    unsigned char good;

    for (unsigned i = 0; i < c->units; i++)
        if (!c->baseline->send(c))
            return false;
    if (!message_read(c->ack[0], &good, 1))
        return false;
    errno = EBADMSG;
    return good != 0;
}

/* The burst's loop without messages and without the word at its end. */
static bool burst_empty(struct channel *c)
{
    for (unsigned i = 0; i < c->units; i++)
        if (!c->baseline->send(c))
            return false;
    return true;
}

bool baseline_has_peer(const struct baseline *b)
{
    return b->operation == NULL;
}

unsigned baseline_units(const struct baseline *b, size_t bytes)
{
    if (b->one_way)
        return bytes <= PAGE_BYTES ? BURST_SMALL : bytes <= 65536 ? BURST_64K : BURST_LARGE;
    return b->units == 0 ? 1 : b->units;
}

channel_fn *connection_operation(const struct baseline *b)
{
    return b->operation != NULL ? b->operation : b->one_way ? burst_send : round_trip;
}

channel_fn *connection_empty_twin(const struct baseline *b)
{
    return b->operation != NULL ? operation_empty : b->one_way ? burst_empty : round_trip;
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

/* --- messages --- */

static unsigned char message_byte(size_t i, unsigned round)
{
    return (unsigned char)(i * 31 + round * 7 + 1 + i / 256);
}

void message_fill(struct channel *c, unsigned round)
{
    for (size_t i = 0; i < c->bytes; i++) {
        c->out[i] = message_byte(i, round);
        c->in[i] = 0;
    }
}

bool message_is(const struct channel *c, unsigned round, unsigned char mask)
{
    for (size_t i = 0; i < c->bytes; i++)
        if ((c->in[i] ^ mask) != message_byte(i, round))
            return false;
    return true;
}

static void message_invert(struct channel *c)
{
    for (size_t i = 0; i < c->bytes; i++)
        c->in[i] = (unsigned char)~c->in[i];
}

/* --- both ends --- */

/* A page of headroom, out, a page of headroom, in; touched beforehand, and locked where that is permitted. */
static bool buffers_map(struct connection *k, size_t bytes)
{
    size_t stride = PAGE_BYTES + (bytes + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;

    k->buffers_bytes = 2 * stride + PAGE_BYTES;
    k->buffers = mmap(NULL, k->buffers_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (k->buffers == MAP_FAILED) {
        k->buffers = NULL;
        return false;
    }
    (void)mlock(k->buffers, k->buffers_bytes); /* the context says whether memory is locked */
    k->channel.out = (unsigned char *)k->buffers + PAGE_BYTES;
    k->channel.in = k->channel.out + stride;
    k->channel.peer_out = k->channel.in;
    return true;
}

bool connection_open(struct connection *k, const struct baseline *b, size_t bytes)
{
    *k = (struct connection){ .channel = { .baseline = b, .bytes = bytes, .fd = { -1, -1, -1, -1 }, .id = -1, .ack = { -1, -1 },
                                           .units = baseline_units(b, bytes) } };
    setup_hint = NULL;
    /* What an operation's bytes mean is its own business: they are no buffers. */
    if (buffers_map(k, b->operation == NULL ? bytes : 0) && (!b->one_way || pipe(k->channel.ack) == 0) &&
        (b->setup == NULL || b->setup(&k->channel)))
        return true;
    int reason = errno;
    connection_close(k);
    errno = reason;
    return false;
}

static _Noreturn void server_echo(struct channel *c, enum server_mode mode)
{
    const struct baseline *b = c->baseline;

    while (b->receive(c)) {
        if (mode == SERVER_CHECK && !b->relays)
            message_invert(c);
        if (!b->send(c))
            break;
    }
    _exit(1);
}

static _Noreturn void server_take(struct channel *c, enum server_mode mode)
{
    for (unsigned round = 0;; round++) {
        unsigned char good = 1;
        for (unsigned i = 0; i < c->units; i++) {
            if (!c->baseline->receive(c))
                _exit(1);
            if (mode == SERVER_CHECK)
                good = good && message_is(c, round, 0);
        }
        if (!message_write(c->ack[1], &good, 1))
            _exit(1);
    }
}

static _Noreturn void server_run(struct connection *k, enum server_mode mode, int cpu, pid_t parent)
{
    struct channel *c = &k->channel;

    guard_child(parent);
    c->server = true;
    c->peer = parent;
    c->peer_out = c->out;
    c->out = c->in;
    if (!cpu_pin(cpu) || (c->baseline->attach != NULL && !c->baseline->attach(c)))
        _exit(1);
    if (c->baseline->one_way)
        server_take(c, mode);
    server_echo(c, mode);
}

/* Forks on `cpu`. A real-time child that began on its parent's CPU would never get it from a parent that spins. */
static pid_t fork_on(int cpu)
{
    cpu_set_t here;

    if (sched_getaffinity(0, sizeof here, &here) != 0 || !cpu_pin(cpu))
        return -1;
    pid_t child = fork();
    if (child != 0 && sched_setaffinity(0, sizeof here, &here) != 0)
        return -1;
    return child;
}

bool connection_serve(struct connection *k, enum server_mode mode, int cpu)
{
    const struct baseline *b = k->channel.baseline;
    pid_t parent = getpid();

    k->server = b->polls ? fork_on(cpu) : fork();
    if (k->server < 0) {
        k->server = 0;
        return false;
    }
    if (k->server == 0)
        server_run(k, mode, cpu, parent);
    k->channel.peer = k->server;
    return b->attach == NULL || b->attach(&k->channel);
}

static void descriptors_close(int *fd, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (fd[i] >= 0)
            close(fd[i]);
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
    descriptors_close(c->fd, sizeof c->fd / sizeof c->fd[0]);
    descriptors_close(c->ack, sizeof c->ack / sizeof c->ack[0]);
    if (c->memory != NULL)
        munmap(c->memory, c->memory_bytes);
    if (k->buffers != NULL)
        munmap(k->buffers, k->buffers_bytes);
    *k = (struct connection){ .channel = { .baseline = c->baseline, .fd = { -1, -1, -1, -1 }, .id = -1, .ack = { -1, -1 } } };
}
