/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What every command of `tollgate` shares. A command is one file command_<name>.c that defines
 *     const struct command command_<name> = { "name", "what it does", run };
 * The build finds the file and enters it in the table: adding a command edits nothing else.
 */
#ifndef HARNESS_TOOL_TOOL_H
#define HARNESS_TOOL_TOOL_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/tool/error.h"

#define TOOL_VERSION "0.1"

enum tool_status {
    TOOL_OK = 0,
    TOOL_NEGATIVE = 1,  /* the question was answered with no: a regression, a gate that failed, a target that does not work */
    TOOL_USAGE = 2,     /* argp's errors too */
    TOOL_BAD_INPUT = 3, /* a file that is missing, cut, corrupt or not what it should be */
    TOOL_FAILED = 4,    /* the work itself failed: no emulator, time limit, guest failed, output not written */
};

struct command {
    const char *name;
    const char *summary; /* one line for `tollgate --help` */
    /* argv[0] is "tollgate <name>": pass it to argp_parse as it is. Returns an enum tool_status. */
    int (*run)(int argc, char **argv);
};

extern const struct command *const command_table[]; /* generated; ends with NULL */

/* Prints exactly one line "tollgate: ..." on stderr. */
__attribute__((format(printf, 1, 2))) void tool_error(const char *format, ...);

/* --json was given: from now on standard output gets one JSON document, whatever happens. Returns true, for the command's own flag. */
bool tool_json_wanted(void);
/* The end of a command: with --json, and nothing printed as JSON, the error that was told last as an object of schema tollgate-error/1. */
void tool_json_finish(int status);

/* Folder of this executable, which is the build folder: kernel image, workloads.txt and the like lie there. */
const char *tool_build_dir(void);
/* Root of the source tree: the parent of the build folder if that holds results/FORMAT.md, otherwise the current folder. */
const char *tool_tree_dir(void);

#endif
