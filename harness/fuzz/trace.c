/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Tracepoints of a log: lines "cpu lost first data", each one record of the same sample. What is accepted is broken down and exported.
 */
#include "harness/fuzz/fuzz.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/tool/trace_breakdown.h"

static bool lines_take(char *text, struct trace_log *log)
{
    char *save;
    struct error e;
    bool any = false;
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        struct trace_line l = { .workload = "w", .variant = "v" };
        int used = -1;
        if (sscanf(line, "%9" SCNu64 " %9" SCNu64 " %9" SCNu64 " %n", &l.cpu, &l.lost, &l.first, &used) < 3 || used < 0)
            return false;
        l.data = line + used;
        if (!trace_log_add(log, &l, &e))
            return false;
        any = true;
    }
    return any;
}

static bool sample_use(FILE *sink, const struct trace_sample *s)
{
    struct trace_intervals v;
    struct error e;
    if (!trace_intervals_make(s, &v, &e))
        return false;
    if (v.first > v.end || v.end > v.count)
        fuzz_fail("a round trip outside of its sample");
    trace_breakdown_print(sink, s, &v, "instructions");
    json_decref(trace_breakdown_json(s, &v, "instructions"));
    trace_folded_print(sink, s, &v);
    free(v.items);
    return true;
}

bool fuzz_accepts(const uint8_t *bytes, size_t size)
{
    struct rawlog log = { .context = json_pack("{s:s}", "unit", "instructions") };
    struct error e;
    char *text = malloc(size + 1);
    FILE *sink = fopen("/dev/null", "w");
    if (!text || !sink)
        fuzz_fail("no memory, or no /dev/null");
    memcpy(text, bytes, size);
    text[size] = '\0';
    bool ok = lines_take(text, &log.traces);
    trace_log_finish(&log.traces);
    for (size_t i = 0; ok && i < log.traces.count; i++)
        ok = sample_use(sink, &log.traces.samples[i]);
    if (ok && !trace_chrome_print(sink, &log, &e))
        fuzz_fail("what can be broken down cannot be exported");
    fclose(sink);
    free(text);
    trace_log_free(&log.traces);
    json_decref(log.context);
    return ok;
}
