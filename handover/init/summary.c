/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Records (results/FORMAT.md section 1) are not checked here: whoever imports the log does that. A row whose histogram makes no sense is left out.
 */
#include "handover/init/summary.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINES_MAX 24
#define PAIRS_MAX 4096

struct row {
    char workload[64], variant[128], unit[16];
    uint64_t batch, overhead;
    struct { uint64_t value, count; } pair[PAIRS_MAX];
    unsigned pairs;
};

static void field_take(const char *line, const char *key, char *to, size_t bytes)
{
    char mark[32];
    snprintf(mark, sizeof mark, " %s=", key);
    const char *at = strstr(line, mark);
    at = at ? at + strlen(mark) : "";
    snprintf(to, bytes, "%.*s", (int)strcspn(at, " "), at);
}

static void row_open(struct row *r, const char *line)
{
    char number[32];
    memset(r, 0, sizeof *r);
    field_take(line, "workload", r->workload, sizeof r->workload);
    field_take(line, "variant", r->variant, sizeof r->variant);
    field_take(line, "unit", r->unit, sizeof r->unit);
    field_take(line, "batch", number, sizeof number);
    r->batch = strtoull(number, NULL, 10);
    field_take(line, "overhead", number, sizeof number);
    r->overhead = strtoull(number, NULL, 10);
}

static void pairs_take(struct row *r, const char *at)
{
    unsigned long long value, count;
    int used;
    for (; r->pairs < PAIRS_MAX && sscanf(at, " %llu:%llu%n", &value, &count, &used) == 2; at += used) {
        r->pair[r->pairs].value = value;
        r->pair[r->pairs++].count = count;
    }
}

/* Nearest rank, as the host tool has it; false without samples. */
static bool median_find(const struct row *r, uint64_t *median)
{
    uint64_t all = 0, seen = 0;
    for (unsigned i = 0; i < r->pairs; i++)
        all += r->pair[i].count;
    for (unsigned i = 0; i < r->pairs; i++)
        if ((seen += r->pair[i].count) * 2 >= all && all) {
            *median = r->pair[i].value;
            return true;
        }
    return false;
}

/* Calls and round trips with the least message, many at a time. */
static bool is_main(const struct row *r)
{
    size_t n = strlen(r->workload);
    bool is_linux = strncmp(r->workload, "linux.", 6) == 0;
    bool round_trip = n > 11 && strcmp(r->workload + n - 11, ".round_trip") == 0;
    return strstr(r->variant, "method=batched") &&
           (is_linux ? round_trip && strncmp(r->variant, "bytes=1,", 8) == 0 : strncmp(r->workload, "ipc.", 4) == 0 && !strstr(r->variant, "path=slow"));
}

static bool row_say(const struct row *r, void (*say)(const char *line))
{
    char line[320];
    uint64_t median;
    if (!r->batch || !is_main(r) || !median_find(r, &median))
        return false;
    snprintf(line, sizeof line, "%12.1f %-12s %s %s", ((double)median - (double)r->overhead) / (double)r->batch, r->unit, r->workload, r->variant);
    say(line);
    return true;
}

unsigned summary_make(const struct bytes *log, void (*say)(const char *line))
{
    static struct row row;
    static char line[4096];
    unsigned rows = 0, said = 0;
    for (size_t at = 0; at < log->used;) {
        const char *end = memchr(log->at + at, '\n', log->used - at);
        size_t n = end ? (size_t)(end - log->at) - at : log->used - at;
        snprintf(line, sizeof line, "%.*s", (int)(n < sizeof line ? n : sizeof line - 1), log->at + at);
        at += n + 1;
        char *kind = strncmp(line, "@tg ", 4) == 0 ? strchr(line + 4, ' ') : NULL;
        if (!kind)
            continue;
        if (strncmp(kind, " row ", 5) == 0)
            row_open(&row, kind + 4);
        else if (strncmp(kind, " hist ", 6) == 0)
            pairs_take(&row, kind + 5);
        else if (strncmp(kind, " endrow ", 8) == 0) {
            rows++;
            said += said < LINES_MAX && row_say(&row, say);
        }
    }
    return rows;
}
