/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What they print goes into files in memory: nobody else runs while they measure.
 */
#include "handover/init/baselines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "baselines/linux/guest.h"

#define PROGRAM "/bin/linux-baselines"
#define OPTIONS_MAX 8

static const char *const keys[] = { "select", "samples", "scheduling", "size", "limit" };

static bool file_take(int fd, struct bytes *to)
{
    char piece[65536];
    ssize_t n;
    if (lseek(fd, 0, SEEK_SET) != 0)
        return false;
    while ((n = read(fd, piece, sizeof piece)) > 0)
        if (!bytes_add(to, piece, (size_t)n))
            return false;
    return n == 0;
}

static _Noreturn void program_become(int output, int messages)
{
    static char option[OPTIONS_MAX][320];
    char *arguments[OPTIONS_MAX + 2] = { (char[]){ PROGRAM } }, value[256];
    size_t n = 1;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (guest_option(keys[i], value, sizeof value)) {
            snprintf(option[i], sizeof option[i], "--%s=%s", keys[i], value);
            arguments[n++] = option[i];
        }
    dup2(output, STDOUT_FILENO);
    dup2(messages, STDERR_FILENO);
    execv(PROGRAM, arguments);
    dprintf(messages, "%s: %s\n", PROGRAM, strerror(errno));
    _exit(127);
}

bool baselines_run(struct bytes *records, struct bytes *messages)
{
    int output = memfd_create("records", MFD_CLOEXEC), said = memfd_create("messages", MFD_CLOEXEC), status = -1;
    pid_t child = output >= 0 && said >= 0 ? fork() : -1;
    if (child == 0)
        program_become(output, said);
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    bool read_all = child > 0 && file_take(output, records) && file_take(said, messages);
    if (!read_all)
        bytes_print(messages, "%s: cannot be run: %s\n", PROGRAM, strerror(errno));
    if (child > 0 && WIFSIGNALED(status))
        bytes_print(messages, "%s: died of signal %d\n", PROGRAM, WTERMSIG(status));
    close(output);
    close(said);
    return read_all && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
