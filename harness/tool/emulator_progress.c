/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Live view of a run; see emulator_progress.h.
 */
#include "harness/tool/emulator_progress.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TAIL_BYTES 16384
#define TAIL_LINES 8
#define TAIL_WIDTH 160

void progress_begin(struct progress *p, const char *label, const char *serial, const char *log)
{
    *p = (struct progress){ .label = label, .serial = serial, .log = log, .terminal = isatty(STDERR_FILENO),
                            .quiet = getenv("CI") && getenv("CI")[0],
                            .next_line_s = PROGRESS_LINE_S };
}

/* Text behind " key=" up to the next blank; "" when it is not there. */
static void field_note(const char *line, const char *key, char *value, size_t bytes)
{
    const char *at = strstr(line, key);
    snprintf(value, bytes, "%.*s", at ? (int)strcspn(at + strlen(key), " ") : 0, at ? at + strlen(key) : "");
}

static void row_note(struct progress *p)
{
    char batch[24];
    p->rows++;
    p->pair_count = 0;
    field_note(p->line, " workload=", p->workload, sizeof p->workload);
    field_note(p->line, " unit=", p->unit, sizeof p->unit);
    field_note(p->line, " batch=", batch, sizeof batch);
    p->batch = strtoull(batch, NULL, 10);
}

/* Only a view: nothing is checked here, what does not parse is passed over. */
static void samples_note(struct progress *p)
{
    const char *at = strstr(p->line, " hist ");
    unsigned long long value, count;
    int n;
    for (at = at ? at + 5 : ""; p->pair_count < PROGRESS_PAIRS_MAX && sscanf(at, " %llu:%llu%n", &value, &count, &n) == 2; at += n)
        p->pairs[p->pair_count++] = (struct histogram_pair){ value, count };
}

static void median_note(struct progress *p)
{
    uint64_t samples = 0, below = 0;
    size_t i = 0;
    p->median[0] = '\0';
    for (size_t k = 0; k < p->pair_count; k++)
        samples += p->pairs[k].count;
    if (samples == 0 || p->batch == 0 || p->pair_count == PROGRESS_PAIRS_MAX)
        return;
    while (i + 1 < p->pair_count && below + p->pairs[i].count < samples / 2 + samples % 2)
        below += p->pairs[i++].count;
    snprintf(p->median, sizeof p->median, ", last median %.6g %s", (double)p->pairs[i].value / (double)p->batch, p->unit);
}

static void line_note(struct progress *p)
{
    unsigned long sequence;
    char kind[16];
    p->line[p->line_bytes] = '\0';
    if (sscanf(p->line, "@tg %lu %15s", &sequence, kind) != 2)
        return;
    if (strcmp(kind, "row") == 0)
        row_note(p);
    else if (strcmp(kind, "hist") == 0)
        samples_note(p);
    else if (strcmp(kind, "endrow") == 0)
        median_note(p);
}

static void bytes_note(struct progress *p, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (bytes[i] == '\n') {
            line_note(p);
            p->line_bytes = 0;
        } else if (p->line_bytes < sizeof p->line - 1) {
            p->line[p->line_bytes++] = bytes[i];
        }
    }
}

/* Reads what is new; false when the file has grown beyond the limit. */
static bool serial_follow(struct progress *p)
{
    char bytes[65536];
    ssize_t n;
    int fd = open(p->serial, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return true; /* not there yet */
    while (p->offset <= PROGRESS_SERIAL_BYTES_MAX && (n = pread(fd, bytes, sizeof bytes, p->offset)) > 0) {
        bytes_note(p, bytes, (size_t)n);
        p->offset += n;
    }
    close(fd);
    return p->offset <= PROGRESS_SERIAL_BYTES_MAX;
}

static void state_show(struct progress *p, double elapsed_s)
{
    const char *at = p->workload[0] ? p->workload : "booting";
    if (p->quiet)
        return;
    if (p->terminal) {
        fprintf(stderr, "\r\033[K%s: %s, %zu rows%s, %.0f s", p->label, at, p->rows, p->median, elapsed_s);
    } else if (elapsed_s >= p->next_line_s) {
        fprintf(stderr, "%s: %s, %zu rows%s, %.0f s\n", p->label, at, p->rows, p->median, elapsed_s);
        p->next_line_s += PROGRESS_LINE_S;
    }
}

bool progress_watch(void *arg, double elapsed_s)
{
    struct progress *p = arg;
    struct stat log;
    p->flooded = !serial_follow(p) || (stat(p->log, &log) == 0 && log.st_size > PROGRESS_SERIAL_BYTES_MAX);
    state_show(p, elapsed_s);
    return !p->flooded;
}

void progress_end(const struct progress *p)
{
    if (p->terminal && !p->quiet)
        fputs("\r\033[K", stderr);
}

/* Start of the last TAIL_LINES lines of text that are no records. */
static void tail_print(char *text, const char *title)
{
    char *lines[TAIL_LINES];
    size_t count = 0;
    for (char *line = strtok(text, "\r\n"); line; line = strtok(NULL, "\r\n"))
        if (strncmp(line, "@tg ", 4) != 0)
            lines[count++ % TAIL_LINES] = line;
    fprintf(stderr, "  last of %s%s\n", title, count ? ":" : ": nothing");
    for (size_t i = count > TAIL_LINES ? count - TAIL_LINES : 0; i < count; i++) {
        char *line = lines[i % TAIL_LINES];
        for (char *c = line; *c; c++)
            if ((unsigned char)*c < ' ' || (unsigned char)*c >= 0x7f)
                *c = '?';
        fprintf(stderr, "  | %.*s\n", TAIL_WIDTH, line);
    }
}

void console_tail_print(const char *path, const char *title)
{
    char text[TAIL_BYTES + 1];
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    off_t start = fstat(fd, &status) == 0 && status.st_size > TAIL_BYTES ? status.st_size - TAIL_BYTES : 0;
    ssize_t n = pread(fd, text, TAIL_BYTES, start);
    close(fd);
    for (ssize_t i = 0; i < n; i++)
        if (text[i] == '\0')
            text[i] = '?';
    text[n > 0 ? n : 0] = '\0';
    tail_print(text, title);
}
