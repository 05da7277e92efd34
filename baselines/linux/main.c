/* SPDX-License-Identifier: BSD-2-Clause
 *
 * linux-baselines: what an IPC costs on Linux. Prints the records of results/FORMAT.md on standard output; as init of a guest
 * on the serial line. Exit status 0 only when every selected baseline gave its rows or a reason why this system cannot.
 */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "baselines/linux/channel.h"
#include "baselines/linux/context.h"
#include "baselines/linux/counters.h"
#include "baselines/linux/extras.h"
#include "baselines/linux/guard.h"
#include "baselines/linux/guest.h"
#include "baselines/linux/keeper.h"
#include "baselines/linux/prepare.h"
#include "baselines/linux/run.h"

#define SAMPLES_NS 10000
#define SAMPLES_INSTRUCTIONS 300
#define FIDELITY_TRIALS 8
#define FIDELITY_PAUSE_US 50000

extern const char index_text[], index_text_end[]; /* index.S */

#define LIMIT_SECONDS 60
#define LIMIT_SECONDS_MAX 3600

struct options {
    char select[256];
    size_t samples; /* 0: as the clock demands */
    size_t limit_seconds;
    bool scheduling_other;
    bool full;
    bool list;
    bool prepare;
    bool no_extras;
    const char *perf;        /* folder for what perf says, or NULL */
    const char *system_root; /* prefix of /sys and /proc for --prepare: "" but in tests */
};

static const struct options options_default = { .select = "*", .limit_seconds = LIMIT_SECONDS, .system_root = "" };

/* Options without a short form. */
enum { OPTION_LIMIT = 256, OPTION_SCHEDULING, OPTION_SIZE, OPTION_PREPARE, OPTION_PERF, OPTION_NO_EXTRAS, OPTION_ROOT };

static const struct argp_option argp_options[] = {
    { "select", 's', "GLOB", 0, "Run the baselines whose id matches GLOB (default *); @(a|b) is a or b", 0 },
    { "samples", 'n', "N", 0, "Samples of each single-shot row, a tenth of that of each batched row", 0 },
    { "limit", OPTION_LIMIT, "SECONDS", 0, "Longest time that any wait may last (default 60)", 0 },
    { "scheduling", OPTION_SCHEDULING, "POLICY", 0, "fifo: real-time priority where permitted (default); other: Linux's normal policy", 0 },
    { "size", OPTION_SIZE, "SIZE", 0, "short: payloads up to 64 B, bursts of 4 KiB messages (default); full: all payloads and placements", 0 },
    { "prepare", OPTION_PREPARE, NULL, 0, "Set governor, turbo, SMT, idle latency and what else disturbs, where permitted, and restore all of it afterwards", 0 },
    { "perf", OPTION_PERF, "FOLDER", 0, "After the rows: what `perf stat` and, where allowed, `perf record` say, into FOLDER", 0 },
    { "no-extras", OPTION_NO_EXTRAS, NULL, 0, "Leave out what is compared with PAPI", 0 },
    { "system-root", OPTION_ROOT, "FOLDER", OPTION_HIDDEN, "Where --prepare finds /sys, /proc and /dev; for tests", 0 },
    { "list", 'l', NULL, 0, "Print id, what is measured and the paper table that asks the same; measure nothing", 0 },
    { 0 },
};

static bool number_parse(const char *text, size_t max, size_t *number)
{
    char *end;

    errno = 0;
    unsigned long n = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || n == 0 || n > max)
        return false;
    *number = n;
    return true;
}

static bool scheduling_parse(const char *text, bool *other)
{
    *other = strcmp(text, "other") == 0;
    return *other || strcmp(text, "fifo") == 0;
}

static bool size_parse(const char *text, bool *full)
{
    *full = strcmp(text, "full") == 0;
    return *full || strcmp(text, "short") == 0;
}

static error_t option_parse(int key, char *argument, struct argp_state *state)
{
    struct options *o = state->input;

    switch (key) {
    case 's':
        if (strlen(argument) >= sizeof o->select)
            argp_error(state, "selection too long");
        snprintf(o->select, sizeof o->select, "%s", argument);
        return 0;
    case 'n':
        if (!number_parse(argument, RUN_SAMPLES_MAX, &o->samples))
            argp_error(state, "'%s' is not a number from 1 to %d", argument, RUN_SAMPLES_MAX);
        return 0;
    case OPTION_LIMIT:
        if (!number_parse(argument, LIMIT_SECONDS_MAX, &o->limit_seconds))
            argp_error(state, "'%s' is not a number of seconds from 1 to %d", argument, LIMIT_SECONDS_MAX);
        return 0;
    case OPTION_SCHEDULING:
        if (!scheduling_parse(argument, &o->scheduling_other))
            argp_error(state, "'%s' is neither fifo nor other", argument);
        return 0;
    case OPTION_SIZE:
        if (!size_parse(argument, &o->full))
            argp_error(state, "'%s' is neither short nor full", argument);
        return 0;
    case OPTION_PREPARE: o->prepare = true; return 0;
    case OPTION_PERF: o->perf = argument; return 0;
    case OPTION_NO_EXTRAS: o->no_extras = true; return 0;
    case OPTION_ROOT: o->system_root = argument; return 0;
    case 'l':
        o->list = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp parser = { argp_options, option_parse, NULL,
    "What an IPC costs on Linux.\vRecords go to standard output, see results/FORMAT.md.", NULL, NULL, NULL };

/* Prints the lines of the index that match; false when none does, or when they cannot be written. */
static bool index_list(const char *select)
{
    bool any = false;

    for (const char *line = index_text; line < index_text_end;) {
        const char *end = memchr(line, '\n', (size_t)(index_text_end - line));
        if (end == NULL)
            end = index_text_end;
        char id[128];
        size_t bytes = strcspn(line, " ");
        snprintf(id, sizeof id, "%.*s", (int)bytes, line);
        if (fnmatch(select, id, FNM_EXTMATCH) == 0) {
            printf("%.*s\n", (int)(end - line), line);
            any = true;
        }
        line = end + 1;
    }
    return fflush(stdout) == 0 && any;
}

/* --- records out --- */

static uint64_t records_written;

static bool bytes_write(const char *bytes, size_t n)
{
    while (n != 0) {
        ssize_t done = write(STDOUT_FILENO, bytes, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return false;
        bytes += done;
        n -= (size_t)done;
    }
    return true;
}

static bool record_print(void *argument, const char *text, size_t text_bytes)
{
    static char line[RECORD_LINE_BYTES_MAX + 2];

    (void)argument;
    size_t n = record_frame(line, records_written, text, text_bytes);
    if (n == 0)
        return false;
    records_written++;
    line[n++] = '\n';
    return bytes_write(line, n);
}

/* --- the run --- */

static bool selection_run(struct run *r, const char *select)
{
    unsigned ran = 0;

    for (const struct baseline *const *b = baseline_first(); b < baseline_end(); b++) {
        if (fnmatch(select, (*b)->id, FNM_EXTMATCH) != 0)
            continue;
        ran++;
        run_baseline(r, *b);
        if (r->writer.failed)
            return false;
        if (guard_interrupted()) {
            fprintf(stderr, "linux-baselines: interrupted\n");
            return false;
        }
    }
    if (ran == 0)
        fprintf(stderr, "linux-baselines: no baseline matches '%s'\n", select);
    return ran != 0 && !r->failed;
}

/* Rows, and what is done beside them. */
static bool figures_run(struct run *r, const struct options *o)
{
    char counters[COUNTERS_TEXT_BYTES] = "not needed: this clock counts instructions";

    /* Under an exact clock there is one unit, and it is not cycles. */
    if (strcmp(r->clock->unit, "ns") == 0)
        r->cycles = counters_open(r->cpu[0], counters);
    record_context(&r->writer, "counters", counters);
    bool ok = o->no_extras || papi_compare(&r->writer);
    ok = selection_run(r, o->select) && ok;
    if (o->perf != NULL && !guard_interrupted())
        perf_passes(&r->writer, o->perf, o->select);
    return ok && !guard_interrupted();
}

/* On a busy machine other processes cut into the self-test itself: it is repeated, and never judged more mildly. */
static enum fidelity fidelity_find(struct fidelity_probe *probe)
{
    enum fidelity fidelity = FIDELITY_NONE;

    fidelity_cpuid(probe);
    for (int trial = 0; trial < FIDELITY_TRIALS && fidelity == FIDELITY_NONE; trial++) {
        if (trial > 0)
            usleep(FIDELITY_PAUSE_US);
        fidelity_measure(probe);
        fidelity = fidelity_classify(probe);
    }
    return fidelity;
}

static bool baselines_run(const struct options *o)
{
    static struct run run;
    struct fidelity_probe probe;
    struct conditions conditions;

    if (!guard_init((unsigned)o->limit_seconds)) {
        fprintf(stderr, "linux-baselines: timers and signal handlers: %s\n", strerror(errno));
        return false;
    }
    enum fidelity fidelity = fidelity_find(&probe);
    const struct clock *clock = clock_choose(fidelity);
    size_t samples = fidelity == FIDELITY_INSTRUCTIONS ? SAMPLES_INSTRUCTIONS : SAMPLES_NS;
    if (!run_init(&run, clock, o->samples != 0 ? o->samples : samples, o->full)) {
        fprintf(stderr, "linux-baselines: memory and CPUs: %s\n", strerror(errno));
        return false;
    }
    /* After the large allocations: what is locked counts against a limit. */
    conditions_set(&conditions, !o->scheduling_other);
    record_writer_init(&run.writer, record_print, NULL);
    record_begin(&run.writer, "linux");
    context_write(&run.writer, &probe, fidelity, clock, &conditions);
    prepare_context(&run.writer, o->system_root);
    bool ok = clock->samples_take != NULL;
    if (ok)
        ok = figures_run(&run, o);
    else
        fprintf(stderr, "linux-baselines: this clock is neither hardware nor an exact emulator: no figure is given\n");
    record_end(&run.writer, records_written + 1, ok);
    if (run.writer.failed)
        fprintf(stderr, "linux-baselines: a record could not be written: standard output, or samples that do not fit\n");
    return ok && !run.writer.failed;
}

/* Options from the kernel command line; false, after a message, when one is malformed. */
static bool guest_options(struct options *o)
{
    char text[32];

    guest_option("select", o->select, sizeof o->select);
    if (guest_option("samples", text, sizeof text) && !number_parse(text, RUN_SAMPLES_MAX, &o->samples)) {
        fprintf(stderr, "linux-baselines: tollgate.samples: '%s' is not a number from 1 to %d\n", text, RUN_SAMPLES_MAX);
        return false;
    }
    if (guest_option("scheduling", text, sizeof text) && !scheduling_parse(text, &o->scheduling_other)) {
        fprintf(stderr, "linux-baselines: tollgate.scheduling: '%s' is neither fifo nor other\n", text);
        return false;
    }
    if (guest_option("size", text, sizeof text) && !size_parse(text, &o->full)) {
        fprintf(stderr, "linux-baselines: tollgate.size: '%s' is neither short nor full\n", text);
        return false;
    }
    return true;
}

static _Noreturn void guest_main(void)
{
    struct options o = options_default;

    if (!guest_init())
        guest_exit(false);
    if (!guest_cpus_online()) {
        fprintf(stderr, "linux-baselines: a CPU did not come up: %s\n", strerror(errno));
        guest_exit(false);
    }
    guest_exit(guest_options(&o) && baselines_run(&o));
}

/* The run as a child, whose end is awaited together with the signals that ask for it: none comes too early or too late. */
static bool child_await(pid_t child, const sigset_t *signals)
{
    int status = -1;

    while (waitpid(child, &status, WNOHANG) == 0) {
        int signal = sigwaitinfo(signals, NULL);
        if (signal > 0 && signal != SIGCHLD)
            kill(child, SIGTERM);
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
}

/* Whatever becomes of the run, the machine is put back, and by the keeper if this process is killed. */
static bool prepared_run(const struct options *o)
{
    pid_t parent = getpid();
    sigset_t signals, before;

    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    if (!guard_hangup_ignored())
        sigaddset(&signals, SIGHUP);
    sigprocmask(SIG_BLOCK, &signals, &before);
    prepare_set(o->system_root);
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        sigprocmask(SIG_SETMASK, &before, NULL);
        exit(getppid() == parent && baselines_run(o) ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    bool done = child > 0 && child_await(child, &signals);
    return prepare_restore() && done;
}

/* A descriptor of the run must not take the number of a standard one that is closed: records would go where they do not belong. */
static void standard_descriptors_hold(void)
{
    int fd;

    do {
        fd = open("/dev/null", O_RDONLY); /* what is written to it fails, and is noticed */
    } while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

int main(int argc, char **argv)
{
    struct options o = options_default;

    if (strcmp(argv[0], EXEC_AND_EXIT) == 0)
        return EXIT_SUCCESS;
    if (guest_is_init(argv[0]))
        guest_main();
    standard_descriptors_hold();
    if (argp_parse(&parser, argc, argv, 0, NULL, &o) != 0)
        return EXIT_FAILURE;
    if (o.list)
        return index_list(o.select) ? EXIT_SUCCESS : EXIT_FAILURE;
    signal(SIGCHLD, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    if (o.prepare && !prepare_init()) {
        fprintf(stderr, "linux-baselines: memory: %s\n", strerror(errno));
        return EXIT_FAILURE;
    }
    if (!keeper_start())
        fprintf(stderr, "linux-baselines: %s: nobody removes System V objects, or puts conditions back, should this run be killed\n", strerror(errno));
    return (o.prepare ? prepared_run(&o) : baselines_run(&o)) ? EXIT_SUCCESS : EXIT_FAILURE;
}
