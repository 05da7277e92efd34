/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Two results, row by row. Instructions are exact: any change is a change. For cycles and ns a verdict needs both significance
 * (rank-sum test, p < 0.01 after Holm's correction over all rows) and effect (median moved by max(3, 1 %) or more). Where both rows
 * hold several boots, the samples of the test are the boots' medians.
 */
#ifndef HARNESS_TOOL_COMPARE_H
#define HARNESS_TOOL_COMPARE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "harness/tool/result.h"
#include "harness/tool/stats_bootstrap.h"

#define COMPARE_P_MAX 0.01
#define COMPARE_EFFECT_MIN 3.0       /* cycles or ns per operation */
#define COMPARE_EFFECT_SHARE_MIN 0.01

enum verdict {
    VERDICT_IDENTICAL,         /* instructions: every sample equal */
    VERDICT_INDISTINGUISHABLE, /* cycles, ns */
    VERDICT_FASTER,
    VERDICT_SLOWER,
    VERDICT_CHANGED,           /* instructions: other samples, same median and mean */
    VERDICT_NEW,               /* only in B */
    VERDICT_MISSING,           /* only in A */
    VERDICT_UNLIKE,            /* forced: one name, but not one question */
    VERDICT_COUNT,
};

struct comparison_row {
    const struct result_row *a, *b; /* NULL for a row that is not there */
    enum verdict verdict;
    const char *unlike;             /* field in which the two differ; NULL but for VERDICT_UNLIKE */
    bool by_boots;                  /* medians and p are those of the boots */
    double median_a, median_b;      /* per operation */
    double change;                  /* b - a */
    bool has_share, has_p, has_ratio, has_detectable;
    double share;                   /* change / a's median */
    double p;                       /* corrected */
    struct ratio_interval ratio;    /* 95 % of b / a */
    double detectable;              /* smallest shift of all of B's samples, either way, that would have been called */
};

struct comparison {
    struct comparison_row *rows; /* ascending by name */
    size_t count, tests;         /* tests: rows that Holm's correction covers */
    size_t verdicts[VERDICT_COUNT];
    json_t *environment; /* object: context key -> [value in A, value in B] for those that differ; null where missing */
};

/* Points into a and b, which must outlive it. Refuses results of unlike targets or, in cycles and ns, unlike processors, and rows of
 * one name that are unlike in unit or in what they measure; with `force` such rows get VERDICT_UNLIKE and no arithmetic. */
bool compare_results(const struct result *a, const struct result *b, bool force, struct comparison *c, struct error *e);
void comparison_free(struct comparison *c);
const char *verdict_name(enum verdict verdict);
/* Whether B is worse than A, or nobody can tell: slower, changed, missing or unlike rows. */
bool comparison_regressed(const struct comparison *c);

#endif
