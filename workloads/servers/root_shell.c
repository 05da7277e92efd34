/* SPDX-License-Identifier: BSD-2-Clause */
#include "workloads/servers/root_shell.h"

#include "kernel/abi/trace.h"
#include "workloads/lib/text.h"
#include "workloads/servers/root.h"
#include "workloads/servers/root_keys.h"
#include "workloads/servers/root_screen.h"

#define LINE_BYTES 120
#define WAIT_MS 60000
#define TRACE_SHOWN 24         /* latest points of each CPU */

static const char *const point_names[TRACE_POINTS_MAX] = {
#define TRACE_STEP(id, name, title)
#define TRACE(id, name, step, argument0, argument1) [id] = #name,
#include "kernel/abi/trace.def"
};

static void say(const char *text) { output_people(text, text_length(text)); }

static void say_line(const char *text, const char *more)
{
    say(text);
    say(more);
    say("\n");
}

static void name_say(const char *name) { say_line("  ", name); }

static void help(const char *argument)
{
    (void)argument;
    say("list [GLOB]   the workloads, or those that match; list test/GLOB: the tests\n"
        "run GLOB      run workloads that match; run test/GLOB: tests; records go to the log\n"
        "show [GLOB]   the machine and the results so far, or the results that match\n"
        "trace         the latest tracepoints of each CPU (boot with trace=on)\n"
        "poweroff      end the session\n");
}

/* "test/GLOB" is a pattern of tests, everything else of workloads. */
static const char *pattern_of(const char *argument, bool *tests)
{
    *tests = text_starts(argument, "test/");
    return *argument == '\0' ? "*" : argument + (*tests ? text_length("test/") : 0);
}

static void list(const char *argument)
{
    bool tests;
    const char *pattern = pattern_of(argument, &tests);

    if (session_list(pattern, tests, name_say) == 0)
        say_line("nothing matches ", argument);
}

static void results_say(const char *pattern, size_t from)
{
    struct text t;

    for (size_t i = from; screen_result(i, &t); i++) {
        char id[TEXT_BYTES];
        size_t n = 0;
        while (t.bytes[n] != ' ' && t.bytes[n] != '\0')
            n++;
        memcpy(id, t.bytes, n);
        id[n] = '\0';
        if (text_matches(pattern, id))
            say_line("", t.bytes);
    }
}

static void run(const char *argument)
{
    struct text t;
    bool tests;
    const char *pattern = pattern_of(argument, &tests);

    if (*argument == '\0') {
        say("run what? list shows the names\n");
        return;
    }
    size_t before = screen_results();
    keys_close(); /* while programs run, their requests alone are messages to root */
    uint64_t programs = session_run(pattern, tests);
    keys_open();
    results_say("*", before);
    text_init(&t);
    text_add_decimal(&t, programs);
    text_add(&t, programs == 0 ? " programs ran: nothing matches that has not run in this session" : " programs ran");
    say_line(t.bytes, session_is_good() ? "" : "; SOMETHING FAILED in this session, see the log");
}

static void show(const char *argument)
{
    const struct root_info *info = root_info();
    struct text t;

    if (*argument == '\0') {
        say_line("CPU           ", screen_cpu());
        say_line("booted by     ", info->boot_protocol);
        say_line("serial port   ", info->serial);
        say_line("mitigations   ", info->mitigations);
        text_init(&t);
        text_add_decimal(&t, info->cpus);
        text_add(&t, " CPUs, TSC ");
        text_add_decimal(&t, info->tsc_hz[0]);
        text_add(&t, " Hz by ");
        text_add(&t, info->tsc_hz_source[0]);
        say_line("machine       ", t.bytes);
    }
    results_say(*argument == '\0' ? "*" : argument, 0);
}

static void point_say(const struct trace_record *r, uint64_t before)
{
    struct text t;

    text_init(&t);
    text_add(&t, "  +");
    text_add_decimal(&t, r->tsc - before);
    while (t.used < 12)
        text_add(&t, " ");
    text_add(&t, r->point < TRACE_POINTS_MAX && point_names[r->point] != NULL ? point_names[r->point] : "unknown");
    while (t.used < 40)
        text_add(&t, " ");
    text_add(&t, "thread ");
    text_add_decimal(&t, r->thread);
    text_add(&t, " ");
    text_add_hex(&t, r->arguments[0]);
    text_add(&t, " ");
    text_add_hex(&t, r->arguments[1]);
    say_line(t.bytes, "");
}

static void trace(const char *argument)
{
    (void)argument;
    if (root_info()->trace == 0) {
        say("no tracepoints: boot with trace=on\n");
        return;
    }
    for (uint64_t cpu = 0; cpu < root_info()->cpus; cpu++) {
        const struct trace_record *records = (const struct trace_record *)(ROOT_TRACE_ADDRESS + cpu * TRACE_CPU_BYTES);
        const struct trace_ring *ring = (const struct trace_ring *)(ROOT_TRACE_ADDRESS + cpu * TRACE_CPU_BYTES + TRACE_RING_OFFSET);
        uint64_t end = ring->head, at = end > TRACE_SHOWN ? end - TRACE_SHOWN : 0;
        struct text t;
        text_init(&t);
        text_add(&t, "CPU ");
        text_add_decimal(&t, cpu);
        text_add(&t, ": ");
        text_add_decimal(&t, end);
        text_add(&t, " points, ");
        text_add_decimal(&t, ring->lost);
        text_add(&t, " found no room; the latest, in ticks since the one before:");
        say_line(t.bytes, "");
        for (; at < end; at++) {
            const struct trace_record *r = &records[at % TRACE_RING_RECORDS];
            point_say(r, at == 0 || end - at == TRACE_SHOWN ? r->tsc : records[(at - 1) % TRACE_RING_RECORDS].tsc);
        }
    }
}

/* One line, echoed as it is typed. */
static void line_read(char *line)
{
    size_t n = 0;

    for (int c = KEY_NONE; c != '\n';) {
        c = keys_read(WAIT_MS);
        char byte = (char)c;
        if (c == '\b' && n > 0) {
            n--;
            say("\r" "tollgate> ");
            output_people(line, n);
            say(" \r" "tollgate> ");
            output_people(line, n);
        } else if (c >= ' ' && c <= '~' && n + 1 < LINE_BYTES) {
            line[n++] = byte;
            output_people(&byte, 1);
        }
    }
    say("\n");
    while (n > 0 && line[n - 1] == ' ')
        n--;
    line[n] = '\0';
}

static bool command_run(char *line)
{
    static const struct { const char *name; void (*run)(const char *); } commands[] = {
        { "help", help }, { "list", list }, { "run", run }, { "show", show }, { "trace", trace },
    };
    char *argument = line;

    while (*argument != '\0' && *argument != ' ')
        argument++;
    while (*argument == ' ')
        *argument++ = '\0';
    if (text_equal(line, "poweroff"))
        return false;
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (text_equal(line, commands[i].name)) {
            commands[i].run(argument);
            return true;
        }
    if (*line != '\0')
        say_line(line, ": no such command; help lists them");
    return true;
}

void shell_run(void)
{
    char line[LINE_BYTES];

    keys_open();
    say("This is the shell of Tollgate; help lists its commands.\n");
    do {
        say("tollgate> ");
        line_read(line);
    } while (command_run(line));
    keys_close();
}
