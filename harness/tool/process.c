/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The child is the leader of a new process group (of a new session when it gets a terminal), so that one kill reaches all
 * that it started; it also asks to die with the tool. An exec that fails reports its errno through a close-on-exec pipe.
 */
#include "harness/tool/process.h"

#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PROCESS_POLL_NS 50000000L
#define PROCESS_GRACE_S 2.0 /* between SIGTERM and SIGKILL */

static volatile sig_atomic_t process_signal; /* the signal that told the tool to end, or 0 */

static void process_out_of_memory(void)
{
    fputs("tollgate: out of memory\n", stderr);
    exit(EXIT_FAILURE);
}

static void arguments_push(struct arguments *a, char *item)
{
    if (a->used + 2 > a->capacity) {
        a->capacity = a->capacity ? 2 * a->capacity : 32;
        a->item = reallocarray(a->item, a->capacity, sizeof *a->item);
        if (!a->item)
            process_out_of_memory();
    }
    a->item[a->used++] = item;
    a->item[a->used] = NULL;
}

void arguments_add(struct arguments *a, const char *format, ...)
{
    char *item;
    va_list list;
    va_start(list, format);
    int length = vasprintf(&item, format, list);
    va_end(list);
    if (length < 0)
        process_out_of_memory();
    arguments_push(a, item);
}

static bool word_is_plain(const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-";
    return *word && word[strspn(word, plain)] == '\0';
}

char *arguments_quoted(const struct arguments *a)
{
    char *line;
    size_t bytes;
    FILE *f = open_memstream(&line, &bytes);
    if (!f)
        process_out_of_memory();
    for (size_t i = 0; i < a->used; i++) {
        if (i > 0)
            fputc(' ', f);
        if (word_is_plain(a->item[i])) {
            fputs(a->item[i], f);
            continue;
        }
        fputc('\'', f);
        for (const char *c = a->item[i]; *c; c++) {
            if (*c == '\'')
                fputs("'\\''", f);
            else
                fputc(*c, f);
        }
        fputc('\'', f);
    }
    if (fclose(f) != 0)
        process_out_of_memory();
    return line;
}

void arguments_free(struct arguments *a)
{
    for (size_t i = 0; i < a->used; i++)
        free(a->item[i]);
    free(a->item);
    *a = (struct arguments){ 0 };
}

static double clock_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void signal_note(int number) { process_signal = number; }

static const int ending_signals[] = { SIGINT, SIGTERM, SIGHUP };
#define ENDING_SIGNALS (sizeof ending_signals / sizeof *ending_signals)

static void signals_take(struct sigaction *before)
{
    struct sigaction note = { .sa_handler = signal_note };
    sigemptyset(&note.sa_mask);
    process_signal = 0;
    for (size_t i = 0; i < ENDING_SIGNALS; i++) {
        sigaction(ending_signals[i], NULL, &before[i]);
        if (ending_signals[i] != SIGHUP || before[i].sa_handler != SIG_IGN) /* nohup: it is to outlive its terminal */
            sigaction(ending_signals[i], &note, NULL);
    }
}

static void signals_give_back(const struct sigaction *before)
{
    for (size_t i = 0; i < ENDING_SIGNALS; i++)
        sigaction(ending_signals[i], &before[i], NULL);
}

static int output_open(const char *path)
{
    return path ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644) : open("/dev/null", O_WRONLY | O_CLOEXEC);
}

/* In the child, between fork and exec. Returns only on failure, with errno set. */
static void child_exec(const struct process_spec *spec, int slave, pid_t parent)
{
    if (spec->terminal ? setsid() < 0 || ioctl(slave, TIOCSCTTY, 0) < 0 : setpgid(0, 0) < 0)
        return;
    /* The parent may have died before the request; then nobody would end us. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
        return;
    int in = spec->terminal ? slave : open("/dev/null", O_RDONLY | O_CLOEXEC);
    int out = spec->terminal ? slave : output_open(spec->output_path);
    if (in < 0 || out < 0)
        return;
    int err = spec->error_path ? output_open(spec->error_path) : out;
    if (err < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0)
        return;
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGINT, SIG_DFL); /* a shell starts background jobs with it ignored */
    signal(SIGPIPE, SIG_DFL);
    if (spec->terminal && setenv("TERM", "vt100", 1) < 0)
        return;
    for (size_t i = 0; spec->environment && i < spec->environment->used; i++)
        if (putenv(spec->environment->item[i]) != 0)
            return;
    execvp(spec->arguments->item[0], spec->arguments->item);
}

/* Starts the child; its pid, or -1 with errno set. *master: the pseudo-terminal's our end, or -1. */
static pid_t child_start(const struct process_spec *spec, int *master)
{
    int report[2], slave = -1, failure = 0;
    struct winsize size = { .ws_row = 40, .ws_col = 120 };
    *master = -1;
    if (pipe2(report, O_CLOEXEC) < 0)
        return -1;
    if (spec->terminal) {
        if (openpty(master, &slave, NULL, NULL, &size) < 0)
            goto failed;
        fcntl(*master, F_SETFD, FD_CLOEXEC);
        fcntl(slave, F_SETFD, FD_CLOEXEC);
        fcntl(*master, F_SETFL, O_NONBLOCK);
    }
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid < 0)
        goto failed;
    if (pid == 0) {
        child_exec(spec, slave, parent);
        failure = errno;
        if (write(report[1], &failure, sizeof failure) < 0)
            _exit(126);
        _exit(127);
    }
    if (!spec->terminal)
        setpgid(pid, pid); /* the child does it too: whoever comes first */
    close(report[1]);
    if (slave >= 0)
        close(slave);
    ssize_t got = read(report[0], &failure, sizeof failure);
    close(report[0]);
    if (got <= 0)
        return pid;
    waitpid(pid, NULL, 0);
    if (*master >= 0)
        close(*master);
    errno = failure;
    return -1;
failed:
    failure = errno;
    close(report[0]);
    close(report[1]);
    if (*master >= 0)
        close(*master);
    if (slave >= 0)
        close(slave);
    errno = failure;
    return -1;
}

static void terminal_drain(int master)
{
    char waste[4096];
    /* Bounded: a child that writes without end must not keep us from looking at the clock. */
    for (int i = 0; master >= 0 && i < 256; i++)
        if (read(master, waste, sizeof waste) <= 0)
            return;
}

static void poll_pause(void)
{
    struct timespec pause = { .tv_nsec = PROCESS_POLL_NS };
    nanosleep(&pause, NULL); /* cut short by a signal, which is welcome */
}

/* Ends the group: politely, then for good. */
static void group_end(pid_t pid, int master)
{
    double limit = clock_s() + PROCESS_GRACE_S;
    kill(-pid, SIGTERM);
    while (clock_s() < limit) {
        siginfo_t info = { 0 };
        if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == pid)
            break;
        terminal_drain(master);
        poll_pause();
    }
    kill(-pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

/* Waits until the child has ended or must end. The child is left as a zombie, so that its process group stays ours. */
static struct process_end child_watch(const struct process_spec *spec, pid_t pid, int master, double start)
{
    for (;;) {
        siginfo_t info = { 0 };
        struct process_end end = { .elapsed_s = clock_s() - start };
        waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT);
        terminal_drain(master);
        bool ended = info.si_pid == pid;
        if (spec->watch && !spec->watch(spec->watch_arg, end.elapsed_s)) {
            end.outcome = PROCESS_STOPPED;
        } else if (ended) {
            end.outcome = info.si_code == CLD_EXITED ? PROCESS_EXITED : PROCESS_KILLED;
            end.status = info.si_status;
        } else if (process_signal) {
            end.outcome = PROCESS_INTERRUPTED;
            end.status = process_signal;
        } else if (end.elapsed_s >= spec->time_limit_s) {
            end.outcome = PROCESS_TIMED_OUT;
        } else {
            poll_pause();
            continue;
        }
        return end;
    }
}

struct process_end process_run(const struct process_spec *spec)
{
    struct sigaction before[ENDING_SIGNALS];
    int master;
    signals_take(before);
    double start = clock_s();
    struct process_end end = { .outcome = PROCESS_NOT_STARTED };
    pid_t pid = child_start(spec, &master);
    if (pid < 0) {
        end.status = errno;
    } else {
        end = child_watch(spec, pid, master, start);
        group_end(pid, master);
        if (master >= 0)
            close(master);
    }
    signals_give_back(before);
    return end;
}

bool process_findable(const char *name)
{
    if (strchr(name, '/'))
        return access(name, X_OK) == 0;
    const char *path = getenv("PATH");
    char candidate[4096];
    for (const char *p = path ? path : "/usr/bin:/bin"; *p;) {
        size_t length = strcspn(p, ":");
        int n = snprintf(candidate, sizeof candidate, "%.*s/%s", (int)length, p, name);
        if (n > 0 && (size_t)n < sizeof candidate && access(candidate, X_OK) == 0)
            return true;
        p += length + (p[length] == ':');
    }
    return false;
}

bool process_capture(const struct arguments *a, char *text, size_t bytes)
{
    char path[64];
    int fd = memfd_create("capture", MFD_CLOEXEC);
    if (fd < 0)
        return false;
    snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)getpid(), fd);
    struct process_spec spec = { .arguments = a, .output_path = path, .time_limit_s = 10 };
    struct process_end end = process_run(&spec);
    ssize_t got = pread(fd, text, bytes - 1, 0);
    close(fd);
    text[got > 0 ? got : 0] = '\0';
    return end.outcome == PROCESS_EXITED && end.status == 0 && got >= 0;
}
