/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Accepted instruction counts of a target (results/FORMAT.md section 3): made from a result, kept in git, compared exactly.
 */
#ifndef HARNESS_TOOL_REFERENCE_H
#define HARNESS_TOOL_REFERENCE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "harness/tool/error.h"
#include "harness/tool/result.h"

#define REFERENCE_SCHEMA "tollgate-reference/1"

struct reference {
    json_t *root; /* in the format of the file, checked */
};

/* Refuses a result in another unit than instructions. `reason` may be NULL for a reference that only serves comparing. */
bool reference_from_result(const struct result *result, const char *reason, struct reference *reference, struct error *e);
/* Adds what the kernel consists of (functions.h). */
bool reference_add_functions(struct reference *reference, const char *kernel, json_t *functions);
bool reference_decode(const char *bytes, size_t size, struct reference *reference, struct error *e);
bool reference_read(const char *path, struct reference *reference, struct error *e);
/* Refuses a reference without a reason. */
bool reference_write(const char *path, const struct reference *reference, struct error *e);
void reference_free(struct reference *reference);

/* A string of the head: "target", "commit", "compiler", "reason". */
const char *reference_text(const struct reference *reference, const char *key);

struct reference_difference {
    size_t same, changed, added, missing;
};

/* One line: "changed  NAME:  field a -> b (+c) ...". */
void reference_row_difference_print(FILE *out, const char *name, const json_t *before, const json_t *after);

/* Prints one line for each row that differs, when `out` is not NULL. */
struct reference_difference reference_compare(const struct reference *before, const struct reference *after, FILE *out);

#endif
