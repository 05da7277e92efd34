/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Reading results of Tollgate from C: build/libtollgate-result.a (link with -ljansson -lz -lm). The members of a row are made from the
 * same definition as reader, writer and JSON Schema; harness/api/example.c shows the use. A file that is not exactly what it
 * should be is refused with one line of text: what can be opened can be believed.
 */
#ifndef TOLLGATE_RESULT_H
#define TOLLGATE_RESULT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TOLLGATE_RESULT_VERSION 1

struct tollgate_sample {
    uint64_t value; /* raw: neither divided by `batch` nor corrected by `overhead` */
    uint64_t count;
};

struct tollgate_histogram {
    const struct tollgate_sample *samples; /* ascending by value */
    size_t count;
    uint64_t n; /* sum of the counts */
};

/* Texts are NULL, counts UINT64_MAX, decimals and derived figures negative where an optional field is absent. Figures are per operation, in `unit`. */
struct tollgate_row {
#define TEXT(name, needed, text) const char *name;
#define CHOICE(name, needed, words, text) const char *name;
#define COUNT(name, least, text) uint64_t name;
#define COUNT_IF(name, text) uint64_t name;
#define DECIMAL_IF(name, text) double name;
#define WORDS(name, text) const char *const *name; size_t name##_count;
#define FIGURE(name, member, needed, tolerance, text) double name;
#define DERIVED(name, text) double name;
#include "harness/api/tollgate_fields.def"
    int has_ci95;
    double ci95_low, ci95_high;
    struct tollgate_histogram histogram;
    const struct tollgate_histogram *boots; /* of each boot, when there were several */
    size_t boot_count;
};

struct tollgate_result;

/* `path`: a result file, or a folder that holds result.json. NULL: refused, and `error` (if not NULL) says why in one line. */
struct tollgate_result *tollgate_result_open(const char *path, char *error, size_t error_bytes);
void tollgate_result_close(struct tollgate_result *result);
/* Value of a context key ("target", "unit", "commit", ...) or NULL; "dirty" is "true" or "false". Valid until the result is closed. */
const char *tollgate_result_context(const struct tollgate_result *result, const char *key);
size_t tollgate_result_row_count(const struct tollgate_result *result);
/* NULL when there is no such row. Valid until the result is closed. */
const struct tollgate_row *tollgate_result_row(const struct tollgate_result *result, size_t index);
const struct tollgate_row *tollgate_result_find(const struct tollgate_result *result, const char *workload, const char *variant);

#ifdef __cplusplus
}
#endif

#endif
