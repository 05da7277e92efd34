/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Init of the Linux that Tollgate starts when its session is over: fetches the session's log, asks Linux the same questions, joins both with
 * what the machine is, saves that on the partition TOLLGATE, sends it to every serial port, says how it went, and ends.
 * Options on the kernel's command line, beside those of the baselines: tollgate.after=poweroff|reboot|halt, tollgate.wait=SECONDS (for a
 * stick), tollgate.hold=SECONDS (the last words on the screen), tollgate.linux=off (no baselines), tollgate.watch=SECONDS (the machine starts
 * anew when all this takes longer).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <unistd.h>

#include "baselines/linux/guest.h"
#include "handover/init/baselines.h"
#include "handover/init/drivers.h"
#include "handover/init/identity.h"
#include "handover/init/lines.h"
#include "handover/init/log.h"
#include "handover/init/series.h"
#include "handover/init/stick.h"
#include "handover/init/summary.h"
#include "handover/init/watch.h"

#define WAIT_S 20
#define HOLD_S 30
#define SECONDS_MAX 100000
#define SESSION_GOOD 0x10      /* EXIT_OK of kernel/abi/abi.h */

static unsigned seconds_option(const char *key, unsigned otherwise)
{
    char text[32], *end;
    if (!guest_option(key, text, sizeof text))
        return otherwise;
    unsigned long n = strtoul(text, &end, 10);
    return *end || n > SECONDS_MAX ? otherwise : (unsigned)n;
}

static bool option_is(const char *key, const char *value)
{
    char text[64];
    return guest_option(key, text, sizeof text) && strcmp(text, value) == 0;
}

/* Lines of `text` to people. */
static void say_lines(struct bytes *text)
{
    if (!bytes_add(text, "", 1))
        return;
    for (char *line = strtok(text->at, "\n"); line; line = strtok(NULL, "\n"))
        lines_say("%s", line);
    text->used = 0;
}

static bool session_fetch(struct session_log *log)
{
    session_log_read(log);
    if (!log->expected)
        lines_say("no session came before this: Linux alone is measured");
    else if (!log->found)
        lines_say("the log of Tollgate's session is LOST: %s", log->reason);
    else
        lines_say("Tollgate's session: %zu bytes of log, status 0x%llx%s", log->text.used, (unsigned long long)log->status,
                  log->lost_bytes ? ", its end was LOST for want of room" : "");
    return !log->expected || (log->found && log->status == SESSION_GOOD && log->lost_bytes == 0);
}

static bool linux_measure(struct bytes *records)
{
    struct bytes messages = { 0 };
    if (!guest_cpus_online())
        lines_say("a CPU did not come up: %s", strerror(errno));
    lines_say("asking Linux the same questions");
    bool ok = baselines_run(records, &messages);
    say_lines(&messages);
    lines_say("Linux: %s", ok ? "done" : "FAILED");
    return ok;
}

/* What watches this Linux; empty when nobody asked. */
static const char *watch_wanted(void)
{
    unsigned seconds = seconds_option("watch", 0);
    const char *by = seconds ? watch_start(seconds) : "";
    if (seconds)
        lines_say("this Linux has %u s; the machine's watchdog: %s", seconds, by);
    return by;
}

static bool parts_join(struct bytes *joined, struct session_log *log, bool measured, bool measured_well, struct bytes *records, const char *watch)
{
    struct bytes identity = { 0 };
    char facts[128];
    bool ok = identity_write(&identity) && (!*watch || bytes_print(&identity, "linux_watchdog: %s\n", watch)) && joined_begin(joined, 1u + log->found + measured) && joined_part(joined, "identity", "", &identity);
    if (log->found) {
        snprintf(facts, sizeof facts, "status=0x%llx lost=%llu", (unsigned long long)log->status, (unsigned long long)log->lost_bytes);
        ok = ok && joined_part(joined, "tollgate", facts, &log->text);
    }
    if (measured)
        ok = ok && joined_part(joined, "linux", measured_well ? "status=ok" : "status=failed", records);
    return ok && joined_end(joined);
}

/* Boots before this one that did not end: a file for each. False: one of them could not be told. */
static bool failed_report(struct stick *stick)
{
    struct bytes failed = { 0 };
    bool ok = true;
    stick_failed(stick, &failed);
    for (size_t at = 0, n; at < failed.used; at += n + 1) {
        const char *options = failed.at + at, *newline = memchr(options, '\n', failed.used - at);
        struct bytes joined = { 0 }, identity = { 0 };
        n = newline ? (size_t)(newline - options) : failed.used - at;
        bool told = identity_write(&identity) && series_report(&joined, &identity, options, n) && stick_save(stick, joined.at, joined.used);
        lines_say("A BOOT DID NOT END: %.*s; reported by %s", (int)n, options, told ? stick->file : "this line alone");
        ok = ok && told;
    }
    return ok;
}

/* Whether the joined log is anywhere that people can take it from. */
static bool joined_save(const struct bytes *joined)
{
    struct stick stick = { 0 };
    unsigned wait_s = seconds_option("wait", WAIT_S), loaded = drivers_load("order");
    bool found = stick_find(&stick, wait_s), told = found && failed_report(&stick), saved = found && stick_save(&stick, joined->at, joined->used);
    if (!found)
        lines_say("no partition TOLLGATE was found within %u s (%u drivers loaded)", wait_s, loaded);
    else if (!saved)
        lines_say("the partition TOLLGATE (%s) does not take the result: %s", stick.device, stick.reason);
    else
        lines_say("saved and read back: %s on TOLLGATE (%s), %zu bytes", stick.file, stick.device, joined->used);
    if (told && saved && !stick_forget(&stick))
        lines_say("tollgate.env cannot be written: this boot will be told as one that did not end");
    unsigned ports = lines_serial();
    if (ports) {
        lines_say("sending it to %u serial port%s", ports, ports > 1 ? "s" : "");
        lines_send("\n", 1);
        lines_send(joined->at, joined->used);
    } else if (!saved) {
        lines_say("there is no serial port either: the screen is all that is left");
    }
    return saved || lines_serial();
}

static void line_say(const char *line) { lines_say("%s", line); }

/* The main figures, for who stands before the machine. */
static void verdict_say(const struct session_log *log, const struct bytes *records)
{
    lines_say("median of one operation, overhead taken off:");
    unsigned rows = summary_make(&log->text, line_say);
    lines_say("%u rows of Tollgate, %u of Linux", rows, summary_make(records, line_say));
}

static _Noreturn void end(bool ok)
{
    bool reset = option_is("after", "reboot");
    lines_say("%s; the machine %s in %u s", ok ? "ALL GOOD" : "NOT ALL GOOD, see above", reset ? "starts again" : "switches off",
              seconds_option("hold", HOLD_S));
    sleep(seconds_option("hold", HOLD_S));
    sync();
    watch_stop();
    if (reset)
        reboot(RB_AUTOBOOT);
    guest_exit(ok);
}

int main(void)
{
    static struct session_log log;
    static struct bytes records, joined;
    bool measured = false, linux_good = true;
    if (!guest_mount())
        guest_exit(false);
    lines_open();
    bool session_good = session_fetch(&log);
    const char *watch = watch_wanted();
    if (!option_is("linux", "off")) {
        measured = true;
        linux_good = linux_measure(&records);
    }
    bool ok = parts_join(&joined, &log, measured, linux_good, &records, watch);
    if (!ok)
        lines_say("not enough memory to join the logs");
    verdict_say(&log, &records);
    end(joined_save(&joined) && ok && session_good && linux_good);
}
