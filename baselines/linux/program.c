/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Another program; see program.h. It runs in a group of its own, which is gone when this returns.
 */
#include "baselines/linux/program.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "baselines/linux/guard.h"

#define STATUS_MISSING 127

static long now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static _Noreturn void program_become(const char *const argv[], int output)
{
    sigset_t none;

    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    execvp(argv[0], (char *const *)argv);
    _exit(STATUS_MISSING);
}

/* Reads until the end of file; false at the time limit or an interrupt. What does not fit is read and dropped. */
static bool output_read(int fd, long until_ms, char *output, size_t bytes)
{
    char rest[512];
    size_t used = 0;

    for (;;) {
        long left = until_ms - now_ms();
        struct pollfd wait = { .fd = fd, .events = POLLIN };
        if (left <= 0 || guard_interrupted())
            return false;
        if (poll(&wait, 1, (int)(left < 100 ? left : 100)) <= 0)
            continue;
        bool room = used + 1 < bytes;
        ssize_t got = read(fd, room ? output + used : rest, room ? bytes - 1 - used : sizeof rest);
        if (got <= 0)
            return got == 0;
        if (room)
            used += (size_t)got;
        output[used] = '\0';
    }
}

static void end_judge(struct program_end *end, const char *name, bool in_time, int status, unsigned limit_seconds)
{
    end->done = in_time && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    end->missing = in_time && WIFEXITED(status) && WEXITSTATUS(status) == STATUS_MISSING;
    end->status = in_time && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    if (!in_time && guard_interrupted())
        snprintf(end->reason, sizeof end->reason, "%s: interrupted by a signal", name);
    else if (!in_time)
        snprintf(end->reason, sizeof end->reason, "%s was not done within %u s", name, limit_seconds);
    else if (end->missing)
        snprintf(end->reason, sizeof end->reason, "%s is not installed", name);
    else if (!end->done)
        snprintf(end->reason, sizeof end->reason, "%s failed, wait status 0x%x", name, (unsigned)status);
}

struct program_end program_run(const char *const argv[], unsigned limit_seconds, char *output, size_t bytes)
{
    struct program_end end = { .done = false };
    int fd[2], status = 0;

    output[0] = '\0';
    if (pipe(fd) != 0) {
        snprintf(end.reason, sizeof end.reason, "pipe: %s", strerror(errno));
        return end;
    }
    pid_t child = fork();
    if (child == 0)
        program_become(argv, fd[1]);
    close(fd[1]);
    bool in_time = child > 0 && output_read(fd[0], now_ms() + (long)limit_seconds * 1000, output, bytes);
    close(fd[0]);
    if (child > 0 && !in_time)
        kill(-child, SIGKILL);
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    end_judge(&end, argv[0], in_time, status, limit_seconds);
    return end;
}
