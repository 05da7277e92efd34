/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the footprint plugin wrote (results/FORMAT.md, "Footprint"), read strictly and joined with the rows of the same run. The lengths of
 * the plugin's windows must be the samples of the row, value by value: both counted the same instructions, or nothing is said.
 */
#ifndef HARNESS_TOOL_FOOTPRINT_H
#define HARNESS_TOOL_FOOTPRINT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "harness/tool/error.h"
#include "harness/tool/result.h"

#define FOOTPRINT_SCHEMA "tollgate-footprint/1"
#define FOOTPRINT_CACHES 5 /* l1i, l1d, itlb, dtlb, l2 */
#define FOOTPRINT_STATES 4 /* warm, l1_evicted, tlb_flushed, cold */

extern const char *const footprint_cache_names[FOOTPRINT_CACHES];
extern const char *const footprint_state_names[FOOTPRINT_STATES];

struct footprint_code {
    uint64_t address, place, bytes, count;
};

struct footprint_data {
    uint64_t address, line, pc, loads, stores;
};

/* Windows of one sequence of addresses. */
struct footprint_profile {
    uint64_t windows, instructions, user, transfers, loads, stores, device;
    uint64_t kept[FOOTPRINT_CACHES], flushed[FOOTPRINT_CACHES]; /* misses, sums over the windows */
    struct footprint_code *code;
    struct footprint_data *data;
    size_t code_count, data_count;
};

struct footprint_row {
    uint64_t windows;
    struct histogram_pair *lengths; /* ascending */
    size_t length_count;
    struct footprint_profile *profiles;
    size_t profile_count;
    uint64_t profiled; /* windows of all profiles together */
};

struct footprint {
    struct {
        uint64_t sets, ways;
    } geometry[FOOTPRINT_CACHES];
    struct footprint_row *rows; /* as the guest measured them */
    size_t row_count;
};

bool footprint_decode(const char *bytes, size_t size, struct footprint *footprint, struct error *e);
bool footprint_read(const char *path, struct footprint *footprint, struct error *e);
void footprint_free(struct footprint *footprint);
/* As many rows, and each of the same samples as that of the result. */
bool footprint_agrees(const struct footprint *footprint, const struct result *result, struct error *e);
/* The profile that most windows have; the first of several. */
const struct footprint_profile *footprint_typical(const struct footprint_row *row);

/* Distinct lines and pages of one side. */
struct footprint_side {
    uint64_t instructions, code_lines, data_lines, pages;
};
enum footprint_space { SPACE_KERNEL, SPACE_USER, SPACES };
extern const char *const footprint_space_names[SPACES];
enum footprint_space footprint_space_of(uint64_t address);
struct footprint_side footprint_side(const struct footprint_profile *p, enum footprint_space space);
/* Misses of a model that goes on from window to window, of all windows that have a profile; *windows is how many. */
uint64_t footprint_row_misses(const struct footprint_row *row, size_t cache, uint64_t *windows);
/* Misses of a state per window. The second level is emptied in the cold state alone. */
double footprint_misses(const struct footprint_profile *p, size_t state, size_t cache);

#endif
