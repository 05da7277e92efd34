/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Time limits of waits. Handlers only set flags and start the repeating timer: both are async-signal-safe.
 */
#include "baselines/linux/guard.h"

#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define REPEAT_NS 20000000

static timer_t timer;
static volatile sig_atomic_t expired, peer_died, interrupted;
static volatile pid_t watched;
static unsigned limit_seconds;

static void timer_start(time_t seconds, long ns, long repeat_ns)
{
    struct itimerspec t = { .it_value = { seconds, ns }, .it_interval = { 0, repeat_ns } };

    timer_settime(timer, 0, &t, NULL);
}

static void on_alarm(int signal)
{
    (void)signal;
    expired = 1;
}

/* WNOWAIT: the child stays to be reaped by whoever started it. */
static void on_child(int signal)
{
    siginfo_t info = { .si_pid = 0 };

    (void)signal;
    if (watched == 0 || waitid(P_PID, (id_t)watched, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0)
        return;
    peer_died = 1;
    timer_start(0, REPEAT_NS, REPEAT_NS);
}

static void on_interrupt(int signal)
{
    (void)signal;
    interrupted = 1;
    timer_start(0, REPEAT_NS, REPEAT_NS);
}

static bool handler_set(int signal, void (*handler)(int))
{
    struct sigaction action = { .sa_handler = handler, .sa_flags = signal == SIGCHLD ? SA_NOCLDSTOP : 0 };

    sigemptyset(&action.sa_mask);
    return sigaction(signal, &action, NULL) == 0;
}

/* Whoever started this program may have blocked what it lives by. */
static bool signals_unblock(void)
{
    static const int needed[] = { SIGALRM, SIGCHLD, SIGINT, SIGTERM, SIGHUP };
    sigset_t set;

    sigemptyset(&set);
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
        sigaddset(&set, needed[i]);
    return sigprocmask(SIG_UNBLOCK, &set, NULL) == 0;
}

bool guard_hangup_ignored(void)
{
    struct sigaction action;

    return sigaction(SIGHUP, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

bool guard_init(unsigned seconds)
{
    struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM };

    limit_seconds = seconds;
    return timer_create(CLOCK_MONOTONIC, &event, &timer) == 0 && handler_set(SIGALRM, on_alarm) &&
           handler_set(SIGCHLD, on_child) && handler_set(SIGINT, on_interrupt) && handler_set(SIGTERM, on_interrupt) &&
           (guard_hangup_ignored() || handler_set(SIGHUP, on_interrupt)) && handler_set(SIGPIPE, SIG_IGN) && signals_unblock();
}

void guard_arm(pid_t peer)
{
    expired = peer_died = 0;
    watched = peer;
    timer_start((time_t)limit_seconds, 0, REPEAT_NS);
    if (peer != 0)
        on_child(SIGCHLD); /* it may have died before it was watched */
}

void guard_disarm(void)
{
    watched = 0;
    timer_start(0, 0, 0);
}

void guard_child(pid_t parent)
{
    expired = peer_died = interrupted = 0; /* of the parent's last wait */
    watched = 0;
    handler_set(SIGALRM, SIG_DFL);
    handler_set(SIGCHLD, SIG_DFL);
    handler_set(SIGINT, SIG_IGN); /* the parent ends it, after its own clean-up */
    handler_set(SIGHUP, SIG_IGN);
    handler_set(SIGTERM, SIG_DFL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1); /* it died before the line above */
    alarm(2 * limit_seconds);
}

bool guard_peer_died(void)
{
    return peer_died != 0;
}

bool guard_interrupted(void)
{
    return interrupted != 0;
}

const char *guard_cause(void)
{
    if (interrupted)
        return "interrupted by a signal";
    if (peer_died)
        return "the peer process died";
    if (expired)
        return "time limit reached: the peer does not answer or the queue is full";
    return NULL;
}
