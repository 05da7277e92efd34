/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One child process under control: started without a shell in a process group of its own, watched against a time limit and
 * the signals that end the tool, and gone with everything that it started when process_run returns.
 */
#ifndef HARNESS_TOOL_PROCESS_H
#define HARNESS_TOOL_PROCESS_H

#include <stdbool.h>
#include <stddef.h>

/* A growing argument vector, NULL-terminated once it holds anything. Running out of memory ends the tool. */
struct arguments {
    char **item;
    size_t used, capacity;
};

void arguments_add(struct arguments *a, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* As one line that a POSIX shell reads back as the same words; the caller frees it. */
char *arguments_quoted(const struct arguments *a);
void arguments_free(struct arguments *a);

/* Called about every 50 ms and once after the child has ended; false stops the child: PROCESS_STOPPED. */
typedef bool process_watch_fn(void *arg, double elapsed_s);

struct process_spec {
    const struct arguments *arguments; /* item 0 is looked up in PATH */
    const struct arguments *environment; /* NAME=VALUE beyond what the tool itself was given, or NULL */
    const char *output_path;           /* standard output; created or truncated. NULL: /dev/null, or the terminal */
    const char *error_path;            /* standard error; created or truncated. NULL: the same as the output */
    bool terminal;                     /* standard input and output are a pseudo-terminal whose output is thrown away */
    double time_limit_s;
    process_watch_fn *watch;           /* may be NULL */
    void *watch_arg;
};

enum process_outcome {
    PROCESS_EXITED,      /* status: exit status */
    PROCESS_KILLED,      /* by a signal that was not ours; status: its number */
    PROCESS_TIMED_OUT,
    PROCESS_STOPPED,     /* by the watch function */
    PROCESS_INTERRUPTED, /* the tool was told to end; status: the signal */
    PROCESS_NOT_STARTED, /* status: errno */
};

struct process_end {
    enum process_outcome outcome;
    int status;
    double elapsed_s;
};

/* Runs the child to its end. Afterwards no process of its group is left. */
struct process_end process_run(const struct process_spec *spec);
/* True when `name` is an executable file (with a slash) or found in PATH. */
bool process_findable(const char *name);
/* Runs a command and collects at most `bytes` - 1 bytes of what it prints (both streams), terminated. False when it cannot be
 * run, does not end within ten seconds, or ends in anything but 0. */
bool process_capture(const struct arguments *a, char *text, size_t bytes);

#endif
