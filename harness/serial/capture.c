/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Captures one session of a real machine from its serial line: capture DEVICE [POWER-CYCLE]. What comes before the first record is noise (firmware, boot
 * loader, half a session); a new first record begins anew; a record that is damaged or missing makes the session useless, and the machine is started
 * again where a command for that was given. Standard output: the session, from its first record to its last one and what the kernel says then.
 * Exit status: 0 complete, 3 not. Time limits are those of whoever started this.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "harness/measure/record.h"

#define LINE_BYTES 8192
#define TRIES_MAX 3
#define LAST_WORDS_MS 3000     /* that the kernel may take after the last record */

struct capture {
    int line;
    const char *power_cycle;
    unsigned tries;
    char text[LINE_BYTES];
    size_t used;
    bool begun, ended, cut;
    uint64_t next;             /* record that must come now */
    char *session;
    size_t session_bytes;
    FILE *out;
};

static _Noreturn void give_up(const char *what, const char *why)
{
    fprintf(stderr, "%s%s%s\n", what, *why ? ": " : "", why);
    exit(3);
}

static void line_open(struct capture *c, const char *device)
{
    struct termios t;
    c->line = open(device, O_RDWR | O_NOCTTY | O_NONBLOCK);
    if (c->line < 0)
        give_up(device, strerror(errno));
    if (tcgetattr(c->line, &t) != 0)
        give_up(device, "is no serial line");
    cfmakeraw(&t);
    cfsetspeed(&t, B115200);
    t.c_cflag |= CLOCAL | CREAD;
    t.c_cflag &= ~(tcflag_t)(CRTSCTS | CSTOPB | PARENB);
    if (tcsetattr(c->line, TCSANOW, &t) != 0)
        give_up(device, "cannot be set to 115200 baud, 8N1");
    tcflush(c->line, TCIFLUSH);
}

static void machine_start(struct capture *c)
{
    if (!c->power_cycle)
        return;
    int status = system(c->power_cycle);
    if (status == -1 || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        give_up("the command for a power cycle failed", c->power_cycle);
}

static void session_drop(struct capture *c)
{
    if (c->out)
        fclose(c->out);
    free(c->session);
    c->session = NULL;
    c->out = NULL;
    c->begun = c->ended = false;
    c->next = 0;
}

/* A session that is of no use any more. */
static void session_broken(struct capture *c, const char *why)
{
    fprintf(stderr, "session broken: record %llu %s\n", (unsigned long long)c->next, why);
    session_drop(c);
    if (c->power_cycle && ++c->tries == TRIES_MAX)
        give_up("no session came through whole", "see the lines above");
    machine_start(c);
}

/* Whether the text is a record as it was framed; its number, and where its kind begins. */
static bool record_is_good(const char *text, uint64_t *number, const char **kind)
{
    const char *star = strrchr(text, '*');
    char *end;
    if (strncmp(text, "@tg ", 4) != 0 || !star || star == text || star[-1] != ' ' || strlen(star) != 9)
        return false;
    *number = strtoull(text + 4, &end, 10);
    *kind = end + 1;
    return *end == ' ' && strtoul(star + 1, NULL, 16) == record_crc32(text, (size_t)(star - 1 - text));
}

static void session_begin(struct capture *c)
{
    session_drop(c);
    c->out = open_memstream(&c->session, &c->session_bytes);
    if (!c->out)
        give_up("not enough memory", "");
    c->begun = true;
}

/* One line of the console, without its end. */
static void line_take(struct capture *c)
{
    const char *record = strstr(c->text, "@tg "), *kind = NULL;
    uint64_t number = 0;
    bool good = record && !c->cut && record_is_good(record, &number, &kind);
    if (good && number == 0) /* whatever stood before it on the line is the boot loader's */
        session_begin(c);
    else if (record && c->begun && !c->ended && (!good || record != c->text || number != c->next)) {
        session_broken(c, good ? "did not come" : "is damaged");
        return;
    }
    if (!c->begun && good && c->power_cycle && strncmp(kind, "end ", 4) == 0) { /* all of it passed without a first record */
        session_broken(c, "did not come");
        return;
    }
    if (!c->begun)
        return;
    fprintf(c->out, "%s\n", good ? record : c->text);
    c->next += good;
    c->ended |= good && strncmp(kind, "end ", 4) == 0;
}

static void bytes_take(struct capture *c, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (bytes[i] == '\n') {
            while (c->used > 0 && c->text[c->used - 1] == '\r')
                c->used--;
            c->text[c->used] = '\0';
            line_take(c);
            c->used = 0;
            c->cut = false;
        } else if (c->used + 1 < sizeof c->text) {
            c->text[c->used++] = bytes[i] ? bytes[i] : '?';
        } else {
            c->cut = true;
        }
    }
}

static bool last_word_came(const struct capture *c)
{
    fflush(c->out);
    return strstr(c->session, "tollgate: exit status ") != NULL;
}

int main(int argc, char **argv)
{
    struct capture c = { .power_cycle = argc == 3 ? argv[2] : NULL };
    char bytes[4096];
    if (argc != 2 && argc != 3)
        give_up("usage: capture DEVICE [POWER-CYCLE]", "");
    line_open(&c, argv[1]);
    machine_start(&c);
    while (!c.ended || !last_word_came(&c)) {
        struct pollfd p = { .fd = c.line, .events = POLLIN };
        int ready = poll(&p, 1, c.ended ? LAST_WORDS_MS : -1);
        if (ready == 0)
            break;
        ssize_t n = ready > 0 ? read(c.line, bytes, sizeof bytes) : -1;
        if (n > 0)
            bytes_take(&c, bytes, (size_t)n);
        else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
            if (c.ended)
                break;
            give_up(argv[1], c.begun ? "the line was closed within a session" : "the line was closed");
        }
    }
    fclose(c.out);
    fwrite(c.session, 1, c.session_bytes, stdout);
    return fflush(stdout) == 0 ? 0 : 3;
}
