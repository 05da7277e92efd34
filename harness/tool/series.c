/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See series.h.
 */
#include "harness/tool/series.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

void series_add(struct series *series, struct result *result)
{
    struct result *grown = realloc(series->results, (series->count + 1) * sizeof *grown);
    if (!grown)
        abort();
    series->results = grown;
    series->results[series->count++] = *result;
    *result = (struct result){ 0 };
}

/* Options that say how a boot ends and where its log lies, not what is measured: the last of a series ends otherwise. */
static bool word_tells(const char *word)
{
    static const char *const silent[] = { "tollgate.after=", "tollgate.result=", "tollgate.wait=", "tollgate.hold=", "panic=" };
    for (size_t i = 0; i < sizeof silent / sizeof *silent; i++)
        if (strncmp(word, silent[i], strlen(silent[i])) == 0)
            return false;
    return true;
}

/* The next word that tells something, or the end. */
static const char *word_next(const char *at)
{
    at += strspn(at, " ");
    while (*at && !word_tells(at)) {
        at += strcspn(at, " ");
        at += strspn(at, " ");
    }
    return at;
}

static bool options_alike(const char *a, const char *b)
{
    for (a = word_next(a), b = word_next(b); *a && *b; a = word_next(a), b = word_next(b)) {
        size_t n = strcspn(a, " ");
        if (n != strcspn(b, " ") || strncmp(a, b, n) != 0)
            return false;
        a += n;
        b += n;
    }
    return !*a && !*b;
}

static bool is_alike(const struct result *a, const struct result *b)
{
    static const char *const keys[] = { "target", "unit", "cmdline", "mitigations", "cpus", "cpu_model", "fast_path", "commit", "kernel", "machine" };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const char *x = result_context(a, keys[i]), *y = result_context(b, keys[i]);
        if (!x != !y || (x && !(strcmp(keys[i], "cmdline") == 0 ? options_alike(x, y) : strcmp(x, y) == 0)))
            return false;
    }
    return true;
}

size_t series_group(struct series *series, size_t first)
{
    size_t end = first + 1;
    for (size_t i = end; i < series->count; i++) {
        if (!is_alike(&series->results[first], &series->results[i]))
            continue;
        struct result found = series->results[i]; /* the others keep their order */
        memmove(&series->results[end + 1], &series->results[end], (i - end) * sizeof found);
        series->results[end++] = found;
    }
    return end - first;
}

void series_free(struct series *series)
{
    for (size_t i = 0; i < series->count; i++)
        result_free(&series->results[i]);
    free(series->results);
    *series = (struct series){ 0 };
}
