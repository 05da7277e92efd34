/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A report in sentences: what a call costs, how Linux compares, and what is not there. See report_table.h.
 */
#include <stdlib.h>
#include <string.h>

#include "harness/tool/report_linux.h"
#include "harness/tool/report_plots.h"
#include "harness/tool/report_table.h"
#include "harness/tool/report_text.h"

/* Cheapest (sign 1) or dearest (sign -1) round trip of Linux with a small message in a unit, among what polls or what does not. */
static struct report_row linux_extreme(const struct report *report, const char *unit, int sign, bool polls)
{
    const struct report_pattern pattern = { .workload = "linux.*", .unit = unit, .direction = "round_trip", .cache = "warm" };
    struct report_rows rows = report_select_main(report, &pattern);
    struct report_row best = { 0 };
    for (size_t i = 0; i < rows.count; i++)
        if (rows.items[i].row->corrected > 0 && report_linux_is_small(rows.items[i].row)
            && report_linux_polls(rows.items[i].row) == polls
            && (!best.row || sign * (best.row->corrected - rows.items[i].row->corrected) > 0))
            best = rows.items[i];
    free(rows.items);
    return best;
}

/* The scheduling policy decides which mechanism is the cheapest: it is said with it. */
static const char *policy_name(const struct report_row *row)
{
    const char *policy = result_context(&row->input->result, "scheduling");
    if (!policy)
        return "";
    return strncmp(policy, "fifo", 4) == 0 ? ", policy SCHED_FIFO" : strncmp(policy, "other", 5) == 0 ? ", policy SCHED_OTHER" : "";
}

static void linux_sentence(FILE *out, const struct report *report, const char *unit, int sign, bool polls, const char *adjective)
{
    struct report_row row = linux_extreme(report, unit, sign, polls), reference;
    char number[REPORT_NUMBER_BYTES];
    double ratio;
    if (!row.row)
        return;
    char *name = report_row_name(row.row), *label = report_plain(row.input->label, 60);
    fprintf(out, " Linux's %s round trip here, %s (%s%s), takes %s", adjective, name, label, policy_name(&row),
            report_number(number, row.row->corrected));
    reference = report_reference(report, &row);
    if (reference.row && report_ratio(row.row, reference.row, &ratio, NULL))
        fprintf(out, ": %s times as many", report_ratio_number(number, ratio));
    putc('.', out);
    free(name);
    free(label);
}

static void unit_verdict(FILE *out, const struct report *report, const char *unit)
{
    const struct report_pattern pattern = {
        .workload = "ipc.call.inter", .unit = unit, .direction = "round_trip", .path = "fast", .cache = "warm", .method = "batched",
        .has_words = true, .words = REPORT_REFERENCE_WORDS,
    };
    struct report_row call = report_find(report, &pattern);
    char number[REPORT_NUMBER_BYTES];
    if (call.row) {
        char *label = report_plain(call.input->label, 60);
        fprintf(out, "A call to another address space and back takes %s %s (%s; 1 word, fast path, median, overhead subtracted).",
                report_number(number, call.row->corrected), unit, label);
        free(label);
    } else
        fprintf(out, "In %s there is no figure for a call to another address space (ipc.call.inter, 1 word, fast path, batched).", unit);
    linux_sentence(out, report, unit, 1, false, "cheapest");
    linux_sentence(out, report, unit, -1, false, "dearest");
    linux_sentence(out, report, unit, 1, true, "cheapest spinning");
    putc('\n', out);
}

char *report_verdict(const struct report *report)
{
    char *text = NULL;
    size_t bytes;
    FILE *out = open_memstream(&text, &bytes);
    if (!out)
        abort(); /* a page of text */
    for (size_t u = 0; u < REPORT_UNITS; u++)
        if (report_has_unit(report, report_units[u]))
            unit_verdict(out, report, report_units[u]);
    fclose(out);
    if (!*text) {
        free(text);
        text = strdup("The results hold no figure at all.\n");
    }
    return text;
}

static void unit_absences(FILE *out, const struct report *report, const char *unit)
{
    static const struct { const char *glob, *direction, *what; } expected[] = {
        { "ipc.call.inter", "round_trip", "calls between address spaces" }, { "ipc.call.intra", "round_trip", "calls within one" },
        { "ipc.oneway.*", "one_way", "one-way IPC" }, { "hw.*", NULL, "operations of the bare machine" },
        { "linux.*", "round_trip", "round trips of Linux" },
    };
    size_t missing = 0;
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        const struct report_pattern pattern = { .workload = expected[i].glob, .direction = expected[i].direction, .unit = unit };
        if (report_find(report, &pattern).row)
            continue;
        if (missing++ == 0)
            fprintf(out, "No rows in %s of ", unit);
        else
            fputs(", ", out);
        fprintf(out, "%s (%s)", expected[i].what, expected[i].glob);
    }
    fputs(missing ? "\n" : "", out);
}

static void unit_disagreements(FILE *out, const struct report *report, const char *unit)
{
    const struct report_pattern pattern = { .unit = unit, .method = "batched" };
    struct report_rows rows = report_select(report, &pattern);
    size_t linux_rows = 0;
    for (size_t i = 0; i < rows.count; i++) {
        const struct result_row *batched = rows.items[i].row, *single = report_twin(&rows.items[i], "single").row;
        char number[2][REPORT_NUMBER_BYTES];
        if (!single || report_methods_agree(single, batched))
            continue;
        /* Linux's two figures differ wherever its clock or its scheduler shows: a table has them all. */
        if (report_row_is_linux(batched)) {
            linux_rows++;
            continue;
        }
        char *label = report_plain(rows.items[i].input->label, 60), *variant = report_plain(batched->variant, 100);
        fprintf(out, "%s: single shot and batched do not agree on %s (%s): %s and %s %s\n", label, batched->workload, variant,
                report_number(number[0], single->corrected), report_number(number[1], batched->corrected), unit);
        free(label);
        free(variant);
    }
    if (linux_rows > 0)
        fprintf(out, "Single shot and batched do not agree on %zu rows of Linux in %s; the table of the two has them\n", linux_rows, unit);
    free(rows.items);
}

static const char *member(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "-";
}

static void input_absences(FILE *out, const struct report_input *input)
{
    size_t i;
    json_t *item;
    char *label = report_plain(input->label, 60);
    json_array_foreach(input->result.skipped, i, item) {
        char *workload = report_plain(member(item, "workload"), 100), *reason = report_plain(member(item, "reason"), 300);
        fprintf(out, "%s skipped %s: %s\n", label, workload, reason);
        free(workload);
        free(reason);
    }
    json_array_foreach(input->result.tests, i, item) {
        if (strcmp(member(item, "result"), "pass") == 0)
            continue;
        char *name = report_plain(member(item, "name"), 100), *detail = report_plain(member(item, "detail"), 300);
        fprintf(out, "%s: guest test %s: %s: %s\n", label, name, member(item, "result"), detail);
        free(name);
        free(detail);
    }
    if (input->result.row_count == 0)
        fprintf(out, "%s: the result holds no rows\n", label);
    free(label);
}

/* Figures of unlike sources may stand side by side, but not in silence. */
static void commit_differences(FILE *out, const struct report *report)
{
    for (size_t i = 1; i < report->input_count; i++) {
        const struct report_input *a = &report->inputs[0], *b = &report->inputs[i];
        const char *left = result_context(&a->result, "commit"), *right = result_context(&b->result, "commit");
        if (!left || !right || strcmp(left, right) == 0)
            continue;
        char *text[] = { report_plain(a->label, 60), report_plain(left, 40), report_plain(b->label, 60), report_plain(right, 40) };
        fprintf(out, "The results are of unlike commits: %s of %s, %s of %s\n", text[0], text[1], text[2], text[3]);
        for (size_t j = 0; j < 4; j++)
            free(text[j]);
    }
}

char *report_absences(const struct report *report)
{
    char *text = NULL;
    size_t bytes;
    FILE *out = open_memstream(&text, &bytes);
    if (!out)
        abort(); /* a page of text */
    for (size_t u = 0; u < REPORT_UNITS; u++)
        if (report_has_unit(report, report_units[u])) {
            unit_absences(out, report, report_units[u]);
            unit_disagreements(out, report, report_units[u]);
        }
    commit_differences(out, report);
    for (size_t i = 0; i < report->input_count; i++)
        input_absences(out, &report->inputs[i]);
    fclose(out);
    return text;
}
