/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Our rows for the lines of a table, and what they say of its claims; see reproduce.h. A machine is unit and emulator, or unit and CPU: numbers of
 * unlike machines are neither added nor divided.
 */
#include <math.h>
#include <string.h>

#include "harness/tool/reproduce.h"

const char *reproduce_source_target(const struct reproduce_source *source)
{
    const char *target = source->reference.root ? reference_text(&source->reference, "target") : result_context(&source->result, "target");
    if (source->misses && !target)
        target = "qemu, model of caches";
    return target ? target : "unknown";
}

/* Instructions of one emulator are of one machine, whichever system runs in it; time is of one CPU. */
static void machine_name(const struct reproduce_source *source, const char *unit, char *text, size_t bytes)
{
    const char *target = reproduce_source_target(source), *cpu = source->reference.root ? NULL : result_context(&source->result, "cpu_model");
    if (source->misses)
        snprintf(text, bytes, "%s, %s", unit, source->condition->caches);
    else if (strcmp(unit, "instructions") == 0)
        snprintf(text, bytes, "%s, %s", unit, strncmp(target, "bochs", 5) == 0 ? "bochs" : strstr(target, "qemu") ? "qemu" : target);
    else
        snprintf(text, bytes, "%s, %s", unit, cpu ? cpu : target);
}

/* Misses of a sample in a model of caches. */
static bool row_misses(const struct reproduce_source *source, const char *name, double *value, const char **unit)
{
    static const char *const units[][2] = { { "l1i", "misses of l1i" }, { "l1d", "misses of l1d" }, { "itlb", "misses of itlb" },
                                            { "dtlb", "misses of dtlb" }, { "l2", "misses of l2" } };
    const json_t *misses = json_object_get(source->misses, name);
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (strcmp(units[i][0], source->condition->misses) == 0)
            *unit = units[i][1];
    *value = json_number_value(misses);
    return misses != NULL;
}

/* The row's corrected median. `prefix`: of the variant, in sources that hold several rungs. */
static bool row_value(const struct reproduce_source *source, const char *prefix, const char *name, double *value, const char **unit)
{
    char workload[128], prefixed[512];
    size_t length = strcspn(name, " ");
    snprintf(prefixed, sizeof prefixed, "%.*s %s%s", (int)length, name, prefix, name + length + 1);
    if (source->misses)
        return row_misses(source, name, value, unit);
    if (source->reference.root) {
        const json_t *row = json_object_get(json_object_get(source->reference.root, "rows"), prefixed);
        *value = json_number_value(json_object_get(row, "corrected"));
        *unit = reference_text(&source->reference, "unit");
        return row != NULL;
    }
    snprintf(workload, sizeof workload, "%.*s", (int)length, name);
    const struct result_row *row = result_find(&source->result, workload, prefixed + length + 1);
    *value = row ? row->corrected : 0;
    *unit = row ? row->unit : "";
    return row != NULL;
}

static const char *skip_reason(const struct reproduce_source *sources, size_t count, const char *name)
{
    size_t length = strcspn(name, " ");
    for (size_t s = 0; s < count; s++) {
        size_t i;
        json_t *skip;
        json_array_foreach(sources[s].result.skipped, i, skip) {
            const char *workload = json_string_value(json_object_get(skip, "workload"));
            if (workload && strlen(workload) == length && strncmp(workload, name, length) == 0)
                return json_string_value(json_object_get(skip, "reason"));
        }
    }
    return NULL;
}

static bool source_serves(const struct reproduce_source *source, const struct reproduce_line *line)
{
    if (!source->condition) /* a result that was given: of which conditions it is, its rows say alone, and none holds misses */
        return !line->condition->caches;
    return source->linux == line->terms[0].linux && reproduce_condition_same(source->condition, line->condition);
}

/* "mitigations=pti,", as rows of a ladder begin; a run under that rung alone has no such mark. */
static void prefix_make(const struct reproduce_source *source, const struct reproduce_line *line, char prefix[80])
{
    bool marked = line->condition->rung && (source->reference.root || !source->condition);
    snprintf(prefix, 80, "%s%.60s%s", marked ? "mitigations=" : "", marked ? line->condition->rung : "", marked ? "," : "");
}

/* One term; *found stays false where no source has it. */
static bool term_measure(const struct reproduce_line *line, const char *name, const struct reproduce_source *sources, size_t count, double *value,
                         const char **unit, char machine[160], bool *found, struct error *e)
{
    const struct reproduce_source *first = NULL;
    for (size_t s = 0; s < count; s++) {
        double other;
        const char *other_unit = "";
        char other_machine[160];
        char prefix[80];
        prefix_make(&sources[s], line, prefix);
        if (!source_serves(&sources[s], line) || !row_value(&sources[s], prefix, name, &other, &other_unit))
            continue;
        machine_name(&sources[s], other_unit, other_machine, sizeof other_machine);
        if (first && (other != *value || strcmp(other_machine, machine) != 0))
            return error_set(e, "%.300s is in %.200s and, otherwise, in %.200s", name, first->name ? first->name : "a run",
                             sources[s].name ? sources[s].name : "a run");
        first = &sources[s];
        *value = other;
        *unit = other_unit;
        snprintf(machine, 160, "%s", other_machine);
    }
    *found = first != NULL;
    return true;
}

static bool line_measure(struct reproduce_line *line, const struct reproduce_source *sources, size_t count, struct error *e)
{
    struct reproduce_measured *m = &line->measured;
    *m = (struct reproduce_measured){ .there = line->term_count > 0 };
    if (!m->there)
        snprintf(m->why, sizeof m->why, "%s", line->absent);
    for (size_t i = 0; i < line->term_count; i++) {
        double value = 0;
        const char *unit = "", *name = line->terms[i].row, *reason;
        char machine[160] = "";
        bool found = false;
        if (!term_measure(line, name, sources, count, &value, &unit, machine, &found, e))
            return false;
        if (!found) {
            reason = skip_reason(sources, count, name);
            snprintf(m->why, sizeof m->why, "%.200s: %s", name, reason ? reason : line->condition->caches ? "misses are counted by a plugin of target qemu" : "no such row");
            m->there = false;
            return true;
        }
        if (i > 0 && strcmp(machine, m->machine) != 0)
            return error_set(e, "line \"%.80s\" adds rows of unlike machines", line->id);
        snprintf(m->machine, sizeof m->machine, "%s", machine);
        snprintf(m->unit, sizeof m->unit, "%s", unit);
        m->value += line->terms[i].times * value;
    }
    if (m->there && line->bytes > 0) {
        char unit[40];
        snprintf(unit, sizeof unit, "%.39s", m->unit);
        m->there = m->value > 0;
        m->value = line->bytes * 1000 / m->value;
        snprintf(m->unit, sizeof m->unit, "bytes per 1000 %s", unit);
        snprintf(m->why, sizeof m->why, "%s", m->there ? "" : "a cost that is not positive gives no bandwidth");
    }
    return true;
}

static enum reproduce_verdict claim_judge(const struct reproduce_claim *c)
{
    double p = c->published, m = c->measured;
    switch (c->sense) {
    case AT_LEAST: return m >= p ? HOLDS : p > 1 && m > 1 ? WEAKER : FAILS;
    case AT_MOST: return m <= p ? HOLDS : p < 1 && m < 1 ? WEAKER : FAILS;
    case ABOUT: return m <= p * c->within && m >= p / c->within ? HOLDS : FAILS;
    }
    return NOT_MEASURED;
}

static void claim_measure(struct reproduce_claim *c)
{
    const struct reproduce_measured *a = &c->over->measured, *b = &c->under->measured;
    c->verdict = NOT_MEASURED;
    c->why[0] = 0;
    if (!a->there || !b->there)
        snprintf(c->why, sizeof c->why, "%s", a->there ? b->why : a->why);
    else if (strcmp(a->machine, b->machine) != 0)
        snprintf(c->why, sizeof c->why, "rows of unlike machines: %s; %s", a->machine, b->machine);
    else if (!(a->value > 0 && b->value > 0))
        snprintf(c->why, sizeof c->why, "a cost that is not positive gives no ratio");
    else {
        c->measured = a->value / b->value;
        c->verdict = claim_judge(c);
    }
}

bool reproduce_measure(struct reproduce_table *table, const struct reproduce_source *sources, size_t count, struct error *e)
{
    for (size_t i = 0; i < table->line_count; i++)
        if (!line_measure(&table->lines[i], sources, count, e))
            return error_prefix(e, "%s", table->id);
    for (size_t i = 0; i < table->claim_count; i++)
        claim_measure(&table->claims[i]);
    return true;
}
