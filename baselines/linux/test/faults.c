/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Mechanisms that go wrong, each in one way, linked only into the program that the tests run. Each must be noticed: the run
 * fails, or skips where the system and not the mechanism is at fault, and it never hangs. They work for the first 50 messages
 * of a server, so that payload check and system-call count pass and the fault falls into warm-up or measurement.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "baselines/linux/baseline.h"
#include "baselines/linux/keeper.h"

#define MESSAGES_SOUND 50

static const size_t one_byte[] = { 1, BYTES_END };
static unsigned messages;

static bool fault_due(const struct channel *c)
{
    return c->server && ++messages > MESSAGES_SOUND;
}

static bool pipes_setup(struct channel *c) { return pipe(&c->fd[0]) == 0 && pipe(&c->fd[2]) == 0; }

#define PIPES .bytes = one_byte, .client_calls = 2, .server_calls = 2, .setup = pipes_setup, .send = pipes_send

/* Both processes keep all ends open: no end of file tells the client that its peer is gone. */
static bool killed_receive(struct channel *c)
{
    if (fault_due(c))
        raise(SIGKILL);
    return pipes_receive(c);
}
static const struct baseline killed = { .id = "fault.killed_peer", PIPES, .receive = killed_receive };
BASELINE_REGISTER(killed);

static bool silent_receive(struct channel *c)
{
    if (fault_due(c))
        for (;;)
            pause();
    return pipes_receive(c);
}
static const struct baseline silent = { .id = "fault.silent_peer", PIPES, .receive = silent_receive };
BASELINE_REGISTER(silent);

static bool corrupt_receive(struct channel *c)
{
    bool done = pipes_receive(c);

    c->in[0] ^= c->server;
    return done;
}
static const struct baseline corrupt = { .id = "fault.corrupt_payload", PIPES, .receive = corrupt_receive };
BASELINE_REGISTER(corrupt);

static bool corrupt_late_receive(struct channel *c)
{
    bool done = pipes_receive(c);

    c->in[0] ^= fault_due(c);
    return done;
}
static const struct baseline corrupt_late = { .id = "fault.corrupt_late", PIPES, .receive = corrupt_late_receive };
BASELINE_REGISTER(corrupt_late);

static bool chatty_receive(struct channel *c)
{
    if (c->server)
        syscall(SYS_getpid);
    return pipes_receive(c);
}
static const struct baseline chatty = { .id = "fault.wrong_syscalls", PIPES, .receive = chatty_receive };
BASELINE_REGISTER(chatty);

static bool moody_receive(struct channel *c)
{
    if (++messages % 3 == 0)
        syscall(SYS_getpid);
    return pipes_receive(c);
}
static const struct baseline moody = { .id = "fault.varying_syscalls", PIPES, .receive = moody_receive };
BASELINE_REGISTER(moody);

/* Nobody receives: the queue fills up and msgsnd blocks. */
static bool queue_setup(struct channel *c)
{
    c->id = keeper_make(KEPT_QUEUE, 1);
    return c->id >= 0;
}
static bool queue_send(struct channel *c)
{
    struct { long type; char text[256]; } message = { .type = 1 };

    return msgsnd(c->id, &message, sizeof message.text, 0) == 0;
}
static bool queue_teardown(struct channel *c) { return keeper_remove(KEPT_QUEUE, c->id); }
static const struct baseline full = {
    .id = "fault.full_queue", .client_calls = 1, .setup = queue_setup, .operation = queue_send, .teardown = queue_teardown,
};
BASELINE_REGISTER(full);

/* Killed as soon as there is a queue, before it is written down anywhere in this process. */
static bool killed_setup(struct channel *c)
{
    (void)c;
    return keeper_make(KEPT_QUEUE, 1) >= 0 && raise(SIGKILL) == 0;
}
static const struct baseline killed_early = {
    .id = "fault.killed_in_setup", .client_calls = 1, .setup = killed_setup, .operation = queue_send, .teardown = queue_teardown,
};
BASELINE_REGISTER(killed_early);

/* Stops with names of every kind made and not yet removed: there it is killed. */
static bool naming_setup(struct channel *c)
{
    char path[KEPT_NAME_BYTES], object[KEPT_NAME_BYTES], fifo[KEPT_NAME_BYTES + 2];
    int names = keeper_make(KEPT_NAMES, 1);

    kept_path(path, names);
    kept_object(object, names);
    snprintf(fifo, sizeof fifo, "%s/b", path);
    c->fd[0] = shm_open(object, O_RDWR | O_CREAT | O_EXCL, 0600);
    bool made = names >= 0 && mkdir(path, 0700) == 0 && mkfifo(fifo, 0600) == 0 && c->fd[0] >= 0;
    while (made)
        pause();
    return made;
}
static const struct baseline naming = { .id = "fault.names_left", .client_calls = 1, .setup = naming_setup, .operation = queue_send };
BASELINE_REGISTER(naming);

static bool missing_setup(struct channel *c)
{
    (void)c;
    errno = ENOSYS;
    return false;
}
static const struct baseline missing = {
    .id = "fault.missing", .bytes = one_byte, .setup = missing_setup, .send = pipes_send, .receive = pipes_receive,
};
BASELINE_REGISTER(missing);

/* A burst whose messages are wrong, and one whose peer dies in the middle of it. */
static bool wrong_burst_receive(struct channel *c)
{
    bool done = pipes_receive(c);

    c->in[0] ^= 1;
    return done;
}
static const struct baseline wrong_burst = {
    .id = "fault.corrupt_burst", .bytes = (const size_t[]){ 4096, BYTES_END }, .client_calls = 1, .server_calls = 1, .one_way = true,
    .setup = pipes_setup, .send = pipes_send, .receive = wrong_burst_receive,
};
BASELINE_REGISTER(wrong_burst);

static bool dying_burst_receive(struct channel *c)
{
    if (++messages > 2000)
        raise(SIGKILL);
    return pipes_receive(c);
}
static const struct baseline dying_burst = {
    .id = "fault.killed_burst", .bytes = (const size_t[]){ 4096, BYTES_END }, .client_calls = 1, .server_calls = 1, .one_way = true,
    .setup = pipes_setup, .send = pipes_send, .receive = dying_burst_receive,
};
BASELINE_REGISTER(dying_burst);

/* Spins for what never comes. */
static bool spin_silent_receive(struct channel *c)
{
    if (!fault_due(c))
        return pipes_receive(c);
    for (;;)
        __builtin_ia32_pause();
}
static bool spin_client_receive(struct channel *c)
{
    return c->server ? spin_silent_receive(c) : pipes_receive(c);
}
static const struct baseline spin_silent = { .id = "fault.spinning_peer", PIPES, .polls = true, .receive = spin_client_receive };
BASELINE_REGISTER(spin_silent);

/* What is said to fault and does not, as when the kernel maps neighbours of a page with it. */
static bool page_setup(struct channel *c)
{
    c->memory_bytes = 4096;
    c->memory = mmap(NULL, c->memory_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    return c->memory != MAP_FAILED;
}
static bool page_read(struct channel *c) { return *(volatile unsigned char *)c->memory == 0; }
static const struct baseline unfaulting = { .id = "fault.no_page_faults", .faults = true, .page_faults = 1, .setup = page_setup, .operation = page_read };
BASELINE_REGISTER(unfaulting);

/* Leaves a mapping behind that no neighbour is like. */
static bool leaving_setup(struct channel *c)
{
    (void)c;
    return mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}
static bool leaving_operation(struct channel *c) { return c->units == 1; }
static const struct baseline leaving = { .id = "fault.leaves_mapping", .setup = leaving_setup, .operation = leaving_operation };
BASELINE_REGISTER(leaving);
