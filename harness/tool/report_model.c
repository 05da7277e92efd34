/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Selecting and comparing rows; see report.h.
 */
#include "harness/tool/report.h"

#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/tool/ladder.h"
#include "harness/tool/tool.h"

/* Single shot and batched must agree within the larger of these: units, and part of the batched figure. */
#define GAP_TOLERATED 3.0
#define GAP_TOLERATED_PART 0.01
#define LABEL_WORD_MAX 24 /* characters of a guest option that a label still has */

const char *const report_units[REPORT_UNITS] = { "instructions", "cycles", "ns" };
const char *const report_directions[3] = { "round_trip", "one_way", "op" };

void report_init(struct report *report)
{
    *report = (struct report){ 0 };
}

/* What makes another machine, or another kernel, of a target: ", ladder", ", 2 CPUs", ", trace=on". */
static void label_conditions(FILE *out, const struct result *result)
{
    const char *mitigations = result_context(result, "mitigations"), *cpus = result_context(result, "cpus"), *word = result_context(result, "cmdline");
    bool ladder = mitigations && strchr(mitigations, '|');
    static const char *const plain[] = { "select=", "tollgate.select=", "floor=", "method=", "mitigations=" };
    fputs(ladder ? ", ladder" : "", out);
    if (cpus && strcmp(cpus, "1") != 0)
        fprintf(out, ", %.20s CPUs", cpus);
    for (; word && *word; word += strcspn(word, " "), word += strspn(word, " ")) {
        bool told = strcspn(word, " ") > LABEL_WORD_MAX || strchr(word, '=') == NULL;
        for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
            told |= strncmp(word, plain[i], strlen(plain[i])) == 0;
        if (!told)
            fprintf(out, ", %.*s", (int)strcspn(word, " "), word);
    }
}

/* ", ipc.call.inter": what was asked for, where the conditions are those of another result. */
static void label_selection(FILE *out, const struct result *result)
{
    const char *cmdline = result_context(result, "cmdline"), *select = cmdline ? strstr(cmdline, "select=") : NULL;
    size_t length = select ? strcspn(select, " ") : 0, key = strlen("select=");
    if (length > key && length <= key + LABEL_WORD_MAX && strncmp(select + key, "*", length - key) != 0)
        fprintf(out, ", %.*s", (int)(length - key), select + key);
}

static size_t label_count(const struct report *report, const char *label)
{
    size_t same = 0, length = strlen(label);
    for (size_t i = 0; i < report->input_count; i++) {
        const char *other = report->inputs[i].label;
        same += strncmp(other, label, length) == 0 && (other[length] == '\0' || strncmp(other + length, " (", 2) == 0);
    }
    return same;
}

/* The first result of a target has its name; others tell what is different, then what was asked for, and a number where that is not enough. */
static char *label_make(const struct report *report, const struct result *result, const char *target)
{
    char *label = NULL, *numbered = NULL;
    size_t bytes, same = 1;
    FILE *out = open_memstream(&label, &bytes);
    if (!out)
        abort(); /* a line of text */
    for (size_t i = 0; i < report->input_count; i++) {
        const char *other = result_context(&report->inputs[i].result, "target");
        same += other && strcmp(other, target) == 0;
    }
    fputs(target, out);
    if (same > 1)
        label_conditions(out, result);
    fflush(out);
    if (same > 1 && label_count(report, label) > 0)
        label_selection(out, result);
    fclose(out);
    if (same == 1 || label_count(report, label) == 0)
        return label;
    if (asprintf(&numbered, "%s (%zu)", label, label_count(report, label) + 1) < 0)
        abort();
    free(label);
    return numbered;
}

bool report_add(struct report *report, const char *path, struct error *e)
{
    struct report_input input = { 0 };
    if (!result_read(path, &input.result, e))
        return false;
    const char *target = result_context(&input.result, "target");
    struct report_input *grown = reallocarray(report->inputs, report->input_count + 1, sizeof *grown);
    if (grown)
        report->inputs = grown;
    input.path = strdup(path);
    input.label = label_make(report, &input.result, target ? target : "unknown target");
    if (!grown || !input.path || !input.label) {
        free(input.path);
        free(input.label);
        result_free(&input.result);
        return error_set(e, "%s: out of memory", path);
    }
    report->inputs[report->input_count++] = input;
    return true;
}

void report_free(struct report *report)
{
    for (size_t i = 0; i < report->input_count; i++) {
        free(report->inputs[i].path);
        free(report->inputs[i].label);
        result_free(&report->inputs[i].result);
    }
    free(report->inputs);
    report_init(report);
}

const char *report_path_short(const char *path)
{
    const char *tree = tool_tree_dir();
    size_t length = strlen(tree);
    return strncmp(path, tree, length) == 0 && path[length] == '/' ? path + length + 1 : path;
}

static bool text_matches(const char *wanted, const char *text)
{
    return !wanted || strcmp(wanted, text) == 0;
}

bool report_row_matches(const struct report_row *row, const struct report_pattern *p)
{
    const struct result_row *r = row->row;
    return (p->rungs || ladder_prefix_bytes(r->variant) == 0) && (!p->input || p->input == row->input)
        && (!p->workload || fnmatch(p->workload, r->workload, 0) == 0)
        && text_matches(p->unit, r->unit) && text_matches(p->direction, r->direction)
        && text_matches(p->relation, r->relation) && text_matches(p->path, r->path)
        && text_matches(p->cache, r->cache) && text_matches(p->method, r->method)
        && (!p->has_words || p->words == r->words);
}

static int compare_counts(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

/* Whether a part "key=value" of a variant repeats a field that the row has. */
static bool part_is_field(const struct result_row *row, const char *part, size_t length)
{
    if (!row->has_bytes && strncmp(part, "bytes=", 6) == 0)
        return false;
    static const char *const fields[] = { "words=", "path=", "method=", "bytes=", "placement=", "cache=", "relation=" };
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (length > strlen(fields[i]) && strncmp(part, fields[i], strlen(fields[i])) == 0)
            return true;
    return false;
}

const char *report_row_rest(const struct result_row *row, char *text, size_t bytes)
{
    size_t used = 0;
    text[0] = 0;
    for (const char *part = row->variant; *part;) {
        size_t length = strcspn(part, ",");
        if (!part_is_field(row, part, length) && used < bytes - 1)
            used += (size_t)snprintf(text + used, bytes - used, "%s%.*s", used ? "," : "", (int)length, part);
        part += length + (part[length] == ',');
    }
    return text;
}

/* Place of a relation in a table: the plainest first. */
static int relation_rank(const char *relation)
{
    static const char *const order[] = { "inter", "intra", "cross_cpu" };
    int rank = 0;
    while (rank < 3 && strcmp(order[rank], relation) != 0)
        rank++;
    return rank;
}

/* Conditions of a row in the order of a reader's interest; the method is left out. */
static int compare_conditions(const struct result_row *a, const struct result_row *b)
{
    const char *none = "";
    char rest[2][256];
    int order = strcmp(a->workload, b->workload);
    order = order ? order : strcmp(a->direction, b->direction);
    order = order ? order : relation_rank(a->relation) - relation_rank(b->relation);
    order = order ? order : strcmp(a->relation, b->relation);
    order = order ? order : strcmp(a->path, b->path);
    order = order ? order : -strcmp(a->cache, b->cache); /* warm before cold */
    order = order ? order : compare_counts(a->words, b->words);
    order = order ? order : compare_counts(a->has_bytes ? a->bytes + 1 : 0, b->has_bytes ? b->bytes + 1 : 0);
    order = order ? order : strcmp(a->placement ? a->placement : none, b->placement ? b->placement : none);
    return order ? order : strcmp(report_row_rest(a, rest[0], sizeof rest[0]), report_row_rest(b, rest[1], sizeof rest[1]));
}

static int compare_rows(const void *left, const void *right)
{
    const struct report_row *a = left, *b = right;
    if (a->input != b->input)
        return a->input < b->input ? -1 : 1; /* inputs lie in one array */
    int order = compare_conditions(a->row, b->row);
    order = order ? order : strcmp(a->row->method, b->row->method);
    return order ? order : strcmp(a->row->variant, b->row->variant);
}

static struct report_rows select_rows(const struct report *report, const struct report_pattern *pattern, bool main_only)
{
    struct report_rows found = { 0 };
    size_t total = 0;
    for (size_t i = 0; i < report->input_count; i++)
        total += report->inputs[i].result.row_count;
    found.items = calloc(total + 1, sizeof *found.items);
    if (!found.items)
        abort(); /* a few thousand pointers: nothing sensible can follow */
    for (size_t i = 0; i < report->input_count; i++) {
        const struct report_input *input = &report->inputs[i];
        for (size_t j = 0; j < input->result.row_count; j++) {
            struct report_row row = { input, &input->result.rows[j] };
            if (!report_row_matches(&row, pattern))
                continue;
            if (main_only && strcmp(row.row->method, "single") == 0 && report_twin(&row, "batched").row)
                continue;
            found.items[found.count++] = row;
        }
    }
    qsort(found.items, found.count, sizeof *found.items, compare_rows);
    return found;
}

struct report_rows report_select(const struct report *report, const struct report_pattern *pattern)
{
    return select_rows(report, pattern, false);
}

struct report_rows report_select_main(const struct report *report, const struct report_pattern *pattern)
{
    return select_rows(report, pattern, true);
}

struct report_row report_find(const struct report *report, const struct report_pattern *pattern)
{
    for (size_t i = 0; i < report->input_count; i++)
        for (size_t j = 0; j < report->inputs[i].result.row_count; j++) {
            struct report_row row = { &report->inputs[i], &report->inputs[i].result.rows[j] };
            if (report_row_matches(&row, pattern))
                return row;
        }
    return (struct report_row){ 0 };
}

struct report_row report_twin(const struct report_row *row, const char *method)
{
    const struct result *result = &row->input->result;
    for (size_t j = 0; j < result->row_count; j++) {
        const struct result_row *other = &result->rows[j];
        if (other != row->row && strcmp(other->method, method) == 0 && strcmp(other->unit, row->row->unit) == 0
            && compare_conditions(other, row->row) == 0)
            return (struct report_row){ row->input, other };
    }
    return (struct report_row){ 0 };
}

bool report_row_is_linux(const struct result_row *row)
{
    return strncmp(row->workload, "linux.", 6) == 0;
}

const struct report_input *report_kernel_input(const struct report *report, const char *unit)
{
    for (size_t i = 0; i < report->input_count; i++)
        for (size_t j = 0; j < report->inputs[i].result.row_count; j++) {
            const struct result_row *row = &report->inputs[i].result.rows[j];
            if (strcmp(row->unit, unit) == 0 && !report_row_is_linux(row))
                return &report->inputs[i];
        }
    return NULL;
}

static const struct report_input *input_by_target(const struct report *report, const char *target)
{
    for (size_t i = 0; i < report->input_count; i++) {
        const char *other = result_context(&report->inputs[i].result, "target");
        if (other && strcmp(other, target) == 0)
            return &report->inputs[i];
    }
    return NULL;
}

struct report_row report_reference(const struct report *report, const struct report_row *row)
{
    const char *target = result_context(&row->input->result, "target");
    struct report_pattern pattern = {
        .workload = "ipc.call.inter", .unit = row->row->unit, .direction = "round_trip", .path = "fast", .cache = "warm",
        .method = "batched", .has_words = true, .words = REPORT_REFERENCE_WORDS, .input = row->input,
    };
    struct report_row found = report_find(report, &pattern);
    if (!found.row && target && strncmp(target, "linux-", 6) == 0) {
        pattern.input = input_by_target(report, target + 6);
        found = report_find(report, &pattern);
    }
    if (!found.row) {
        pattern.input = NULL;
        found = report_find(report, &pattern);
    }
    if (!found.row) { /* nothing but a ladder: its first rung */
        pattern.rungs = true;
        found = report_find(report, &pattern);
    }
    return found;
}

bool report_ratio(const struct result_row *a, const struct result_row *b, double *ratio, struct error *e)
{
    if (strcmp(a->unit, b->unit) != 0)
        return error_set(e, "%s is in %s and %s in %s: no ratio", a->workload, a->unit, b->workload, b->unit);
    if (strcmp(a->direction, b->direction) != 0)
        return error_set(e, "%s is %s and %s is %s: no ratio", a->workload, a->direction, b->workload, b->direction);
    if (!(b->corrected > 0) || !(a->corrected > 0))
        return error_set(e, "%s or %s is not above its overhead: no ratio", a->workload, b->workload);
    *ratio = a->corrected / b->corrected;
    return true;
}

bool report_methods_agree(const struct result_row *single, const struct result_row *batched)
{
    return fabs(single->corrected - batched->corrected) <= fmax(GAP_TOLERATED, GAP_TOLERATED_PART * batched->corrected);
}

bool report_axis_check(const struct report_rows *rows, struct error *e)
{
    if (rows->count == 0)
        return error_set(e, "no rows to show");
    const struct result_row *first = rows->items[0].row;
    for (size_t i = 1; i < rows->count; i++) {
        const struct result_row *row = rows->items[i].row;
        if (strcmp(row->unit, first->unit) != 0)
            return error_set(e, "%s and %s on one axis: %s and %s differ", first->unit, row->unit, first->workload, row->workload);
        if (strcmp(row->direction, first->direction) != 0)
            return error_set(e, "%s and %s on one axis: %s and %s differ", first->direction, row->direction, first->workload,
                             row->workload);
    }
    return true;
}

bool report_has_unit(const struct report *report, const char *unit)
{
    struct report_pattern pattern = { .unit = unit, .rungs = true };
    return report_find(report, &pattern).row;
}
