/* SPDX-License-Identifier: BSD-2-Clause
 *
 * workload: linux.process.fork | fork of this process, exit of the child, wait for it: from before fork to after waitpid | lmbench lat_proc fork, Härtig 1997 Table 3
 * workload: linux.process.fork_exec | fork of this process, the child executes this static program, which exits at once: from before fork to after waitpid | lmbench lat_proc exec, Härtig 1997 Table 3
 * workload: linux.process.thread_create | pthread_create of a thread that returns at once, and pthread_join | none
 */
#include <errno.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "baselines/linux/baseline.h"
#include "baselines/linux/guard.h"

#define STACK_ABOVE_CACHE_BYTES (48u << 20)

static bool child_wait(pid_t child)
{
    int status;

    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR || guard_cause() != NULL)
            return false;
    errno = ECHILD;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool fork_call(struct channel *c)
{
    (void)c;
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    return child > 0 && child_wait(child);
}

/* Whether this user may have one process more: a limit is no failure. */
static bool fork_try(struct channel *c)
{
    setup_hint = "limit: ulimit -u";
    return fork_call(c);
}

/* main() leaves at once when it is called by this name. */
static bool fork_exec_call(struct channel *c)
{
    (void)c;
    pid_t child = fork();
    if (child == 0) {
        char *const arguments[] = { EXEC_AND_EXIT, NULL }, *const environment[] = { NULL };
        execve("/proc/self/exe", arguments, environment);
        _exit(1);
    }
    return child > 0 && child_wait(child);
}

static bool fork_exec_try(struct channel *c)
{
    setup_hint = "limit: ulimit -u; executes /proc/self/exe";
    return fork_exec_call(c);
}

static void *thread_run(void *argument)
{
    return argument;
}

static bool thread_call(struct channel *c)
{
    pthread_t thread;
    int error = pthread_create(&thread, NULL, thread_run, c);

    if (error == 0)
        error = pthread_join(thread, NULL);
    errno = error;
    return error == 0;
}

static bool thread_try(struct channel *c)
{
    setup_hint = "limit: ulimit -u";
    return thread_call(c);
}

/* The library keeps the stacks of ended threads, as mappings that make every later mprotect of this process dearer or cheaper. It gives all of
 * them back once it would keep more than 40 MiB. */
static bool stacks_release(struct channel *c)
{
    pthread_attr_t attributes;
    pthread_t thread;

    if (pthread_attr_init(&attributes) != 0 || pthread_attr_setstacksize(&attributes, STACK_ABOVE_CACHE_BYTES) != 0)
        return false;
    int error = pthread_create(&thread, &attributes, thread_run, c);
    if (error == 0)
        error = pthread_join(thread, NULL);
    pthread_attr_destroy(&attributes);
    return error == 0;
}

/* clone and wait4; what the child calls is its own. */
static const struct baseline fork_baseline = {
    .id = "linux.process.fork", .client_calls = 2, .slow = true, .faults = true, .setup = fork_try, .operation = fork_call,
};
BASELINE_REGISTER(fork_baseline);

static const struct baseline fork_exec_baseline = {
    .id = "linux.process.fork_exec", .client_calls = 2, .slow = true, .faults = true, .setup = fork_exec_try, .operation = fork_exec_call,
};
BASELINE_REGISTER(fork_exec_baseline);

/* Masking signals, clone3, unmasking; the wait only when the thread is not done yet. The stack comes from the library's cache. */
static const struct baseline thread_baseline = {
    .id = "linux.process.thread_create", .client_calls = 4, .calls_vary = 4, .faults = true, .setup = thread_try, .operation = thread_call,
    .teardown = stacks_release,
};
BASELINE_REGISTER(thread_baseline);
