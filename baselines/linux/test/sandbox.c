/* SPDX-License-Identifier: BSD-2-Clause
 *
 * sandbox: runs a program on a poorer system.  usage: sandbox RESTRICTION... -- PROGRAM ARGUMENT...
 * Restrictions: one-cpu; blocked-signals (all that can be, and SIGCHLD is ignored); or the name of a system call in the table below, which
 * then fails with the error beside it.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct denial {
    const char *name;
    unsigned number;
    unsigned error;
} denials[] = {
    { "msgget", SYS_msgget, ENOSYS },
    { "socketpair", SYS_socketpair, EPERM },
    { "mq_open", SYS_mq_open, ENOSYS },
    { "semget", SYS_semget, ENOSYS },
    { "shmget", SYS_shmget, ENOSPC },
    { "eventfd2", SYS_eventfd2, ENOSYS },
    { "io_uring_setup", SYS_io_uring_setup, ENOSYS },
    { "io_uring_enter", SYS_io_uring_enter, EPERM },
    { "process_vm_readv", SYS_process_vm_readv, EPERM },
    { "memfd_create", SYS_memfd_create, ENOSYS },
    { "mknod", SYS_mknod, EPERM },
    { "mknodat", SYS_mknodat, EPERM },
    { "bind", SYS_bind, EADDRNOTAVAIL },
    { "perf_event_open", SYS_perf_event_open, EACCES },
    { "ptrace", SYS_ptrace, EPERM },
    { "pipe", SYS_pipe, EMFILE },
    { "pipe2", SYS_pipe2, EMFILE },
    { "sched_setscheduler", SYS_sched_setscheduler, EPERM },
    { "mlockall", SYS_mlockall, EPERM },
};

static bool cpu_restrict(void)
{
    cpu_set_t set, one;

    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return false;
    CPU_ZERO(&one);
    for (size_t cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&one) == 0; cpu++)
        if (CPU_ISSET(cpu, &set))
            CPU_SET(cpu, &one);
    return sched_setaffinity(0, sizeof one, &one) == 0;
}

/* How a careless parent may start a program. */
static bool signals_block(void)
{
    sigset_t all;

    sigfillset(&all);
    return signal(SIGCHLD, SIG_IGN) != SIG_ERR && sigprocmask(SIG_SETMASK, &all, NULL) == 0;
}

static bool call_deny(const struct denial *d)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, d->number, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | d->error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = { .len = sizeof filter / sizeof filter[0], .filter = filter };

    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static bool restriction_apply(const char *name)
{
    if (strcmp(name, "one-cpu") == 0)
        return cpu_restrict();
    if (strcmp(name, "blocked-signals") == 0)
        return signals_block();
    for (size_t i = 0; i < sizeof denials / sizeof denials[0]; i++)
        if (strcmp(name, denials[i].name) == 0)
            return call_deny(&denials[i]);
    errno = EINVAL;
    return false;
}

int main(int argc, char **argv)
{
    int i = 1;

    for (; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (restriction_apply(argv[i]))
            continue;
        fprintf(stderr, "sandbox: %s: %s\n", argv[i], strerror(errno));
        return 125;
    }
    if (i + 1 >= argc) {
        fprintf(stderr, "usage: sandbox RESTRICTION... -- PROGRAM ARGUMENT...\n");
        return 125;
    }
    execv(argv[i + 1], &argv[i + 1]);
    fprintf(stderr, "sandbox: %s: %s\n", argv[i + 1], strerror(errno));
    return 125;
}
