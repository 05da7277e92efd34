/* SPDX-License-Identifier: BSD-2-Clause
 *
 * workload: linux.sched_yield.round_trip | sched_yield(2) of a process beside another one on its CPU that does nothing else: until the other one has yielded, too | seL4bench yield
 *
 * Two calls and two switches. With the policy SCHED_FIFO both have one priority and take turns. Under the normal policy the caller mostly
 * goes on at once (892 instructions in place of 3,532): that is no round trip, and is not measured.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "baselines/linux/baseline.h"
#include "baselines/linux/guard.h"

static pid_t other;

static bool other_fork(struct channel *c)
{
    pid_t parent = getpid();

    if ((sched_getscheduler(0) & ~SCHED_RESET_ON_FORK) != SCHED_FIFO) {
        setup_hint = "needs SCHED_FIFO: under another policy whoever yields may go on at once";
        errno = EPERM;
        return false;
    }
    c->peer = other = fork();
    if (other == 0) {
        guard_child(parent);
        for (;;)
            sched_yield();
    }
    return other > 0;
}

static bool other_end(struct channel *c)
{
    (void)c;
    if (other > 0) {
        kill(other, SIGKILL);
        while (waitpid(other, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    other = 0;
    return true;
}

static bool turn(struct channel *c)
{
    (void)c;
    return sched_yield() == 0;
}

static const struct baseline yield_baseline = {
    .id = "linux.sched_yield.round_trip", .client_calls = 1, .server_calls = 1, .calls_vary = 1, .peers = 1, .setup = other_fork, .operation = turn,
    .teardown = other_end,
};
BASELINE_REGISTER(yield_baseline);
