/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Reader of baselines/published/measured_peers.csv; see report_peers.h.
 */
#include "harness/tool/report_peers.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/tool/file.h"

#define PEERS_BYTES_MAX (1u << 20)
#define COLUMNS 7

static const char header[] = "system,variant,operation,direction,unit,value,note";

enum column { SYSTEM, VARIANT, OPERATION, DIRECTION, UNIT, VALUE, NOTE };

/* Cuts a line at its commas; the last column takes the rest. Returns the number of columns. */
static size_t line_split(char *line, char *column[COLUMNS])
{
    size_t n = 0;
    while (n < COLUMNS - 1) {
        column[n++] = line;
        line = strchr(line, ',');
        if (!line)
            return n;
        *line++ = 0;
    }
    column[n++] = line;
    return n;
}

/* "len=4" or "words=0..7" in a variant. */
static bool words_parse(const char *variant, uint64_t *low, uint64_t *high)
{
    static const char *const keys[] = { "len=", "words=" };
    for (size_t i = 0; i < 2; i++) {
        const char *at = strstr(variant, keys[i]);
        if (!at)
            continue;
        int n = sscanf(at + strlen(keys[i]), "%" SCNu64 "..%" SCNu64, low, high);
        if (n == 1)
            *high = *low;
        return n >= 1 && *low <= *high;
    }
    return false;
}

static bool value_add(struct peers *peers, char *column[COLUMNS], struct error *e)
{
    struct peer_value v = { 0 };
    char *end;
    errno = 0;
    v.value = strtod(column[VALUE], &end);
    if (errno || end == column[VALUE] || *end || !isfinite(v.value) || v.value <= 0)
        return error_set(e, "\"%s\" is not a count of instructions", column[VALUE]);
    if (!words_parse(column[VARIANT], &v.words_low, &v.words_high))
        return error_set(e, "\"%s\" does not say how many words", column[VARIANT]);
    struct peer_value *grown = reallocarray(peers->values, peers->count + 1, sizeof *grown);
    if (!grown)
        return error_set(e, "out of memory");
    peers->values = grown;
    v.system = strdup(column[SYSTEM]);
    v.variant = strdup(column[VARIANT]);
    v.note = strdup(column[NOTE]);
    peers->values[peers->count++] = v;
    if (!v.system || !v.variant || !v.note)
        return error_set(e, "out of memory");
    return true;
}

static bool line_read(struct peers *peers, char *line, struct error *e)
{
    char *column[COLUMNS];
    line[strcspn(line, "\r")] = 0;
    if (line_split(line, column) != COLUMNS)
        return error_set(e, "not %d columns", COLUMNS);
    if (strcmp(column[OPERATION], "ipc_inter") != 0 || strcmp(column[DIRECTION], "round_trip") != 0
        || strcmp(column[UNIT], "instructions") != 0)
        return true;
    return value_add(peers, column, e);
}

bool peers_read(const char *path, struct peers *peers, struct error *e)
{
    char *text, *rest;
    size_t size, number = 0;
    *peers = (struct peers){ 0 };
    if (!file_read(path, PEERS_BYTES_MAX, &text, &size, e))
        return false;
    rest = text;
    bool good = true;
    for (char *line; good && (line = strsep(&rest, "\n")); number++) {
        if (number == 0)
            good = strncmp(line, header, strlen(header)) == 0 || error_set(e, "another header than \"%s\"", header);
        else if (*line)
            good = line_read(peers, line, e);
    }
    if (!good) {
        error_prefix(e, "%s: line %zu", path, number);
        peers_free(peers);
    }
    free(text);
    return good;
}

void peers_free(struct peers *peers)
{
    for (size_t i = 0; i < peers->count; i++) {
        free(peers->values[i].system);
        free(peers->values[i].variant);
        free(peers->values[i].note);
    }
    free(peers->values);
    *peers = (struct peers){ 0 };
}

const struct peer_value *peers_best(const struct peers *peers, const char *system, uint64_t words)
{
    const struct peer_value *best = NULL;
    for (size_t i = 0; i < peers->count; i++) {
        const struct peer_value *v = &peers->values[i];
        if (strcmp(v->system, system) == 0 && v->words_low <= words && words <= v->words_high
            && (!best || v->value < best->value))
            best = v;
    }
    return best;
}

size_t peers_systems(const struct peers *peers, const char *names[], size_t limit)
{
    size_t n = 0;
    for (size_t i = 0; i < peers->count; i++) {
        bool known = false;
        for (size_t j = 0; j < n && j < limit; j++)
            known |= strcmp(names[j], peers->values[i].system) == 0;
        if (known)
            continue;
        if (n < limit)
            names[n] = peers->values[i].system;
        n++;
    }
    return n;
}
