/* SPDX-License-Identifier: BSD-2-Clause
 *
 * `tollgate`: runs workloads on a target, keeps their raw data, compares, gates and reports. This file only picks the command.
 */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "harness/tool/tool.h"

static void help_print(FILE *out)
{
    fputs("Usage: tollgate COMMAND [OPTION...]\n"
          "Measures what it costs to cross a protection boundary, and keeps the evidence.\n\nCommands:\n", out);
    for (const struct command *const *c = command_table; *c; c++)
        fprintf(out, "  %-10s %s\n", (*c)->name, (*c)->summary);
    fputs("\n`tollgate COMMAND --help` explains one command.\n"
          "With --json standard output holds one JSON document (none after an error of usage); where a command failed and has nothing else to say,\n"
          "{\"schema\": \"tollgate-error/1\", \"status\": its exit status, \"error\": the line of standard error}.\n"
          "Exit status: 0 done; 1 the answer is no (regression, gate failed, nothing matches); 2 usage; 3 bad input; 4 the work failed.\n", out);
}

static const struct command *command_find(const char *name)
{
    for (const struct command *const *c = command_table; *c; c++)
        if (strcmp((*c)->name, name) == 0)
            return *c;
    return NULL;
}

static int command_run_named(int argc, char **argv)
{
    const struct command *command = command_find(argv[0]);
    if (!command) {
        tool_error("unknown command \"%s\" (tollgate --help lists them)", argv[0]);
        return TOOL_USAGE;
    }
    char name[64];
    snprintf(name, sizeof name, "tollgate %s", command->name);
    argv[0] = name;
    argp_err_exit_status = TOOL_USAGE;
    int status = command->run(argc, argv);
    tool_json_finish(status);
    return status;
}

/* A file that is closed would be the next one that is opened, a result for example, and get what is printed. */
static bool standard_files_hold(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && (fd == STDOUT_FILENO || open("/dev/null", O_RDWR) != fd))
            return false;
    return true;
}

int main(int argc, char **argv)
{
    int status = TOOL_OK;
    if (!standard_files_hold()) {
        tool_error("standard output is closed");
        return TOOL_FAILED;
    }
    if (argc < 2) {
        help_print(stderr);
        return TOOL_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-?") == 0 || strcmp(argv[1], "help") == 0)
        help_print(stdout);
    else if (strcmp(argv[1], "--version") == 0)
        puts("tollgate " TOOL_VERSION);
    else
        status = command_run_named(argc - 1, argv + 1);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        tool_error("standard output: %s", strerror(errno));
        return TOOL_FAILED;
    }
    return status;
}
