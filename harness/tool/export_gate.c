/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A gate as test cases: JUnit XML and TAP. A case for each row of result and reference (equal, or failed with the difference), and for each
 * test that the guest reported. See export.h.
 */
#include "harness/tool/export.h"

#include <stdlib.h>
#include <string.h>

#include "harness/tool/json_file.h"

enum outcome { PASSED, FAILED, SKIPPED };

struct test_case {
    char *name, *detail; /* detail may be NULL */
    const char *group;
    enum outcome outcome;
};

struct test_cases {
    struct test_case *items;
    size_t count, outcomes[3];
};

static void case_add(struct test_cases *cases, const char *group, const char *name, enum outcome outcome, char *detail)
{
    struct test_case *grown = reallocarray(cases->items, cases->count + 1, sizeof *grown);
    char *copy = strdup(name);
    if (!grown || !copy)
        abort(); /* a few lines of text */
    cases->items = grown;
    cases->items[cases->count++] = (struct test_case){ copy, detail, group, outcome };
    cases->outcomes[outcome]++;
}

static void cases_free(struct test_cases *cases)
{
    for (size_t i = 0; i < cases->count; i++) {
        free(cases->items[i].name);
        free(cases->items[i].detail);
    }
    free(cases->items);
}

static char *difference_text(const char *name, const json_t *before, const json_t *after)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        abort();
    if (!before)
        fputs("new: the reference lacks this row", out);
    else if (!after)
        fputs("missing: the reference has this row", out);
    else
        reference_row_difference_print(out, name, before, after);
    fclose(out);
    text[strcspn(text, "\n")] = 0;
    return text;
}

static void gate_cases(struct test_cases *cases, const struct reference *before, const struct reference *now)
{
    json_t *rows_before = json_object_get(before->root, "rows"), *rows_now = json_object_get(now->root, "rows"), *row;
    const char *name;
    json_object_foreach(rows_before, name, row) {
        json_t *after = json_object_get(rows_now, name);
        bool equal = json_equal(row, after);
        case_add(cases, "gate", name, equal ? PASSED : FAILED, equal ? NULL : difference_text(name, row, after));
    }
    json_object_foreach(rows_now, name, row)
        if (!json_object_get(rows_before, name))
            case_add(cases, "gate", name, FAILED, difference_text(name, NULL, row));
}

static void guest_cases(struct test_cases *cases, const struct result *result)
{
    size_t i;
    json_t *test;
    json_array_foreach(result->tests, i, test) {
        const char *outcome = json_string_value(json_object_get(test, "result"));
        const char *detail = json_string_value(json_object_get(test, "detail"));
        case_add(cases, "guest", json_string_value(json_object_get(test, "name")),
                 strcmp(outcome, "pass") == 0 ? PASSED : strcmp(outcome, "skip") == 0 ? SKIPPED : FAILED, detail ? strdup(detail) : NULL);
    }
    json_array_foreach(result->skipped, i, test) {
        const char *reason = json_string_value(json_object_get(test, "reason"));
        case_add(cases, "workload", json_string_value(json_object_get(test, "workload")), SKIPPED, strdup(reason ? reason : ""));
    }
}

/* False when there is neither a reference nor a test: nothing was gated, and nothing is no success. */
static bool cases_make(struct test_cases *cases, const struct export_job *job, struct error *e)
{
    struct reference now;
    *cases = (struct test_cases){ 0 };
    if (job->reference) {
        if (!reference_from_result(job->result, NULL, &now, e))
            return false;
        gate_cases(cases, job->reference, &now);
        reference_free(&now);
    }
    guest_cases(cases, job->result);
    if (cases->outcomes[PASSED] + cases->outcomes[FAILED] > 0)
        return true;
    cases_free(cases);
    return error_set(e, "no reference for this target, and no guest test: nothing to report as test cases (tollgate gate --accept)");
}

/* --- JUnit --- */

static void xml_text(FILE *out, const char *text)
{
    for (; *text; text++)
        switch (*text) {
        case '<': fputs("&lt;", out); break;
        case '>': fputs("&gt;", out); break;
        case '&': fputs("&amp;", out); break;
        case '"': fputs("&quot;", out); break;
        default: fputc((unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text, out);
        }
}

static void xml_attribute(FILE *out, const char *name, const char *value)
{
    fprintf(out, " %s=\"", name);
    xml_text(out, value);
    fputc('"', out);
}

static void junit_case(FILE *out, const struct test_case *c)
{
    fputs("    <testcase", out);
    xml_attribute(out, "classname", c->group);
    xml_attribute(out, "name", c->name);
    fputs(" time=\"0\"", out);
    if (c->outcome == PASSED) {
        fputs("/>\n", out);
        return;
    }
    fprintf(out, ">\n      <%s", c->outcome == FAILED ? "failure" : "skipped");
    xml_attribute(out, "message", c->detail ? c->detail : "");
    fputs(c->outcome == FAILED ? " type=\"difference\"/>\n    </testcase>\n" : "/>\n    </testcase>\n", out);
}

bool export_junit(FILE *out, const struct export_job *job, struct error *e)
{
    struct test_cases cases;
    char date[20];
    if (!cases_make(&cases, job, e))
        return false;
    snprintf(date, sizeof date, "%s", result_context(job->result, "date")); /* the format wants it without time zone */
    fprintf(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite");
    xml_attribute(out, "name", result_context(job->result, "target"));
    fprintf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"%zu\" time=\"0\"", cases.count, cases.outcomes[FAILED],
            cases.outcomes[SKIPPED]);
    if (strlen(date) == 19)
        xml_attribute(out, "timestamp", date);
    fputs(" hostname=\"localhost\">\n    <properties>\n      <property name=\"commit\"", out);
    xml_attribute(out, "value", result_context(job->result, "commit"));
    fputs("/>\n    </properties>\n", out);
    for (size_t i = 0; i < cases.count; i++)
        junit_case(out, &cases.items[i]);
    fputs("    <system-out/>\n    <system-err/>\n  </testsuite>\n</testsuites>\n", out);
    cases_free(&cases);
    return true;
}

/* --- TAP --- */

/* A # begins a directive: names must not hold one. */
static void tap_text(FILE *out, const char *text)
{
    for (; *text; text++)
        fputc((unsigned char)*text < ' ' || *text == '#' || *text == 0x7f ? '?' : *text, out);
}

bool export_tap(FILE *out, const struct export_job *job, struct error *e)
{
    struct test_cases cases;
    if (!cases_make(&cases, job, e))
        return false;
    fprintf(out, "TAP version 13\n1..%zu\n", cases.count);
    for (size_t i = 0; i < cases.count; i++) {
        const struct test_case *c = &cases.items[i];
        fprintf(out, "%s %zu - ", c->outcome == FAILED ? "not ok" : "ok", i + 1);
        tap_text(out, c->name);
        if (c->outcome == SKIPPED) {
            fputs(" # SKIP ", out);
            tap_text(out, c->detail ? c->detail : "");
        } else if (c->detail) {
            fputs("\n# ", out);
            tap_text(out, c->detail);
        }
        fputc('\n', out);
    }
    cases_free(&cases);
    return true;
}
