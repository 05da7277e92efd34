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

#include "harness/measure/histogram.h"

#define PROGRESS_SERIAL_BYTES_MAX (64u << 20) /* of the guest's console, and of the emulator's own log */
#define PROGRESS_PAIRS_MAX 20000
#define PROGRESS_LINE_S 15.0                  /* between two plain lines */

struct progress {
    const char *label;  /* of the target */
    const char *serial; /* the file that the guest's console goes to */
    const char *log;    /* the emulator's own */
    bool terminal;      /* stderr is one */
    bool quiet;         /* CI is set in the environment: nothing is shown */
    off_t offset;       /* read so far */
    char line[4096];    /* the line that is being read; a record fits */
    size_t line_bytes;
    char workload[64];  /* of the row opened last */
    char median[96];    /* of the row closed last, " last median 120 cycles", or "" */
    char unit[16];
    unsigned long long batch;
    struct histogram_pair pairs[PROGRESS_PAIRS_MAX]; /* of the open row; beyond that its median is not shown */
    size_t pair_count;
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
