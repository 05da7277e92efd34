/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Facts of this machine that decide what figures taken on its CPU are worth, each with its effect and the remedy. Emulated targets
 * that count instructions do not depend on any of them.
 */
#ifndef HARNESS_TOOL_PROBE_H
#define HARNESS_TOOL_PROBE_H

#include <stdbool.h>
#include <stddef.h>

enum fact_grade {
    FACT_FINE,
    FACT_NOTE,    /* changes figures: compare only with machines that are alike */
    FACT_NOISE,   /* makes figures spread, or wrong */
    FACT_UNKNOWN, /* the machine does not tell */
};

struct fact {
    const char *name;
    enum fact_grade grade;
    char value[256];
    const char *effect; /* NULL when the grade is FACT_FINE */
    const char *remedy; /* NULL likewise, or when nothing can be done */
};

#define FACTS_MAX 16

/* Fills at most FACTS_MAX facts, always the same ones in the same order. `root`: prefix of /proc and /sys, "" but in tests. */
size_t host_facts(const char *root, struct fact *facts);
const char *fact_grade_name(enum fact_grade grade);
/* Value of a fact by its name, or NULL. */
const char *fact_value(const struct fact *facts, size_t count, const char *name);
/* First value of `key` in /proc/cpuinfo ("model name", "microcode", "flags"); false when there is none. */
bool host_cpuinfo(const char *root, const char *key, char *value, size_t bytes);

#endif
