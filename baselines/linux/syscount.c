/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Counting by difference: the same pass with few and with more operations is traced from start to end; what the two have in
 * common (start, fork, clean-up) cancels. Entries are counted, not exits: a blocked call that the final kill ends has none.
 * The server may or may not have entered its next receive when it is killed: one entry of play, against 20 operations.
 */
#include "baselines/linux/syscount.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "baselines/linux/channel.h"
#include "baselines/linux/guard.h"

#define OPERATIONS_FEW 10
#define OPERATIONS_MANY 30
#define OPERATIONS_DIFFERENCE (OPERATIONS_MANY - OPERATIONS_FEW)
#define STOP_SYSCALL (SIGTRAP | 0x80) /* PTRACE_O_TRACESYSGOOD */

/* The one process traced, or its only child. */
struct tracee {
    pid_t pid;
    bool inside;        /* between entry and exit of a system call */
    unsigned long entries;
};

static bool pass_operations(struct connection *k, int cpu, unsigned operations)
{
    const struct baseline *b = k->channel.baseline;

    if (b->operation == NULL && !connection_serve(k, SERVER_ECHO, cpu))
        return false;
    channel_fn *operation = connection_operation(b);
    for (unsigned i = 0; i < operations; i++)
        if (!operation(&k->channel))
            return false;
    return true;
}

/* The traced process: stops itself once, so that the tracer can set its options. */
static _Noreturn void pass_run(pid_t tracer, const struct baseline *b, size_t bytes, int cpu, unsigned operations)
{
    struct connection k;

    guard_child(tracer);
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
        _exit(2);
    raise(SIGSTOP);
    if (!cpu_pin(cpu) || !connection_open(&k, b, bytes))
        _exit(1);
    bool done = pass_operations(&k, cpu, operations);
    connection_close(&k);
    _exit(done ? 0 : 1);
}

static struct tracee *tracee_find(struct tracee tracees[2], pid_t pid)
{
    if (tracees[0].pid == pid)
        return &tracees[0];
    if (tracees[1].pid == 0)
        tracees[1].pid = pid;
    return tracees[1].pid == pid ? &tracees[1] : NULL;
}

/* Accounts for one stop; returns the signal to hand on to the tracee. */
static int stop_account(struct tracee *t, int status)
{
    int signal = WSTOPSIG(status);

    if (signal == STOP_SYSCALL) {
        t->inside = !t->inside;
        t->entries += t->inside;
        return 0;
    }
    /* SIGSTOP: a traced child's first stop. SIGTRAP: the report of a fork. */
    return signal == SIGSTOP || signal == SIGTRAP ? 0 : signal;
}

/* Follows both processes until the first has ended. Returns its wait status, -1 with errno. */
static int tracees_follow(struct tracee tracees[2])
{
    for (;;) {
        int status;
        pid_t pid = waitpid(-1, &status, __WALL);
        if (pid < 0) {
            if (errno == EINTR && guard_cause() == NULL)
                continue;
            return -1;
        }
        if (!WIFSTOPPED(status)) {
            if (pid == tracees[0].pid)
                return status;
            continue;
        }
        struct tracee *t = tracee_find(tracees, pid);
        int signal = t == NULL ? 0 : stop_account(t, status);
        if (ptrace(PTRACE_SYSCALL, pid, NULL, (void *)(long)signal) != 0 && errno != ESRCH)
            return -1;
    }
}

static enum syscount_result tracer_fail(struct syscount *r, pid_t child, enum syscount_result result, const char *what)
{
    const char *cause = guard_cause();

    snprintf(r->detail, sizeof r->detail, "%s: %s", what, cause != NULL ? cause : strerror(errno));
    kill(child, SIGKILL);
    while (waitpid(child, NULL, __WALL) < 0 && errno == EINTR)
        ;
    return result;
}

static enum syscount_result tracer_run(struct syscount *r, struct tracee tracees[2])
{
    long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
                   PTRACE_O_EXITKILL;
    pid_t child = tracees[0].pid;
    int status;

    while (waitpid(child, &status, __WALL) < 0)
        if (errno != EINTR || guard_cause() != NULL)
            return tracer_fail(r, child, SYSCOUNT_FAILED, "waiting for the traced process");
    if (!WIFSTOPPED(status)) {
        snprintf(r->detail, sizeof r->detail, "ptrace is not permitted");
        return SYSCOUNT_UNAVAILABLE;
    }
    if (ptrace(PTRACE_SETOPTIONS, child, NULL, (void *)options) != 0)
        return tracer_fail(r, child, SYSCOUNT_UNAVAILABLE, "ptrace options");
    if (ptrace(PTRACE_SYSCALL, child, NULL, NULL) != 0)
        return tracer_fail(r, child, SYSCOUNT_UNAVAILABLE, "ptrace");
    status = tracees_follow(tracees);
    if (status == -1)
        return tracer_fail(r, child, SYSCOUNT_FAILED, "following the traced pass");
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        snprintf(r->detail, sizeof r->detail, "the traced pass failed, wait status 0x%x", (unsigned)status);
        return SYSCOUNT_FAILED;
    }
    return SYSCOUNT_DONE;
}

static enum syscount_result pass_trace(struct syscount *r, struct tracee tracees[2], const struct baseline *b,
                                       size_t bytes, int cpu, unsigned operations)
{
    pid_t tracer = getpid();

    tracees[0] = tracees[1] = (struct tracee){ .pid = 0 };
    tracees[0].pid = fork();
    if (tracees[0].pid < 0) {
        snprintf(r->detail, sizeof r->detail, "fork: %s", strerror(errno));
        return SYSCOUNT_FAILED;
    }
    if (tracees[0].pid == 0)
        pass_run(tracer, b, bytes, cpu, operations);
    guard_arm(0);
    enum syscount_result result = tracer_run(r, tracees);
    guard_disarm();
    return result;
}

/* Entries per operation when they divide as they must, else false. */
static bool entries_divide(unsigned *per_operation, unsigned long few, unsigned long many, unsigned long play)
{
    unsigned long entries = many - few;
    unsigned long rounded = (entries + OPERATIONS_DIFFERENCE / 2) / OPERATIONS_DIFFERENCE;
    unsigned long exact = rounded * OPERATIONS_DIFFERENCE;

    *per_operation = (unsigned)rounded;
    return many >= few && (entries > exact ? entries - exact : exact - entries) <= play;
}

enum syscount_result syscount_run(struct syscount *r, const struct baseline *b, size_t bytes, int cpu)
{
    struct tracee few[2], many[2];

    *r = (struct syscount){ .client = 0 };
    enum syscount_result result = pass_trace(r, few, b, bytes, cpu, OPERATIONS_FEW);
    if (result == SYSCOUNT_DONE)
        result = pass_trace(r, many, b, bytes, cpu, OPERATIONS_MANY);
    if (result != SYSCOUNT_DONE)
        return result;
    if (entries_divide(&r->client, few[0].entries, many[0].entries, 0) &&
        entries_divide(&r->server, few[1].entries, many[1].entries, 1))
        return SYSCOUNT_DONE;
    snprintf(r->detail, sizeof r->detail, "%u more operations made %ld client and %ld server calls: not a constant number each",
             OPERATIONS_DIFFERENCE, (long)(many[0].entries - few[0].entries), (long)(many[1].entries - few[1].entries));
    return SYSCOUNT_FAILED;
}
