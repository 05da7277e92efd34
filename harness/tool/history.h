/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Series over commits: results/history/<target>.jsonl, one JSON object a line, appended and never rewritten (results/FORMAT.md section 4).
 */
#ifndef HARNESS_TOOL_HISTORY_H
#define HARNESS_TOOL_HISTORY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "harness/tool/ancestry.h"
#include "harness/tool/result.h"

#define HISTORY_SCHEMA "tollgate-history/1"

struct history {
    json_t *entries; /* array, in the order of the file; all of one target and unit */
    struct ancestry ancestry; /* of the entries' commits: empty until history_relate */
};

/* One entry: head and, for each row, [median, ci95 low, high (null without), corrected]. New reference or NULL. */
json_t *history_entry(const struct result *result);
/* `text` ends in NUL and is no longer needed. */
bool history_decode(char *text, struct history *history, struct error *e);
bool history_read(const char *path, struct history *history, struct error *e);
/* Asks git in `repository` which commit descends from which. Fails when it does not know any of them. */
bool history_relate(struct history *history, const char *repository, struct error *e);
void history_free(struct history *history);
/* Appends one line and syncs, or leaves the file as it was. Refuses another target or unit, and a commit that is there already with other figures. */
enum history_append { HISTORY_APPENDED, HISTORY_PRESENT /* with the same figures: nothing is done */, HISTORY_REFUSED, HISTORY_UNWRITTEN };
enum history_append history_append(const char *path, const json_t *entry, struct error *e);

struct history_step {
    size_t entry;         /* index of the first entry with the new level */
    double before, after; /* median per operation: of the nearest ancestor on the longest chain, or of the segments' medians */
    double p;             /* 0 in instructions: exact */
};

/* Changes of one row ("workload variant") over the commits of a related history. A commit is compared with its ancestors alone, never with what was
 * measured on a branch that it does not hold. In instructions a median that none of the nearest ancestors with this row has is a step (a merge
 * that has the median of one of its parents is none). Otherwise each chain of nearest ancestors is a series, whose steps are the points of the greatest
 * rank-sum contrast, found by halving it again and again: p < 0.01 divided by the number of places looked at, and an effect of max(3, 1 %); so
 * four or five entries cannot show one. Steps of one chain come in its order, of all chains the longest one's first. *steps is malloc'ed. */
bool history_steps(const struct history *history, const char *row, struct history_step **steps, size_t *count, struct error *e);

#endif
