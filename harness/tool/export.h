/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Results in the formats of other tools. Each writer is tested against its consumer or the consumer's documented format
 * (harness/test/exports.sh). Nothing is smoothed or left out in silence: what a format cannot hold is said in a comment where it has comments.
 */
#ifndef HARNESS_TOOL_EXPORT_H
#define HARNESS_TOOL_EXPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "harness/tool/rawlog.h"
#include "harness/tool/reference.h"
#include "harness/tool/result.h"

struct export_job {
    const struct result *result;       /* NULL for a trace */
    const struct reference *reference; /* what a gate compares with, or NULL */
    const struct rawlog *trace;        /* a log with tracepoints; NULL for a result */
};

enum export_source { EXPORT_RESULT, EXPORT_GATE, EXPORT_TRACE };

struct export_format {
    const char *name, *summary;
    enum export_source source;
    bool (*write)(FILE *out, const struct export_job *job, struct error *e);
};

extern const struct export_format export_formats[]; /* ends with a NULL name */
const struct export_format *export_format_find(const char *name);

/* Writers, one file for each family. */
bool export_csv(FILE *out, const struct export_job *job, struct error *e);
bool export_benchstat(FILE *out, const struct export_job *job, struct error *e);
bool export_action_benchmark(FILE *out, const struct export_job *job, struct error *e);
bool export_sel4bench(FILE *out, const struct export_job *job, struct error *e);
bool export_openmetrics(FILE *out, const struct export_job *job, struct error *e);
bool export_junit(FILE *out, const struct export_job *job, struct error *e);
bool export_tap(FILE *out, const struct export_job *job, struct error *e);
bool export_perfetto(FILE *out, const struct export_job *job, struct error *e);

#endif
