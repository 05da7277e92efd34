/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Tests of `tollgate report`: what stands in its tables and on its page, that unlike units never meet, and that hostile strings stay
 * strings. Results are invented here, written as files and read back. REPORT_TEST_KEEP=DIR leaves the pages in DIR to be looked at.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/tool/figure.h"
#include "harness/tool/file.h"
#include "harness/tool/process.h"
#include "harness/tool/report.h"
#include "harness/tool/report_audit.h"
#include "harness/tool/report_figure.h"
#include "harness/tool/report_html.h"
#include "harness/tool/report_json.h"
#include "harness/tool/report_peers.h"
#include "harness/tool/report_plots.h"
#include "harness/tool/report_table.h"
#include "harness/tool/report_text.h"
#include "harness/tool/tool.h"

#define HOSTILE "<script>alert('x')</script> & \"quoted\" `touch pwned` $(id) \\n %s ]]> \x01\x1b[31m 'a' @b {c}_d"

static char folder[64];

/* --- invented results --- */

struct fixture {
    const char *target, *unit, *fidelity, *mitigations, *cpu_model;
};

static const struct fixture qemu = { "qemu", "instructions", "instructions", "off", "QEMU Virtual CPU version 2.5+" };
static const struct fixture bochs = { "bochs", "instructions", "instructions", "off", "Intel(R) Core(TM) i7-4770 CPU @ 3.40GHz" };
static const struct fixture linux_qemu = { "linux-qemu", "instructions", "instructions", "mitigations=off", "QEMU Virtual CPU version 2.5+" };
static const struct fixture metal = { "metal", "cycles", "metal", "auto", "Intel(R) Core(TM) i7-4770 CPU @ 3.40GHz" };
static const struct fixture linux_ns = { "linux", "ns", "virtual", "auto", "AMD EPYC 7B13" };

static void result_begin(struct result *result, const struct fixture *f)
{
    result->context = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:b,s:s,s:s,s:s,s:s}", "target", f->target, "unit",
        f->unit, "fidelity", f->fidelity, "mitigations", f->mitigations, "cpu_model", f->cpu_model, "clock", "tsc", "tsc_hz", "1000000000",
        "tsc_hz_source", "cpuid 15h, hpet", "cmdline", "select=* fast", "nops1000", "1004", "empty_pair", "4", "commit",
        "0123456789abcdef0123456789abcdef01234567", "dirty", 1, "date", "2026-01-02T03:04:05Z", "compiler", "gcc (Debian 12.2.0-14) 12.2.0",
        "qemu", "QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)", "command",
        "qemu-system-x86_64 -accel tcg -icount shift=0,sleep=off -kernel build/kernel.elf -append 'select=* fast'");
    assert_non_null(result->context);
    if (strncmp(f->target, "linux", 5) == 0)
        json_object_set_new(result->context, "scheduling", json_string("fifo"));
    result->skipped = json_array();
    result->tests = json_array();
}

/* A row whose batched samples are `batch` times `cost` and a few more; single shots carry the clock's cost too. */
static struct result_row *row_add(struct result *result, const char *workload, const char *direction, const char *method, double cost)
{
    struct error e;
    struct result_row *grown = reallocarray(result->rows, result->row_count + 1, sizeof *grown), *row;
    assert_non_null(grown);
    result->rows = grown;
    row = &grown[result->row_count++];
    bool batched = strcmp(method, "batched") == 0, op = strcmp(direction, "op") == 0;
    uint64_t raw = (uint64_t)(cost * (batched ? 100 : 1)) + (batched ? 104 : strcmp(direction, "one_way") == 0 ? 14 : 6);
    *row = (struct result_row){
        .workload = strdup(workload), .variant = strdup("?"), .direction = strdup(direction), .relation = strdup("none"),
        .path = strdup("none"), .cache = strdup("warm"), .method = strdup(method), .unit = strdup(json_string_value(json_object_get(
        result->context, "unit"))), .batch = batched ? 100 : 1, .warmup = 64, .overhead = batched ? 104 : 4, .pair_count = op ? 1 : 2,
    };
    row->has_first = !batched;
    row->first = 3 * raw;
    row->pairs = calloc(2, sizeof *row->pairs);
    assert_non_null(row->pairs);
    row->pairs[0] = (struct histogram_pair){ raw, 995 };
    row->pairs[1] = (struct histogram_pair){ raw + 77, 5 };
    if (!row_summarise(row, &e))
        fail_msg("%s", e.text);
    return row;
}

static void string_replace(char **string, const char *text)
{
    free(*string);
    *string = strdup(text);
}

static void call_add(struct result *result, const char *relation, uint64_t words, const char *path, const char *method, double cost)
{
    char text[96];
    snprintf(text, sizeof text, "ipc.call.%s", relation);
    struct result_row *row = row_add(result, text, "round_trip", method, cost);
    snprintf(text, sizeof text, "words=%ju,path=%s,method=%s", (uintmax_t)words, path, method);
    string_replace(&row->variant, text);
    string_replace(&row->relation, relation);
    string_replace(&row->path, path);
    row->words = words;
}

static void calls_add(struct result *result)
{
    static const uint64_t words[] = { 0, 1, 4, 6, 8, 16, 32, 63 };
    static const char *const relations[] = { "inter", "intra" }, *const methods[] = { "batched", "single" };
    for (size_t i = 0; i < 8; i++)
        for (size_t r = 0; r < 2; r++)
            for (size_t m = 0; m < 2; m++) {
                double utcb = words[i] > 6 ? 40 + 2.0 * (double)words[i] : 0, base = r ? 112 : 120;
                call_add(result, relations[r], words[i], "fast", methods[m], base + utcb);
                call_add(result, relations[r], words[i], "slow", methods[m], 4 * base + 4.0 * (double)words[i] + 12);
            }
}

static void kernel_rest_add(struct result *result, double syscall_cost)
{
    static const char *const methods[] = { "batched", "single" };
    for (size_t m = 0; m < 2; m++) {
        char text[64];
        struct result_row *row = row_add(result, "ipc.oneway.inter", "one_way", methods[m], 61.5);
        snprintf(text, sizeof text, "words=0,path=fast,method=%s", methods[m]);
        string_replace(&row->variant, text);
        string_replace(&row->relation, "inter");
        string_replace(&row->path, "fast");
        snprintf(text, sizeof text, "method=%s", methods[m]);
        row = row_add(result, "hw.null_syscall", "op", methods[m], m ? 31 : syscall_cost);
        string_replace(&row->variant, text);
        if (m == 0) /* of the floor, which is batched */
            strcpy(text, "operations=100,method=batched");
        row = row_add(result, "hw.page_table_switch", "op", methods[m], 2);
        string_replace(&row->variant, text);
        row = row_add(result, "hw.syscall_sysret", "op", methods[m], 31);
        string_replace(&row->variant, text);
    }
}

static void cross_cpu_add(struct result *result)
{
    static const uint64_t words[] = { 1, 8 };
    for (size_t i = 0; i < 2; i++) {
        char text[64];
        struct result_row *row = row_add(result, "smp.ipc", "round_trip", "batched", 1500 + (double)words[i]);
        snprintf(text, sizeof text, "words=%ju,method=batched", (uintmax_t)words[i]);
        string_replace(&row->variant, text);
        string_replace(&row->relation, "cross_cpu");
        row->words = words[i];
    }
}

static void steps_add(struct result *result)
{
    static const struct { const char *relation, *leg, *step; double cost; } steps[] = {
        { "intra", "call", "entry", 20 }, { "intra", "call", "exit", 36 }, { "intra", "reply", "entry", 20 }, { "intra", "reply", "exit", 36 },
        { "inter", "call", "entry", 20 }, { "inter", "call", "exit", 40 }, { "inter", "reply", "entry", 20 }, { "inter", "reply", "exit", 40 },
    };
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        char text[96];
        struct result_row *row = row_add(result, "ipc.breakdown", "one_way", "batched", steps[i].cost);
        snprintf(text, sizeof text, "relation=%s,leg=%s,step=%s,method=batched", steps[i].relation, steps[i].leg, steps[i].step);
        string_replace(&row->variant, text);
        string_replace(&row->relation, steps[i].relation);
    }
}

static void linux_row_add(struct result *result, const char *id, const char *direction, const char *placement, const char *method,
                          uint64_t payload, double cost)
{
    bool apart = strcmp(placement, "two_cpus") == 0;
    char text[96];
    struct result_row *row = row_add(result, id, direction, method, cost + (double)payload + (apart ? 2412 : 0));
    snprintf(text, sizeof text, "bytes=%ju,placement=%s,method=%s", (uintmax_t)payload, placement, method);
    string_replace(&row->variant, text);
    string_replace(&row->relation, apart ? "cross_cpu" : "inter");
    row->placement = strdup(placement);
    row->bytes = payload;
    row->has_bytes = row->has_syscalls = true;
    row->syscalls = 4;
}

static void linux_add(struct result *result, double scale)
{
    static const uint64_t payloads[] = { 1, 64, 4096 };
    static const struct { const char *id; double cost; } mechanisms[] = {
        { "linux.pipe.round_trip", 12793 }, { "linux.unix_stream.round_trip", 18349 }, { "linux.sysv_msg.round_trip", 10040 },
    };
    static const char *const placements[] = { "same_cpu", "two_cpus" }, *const methods[] = { "batched", "single" };
    for (size_t i = 0; i < 3; i++)
        for (unsigned v = 0; v < 12; v++)
            linux_row_add(result, mechanisms[i].id, "round_trip", placements[v & 1], methods[v >> 1 & 1], payloads[v >> 2],
                          scale * mechanisms[i].cost);
    for (unsigned v = 0; v < 3; v++)
        linux_row_add(result, "linux.pipe.one_way", "one_way", "same_cpu", "batched", payloads[v], scale * 2000);
    string_replace(&row_add(result, "linux.null_syscall.getpid", "op", "batched", scale * 326)->variant, "method=batched");
}

static void result_save(struct result *result, const char *name)
{
    struct error e;
    char path[128];
    snprintf(path, sizeof path, "%s/%s.json", folder, name);
    if (!result_write(path, result, &e))
        fail_msg("%s", e.text);
    result_free(result);
    *result = (struct result){ 0 };
}

/* What `run --ladder` makes: the same call under other mitigations, named by its variant. */
/* The instrumented build: rows of path=traced that say in the variant which path's steps they took. */
static void traced_add(struct result *result)
{
    static const char *const steps[] = { "fast", "slow" };
    for (int i = 0; i < 2; i++)
        for (uint64_t words = 0; words <= 8; words += 4) {
            char text[96];
            call_add(result, "inter", words, "traced", "single", 900.0 * (i + 1) + (double)words);
            snprintf(text, sizeof text, "words=%ju,path=traced,steps=%s,method=single", (uintmax_t)words, steps[i]);
            string_replace(&result->rows[result->row_count - 1].variant, text);
        }
}

static void rungs_add(struct result *result)
{
    static const struct { const char *variant; double cost; } rungs[] = {
        { "mitigations=off,words=1,path=fast,method=batched", 120 }, { "mitigations=verw,words=1,path=fast,method=batched", 124 },
        { "mitigations=pti+verw,words=1,path=fast,method=batched", 150 }, { "mitigations=ibpb,words=1,path=fast,method=batched", 119 },
    };
    for (size_t i = 0; i < sizeof rungs / sizeof *rungs; i++) {
        call_add(result, "inter", 1, "fast", "batched", rungs[i].cost);
        string_replace(&result->rows[result->row_count - 1].variant, rungs[i].variant);
    }
}

/* The files that all tests read. */
static int results_invent(void **state)
{
    (void)state;
    struct result r = { 0 };
    struct fixture hostile = qemu, mitigated = qemu;
    strcpy(folder, "/tmp/test_report.XXXXXX");
    assert_non_null(mkdtemp(folder));
    result_begin(&r, &qemu), calls_add(&r), kernel_rest_add(&r, 31), result_save(&r, "qemu");
    result_begin(&r, &qemu), calls_add(&r), kernel_rest_add(&r, 31), steps_add(&r), result_save(&r, "steps");
    mitigated.mitigations = "full";
    result_begin(&r, &mitigated), calls_add(&r), result_save(&r, "mitigated");
    result_begin(&r, &qemu), rungs_add(&r), result_save(&r, "rungs");
    result_begin(&r, &qemu), traced_add(&r), result_save(&r, "traced");
    result_begin(&r, &bochs), traced_add(&r), result_save(&r, "traced-bochs");
    result_begin(&r, &qemu), cross_cpu_add(&r), result_save(&r, "two-cpus");
    result_begin(&r, &bochs), calls_add(&r), kernel_rest_add(&r, 32);
    json_array_append_new(r.skipped, json_pack("{s:s,s:s}", "workload", "hw.ipi", "reason", "one CPU <only>"));
    result_save(&r, "bochs");
    result_begin(&r, &linux_qemu), linux_add(&r, 1), result_save(&r, "linux-qemu");
    result_begin(&r, &metal), calls_add(&r), result_save(&r, "metal");
    result_begin(&r, &linux_ns), linux_add(&r, 0.4), result_save(&r, "linux");
    result_begin(&r, &qemu), call_add(&r, "inter", 4, "slow", "batched", 500), result_save(&r, "one-row");
    result_begin(&r, &qemu);
    string_replace(&row_add(&r, "ipc.oneway.inter", "one_way", "single", 41)->variant, "leg=call,words=0,method=single");
    string_replace(&row_add(&r, "ipc.oneway.inter", "one_way", "batched", 53)->variant, "leg=reply,words=0,method=batched");
    result_save(&r, "legs");
    result_begin(&r, &qemu);
    json_array_append_new(r.tests, json_pack("{s:s,s:s}", "name", "boot", "result", "pass"));
    result_save(&r, "no-rows");
    hostile.cpu_model = hostile.mitigations = HOSTILE;
    result_begin(&r, &hostile), calls_add(&r);
    json_object_set_new(r.context, "key " HOSTILE, json_string(HOSTILE));
    json_object_set_new(r.context, "target", json_string("t" HOSTILE));
    result_save(&r, "hostile");
    return 0;
}

static int results_remove(void **state)
{
    (void)state;
    struct arguments a = { 0 };
    arguments_add(&a, "rm");
    arguments_add(&a, "-rf");
    arguments_add(&a, "%s", folder);
    struct process_spec spec = { .arguments = &a, .time_limit_s = 10 };
    process_run(&spec);
    arguments_free(&a);
    return 0;
}

/* Reads the named results; ends with NULL. */
static void report_open(struct report *report, ...)
{
    va_list names;
    struct error e;
    char path[128];
    report_init(report);
    va_start(names, report);
    for (const char *name; (name = va_arg(names, const char *));) {
        snprintf(path, sizeof path, "%s/%s.json", folder, name);
        if (!report_add(report, path, &e))
            fail_msg("%s", e.text);
    }
    va_end(names);
}

/* All tables, the verdict and the absences as the terminal shows them. */
static char *terminal_text(const struct report *report)
{
    char *text = NULL, *verdict = report_verdict(report), *absences = report_absences(report);
    size_t bytes;
    struct report_tables tables = report_tables_make(report);
    FILE *out = open_memstream(&text, &bytes);
    for (size_t i = 0; i < tables.count; i++)
        report_table_print(out, &tables.items[i]);
    fprintf(out, "\n%s%s", verdict, absences);
    fclose(out);
    free(verdict);
    free(absences);
    report_tables_free(&tables);
    return text;
}

/* The line of `text` that holds every one of the words, or NULL. */
static char *line_with(const char *text, const char *const words[])
{
    char *copy = strdup(text), *save, *found = NULL;
    for (char *line = strtok_r(copy, "\n", &save); line && !found; line = strtok_r(NULL, "\n", &save)) {
        bool all = true;
        for (size_t i = 0; words[i]; i++)
            all &= strstr(line, words[i]) != NULL;
        found = all ? strdup(line) : NULL;
    }
    free(copy);
    return found;
}

#define assert_line(text, ...) do { \
        char *line_ = line_with(text, (const char *const[]){ __VA_ARGS__, NULL }); \
        if (!line_) fail_msg("no line with %s ... in:\n%s", #__VA_ARGS__, text); \
        free(line_); \
    } while (0)
#define assert_no_line(text, ...) do { \
        char *line_ = line_with(text, (const char *const[]){ __VA_ARGS__, NULL }); \
        if (line_) fail_msg("should not be there: %s", line_); \
    } while (0)

/* --- tables --- */

/* Linux's byte is compared with a word, not with an empty message, and its scheduling policy stands beside its figures. */
static void comparison_with_linux_is_stated(void **state)
{
    (void)state;
    struct report report;
    report_open(&report, "qemu", "linux-qemu", NULL);
    const struct report_pattern pipe = { .workload = "linux.pipe.round_trip", .unit = "instructions" };
    struct report_row row = report_find(&report, &pipe);
    assert_non_null(row.row);
    struct report_row reference = report_reference(&report, &row);
    assert_non_null(reference.row);
    assert_int_equal(reference.row->words, 1);
    char *text = terminal_text(&report), *kernel = report_conditions(&report.inputs[0]), *other = report_conditions(&report.inputs[1]);
    assert_line(text, "A call to another address space and back", "1 word, fast path");
    assert_line(other, "scheduling: fifo");
    assert_no_line(kernel, "scheduling");
    free(text);
    free(kernel);
    free(other);
    report_free(&report);
}

static void table_shows_rows_with_ratios(void **state)
{
    (void)state;
    struct report report;
    report_open(&report, "qemu", "linux-qemu", NULL);
    char *text = terminal_text(&report);
    assert_line(text, "Round trips, instructions per operation");
    assert_line(text, "qemu", "ipc.call.inter", "0 words", "fast", "batched", "121.04", "120", "1,000", "1.00×");
    assert_line(text, "qemu", "ipc.call.intra", "63 words", "slow", "712", "5.93×");
    assert_line(text, "linux-qemu", "linux.sysv_msg.round_trip", "1 B", "same_cpu", "10,041", "83.7×");
    assert_line(text, "linux-qemu", "linux.unix_stream.round_trip", "64 B", "two_cpus", "20,825", "174×");
    assert_line(text, "hw.null_syscall", "31");
    assert_line(text, "linux.null_syscall.getpid", "326");
    assert_line(text, "ipc.oneway.inter", "61.5");
    assert_line(text, "takes 120 instructions", "10,041", "83.7 times");
    assert_no_line(text, "linux.null_syscall.getpid", "×"); /* an op is not a round trip */
    assert_no_line(text, "ipc.oneway.inter", "×");
    free(text);
    report_free(&report);
}

static void table_shows_gap_between_methods(void **state)
{
    (void)state;
    struct report report;
    report_open(&report, "qemu", NULL);
    char *text = terminal_text(&report);
    assert_line(text, "Single shot against batched");
    assert_line(text, "ipc.call.inter", "0 words", "fast", "122", "120", "2", "1.67", "yes"); /* 126 - 4 against 120 */
    assert_line(text, "ipc.oneway.inter", "71", "61.5", "NO");
    assert_line(text, "do not agree on ipc.oneway.inter", "71 and 61.5");
    free(text);
    report_free(&report);
}

static void table_compares_targets(void **state)
{
    (void)state;
    struct report report;
    report_open(&report, "qemu", "bochs", NULL);
    char *text = terminal_text(&report);
    assert_line(text, "Agreement of targets, instructions");
    assert_line(text, "qemu", "bochs", "72", "71", "hw.null_syscall");
    assert_line(text, "hw.null_syscall", "31", "32", "1");
    assert_line(text, "bochs skipped hw.ipi: one CPU <only>");
    free(text);
    report_free(&report);
}

static void unlike_commits_are_told(void **state)
{
    (void)state;
    struct report report;
    report_open(&report, "qemu", "bochs", NULL);
    char *text = report_absences(&report);
    assert_null(strstr(text, "unlike commits"));
    free(text);
    json_object_set_new(report.inputs[1].result.context, "commit", json_string("fedcba987654"));
    text = report_absences(&report);
    assert_line(text, "unlike commits: qemu of 0123456789abcdef", "bochs of fedcba987654");
    free(text);
    report_free(&report);
}

static void variants_beyond_the_fields_stay_apart(void **state)
{
    (void)state;
    struct report report;
    report_open(&report, "legs", NULL);
    char *text = terminal_text(&report);
    assert_line(text, "ipc.oneway.inter leg=call", "51");
    assert_line(text, "ipc.oneway.inter leg=reply", "53");
    assert_no_line(text, "Single shot against batched"); /* the call's single shot is not the reply's twin */
    free(text);
    report_free(&report);
}

static void equal_targets_get_labels_of_their_own(void **state)
{
    (void)state;
    struct report report;
    report_open(&report, "qemu", "one-row", NULL);
    assert_string_equal(report.inputs[0].label, "qemu");
    assert_string_equal(report.inputs[1].label, "qemu (2)");
    report_free(&report);
}

/* --- units --- */

static struct report_row call_row(const struct report *report, const char *unit)
{
    const struct report_pattern pattern = { .workload = "ipc.call.inter", .unit = unit, .path = "fast", .method = "batched", .has_words = true };
    return report_find(report, &pattern);
}

static void unlike_units_are_refused(void **state)
{
    (void)state;
    struct report report;
    struct error e = { "" };
    double ratio = -1;
    report_open(&report, "qemu", "metal", "linux", NULL);
    struct report_row instructions = call_row(&report, "instructions"), cycles = call_row(&report, "cycles");
    assert_non_null(instructions.row);
    assert_non_null(cycles.row);
    assert_false(report_ratio(instructions.row, cycles.row, &ratio, &e));
    assert_non_null(strstr(e.text, "instructions"));
    assert_non_null(strstr(e.text, "cycles"));
    assert_true(ratio == -1);
    struct report_rows mixed = { (struct report_row[]){ instructions, cycles }, 2 };
    assert_false(report_axis_check(&mixed, &e));
    mixed.items[1] = instructions;
    assert_true(report_axis_check(&mixed, &e));
    mixed.count = 0;
    assert_false(report_axis_check(&mixed, &e));
    report_free(&report);
}

static void unlike_directions_are_refused(void **state)
{
    (void)state;
    struct report report;
    struct error e;
    double ratio;
    report_open(&report, "qemu", NULL);
    const struct report_pattern pattern = { .direction = "one_way" };
    struct report_row one_way = report_find(&report, &pattern), call = call_row(&report, "instructions");
    struct report_rows mixed = { (struct report_row[]){ one_way, call }, 2 };
    assert_false(report_ratio(one_way.row, call.row, &ratio, &e));
    assert_false(report_axis_check(&mixed, &e));
    report_free(&report);
}

static void each_unit_has_tables_of_its_own(void **state)
{
    (void)state;
    struct report report;
    report_open(&report, "qemu", "metal", "linux", NULL);
    struct report_tables tables = report_tables_make(&report);
    for (size_t i = 0; i < tables.count; i++) {
        char *text = NULL;
        size_t bytes;
        FILE *out = open_memstream(&text, &bytes);
        report_table_print(out, &tables.items[i]);
        fclose(out);
        bool ns = strstr(tables.items[i].title, ", ns ") != NULL;
        assert_int_equal(strstr(text, "linux.") != NULL, ns);
        if (ns)
            assert_null(strstr(text, "× ")); /* Linux in ns, calls in none: no ratio */
        free(text);
    }
    report_tables_free(&tables);
    char *text = terminal_text(&report);
    assert_line(text, "In ns there is no figure for a call");
    assert_line(text, "No rows in instructions of", "round trips of Linux (linux.*)");
    assert_no_line(text, "linux.pipe.round_trip", "×");
    free(text);
    report_free(&report);
}

/* --- page and figures --- */

/* Draws and writes into <folder>/<name>; returns the page. */
static char *page_make(const struct report *report, const char *name, struct report_figures *figures)
{
    char output[128], plots[160], path[160], *text = NULL;
    size_t size;
    struct error e = { "" };
    struct file_output f;
    snprintf(output, sizeof output, "%s/%s", folder, name);
    snprintf(plots, sizeof plots, "%s/plots", output);
    snprintf(path, sizeof path, "%s/report.html", output);
    mkdir(output, 0777);
    mkdir(plots, 0777);
    struct report_page page = { .report = report, .figures = figures, .plots = plots, .command = "build/tollgate report" };
    if (!report_plots_draw(report, ".", plots, figures, &e) || !file_create(&f, path, &e) || !report_html_write(f.stream, &page, &e)
        || !file_commit(&f, &e) || !file_read(path, 64u << 20, &text, &size, &e))
        fail_msg("%s", e.text);
    return text;
}

static int command_status(const char *const words[])
{
    struct arguments a = { 0 };
    for (size_t i = 0; words[i]; i++)
        arguments_add(&a, "%s", words[i]);
    struct process_spec spec = { .arguments = &a, .time_limit_s = 60 };
    struct process_end end = process_run(&spec);
    arguments_free(&a);
    return end.outcome == PROCESS_EXITED ? end.status : -1;
}

/* Well-formed, nothing fetched, nothing run, no id twice (xmllint's --valid has no DTD here; ids are counted by hand). */
static void page_check(const char *text, const char *name)
{
    char path[160];
    snprintf(path, sizeof path, "%s/%s/report.html", folder, name);
    assert_int_equal(command_status((const char *const[]){ "xmllint", "--noout", "--nonet", path, NULL }), 0);
    assert_int_equal(command_status((const char *const[]){ "tidy", "-quiet", "-errors", path, NULL }), 0); /* 1: warnings, 2: errors */
    assert_null(strstr(text, "<script"));
    assert_null(strstr(text, "src="));
    assert_null(strstr(text, "@import"));
    for (const char *p = text; (p = strstr(p, "://")); p++)
        if (strncmp(p, "://www.w3.org/", 14) != 0) /* name spaces */
            fail_msg("external reference: %.60s", p - 10);
    for (const char *p = text; (p = strstr(p, "href=")); p++)
        assert_true(p[6] == '#');
    for (const char *p = text; (p = strstr(p, " id=")); p++) {
        char id[160];
        snprintf(id, sizeof id, "%.*s", (int)strcspn(p + 5, "\"'") + 6, p); /* up to the closing quote, of either kind */
        if (strstr(p + 5, id))
            fail_msg("twice:%s", id);
    }
}

static bool figure_absent(const struct report_figures *figures, const char *name)
{
    for (size_t i = 0; i < figures->count; i++)
        if (strcmp(figures->items[i].name, name) == 0)
            return figures->items[i].absent != NULL;
    fail_msg("no figure %s", name);
    return true;
}

/* Not of the results that are shown. */
static bool figure_is_of_the_tree(const struct report_figure *figure)
{
    return strcmp(figure->name, "literature") == 0 || strncmp(figure->name, "published_", 10) == 0 || strncmp(figure->name, "history", 7) == 0;
}

static void page_holds_everything(void **state)
{
    (void)state;
    struct report report;
    struct report_figures figures;
    report_open(&report, "steps", "bochs", "linux-qemu", "mitigated", "two-cpus", NULL);
    char *text = page_make(&report, "full", &figures);
    page_check(text, "full");
    assert_int_equal(figures.count, figure_kind_count);
    for (size_t i = 0; i < figures.count; i++)
        if (figures.items[i].absent && !figure_is_of_the_tree(&figures.items[i]) && strcmp(figures.items[i].name, "servers") != 0 &&
            strcmp(figures.items[i].name, "linux_mechanism") != 0)
            fail_msg("%s: %s", figures.items[i].name, figures.items[i].absent);
    assert_true(figure_absent(&figures, "servers")); /* none of these results has a row of a server */
    assert_true(figure_absent(&figures, "linux_mechanism")); /* its bars stand in ipc_vs_linux */
    static const char *const wanted[] = {
        "takes 120 instructions", "Instructions are not cycles", "0123456789abcdef0123456789abcdef01234567", "gcc (Debian 12.2.0-14) 12.2.0",
        "QEMU emulator version 7.2.22", "words=63,path=slow,method=single", "one CPU &lt;only&gt;", "overhead per sample", "icount shift=0",
        "<svg", "prefers-color-scheme", "build/tollgate run --target linux-qemu", "tsc_hz_source", "121.04",
    };
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        if (!strstr(text, wanted[i]))
            fail_msg("the page lacks %s", wanted[i]);
    free(text);
    report_figures_free(&figures);
    report_free(&report);
}

/* The validator that vouches for the page can say no. */
static void validator_sees_what_is_wrong(void **state)
{
    (void)state;
    char path[160], *text;
    size_t size;
    struct report report;
    struct report_figures figures;
    report_open(&report, "one-row", NULL);
    free(page_make(&report, "wrong", &figures));
    snprintf(path, sizeof path, "%s/wrong/report.html", folder);
    assert_true(file_read(path, 64u << 20, &text, &size, NULL));
    assert_int_equal(command_status((const char *const[]){ "tidy", "-quiet", "-errors", path, NULL }), 0);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fprintf(f, "%.*s<p><h2>heading</p></h2></bdy>%s", (int)(strstr(text, "<nav>") - text), text, strstr(text, "<nav>"));
    fclose(f);
    assert_int_not_equal(command_status((const char *const[]){ "tidy", "-quiet", "-errors", path, NULL }), 0);
    free(text);
    report_figures_free(&figures);
    report_free(&report);
}

/* --- the audit: what breaks a rule is told --- */

static enum audit_verdict rule_verdict(const struct report *report, size_t rule, const char *evidence)
{
    struct audit_finding findings[AUDIT_RULES];
    report_audit(report, NULL, findings);
    enum audit_verdict verdict = findings[rule - 1].verdict;
    if (!strstr(findings[rule - 1].evidence, evidence))
        fail_msg("rule %zu: %s", rule, findings[rule - 1].evidence);
    report_audit_free(findings);
    return verdict;
}

static void audit_follows_the_results(void **state)
{
    (void)state;
    struct report report;
    report_open(&report, "qemu", "linux-qemu", NULL);
    assert_int_equal(rule_verdict(&report, 1, "ratios"), AUDIT_KEPT);
    assert_int_equal(rule_verdict(&report, 5, "0 have too few samples"), AUDIT_KEPT);
    assert_int_equal(rule_verdict(&report, 7, "exact counts"), AUDIT_KEPT);
    assert_int_equal(rule_verdict(&report, 9, "2 results come from a tree with uncommitted changes"), AUDIT_PARTLY);
    assert_int_equal(rule_verdict(&report, 9, "qemu does not state host_cpu"), AUDIT_PARTLY);
    assert_int_equal(rule_verdict(&report, 10, "on two CPUs"), AUDIT_KEPT);
    assert_int_equal(rule_verdict(&report, 11, "120 instructions, takes 1.82 times its hardware floor"), AUDIT_KEPT);
    assert_int_equal(rule_verdict(&report, 12, "No figure"), AUDIT_VOID);
    report_free(&report);
    report_open(&report, "metal", "linux", NULL);
    assert_int_equal(rule_verdict(&report, 7, "Intervals of a single boot"), AUDIT_PARTLY);
    assert_int_equal(rule_verdict(&report, 11, "not measured for 1 of 1 units"), AUDIT_BROKEN);
    report_free(&report);
    report_open(&report, "no-rows", NULL);
    assert_int_equal(rule_verdict(&report, 1, "no ratio"), AUDIT_VOID);
    assert_int_equal(rule_verdict(&report, 11, "No call row"), AUDIT_VOID);
    report_free(&report);
}

static void too_few_samples_break_rule_5(void **state)
{
    (void)state;
    struct report report;
    struct error e;
    report_open(&report, "qemu", NULL);
    struct result_row *row = &report.inputs[0].result.rows[0];
    row->pairs[0].count = 3;
    row->pairs[1].count = 2;
    assert_true(row_summarise(row, &e));
    assert_int_equal(rule_verdict(&report, 5, "1 have too few samples"), AUDIT_PARTLY);
    assert_int_equal(rule_verdict(&report, 8, "n from 5 to 1000"), AUDIT_PARTLY);
    report_free(&report);
}

/* --- data of figures --- */

static char *figure_file(const char *name, const char *figure, const char *ending)
{
    char path[192], *text;
    size_t size;
    snprintf(path, sizeof path, "%s/%s/plots/%s.%s", folder, name, figure, ending);
    assert_true(file_read(path, 64u << 20, &text, &size, NULL));
    return text;
}

static char *figure_data(const char *name, const char *figure) { return figure_file(name, figure, "dat"); }
static char *figure_script(const char *name, const char *figure) { return figure_file(name, figure, "gp"); }

static void figures_hold_the_figures(void **state)
{
    (void)state;
    struct report report;
    struct report_figures figures;
    report_open(&report, "steps", "linux-qemu", "mitigated", "two-cpus", NULL);
    free(page_make(&report, "data", &figures));
    char *ecdf = figure_data("data", "ecdf"), *words = figure_data("data", "message_words"), *ladder = figure_data("data", "ladder");
    char *steps = figure_data("data", "breakdown"), *cold = figure_data("data", "warm_cold"), *smp = figure_data("data", "smp");
    assert_line(ecdf, "2 call inter, 1 word, fast path; p50 126, p99.9 203\t");
    assert_line(ecdf, "126\t0.995", "0.0050000000000000001"); /* 995 of 1000 at or below 126 */
    assert_line(ecdf, "203\t1\t", "NaN");
    assert_line(words, "6\t120\t0\t120\t1"); /* flat to 6 words, 16 dearer at 8: a knee */
    assert_line(words, "16\t192\t0\t192\tNaN");
    assert_line(steps, "2\tinter, call\t20\t60\t1\t40"); /* from 20 to 60, step number 1 */
    assert_line(steps, "5\tinter, hardware floor\t31\t33\t3\t2");
    assert_line(steps, "2\t60\t60, 1.82× the floor");
    for (size_t i = 0; i < figures.count; i++)
        if (strcmp(figures.items[i].name, "breakdown") == 0)
            assert_non_null(strstr(figures.items[i].caption, "Sum inter: 120; ipc.call.inter of 0 words: 120"));
    assert_line(ladder, "fast path, off");
    assert_line(ladder, "fast path, full");
    assert_line(cold, "call inter, 0 words, fast path\t3\tNaN\tNaN\tNaN\t126   first 378");
    assert_line(smp, "smp.ipc, 8 words", "1,508   12.6×");
    assert_line(smp, "pipe, 1 B, two CPUs", "15,206   127×");
    free(ecdf), free(words), free(steps), free(ladder), free(cold), free(smp);
    report_figures_free(&figures);
    report_free(&report);
}

static void json_says_what_the_page_says(void **state)
{
    (void)state;
    struct report report;
    report_open(&report, "qemu", "linux-qemu", NULL);
    json_t *all = report_json(&report, NULL, NULL);
    assert_non_null(all);
    assert_string_equal(json_string_value(json_object_get(all, "schema")), "tollgate-report/1");
    assert_int_equal(json_array_size(json_object_get(all, "audit")), AUDIT_RULES);
    assert_int_equal(json_array_size(json_object_get(all, "inputs")), 2);
    size_t i;
    json_t *table, *tables = json_object_get(all, "tables");
    assert_true(json_array_size(tables) >= 4);
    json_array_foreach(tables, i, table)
        assert_int_equal(json_array_size(json_array_get(json_object_get(table, "rows"), 0)), json_array_size(json_object_get(table, "columns")));
    json_decref(all);
    report_free(&report);
}

static void figures_are_the_same_bytes_again(void **state)
{
    (void)state;
    struct report report;
    struct report_figures figures;
    report_open(&report, "qemu", "linux-qemu", NULL);
    static const char *const names[] = { "ipc_vs_linux", "message_words", "fast_vs_slow", "peers" };
    free(page_make(&report, "first", &figures));
    report_figures_free(&figures);
    free(page_make(&report, "second", &figures));
    report_figures_free(&figures);
    report_free(&report);
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < 2; j++) {
            char a[160], b[160];
            snprintf(a, sizeof a, "%s/first/plots/%s.%s", folder, names[i], j ? "png" : "svg");
            snprintf(b, sizeof b, "%s/second/plots/%s.%s", folder, names[i], j ? "png" : "svg");
            assert_int_equal(command_status((const char *const[]){ "cmp", a, b, NULL }), 0);
        }
}

static void a_ladder_is_drawn_and_stays_out_of_the_rest(void **state)
{
    (void)state;
    struct report report;
    struct report_figures figures;
    report_open(&report, "qemu", "rungs", NULL);
    free(page_make(&report, "ladder", &figures));
    char *ladder = figure_data("ladder", "ladder"), *words = figure_data("ladder", "message_words"), *text = terminal_text(&report);
    assert_line(ladder, "fast path, off");
    assert_line(ladder, "fast path, verw", "124   1.03×");
    assert_line(ladder, "fast path, pti+verw", "150   1.25×");
    assert_line(ladder, "0\t0\t120"); /* in the ladder's order, not by cost */
    assert_line(ladder, "1\t0\t124");
    assert_line(ladder, "2\t0\t119");
    char *script = figure_script("ladder", "ladder");
    assert_line(script, "linear = 1");
    assert_line(script, "key_0 = 'Tollgate'");
    assert_line(script, "key_1 = ''");
    free(script);
    char *off = strstr(ladder, "fast path, off");
    assert_null(strstr(off + 1, "fast path, off")); /* the target's own run and the first rung say the same: one bar */
    assert_null(strstr(words, "150"));
    assert_line(text, "ipc.call.inter mitigations=pti+verw", "1 words", "150", "1.25×");
    assert_line(text, "takes 120 instructions");
    free(ladder), free(words), free(text);
    report_figures_free(&figures);
    report_free(&report);
    report_open(&report, "rungs", NULL); /* alone: ratios are to its first rung */
    text = terminal_text(&report);
    assert_line(text, "ipc.call.inter mitigations=verw", "124", "1.03×");
    free(text);
    report_free(&report);
}

/* Fast, slow and, from a boot of their own, both traced; another target's are another machine's. */
static void traced_calls_are_drawn_beside_the_paths(void **state)
{
    (void)state;
    struct report report;
    struct report_figures figures;
    report_open(&report, "qemu", "traced", NULL);
    free(page_make(&report, "traced", &figures));
    char *data = figure_data("traced", "fast_vs_slow");
    assert_line(data, "4\tNaN\tNaN\tNaN\t\t906");
    assert_line(data, "8\tNaN\tNaN\tNaN\t\t1810");
    assert_line(data, "4\t120");
    free(data);
    report_figures_free(&figures);
    report_free(&report);
    report_open(&report, "qemu", "traced-bochs", NULL);
    free(page_make(&report, "untraced", &figures));
    data = figure_data("untraced", "fast_vs_slow");
    assert_null(strstr(data, "\t\t906"));
    free(data);
    report_figures_free(&figures);
    report_free(&report);
}

/* A size that stands in the name alone tells two rows apart. */
static void rest_of_a_variant_leaves_out_what_fields_say(void **state)
{
    (void)state;
    char variant[] = "bytes=4096,leg=call,method=batched", text[64];
    struct result_row row = { .variant = variant, .bytes = 4096, .has_bytes = true };
    assert_string_equal(report_row_rest(&row, text, sizeof text), "leg=call");
    row.has_bytes = false;
    assert_string_equal(report_row_rest(&row, text, sizeof text), "bytes=4096,leg=call");
}

static void hostile_strings_stay_strings(void **state)
{
    (void)state;
    struct report report;
    struct report_figures figures;
    report_open(&report, "hostile", "linux-qemu", "qemu", NULL);
    char *text = page_make(&report, "hostile", &figures);
    page_check(text, "hostile");
    assert_non_null(strstr(text, "&lt;script&gt;"));
    assert_null(strchr(text, 0x01));
    assert_null(strchr(text, 0x1b));
    assert_int_not_equal(access("pwned", F_OK), 0);
    assert_false(figure_absent(&figures, "ecdf"));
    assert_false(figure_absent(&figures, "warm_cold"));
    assert_false(figure_absent(&figures, "ladder")); /* a setting of mitigations that is hostile, beside one that is not */
    free(text);
    text = terminal_text(&report);
    assert_null(strchr(text, 0x1b));
    free(text);
    report_figures_free(&figures);
    report_free(&report);
}

static void each_unit_has_figures_of_its_own(void **state)
{
    (void)state;
    struct report report;
    struct report_figures figures;
    report_open(&report, "qemu", "metal", "linux", NULL);
    char *text = page_make(&report, "units", &figures);
    page_check(text, "units");
    assert_int_equal(figures.count, 3 * (figure_kind_count - 3) + 3); /* the literature has a unit of its own */
    assert_true(figure_absent(&figures, "ipc_vs_linux"));
    assert_true(figure_absent(&figures, "ipc_vs_linux_cycles"));
    assert_true(figure_absent(&figures, "ipc_vs_linux_ns"));
    assert_false(figure_absent(&figures, "linux_mechanism_ns"));
    assert_true(figure_absent(&figures, "linux_mechanism_cycles"));
    assert_false(figure_absent(&figures, "linux_size_ns"));
    assert_false(figure_absent(&figures, "linux_bandwidth_ns"));
    assert_false(figure_absent(&figures, "linux_placement_ns"));
    assert_true(figure_absent(&figures, "linux_size_cycles"));
    assert_false(figure_absent(&figures, "message_words_cycles"));
    assert_false(figure_absent(&figures, "peers"));
    assert_true(figure_absent(&figures, "peers_cycles"));
    assert_non_null(strstr(text, "no round trip of Linux in instructions"));
    free(text);
    report_figures_free(&figures);
    report_free(&report);
}

static void little_is_still_a_report(void **state)
{
    (void)state;
    static const char *const names[] = { "one-row", "no-rows", "linux" };
    for (size_t i = 0; i < 3; i++) {
        struct report report;
        struct report_figures figures;
        report_open(&report, names[i], NULL);
        char *text = page_make(&report, names[i], &figures);
        page_check(text, names[i]);
        for (size_t j = 0; j < figures.count; j++)
            if (!figure_is_of_the_tree(&figures.items[j]))
                assert_int_equal(i != 2 || (strncmp(figures.items[j].name, "linux_", 6) != 0 && strcmp(figures.items[j].name, "ecdf_ns") != 0
                                            && strcmp(figures.items[j].name, "warm_cold_ns") != 0), figures.items[j].absent != NULL);
        assert_non_null(strstr(text, "Absent or doubtful"));
        free(text);
        text = terminal_text(&report);
        assert_line(text, i == 1 ? "no figure at all" : "there is no figure for a call");
        free(text);
        report_figures_free(&figures);
        report_free(&report);
    }
}

/* --- gnuplot and the peers' file --- */

static void script_write(const char *name, const char *script)
{
    char path[160];
    snprintf(path, sizeof path, "%s/%s.gp", folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(script, f);
    fclose(f);
}

static void gnuplot_failures_are_errors(void **state)
{
    (void)state;
    struct error e = { "" };
    char *path = strdup(getenv("PATH"));
    script_write("bad", "plot nonsense(\n");
    assert_false(figure_gnuplot_run(folder, "bad", 20, &e));
    assert_non_null(strstr(e.text, "bad.gp: exit status"));
    script_write("slow", "pause 30\n");
    assert_false(figure_gnuplot_run(folder, "slow", 0.5, &e));
    assert_non_null(strstr(e.text, "did not end"));
    script_write("nothing", "x = 1\n");
    assert_false(figure_gnuplot_run(folder, "nothing", 20, &e));
    assert_non_null(strstr(e.text, "wrote no"));
    script_write("empty", "set print 'empty.svg'\nset print 'empty.png'\nset print 'empty.pdf'\n");
    assert_false(figure_gnuplot_run(folder, "empty", 20, &e));
    assert_non_null(strstr(e.text, "wrote no"));
    setenv("PATH", folder, 1);
    assert_false(figure_gnuplot_run(folder, "nothing", 20, &e));
    assert_non_null(strstr(e.text, "not installed"));
    setenv("PATH", path, 1);
    free(path);
}

static void peers_are_read_strictly(void **state)
{
    (void)state;
    struct peers peers;
    struct error e = { "" };
    if (!peers_read("baselines/published/measured_peers.csv", &peers, &e))
        fail_msg("%s", e.text);
    assert_int_equal((int)peers_best(&peers, "sel4-2026-08", 0)->value, 417);
    assert_int_equal((int)peers_best(&peers, "pistachio-2014", 4)->value, 200); /* words=0..7 */
    assert_int_equal((int)peers_best(&peers, "nova-2024-01", 32)->value, 592);
    assert_null(peers_best(&peers, "nova-2024-01", 5));
    peers_free(&peers);
    static const char *const bad[] = {
        "", "a,b\n", "system,variant,operation,direction,unit,value,note\nx,words=1,ipc_inter,round_trip,instructions\n",
        "system,variant,operation,direction,unit,value,note\nx,words=1,ipc_inter,round_trip,instructions,nan,\n",
        "system,variant,operation,direction,unit,value,note\nx,words=1,ipc_inter,round_trip,instructions,-4,\n",
        "system,variant,operation,direction,unit,value,note\nx,none,ipc_inter,round_trip,instructions,4,\n",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char path[160];
        script_write("bad-peers", bad[i]);
        snprintf(path, sizeof path, "%s/bad-peers.gp", folder);
        assert_false(peers_read(path, &peers, &e));
        assert_non_null(strstr(e.text, "bad-peers"));
    }
    assert_false(peers_read("/nonexistent", &peers, &e));
}

/* --- text --- */

static void numbers_are_grouped_and_exact(void **state)
{
    (void)state;
    char text[REPORT_NUMBER_BYTES];
    assert_string_equal(report_number(text, 0), "0");
    assert_string_equal(report_number(text, 999), "999");
    assert_string_equal(report_number(text, 12793), "12,793");
    assert_string_equal(report_number(text, -1234567.5), "-1,234,567.5");
    assert_string_equal(report_number(text, -0.001), "0");
    assert_string_equal(report_number(text, -123), "-123");
    assert_string_equal(report_number_exact(text, 121.040404), "121.040404");
    assert_string_equal(report_ratio_number(text, 0.931), "0.93");
    assert_string_equal(report_ratio_number(text, 83.68), "83.7");
    assert_string_equal(report_ratio_number(text, 1234.4), "1,234");
}

static void lines_wrap_at_blanks(void **state)
{
    (void)state;
    char *text = report_wrap("one two three four", 9);
    assert_string_equal(text, "one two\nthree\nfour");
    free(text);
    text = report_plain("a\x1b\xc2\x85\xff z", 4);
    assert_string_equal(text, "a   ...");
    free(text);
}

static int keep_pages(void **state)
{
    const char *keep = getenv("REPORT_TEST_KEEP");
    if (keep)
        command_status((const char *const[]){ "cp", "-r", folder, keep, NULL });
    return results_remove(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comparison_with_linux_is_stated),
        cmocka_unit_test(table_shows_rows_with_ratios), cmocka_unit_test(table_shows_gap_between_methods),
        cmocka_unit_test(table_compares_targets), cmocka_unit_test(variants_beyond_the_fields_stay_apart), cmocka_unit_test(unlike_commits_are_told),
        cmocka_unit_test(equal_targets_get_labels_of_their_own),
        cmocka_unit_test(unlike_units_are_refused), cmocka_unit_test(unlike_directions_are_refused),
        cmocka_unit_test(each_unit_has_tables_of_its_own), cmocka_unit_test(page_holds_everything), cmocka_unit_test(validator_sees_what_is_wrong),
        cmocka_unit_test(audit_follows_the_results), cmocka_unit_test(too_few_samples_break_rule_5),
        cmocka_unit_test(figures_hold_the_figures), cmocka_unit_test(json_says_what_the_page_says),
        cmocka_unit_test(figures_are_the_same_bytes_again), cmocka_unit_test(a_ladder_is_drawn_and_stays_out_of_the_rest), cmocka_unit_test(traced_calls_are_drawn_beside_the_paths), cmocka_unit_test(rest_of_a_variant_leaves_out_what_fields_say), cmocka_unit_test(hostile_strings_stay_strings),
        cmocka_unit_test(each_unit_has_figures_of_its_own), cmocka_unit_test(little_is_still_a_report),
        cmocka_unit_test(gnuplot_failures_are_errors), cmocka_unit_test(peers_are_read_strictly),
        cmocka_unit_test(numbers_are_grouped_and_exact), cmocka_unit_test(lines_wrap_at_blanks),
    };
    return cmocka_run_group_tests_name("report", tests, results_invent, keep_pages);
}
