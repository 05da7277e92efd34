/* SPDX-License-Identifier: BSD-2-Clause
 *
 * workload: linux.signal_kill.round_trip | SIGUSR1 to another process, which takes it with sigwaitinfo and sends one back: from before the client's kill to after its sigwaitinfo | lmbench lat_sig (which catches its own with a handler)
 * workload: linux.signal_queue.round_trip | a real-time signal with a value of 8 bytes to another process, which takes it with sigwaitinfo and sends the value back: from before the client's sigqueue to after its sigwaitinfo | none
 *
 * sigqueue asks for the process's and the user's number first: two more system calls, which a user of it pays for, too.
 * The signals are blocked in both processes before the fork: they are only ever waited for.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "baselines/linux/baseline.h"

static int signal_of(const struct channel *c)
{
    return c->bytes == 0 ? SIGUSR1 : SIGRTMIN + 2;
}

static sigset_t set_of(const struct channel *c)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, signal_of(c));
    return set;
}

static bool signal_setup(struct channel *c)
{
    sigset_t set = set_of(c);

    return sigprocmask(SIG_BLOCK, &set, NULL) == 0;
}

/* What the dead server sent last must not be the next one's first. */
static bool signal_teardown(struct channel *c)
{
    sigset_t set = set_of(c);
    struct timespec now = { 0, 0 };

    while (sigtimedwait(&set, NULL, &now) > 0)
        ;
    return sigprocmask(SIG_UNBLOCK, &set, NULL) == 0;
}

static bool kill_send(struct channel *c)
{
    return kill(c->peer, signal_of(c)) == 0;
}

static bool kill_receive(struct channel *c)
{
    sigset_t set = set_of(c);

    return sigwaitinfo(&set, NULL) > 0;
}

static bool queue_send(struct channel *c)
{
    union sigval value;

    memcpy(&value.sival_ptr, c->out, sizeof value.sival_ptr);
    return sigqueue(c->peer, signal_of(c), value) == 0;
}

static bool queue_receive(struct channel *c)
{
    sigset_t set = set_of(c);
    siginfo_t info;

    if (sigwaitinfo(&set, &info) < 0)
        return false;
    memcpy(c->in, &info.si_value.sival_ptr, sizeof info.si_value.sival_ptr);
    return true;
}

#define SIGNAL .setup = signal_setup, .teardown = signal_teardown

static const struct baseline signal_kill = {
    .id = "linux.signal_kill.round_trip", .bytes = payload_none, .client_calls = 2, .server_calls = 2,
    .send = kill_send, .receive = kill_receive, SIGNAL,
};
BASELINE_REGISTER(signal_kill);

static const struct baseline signal_queue = {
    .id = "linux.signal_queue.round_trip", .bytes = payload_word, .client_calls = 4, .server_calls = 4,
    .send = queue_send, .receive = queue_receive, SIGNAL,
};
BASELINE_REGISTER(signal_queue);
