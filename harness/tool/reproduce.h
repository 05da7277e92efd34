/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A table of a paper beside what is measured here: its definition (baselines/published/tables/<id>.json, whose README tells the members), the
 * numbers that were published, our rows, and whether what the paper claims holds. Ratios are taken within one machine alone.
 */
#ifndef HARNESS_TOOL_REPRODUCE_H
#define HARNESS_TOOL_REPRODUCE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "harness/tool/published.h"
#include "harness/tool/reference.h"
#include "harness/tool/result.h"

#define REPRODUCE_SCHEMA "tollgate-table/1"
#define REPRODUCE_REPORT_SCHEMA "tollgate-reproduction/1"
#define REPRODUCE_TERMS_MAX 16

/* Conditions of the kernel's machine under which rows are taken. */
struct reproduce_condition {
    const char *name;
    unsigned cpus;
    const char *cmdline;
    const char *accepted; /* name of the reference that holds the rows; NULL: the system's own */
    const char *rung;     /* guards against speculation (kernel option mitigations=), or NULL: of a ladder the rows of that rung */
    const char *caches, *misses; /* both or neither: geometry of the footprint plugin's models, and the one whose misses are the figure */
};

/* They say the same, whatever their names. */
bool reproduce_condition_same(const struct reproduce_condition *a, const struct reproduce_condition *b);

struct reproduce_term {
    const char *row;      /* "workload variant" */
    double times;
    bool linux;           /* a question to Linux */
};

struct reproduce_measured {
    bool there;
    double value;
    char unit[80], machine[160];
    char why[320];        /* when it is not there */
};

struct reproduce_line {
    const char *id, *label, *note;
    const struct published_number *published; /* NULL: ours alone */
    struct reproduce_term terms[REPRODUCE_TERMS_MAX];
    size_t term_count;    /* 0: not measured, and `absent` says why */
    const char *absent;
    double bytes;         /* not 0: what is shown is bytes for each 1000 units of the sum */
    const struct reproduce_condition *condition;
    const struct reproduce_line *base; /* what ratios are to, or NULL */
    struct reproduce_measured measured;
};

enum reproduce_sense { AT_LEAST, AT_MOST, ABOUT };
enum reproduce_verdict { HOLDS, WEAKER, FAILS, NOT_MEASURED };

struct reproduce_claim {
    const char *text, *note;
    const struct reproduce_line *over, *under;
    const struct published_number *number; /* the ratio as printed; NULL: made of the numbers of the two lines, or the text's own */
    enum reproduce_sense sense;
    double published;     /* ratio */
    double within;        /* of ABOUT: a factor */
    double measured;      /* ratio, valid unless NOT_MEASURED */
    enum reproduce_verdict verdict;
    char why[400];
};

struct reproduce_table {
    char *id;
    const char *title, *did, *ours;
    const struct published_number *origin; /* some number of the source: who wrote it, and where */
    const char *place;    /* table or figure there */
    struct reproduce_condition *conditions;
    struct reproduce_line *lines;
    struct reproduce_claim *claims;
    size_t condition_count, line_count, claim_count;
    json_t *root;         /* owns the strings */
};

/* Definition `id` of `folder`. `published` must outlive it. Refuses what it does not understand: unknown members, a published number that is
 * not there or not the only one, a claim over unlike units, a line that is neither measured nor says why. */
bool reproduce_read(const char *folder, const char *id, const struct published *published, struct reproduce_table *table, struct error *e);
/* The same for the bytes of a file. */
bool reproduce_decode(const char *bytes, size_t size, const char *id, const struct published *published, struct reproduce_table *table, struct error *e);
void reproduce_free(struct reproduce_table *table);
/* Names of all definitions of `folder`, sorted, with an end of NULL; free each and the list. */
char **reproduce_names(const char *folder, struct error *e);

/* Where rows come from: a result or a reference, owned. */
struct reproduce_source {
    const struct reproduce_condition *condition; /* rows of this condition alone; NULL: of any */
    const char *name;     /* of the file, for messages; NULL: it was run */
    bool linux;           /* with a condition: which system it measured */
    struct result result;
    struct reference reference;
    json_t *misses;       /* condition with caches: row -> misses a sample */
    json_t *commit;       /* of accepted misses: where they were counted; or NULL */
};

/* Fills the measured members of lines and claims. A row that two sources give with unlike counts is refused. */
bool reproduce_measure(struct reproduce_table *table, const struct reproduce_source *sources, size_t count, struct error *e);

struct reproduce_style {
    bool markdown;
    const char *command;  /* what prints this */
    size_t width;         /* of the terminal, which lines are broken for; 0: lines stay whole */
};
void reproduce_print(FILE *out, const struct reproduce_table *table, const struct reproduce_source *sources, size_t count,
                     const struct reproduce_style *style);
/* Claims and verdicts; of several tables, one after the other. */
void reproduce_claims_head(FILE *out, bool markdown);
void reproduce_claims_print(FILE *out, const struct reproduce_table *table, const struct reproduce_style *style);
/* How many claims of several tables have which verdict. */
struct reproduce_verdicts {
    size_t count[NOT_MEASURED + 1];
};
void reproduce_verdicts_count(struct reproduce_verdicts *verdicts, const struct reproduce_table *table);
void reproduce_verdicts_print(FILE *out, const struct reproduce_verdicts *verdicts);
json_t *reproduce_json(const struct reproduce_table *table);
/* FILE.svg and the like: a panel for each unit, published hatched. */
bool reproduce_plot(const struct reproduce_table *table, const char *path, struct error *e);

const char *reproduce_verdict_text(enum reproduce_verdict verdict);
const char *reproduce_sense_text(enum reproduce_sense sense);
/* What the system is called, and its unit, target and machine as ratios see it. */
const char *reproduce_source_target(const struct reproduce_source *source);

#endif
