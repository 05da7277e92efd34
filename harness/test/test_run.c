/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What `tollgate run` and `doctor` are made of: child processes, quoting, the live view of a console, facts of a host.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/tool/emulator.h"
#include "harness/tool/emulator_progress.h"
#include "harness/tool/probe.h"
#include "harness/tool/process.h"
#include "harness/tool/target.h"

static char folder[] = "/tmp/tollgate-test-XXXXXX";

static int folder_setup(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int folder_teardown(void **state)
{
    (void)state;
    struct arguments a = { 0 };
    arguments_add(&a, "rm");
    arguments_add(&a, "-rf");
    arguments_add(&a, "%s", folder);
    struct process_spec spec = { .arguments = &a, .time_limit_s = 10 };
    struct process_end end = process_run(&spec);
    arguments_free(&a);
    return end.outcome == PROCESS_EXITED && end.status == 0 ? 0 : -1;
}

/* folder/name; the folders of name are made. The caller frees it. */
static char *file_make(const char *name, const char *content)
{
    char *path;
    assert_true(asprintf(&path, "%s/%s", folder, name) > 0);
    for (char *slash = strchr(path + strlen(folder) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        assert_true(mkdir(path, 0777) == 0 || errno == EEXIST);
        *slash = '/';
    }
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(content, f) >= 0);
    assert_int_equal(fclose(f), 0);
    return path;
}

static struct process_end shell_run(const char *script, double limit_s, bool terminal)
{
    struct arguments a = { 0 };
    arguments_add(&a, "sh");
    arguments_add(&a, "-c");
    arguments_add(&a, "%s", script);
    struct process_spec spec = { .arguments = &a, .terminal = terminal, .time_limit_s = limit_s };
    struct process_end end = process_run(&spec);
    arguments_free(&a);
    return end;
}

static void arguments_are_quoted_for_a_shell(void **state)
{
    (void)state;
    struct arguments a = { 0 };
    arguments_add(&a, "plain-word=1,2");
    arguments_add(&a, "two words");
    arguments_add(&a, "%s", "it's");
    arguments_add(&a, "%s", "");
    arguments_add(&a, "select=*");
    char *line = arguments_quoted(&a);
    assert_string_equal(line, "plain-word=1,2 'two words' 'it'\\''s' '' 'select=*'");
    free(line);
    arguments_free(&a);
}

static void many_arguments_arrive(void **state)
{
    (void)state;
    struct arguments a = { 0 };
    for (int i = 0; i < 1000; i++)
        arguments_add(&a, "%d", i);
    assert_int_equal(a.used, 1000);
    assert_string_equal(a.item[999], "999");
    assert_null(a.item[1000]);
    arguments_free(&a);
}

static void exit_status_is_told(void **state)
{
    (void)state;
    struct process_end end = shell_run("exit 33", 10, false);
    assert_int_equal(end.outcome, PROCESS_EXITED);
    assert_int_equal(end.status, 33);
}

static void signal_is_told(void **state)
{
    (void)state;
    struct process_end end = shell_run("kill -ABRT $$", 10, false);
    assert_int_equal(end.outcome, PROCESS_KILLED);
    assert_int_equal(end.status, SIGABRT);
}

static void time_limit_holds_against_one_that_ignores_it(void **state)
{
    (void)state;
    struct process_end end = shell_run("trap '' TERM; while :; do sleep 1; done", 0.2, false);
    assert_int_equal(end.outcome, PROCESS_TIMED_OUT);
    assert_true(end.elapsed_s >= 0.2 && end.elapsed_s < 5);
}

static void missing_program_is_an_errno(void **state)
{
    (void)state;
    struct arguments a = { 0 };
    arguments_add(&a, "/nonexistent/program");
    struct process_spec spec = { .arguments = &a, .time_limit_s = 1 };
    struct process_end end = process_run(&spec);
    arguments_free(&a);
    assert_int_equal(end.outcome, PROCESS_NOT_STARTED);
    assert_int_equal(end.status, ENOENT);
}

static void terminal_is_one(void **state)
{
    (void)state;
    assert_int_equal(shell_run("test -t 0 && test -t 1 && test \"$TERM\" = vt100", 10, true).status, 0);
    assert_int_equal(shell_run("test -t 0", 10, false).status, 1);
    /* More than a terminal's buffer holds: somebody must be reading. */
    struct process_end end = shell_run("head -c 1000000 /dev/zero", 20, true);
    assert_int_equal(end.outcome, PROCESS_EXITED);
    assert_int_equal(end.status, 0);
}

static bool watch_stops(void *arg, double elapsed_s)
{
    (void)elapsed_s;
    return ++*(int *)arg < 3;
}

static void watch_can_stop_the_child(void **state)
{
    (void)state;
    int calls = 0;
    struct arguments a = { 0 };
    arguments_add(&a, "sleep");
    arguments_add(&a, "60");
    struct process_spec spec = { .arguments = &a, .time_limit_s = 30, .watch = watch_stops, .watch_arg = &calls };
    struct process_end end = process_run(&spec);
    arguments_free(&a);
    assert_int_equal(end.outcome, PROCESS_STOPPED);
    assert_int_equal(calls, 3);
}

static void capture_takes_both_streams_and_no_more_than_fits(void **state)
{
    (void)state;
    struct arguments a = { 0 };
    char text[8];
    arguments_add(&a, "sh");
    arguments_add(&a, "-c");
    arguments_add(&a, "echo abc; echo def >&2; echo ghi");
    assert_true(process_capture(&a, text, sizeof text));
    assert_string_equal(text, "abc\ndef");
    arguments_free(&a);
    arguments_add(&a, "false");
    assert_false(process_capture(&a, text, sizeof text));
    arguments_free(&a);
}

static void progress_counts_rows_in_pieces(void **state)
{
    (void)state;
    struct progress p;
    char *path = file_make("serial", "noise\n@tg 5 row workload=ipc.a variant=x *00000000\n@tg 6 hi");
    progress_begin(&p, "test", path, "/nonexistent/log");
    p.terminal = false;
    assert_true(progress_watch(&p, 0));
    assert_int_equal(p.rows, 1);
    assert_string_equal(p.workload, "ipc.a");
    FILE *f = fopen(path, "a");
    assert_non_null(f);
    fputs("st 1:1 *00000000\n@tg 7 row workload=ipc.b variant=", f);
    assert_int_equal(fclose(f), 0);
    assert_true(progress_watch(&p, 1));
    assert_int_equal(p.rows, 1); /* the line is not complete yet */
    f = fopen(path, "a");
    assert_non_null(f);
    fputs("y *00000000\n", f);
    assert_int_equal(fclose(f), 0);
    assert_true(progress_watch(&p, 2));
    assert_int_equal(p.rows, 2);
    assert_string_equal(p.workload, "ipc.b");
    free(path);
}

/* What progress_watch says on stderr after a time, in a malloc'ed text. */
static char *shown_after(struct progress *p, double elapsed_s)
{
    char *path = file_make("shown", ""), *text = calloc(1, 4096);
    int own = dup(STDERR_FILENO), fd = open(path, O_RDWR | O_CLOEXEC);
    assert_true(own >= 0 && fd >= 0 && text && dup2(fd, STDERR_FILENO) >= 0);
    bool goes_on = progress_watch(p, elapsed_s);
    fflush(stderr);
    dup2(own, STDERR_FILENO);
    close(own);
    assert_true(goes_on && pread(fd, text, 4095, 0) >= 0);
    close(fd);
    free(path);
    return text;
}

static void progress_shows_a_live_median_and_is_quiet_in_ci(void **state)
{
    (void)state;
    struct progress p;
    char *path = file_make("serial", "@tg 5 row workload=ipc.a batch=4 unit=instructions *00000000\n@tg 6 hist 400:2 404:2 *00000000\n"
                                     "@tg 7 hist 800:1 *00000000\n@tg 8 endrow *00000000\n");
    progress_begin(&p, "test", path, "/nonexistent/log");
    p.terminal = true;
    p.quiet = false;
    char *live = shown_after(&p, 3);
    assert_string_equal(live, "\r\033[Ktest: ipc.a, 1 rows, last median 101 instructions, 3 s");
    p.terminal = false;
    char *early = shown_after(&p, 3), *plain = shown_after(&p, PROGRESS_LINE_S);
    assert_string_equal(early, "");
    assert_string_equal(plain, "test: ipc.a, 1 rows, last median 101 instructions, 15 s\n");
    assert_int_equal(setenv("CI", "true", 1), 0);
    progress_begin(&p, "test", path, "/nonexistent/log");
    p.terminal = true;
    char *quiet = shown_after(&p, 2 * PROGRESS_LINE_S);
    assert_string_equal(quiet, "");
    assert_int_equal(p.rows, 1);
    assert_int_equal(unsetenv("CI"), 0);
    free(live);
    free(early);
    free(plain);
    free(quiet);
    free(path);
}

static void progress_stops_a_flood(void **state)
{
    (void)state;
    struct progress p;
    char *path = file_make("flood", "");
    assert_int_equal(truncate(path, (off_t)PROGRESS_SERIAL_BYTES_MAX + 1), 0);
    progress_begin(&p, "test", path, "/nonexistent/log");
    p.terminal = false;
    assert_false(progress_watch(&p, 0));
    assert_true(p.flooded);
    progress_begin(&p, "test", "/nonexistent/serial", path); /* the emulator's own log */
    p.terminal = false;
    assert_false(progress_watch(&p, 0));
    free(path);
}

static void exit_statuses_of_guests(void **state)
{
    (void)state;
    struct run_plan plan = { .select = "*", .cmdline = "", .cpus = 1 };
    struct error e;
    for (int status = 0; status < 256; status++)
        assert_int_equal(emulator_qemu_judge(&plan, status, &e), status == 33);
    assert_false(emulator_qemu_judge(&plan, 35, &e));
    assert_non_null(strstr(e.text, "panicked"));
    assert_false(emulator_qemu_judge(&plan, 37, &e));
    assert_non_null(strstr(e.text, "failed in the guest"));
    assert_false(emulator_qemu_judge(&plan, 39, &e));
    assert_non_null(strstr(e.text, "refused"));
}

static void guest_options_are_joined(void **state)
{
    (void)state;
    struct run_plan plan = { .select = "ipc.*", .cmdline = "", .cpus = 1 };
    char *options = emulator_guest_options(&plan);
    assert_string_equal(options, "select=ipc.*");
    free(options);
    plan.cmdline = "nofast run=all";
    options = emulator_guest_options(&plan);
    assert_string_equal(options, "select=ipc.* nofast run=all");
    free(options);
}

static void every_target_is_complete(void **state)
{
    (void)state;
    for (const struct target *const *t = target_table; *t; t++) {
        assert_non_null((*t)->name);
        assert_non_null((*t)->summary);
        assert_non_null((*t)->check);
        assert_non_null((*t)->prepare);
        assert_non_null((*t)->judge);
        assert_true((*t)->time_limit_s > 0);
        assert_true(((*t)->version_key == NULL) == ((*t)->version == NULL));
        assert_ptr_equal(target_find((*t)->name), *t);
        assert_non_null(strstr(target_names(), (*t)->name));
    }
    assert_null(target_find("vax"));
    assert_null(target_find(""));
}

static const struct fact *fact_find(const struct fact *facts, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(facts[i].name, name) == 0)
            return &facts[i];
    fail_msg("no fact %s", name);
    return NULL;
}

static void fact_is(const struct fact *facts, size_t count, const char *name, enum fact_grade grade, const char *value)
{
    const struct fact *f = fact_find(facts, count, name);
    assert_string_equal(f->value, value);
    assert_int_equal(f->grade, grade);
    assert_true((f->effect == NULL) == (grade == FACT_FINE));
}

static void facts_of_a_quiet_machine(void **state)
{
    (void)state;
    static const char *const files[][2] = {
        { "quiet/proc/cpuinfo", "processor\t: 0\nmodel name\t: Good CPU\nmicrocode\t: 0x12\nflags\t\t: fpu constant_tsc nonstop_tsc\n" },
        { "quiet/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "performance\n" },
        { "quiet/sys/devices/system/cpu/intel_pstate/no_turbo", "1\n" },
        { "quiet/sys/devices/system/cpu/smt/active", "0\n" },
        { "quiet/sys/devices/system/cpu/isolated", "1-3\n" },
        { "quiet/sys/devices/system/cpu/nohz_full", "1-3\n" },
        { "quiet/sys/devices/system/cpu/vulnerabilities/meltdown", "Not affected\n" },
        { "quiet/sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n" },
        { "quiet/sys/bus/event_source/devices/cpu/type", "4\n" },
        { "quiet/proc/sys/kernel/perf_event_paranoid", "0\n" },
        { "quiet/proc/loadavg", "0.02 0.10 0.10 1/99 1\n" },
        { "quiet/sys/devices/system/cpu/cpuidle/current_driver", "none\n" },
        { "quiet/proc/cmdline", "quiet mitigations=off ro\n" },
    };
    struct fact facts[FACTS_MAX];
    char *root;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        free(file_make(files[i][0], files[i][1]));
    assert_true(asprintf(&root, "%s/quiet", folder) > 0);
    size_t count = host_facts(root, facts);
    fact_is(facts, count, "cpu", FACT_FINE, "Good CPU");
    fact_is(facts, count, "microcode", FACT_FINE, "0x12");
    fact_is(facts, count, "hypervisor", FACT_FINE, "none");
    fact_is(facts, count, "governor", FACT_FINE, "performance");
    fact_is(facts, count, "turbo", FACT_FINE, "off");
    fact_is(facts, count, "smt", FACT_FINE, "off");
    fact_is(facts, count, "tsc", FACT_FINE, "constant, nonstop, kernel's clock source tsc");
    fact_is(facts, count, "counters", FACT_FINE, "counters, perf_event_paranoid 0");
    fact_is(facts, count, "load", FACT_FINE, "load average 0.02");
    fact_is(facts, count, "isolation", FACT_FINE, "isolcpus 1-3, nohz_full 1-3");
    fact_is(facts, count, "host_mitigations", FACT_FINE, "mitigations=off; of 1 known flaws 0 mitigated, 0 open");
    fact_is(facts, count, "idle", FACT_FINE, "no deep idle states; no /dev/cpu_dma_latency");
    free(file_make("quiet/proc/sys/kernel/perf_event_paranoid", "1\n")); /* counts of oneself, not of a CPU */
    fact_is(facts, host_facts(root, facts), "counters", FACT_NOTE, "counters, perf_event_paranoid 1");
    free(root);
}

/* Neither /proc nor /sys: nothing is guessed. */
static void facts_of_a_silent_machine(void **state)
{
    (void)state;
    struct fact facts[FACTS_MAX];
    char *root;
    assert_true(asprintf(&root, "%s/silent", folder) > 0);
    size_t count = host_facts(root, facts);
    assert_int_not_equal(count, 0);
    for (size_t i = 0; i < count; i++) {
        bool counters = strcmp(facts[i].name, "counters") == 0; /* no folder of a counter: there is none */
        assert_int_equal(facts[i].grade, counters ? FACT_NOTE : FACT_UNKNOWN);
    }
    free(root);
}

/* The file holds a number of 32 bits: what the kernel may take to wake a CPU, in microseconds. */
static void latency_is(int32_t us, enum fact_grade grade, const char *value)
{
    struct fact facts[FACTS_MAX];
    char *root, *path = file_make("deep/dev/cpu_dma_latency", "");
    free(file_make("deep/sys/devices/system/cpu/cpuidle/current_driver", "intel_idle\n"));
    FILE *f = fopen(path, "wb");
    assert_true(f && fwrite(&us, sizeof us, 1, f) == 1 && fclose(f) == 0);
    assert_true(asprintf(&root, "%s/deep", folder) > 0);
    size_t count = host_facts(root, facts);
    fact_is(facts, count, "idle", grade, value);
    const struct fact *fact = fact_find(facts, count, "idle");
    assert_true(!fact->remedy || strstr(fact->remedy, "/dev/cpu_dma_latency"));
    free(root);
    free(path);
}

static void wake_up_latency_is_told(void **state)
{
    (void)state;
    latency_is(2000000000, FACT_NOTE, "intel_idle; /dev/cpu_dma_latency: nobody asks");
    latency_is(15, FACT_NOTE, "intel_idle; /dev/cpu_dma_latency: 15 us");
    latency_is(0, FACT_FINE, "intel_idle; /dev/cpu_dma_latency: 0 us");
}

static void facts_of_a_noisy_machine(void **state)
{
    (void)state;
    static const char *const files[][2] = {
        { "noisy/proc/cpuinfo", "model name\t: VM\nflags\t\t: fpu constant_tsc hypervisor xnonstop_tsc\n" },
        { "noisy/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "powersave\n" },
        { "noisy/sys/devices/system/cpu/cpufreq/boost", "1\n" },
        { "noisy/sys/devices/system/cpu/smt/active", "1\n" },
        { "noisy/sys/devices/system/cpu/isolated", "\n" },
        { "noisy/sys/devices/system/cpu/nohz_full", "(null)\n" },
        { "noisy/sys/devices/system/cpu/vulnerabilities/meltdown", "Mitigation: PTI\n" },
        { "noisy/proc/loadavg", "3.50 0.10 0.10 1/99 1\n" },
    };
    struct fact facts[FACTS_MAX];
    char *root;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        free(file_make(files[i][0], files[i][1]));
    assert_true(asprintf(&root, "%s/noisy", folder) > 0);
    size_t count = host_facts(root, facts);
    fact_is(facts, count, "microcode", FACT_UNKNOWN, "unknown");
    fact_is(facts, count, "hypervisor", FACT_NOISE, "this machine is virtual");
    fact_is(facts, count, "governor", FACT_NOISE, "powersave");
    fact_is(facts, count, "turbo", FACT_NOISE, "on");
    fact_is(facts, count, "smt", FACT_NOISE, "on");
    fact_is(facts, count, "tsc", FACT_NOISE, "constant, not nonstop, kernel's clock source unknown");
    fact_is(facts, count, "load", FACT_NOISE, "load average 3.50");
    fact_is(facts, count, "isolation", FACT_NOISE, "isolcpus none, nohz_full none");
    fact_is(facts, count, "host_mitigations", FACT_NOTE, "default; of 1 known flaws 1 mitigated, 0 open");
    free(root);
}

static void facts_of_a_machine_that_tells_nothing(void **state)
{
    (void)state;
    struct fact facts[FACTS_MAX];
    size_t count = host_facts("/nonexistent", facts);
    assert_true(count > 0 && count <= FACTS_MAX);
    for (size_t i = 0; i < count; i++) {
        assert_int_not_equal(facts[i].grade, FACT_FINE);
        assert_non_null(facts[i].effect);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arguments_are_quoted_for_a_shell),
        cmocka_unit_test(many_arguments_arrive),
        cmocka_unit_test(exit_status_is_told),
        cmocka_unit_test(signal_is_told),
        cmocka_unit_test(time_limit_holds_against_one_that_ignores_it),
        cmocka_unit_test(missing_program_is_an_errno),
        cmocka_unit_test(terminal_is_one),
        cmocka_unit_test(watch_can_stop_the_child),
        cmocka_unit_test(capture_takes_both_streams_and_no_more_than_fits),
        cmocka_unit_test(progress_counts_rows_in_pieces),
        cmocka_unit_test(progress_shows_a_live_median_and_is_quiet_in_ci),
        cmocka_unit_test(progress_stops_a_flood),
        cmocka_unit_test(exit_statuses_of_guests),
        cmocka_unit_test(guest_options_are_joined),
        cmocka_unit_test(every_target_is_complete),
        cmocka_unit_test(facts_of_a_quiet_machine),
        cmocka_unit_test(facts_of_a_silent_machine),
        cmocka_unit_test(wake_up_latency_is_told),
        cmocka_unit_test(facts_of_a_noisy_machine),
        cmocka_unit_test(facts_of_a_machine_that_tells_nothing),
    };
    return cmocka_run_group_tests_name("run", tests, folder_setup, folder_teardown);
}
