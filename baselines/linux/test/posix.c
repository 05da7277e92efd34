/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Runs workloads/test/pipe_semantics.c on Linux: workloads/servers/posix.h as system calls, and its tests one after the other, as TAP. As init
 * of a guest (guest.h) it leaves by the emulator's exit device. A test that hangs is ended by the alarm, which is a failure of all that follow.
 */
#include "workloads/servers/posix.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "baselines/linux/guest.h"
#include "workloads/lib/test.h"

#define CHILDREN_MAX 16
#define SETTLE_US 50000
#define TEST_LIMIT_S 60
#define NOBODY ((struct process *)&settled)

static pid_t pids[CHILDREN_MAX];
static int children;
static int settled;
static char equal_detail[80];

static long result_of(long result) { return result < 0 ? -errno : result; }

/* Descriptors of the test before, and children that it left behind, go first. */
struct process *posix_start(void)
{
    for (int i = 1; i <= children; i++)
        if (pids[i] > 0)
            posix_kill(NOBODY, i);
    children = 0;
    for (int descriptor = 3; descriptor < 64; descriptor++)
        close(descriptor);
    return NOBODY;
}

int posix_pipe(struct process *self, int descriptors[2])
{
    (void)self;
    return (int)result_of(pipe(descriptors));
}

long posix_read(struct process *self, int descriptor, void *to, size_t bytes)
{
    (void)self;
    return result_of(read(descriptor, to, bytes));
}

long posix_write(struct process *self, int descriptor, const void *from, size_t bytes)
{
    (void)self;
    return result_of(write(descriptor, from, bytes));
}

int posix_close(struct process *self, int descriptor)
{
    (void)self;
    return (int)result_of(close(descriptor));
}

int posix_dup(struct process *self, int descriptor)
{
    (void)self;
    return (int)result_of(dup(descriptor));
}

int posix_nonblock(struct process *self, int descriptor, bool nonblock)
{
    int flags = fcntl(descriptor, F_GETFL);

    (void)self;
    if (flags < 0)
        return -errno;
    return (int)result_of(fcntl(descriptor, F_SETFL, nonblock ? flags | O_NONBLOCK : flags & ~O_NONBLOCK));
}

int posix_spawn(struct process *self, posix_main *fn, void *arg)
{
    if (children + 1 >= CHILDREN_MAX)
        return -EAGAIN;
    fflush(stdout);
    pid_t pid = fork();
    if (pid < 0)
        return -errno;
    if (pid == 0) {
        alarm(TEST_LIMIT_S);
        _exit(fn(self, arg));
    }
    pids[++children] = pid;
    return children;
}

int posix_wait(struct process *self, int child)
{
    int status;

    (void)self;
    if (child <= 0 || child > children || pids[child] <= 0)
        return -EINVAL;
    pid_t pid = pids[child];
    pids[child] = 0;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return -errno;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -ECHILD;
}

int posix_kill(struct process *self, int child)
{
    if (child <= 0 || child > children || pids[child] <= 0 || kill(pids[child], SIGKILL) != 0)
        return -EINVAL;
    return posix_wait(self, child) == -ECHILD ? 0 : -EINVAL;
}

void posix_settle(struct process *self)
{
    (void)self;
    usleep(SETTLE_US);
}

/* --- what test.h promises to tests --- */

bool test_equal(uint64_t actual, uint64_t expected)
{
    if (actual != expected)
        snprintf(equal_detail, sizeof equal_detail, "; got %lld, want %lld", (long long)actual, (long long)expected);
    return actual == expected;
}

const char *test_skip(const char *reason) { return reason; }

static bool tests_run(void)
{
    bool ok = test_count != 0;

    printf("1..%zu\n", test_count);
    for (size_t i = 0; i < test_count; i++) {
        equal_detail[0] = '\0';
        alarm(TEST_LIMIT_S);
        const char *failure = tests[i].run();
        printf("%sok %zu - %s\n", failure == NULL ? "" : "not ", i + 1, tests[i].name);
        if (failure != NULL)
            printf("# %s%s\n", failure, equal_detail);
        fflush(stdout);
        ok = ok && failure == NULL;
    }
    posix_start();
    return ok;
}

int main(int argc, char **argv)
{
    bool init = argc > 0 && guest_is_init(argv[0]);

    if (init && !guest_init())
        guest_exit(false);
    signal(SIGPIPE, SIG_IGN);
    bool ok = tests_run();
    if (init)
        guest_exit(ok);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
