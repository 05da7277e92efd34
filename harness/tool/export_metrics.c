/* SPDX-License-Identifier: BSD-2-Clause
 *
 * OpenMetrics text 1.0: one summary family for each unit, times in seconds, and the context as the labels of a gauge. See export.h.
 */
#include "harness/tool/export.h"

#include <string.h>
#include <time.h>

#include "harness/tool/json_file.h"

static const struct family {
    const char *unit, *name;
    const char *unit_name; /* OpenMetrics asks for base units: seconds */
    double scale;
} families[] = {
    { "instructions", "tollgate_operation_instructions", "instructions", 1 },
    { "cycles", "tollgate_operation_cycles", "cycles", 1 },
    { "ns", "tollgate_operation_seconds", "seconds", 1e-9 },
};

static void label_print(FILE *out, const char *separator, const char *name, const char *value)
{
    fprintf(out, "%s%s=\"", separator, name);
    for (; *value; value++) {
        if (*value == '\n')
            fputs("\\n", out);
        else {
            if (*value == '"' || *value == '\\')
                fputc('\\', out);
            fputc(*value, out);
        }
    }
    fputc('"', out);
}

static void labels_print(FILE *out, const struct result_row *row, const char *quantile)
{
    label_print(out, "{", "workload", row->workload);
    label_print(out, ",", "variant", row->variant);
    label_print(out, ",", "direction", row->direction);
    label_print(out, ",", "relation", row->relation);
    label_print(out, ",", "path", row->path);
    label_print(out, ",", "cache", row->cache);
    if (quantile)
        label_print(out, ",", "quantile", quantile);
    fputc('}', out);
}

/* " 1704067200": when it was measured, in seconds; "" when the date is none. With it a Prometheus server can be backfilled. */
struct stamp { char text[24]; };

static struct stamp stamp_of(const struct result *result)
{
    struct stamp stamp = { "" };
    struct tm utc = { 0 };
    const char *end = strptime(result_context(result, "date"), "%Y-%m-%dT%H:%M:%SZ", &utc);
    if (end && *end == 0)
        snprintf(stamp.text, sizeof stamp.text, " %lld", (long long)timegm(&utc));
    return stamp;
}

static void value_print(FILE *out, double value, const struct stamp *stamp)
{
    char text[JSON_NUMBER_BYTES];
    fprintf(out, " %s%s\n", json_number_text(text, value), stamp->text);
}

static void row_print(FILE *out, const struct result_row *row, const struct family *family, const struct stamp *stamp)
{
    const struct summary *s = &row->summary;
    const struct { const char *quantile; double value; } points[] = {
        { "0.0", s->min }, { "0.5", s->p50 }, { "0.9", s->p90 }, { "0.99", s->p99 }, { "0.999", s->p999 }, { "1.0", s->max },
    };
    for (size_t i = 0; i < sizeof points / sizeof points[0]; i++) {
        fputs(family->name, out);
        labels_print(out, row, points[i].quantile);
        value_print(out, points[i].value * family->scale, stamp);
    }
    fprintf(out, "%s_sum", family->name);
    labels_print(out, row, NULL);
    value_print(out, s->mean * (double)row->n * family->scale, stamp);
    fprintf(out, "%s_count", family->name);
    labels_print(out, row, NULL);
    fprintf(out, " %llu%s\n", (unsigned long long)row->n, stamp->text);
}

static void family_print(FILE *out, const struct export_job *job, const struct family *family)
{
    bool opened = false;
    struct stamp stamp = stamp_of(job->result);
    for (size_t i = 0; i < job->result->row_count; i++) {
        const struct result_row *row = &job->result->rows[i];
        if (strcmp(row->unit, family->unit) != 0)
            continue;
        if (!opened)
            fprintf(out, "# TYPE %s summary\n# UNIT %s %s\n# HELP %s Raw cost of one operation, clock overhead included.\n", family->name,
                    family->name, family->unit_name, family->name);
        opened = true;
        row_print(out, row, family, &stamp);
    }
}

bool export_openmetrics(FILE *out, const struct export_job *job, struct error *e)
{
    static const char *const keys[] = { "target", "system", "commit", "fidelity", "mitigations", "compiler", "cpu_model" };
    (void)e;
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++)
        family_print(out, job, &families[i]);
    struct stamp stamp = stamp_of(job->result);
    /* A gauge, not an info family: the older text format, which promtool checks, knows no info. */
    fputs("# TYPE tollgate_run_info gauge\n# HELP tollgate_run_info What was measured, and where.\ntollgate_run_info", out);
    const char *separator = "{";
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const char *value = result_context(job->result, keys[i]);
        if (!value)
            continue;
        label_print(out, separator, keys[i], value);
        separator = ",";
    }
    label_print(out, ",", "dirty", json_is_true(json_object_get(job->result->context, "dirty")) ? "true" : "false");
    fprintf(out, "} 1%s\n# EOF\n", stamp.text);
    return true;
}
