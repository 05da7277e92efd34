/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Counting by difference: the same pass with few and with more operations is traced from start to end; what the two have in
 * common (start, fork, clean-up) cancels. Entries are counted, not exits: a blocked call that the final kill ends has none.
 * The server may or may not have entered its next receive when it is killed: one entry of play. Counted are the traced process
 * and its first child; further children are let run.
 */
#include "baselines/linux/syscount.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "baselines/linux/channel.h"
#include "baselines/linux/guard.h"

/* Operations of the two passes; a burst is long as it is. */
#define OPERATIONS_FEW 10
#define OPERATIONS_MANY 30
#define BURSTS_FEW 1
#define BURSTS_MANY 3
#define TRACING_REFUSED 2 /* exit status of a process that may not be traced */
#define STOP_SYSCALL (SIGTRAP | 0x80) /* PTRACE_O_TRACESYSGOOD */

/* The one process traced, or its only child. */
struct tracee {
    pid_t pid;
    bool inside;        /* between entry and exit of a system call */
    unsigned long entries;
};

static bool pass_operations(struct connection *k, const int cpu[2], unsigned operations)
{
    const struct baseline *b = k->channel.baseline;

    if (baseline_has_peer(b) && !connection_serve(k, SERVER_PLAIN, cpu[1]))
        return false;
    if (b->before != NULL && !b->before(&k->channel))
        return false;
    if (baseline_has_peer(b))
        message_fill(&k->channel, 1);
    channel_fn *operation = connection_operation(b);
    for (unsigned i = 0; i < operations; i++)
        if (!operation(&k->channel))
            return false;
    return true;
}

/* The traced process: stops itself once, so that the tracer can set its options. */
static _Noreturn void pass_run(pid_t tracer, const struct baseline *b, size_t bytes, const int cpu[2], unsigned operations)
{
    struct connection k;

    guard_child(tracer);
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
        _exit(TRACING_REFUSED);
    raise(SIGSTOP);
    /* Two real-time processes that spin would leave no CPU to the tracer. */
    if (b->polls)
        sched_setscheduler(0, SCHED_OTHER, &(struct sched_param){ 0 });
    if (!cpu_pin(cpu[0]) || !connection_open(&k, b, bytes))
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

/* At the exit of a call: whether the kernel, interrupted by a signal, will make it again by itself (ERESTARTSYS, ERESTARTNOINTR,
 * ERESTARTNOHAND, ERESTART_RESTARTBLOCK). The process made one call, and two entries are seen. */
static bool call_restarts(pid_t pid)
{
    struct __ptrace_syscall_info info = { .op = PTRACE_SYSCALL_INFO_NONE };

    return ptrace(PTRACE_GET_SYSCALL_INFO, pid, (void *)sizeof info, &info) > 0 && info.op == PTRACE_SYSCALL_INFO_EXIT &&
           (info.exit.rval == -512 || info.exit.rval == -513 || info.exit.rval == -514 || info.exit.rval == -516);
}

/* Accounts for one stop; returns the signal to hand on to the tracee. */
static int stop_account(struct tracee *t, int status)
{
    int signal = WSTOPSIG(status);

    if (signal == STOP_SYSCALL) {
        t->inside = !t->inside;
        t->entries += t->inside;
        t->entries -= !t->inside && call_restarts(t->pid);
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

/* A process that is no more there was not refused. */
static enum syscount_result tracer_fail(struct syscount *r, pid_t child, enum syscount_result result, const char *what)
{
    const char *cause = guard_cause();

    if (errno == ESRCH)
        result = SYSCOUNT_FAILED;
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
    if (WIFEXITED(status) && WEXITSTATUS(status) == TRACING_REFUSED) {
        snprintf(r->detail, sizeof r->detail, "ptrace is not permitted");
        return SYSCOUNT_UNAVAILABLE;
    }
    if (!WIFSTOPPED(status)) {
        snprintf(r->detail, sizeof r->detail, "the traced process ended before it began, wait status 0x%x", (unsigned)status);
        return SYSCOUNT_FAILED;
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
                                       size_t bytes, const int cpu[2], unsigned operations)
{
    pid_t tracer = getpid();

    tracees[0] = tracees[1] = (struct tracee){ .pid = 0 };
    tracees[0].pid = fork();
    if (tracees[0].pid < 0) {
        snprintf(r->detail, sizeof r->detail, "fork: %s", strerror(errno));
        return SYSCOUNT_UNAVAILABLE;
    }
    if (tracees[0].pid == 0)
        pass_run(tracer, b, bytes, cpu, operations);
    guard_arm(0);
    enum syscount_result result = tracer_run(r, tracees);
    guard_disarm();
    return result;
}

/* --- judging the difference of two passes --- */

struct count {
    unsigned long entries, declared, low, high; /* of all operations by which the passes differ */
};

static unsigned long calls_declared(const struct baseline *b, size_t bytes, unsigned calls, unsigned operations)
{
    return (unsigned long)operations * (b->one_way ? baseline_units(b, bytes) * calls + 1 : calls);
}

/* What a process may make of them: `calls` for each unit and one for each one-way operation, and `play` more or fewer. Where a message can arrive in
 * parts, the first pass, of `fewer` operations, may have had more of them than the second: all that it counted above what it had to. */
static struct count count_make(const struct baseline *b, size_t bytes, const struct tracee *few, const struct tracee *many,
                               unsigned calls, unsigned fewer, unsigned operations, unsigned long play)
{
    unsigned long units = (unsigned long)operations * (b->one_way ? baseline_units(b, bytes) : 1);
    unsigned long declared = calls_declared(b, bytes, calls, operations), least = calls_declared(b, bytes, calls, fewer);
    bool splits = b->exact_bytes != 0 && bytes > b->exact_bytes;
    unsigned long vary = units * b->calls_vary + play + (splits && few->entries > least ? few->entries - least : 0);

    return (struct count){
        .entries = many->entries - few->entries,
        .declared = declared,
        .low = declared > vary ? declared - vary : 0,
        .high = splits ? units * (calls + bytes) : declared + vary,
    };
}

static bool count_fits(const struct count *c)
{
    return c->entries >= c->low && c->entries <= c->high;
}

/* Thousandths where they are not zero. */
static void decimal_print(char *text, size_t bytes, unsigned long numerator, unsigned long denominator)
{
    unsigned long thousandths = (numerator * 1000 + denominator / 2) / denominator;
    int n = snprintf(text, bytes, "%lu.%03lu", thousandths / 1000, thousandths % 1000);

    while (n > 0 && text[n - 1] == '0')
        text[--n] = '\0';
    if (n > 0 && text[n - 1] == '.')
        text[n - 1] = '\0';
}

static enum syscount_result counts_judge(struct syscount *r, const struct baseline *b, size_t bytes, struct count *client,
                                         struct count *server, unsigned operations)
{
    unsigned long units = (unsigned long)operations * baseline_units(b, bytes);
    char client_text[24], server_text[24], client_declared[24], server_declared[24];

    decimal_print(client_text, sizeof client_text, client->entries, operations);
    decimal_print(server_text, sizeof server_text, server->entries, operations);
    decimal_print(client_declared, sizeof client_declared, client->declared, operations);
    decimal_print(server_declared, sizeof server_declared, server->declared, operations);
    if (!count_fits(client) || !count_fits(server)) {
        snprintf(r->detail, sizeof r->detail, "declared client=%s server=%s, counted client=%s server=%s%s", client_declared,
                 server_declared, client_text, server_text,
                 client->entries % operations != 0 || server->entries % operations > 1 ? ": not a constant number" : "");
        return SYSCOUNT_WRONG;
    }
    snprintf(r->detail, sizeof r->detail, "client=%s server=%s", client_text, server_text);
    /* The play is no call of any operation: where the number is exact, it is the declared one. */
    unsigned long of_server = b->calls_vary == 0 && (b->exact_bytes == 0 || bytes <= b->exact_bytes) ? server->declared : server->entries;
    decimal_print(r->per_unit, sizeof r->per_unit, client->entries + of_server * (b->peers == 0 ? 1 : b->peers), units);
    return SYSCOUNT_DONE;
}

enum syscount_result syscount_run(struct syscount *r, const struct baseline *b, size_t bytes, const int cpu[2])
{
    unsigned fewer = b->one_way ? BURSTS_FEW : OPERATIONS_FEW, more = b->one_way ? BURSTS_MANY : OPERATIONS_MANY;
    struct tracee few[2], many[2];

    *r = (struct syscount){ .detail = "" };
    enum syscount_result result = pass_trace(r, few, b, bytes, cpu, fewer);
    if (result == SYSCOUNT_DONE)
        result = pass_trace(r, many, b, bytes, cpu, more);
    if (result != SYSCOUNT_DONE)
        return result;
    struct count client = count_make(b, bytes, &few[0], &many[0], b->client_calls, fewer, more - fewer, 0);
    struct count server = count_make(b, bytes, &few[1], &many[1], b->server_calls, fewer, more - fewer, b->server_calls != 0);
    return counts_judge(r, b, bytes, &client, &server, more - fewer);
}
