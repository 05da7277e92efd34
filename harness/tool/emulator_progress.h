/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Follows a run while it runs: reads what the guest has written so far, shows one changing line on a terminal and few plain lines
 * in a log, and stops a guest that writes without end. It only looks: the log is decoded afterwards, from its beginning.
 */
#ifndef HARNESS_TOOL_EMULATOR_PROGRESS_H
#define HARNESS_TOOL_EMULATOR_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define PROGRESS_SERIAL_BYTES_MAX (64u << 20) /* of the guest's console, and of the emulator's own log */
#define PROGRESS_LINE_S 15.0                  /* between two plain lines */

struct progress {
    const char *label;  /* of the target */
    const char *serial; /* the file that the guest's console goes to */
    const char *log;    /* the emulator's own */
    bool terminal;      /* stderr is one */
    off_t offset;       /* read so far */
    char line[256];     /* beginning of the line that is being read */
    size_t line_bytes;
    char workload[64];  /* of the row opened last */
    size_t rows;
    double next_line_s;
    bool flooded;       /* a file has outgrown its limit */
};

void progress_begin(struct progress *p, const char *label, const char *serial, const char *log);
/* A process_watch_fn: arg is a struct progress. */
bool progress_watch(void *arg, double elapsed_s);
/* Takes the changing line away. */
void progress_end(const struct progress *p);
/* Prints on stderr the last lines of a log, printable, indented, without records; says so when there are none. */
void console_tail_print(const char *path, const char *title);

#endif
