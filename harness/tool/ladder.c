/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Rungs into one result; see ladder.h.
 */
#include "harness/tool/ladder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/tool/floor.h"

/* Each guard with sites on the way through the kernel alone, then the sum of them in the order in which CPUs came to need them. */
const char *const ladder_rungs[LADDER_RUNGS] = { "off", "verw", "ibpb", "pti", "pti,verw", "pti,verw,ibpb", "ibrs,ssbd" };

char *ladder_rung_name(size_t rung)
{
    char *name;
    if (asprintf(&name, LADDER_MARK "%s", ladder_rungs[rung]) < 0)
        abort();
    for (char *comma = strchr(name, ','); comma; comma = strchr(comma, ','))
        *comma = '+';
    return name;
}

size_t ladder_prefix_bytes(const char *variant)
{
    const size_t mark = sizeof LADDER_MARK - 1;
    size_t bytes = strcspn(variant, ",");
    return strncmp(variant, LADDER_MARK, mark) == 0 && bytes > mark && variant[bytes] == ',' ? bytes + 1 : 0;
}

bool ladder_is(const struct result *result)
{
    return result->row_count > 0 && ladder_prefix_bytes(result->rows[0].variant) > 0;
}

/* --- context --- */

/* "off|verw|pti+verw": what a context of several rungs says where that of one names it. */
static char *rungs_text(void)
{
    char *text = NULL;
    size_t bytes;
    FILE *out = open_memstream(&text, &bytes);
    if (!out)
        abort();
    for (size_t i = 0; i < LADDER_RUNGS; i++) {
        char *name = ladder_rung_name(i);
        fprintf(out, "%s%s", i ? "|" : "", name + sizeof LADDER_MARK - 1);
        free(name);
    }
    fclose(out);
    return text;
}

/* The guest's command line of the first rung says "mitigations=off": the ladder's says all. */
static bool command_line_set(json_t *context, const char *rungs)
{
    static const char key[] = "cmdline";
    char *text, *first = ladder_rung_name(0);
    const char *old = json_string_value(json_object_get(context, key)), *at = old ? strstr(old, first) : NULL;
    bool ok = true;
    if (at) {
        if (asprintf(&text, "%.*s" LADDER_MARK "%s%s", (int)(at - old), old, rungs, at + strlen(first)) < 0)
            abort();
        ok = json_object_set_new(context, key, json_string(text)) == 0;
        free(text);
    }
    free(first);
    return ok;
}

static json_t *context_make(const struct result *first)
{
    json_t *context = json_copy(first->context);
    char *rungs = rungs_text();
    if (!context || json_object_set_new(context, "mitigations", json_string(rungs)) != 0 || !command_line_set(context, rungs)) {
        json_decref(context);
        context = NULL;
    }
    free(rungs);
    return context;
}

/* --- rows --- */

static bool rung_check(const struct result *rungs, size_t i, struct error *e)
{
    const char *in_force = result_context(&rungs[i], "mitigations"), *unit = result_context(&rungs[i], "unit");
    if (!in_force || strcmp(in_force, ladder_rungs[i]) != 0)
        return error_set(e, "asked for mitigations=%s, but in force was \"%.80s\"", ladder_rungs[i], in_force ? in_force : "(not stated)");
    if (!unit || strcmp(unit, result_context(&rungs[0], "unit")) != 0)
        return error_set(e, "mitigations=%s was measured in \"%.40s\", the first rung was not", ladder_rungs[i], unit ? unit : "(not stated)");
    return true;
}

static bool row_take(struct result_row *from, const char *name, struct result *ladder, struct error *e)
{
    char *variant;
    if (ladder_prefix_bytes(from->variant) > 0)
        return error_set(e, "row \"%.120s %.240s\" is of a ladder already", from->workload, from->variant);
    if (asprintf(&variant, "%s,%s", name, from->variant) < 0)
        return error_set(e, "out of memory");
    struct result_row *row = &ladder->rows[ladder->row_count++];
    *row = *from;
    *from = (struct result_row){ 0 };
    free(row->variant);
    row->variant = variant;
    return true;
}

static bool rung_take(struct result *rung, size_t i, struct result *ladder, struct error *e)
{
    char *name = ladder_rung_name(i);
    bool ok = true;
    for (size_t j = 0; ok && j < rung->row_count; j++)
        ok = row_take(&rung->rows[j], name, ladder, e);
    free(name);
    return ok;
}

bool ladder_merge(struct result *rungs, struct result *ladder, struct error *e)
{
    size_t rows = 0;
    *ladder = (struct result){ 0 };
    for (size_t i = 0; i < LADDER_RUNGS; i++) {
        if (!rung_check(rungs, i, e))
            return false;
        rows += rungs[i].row_count;
    }
    *ladder = (struct result){ .context = context_make(&rungs[0]), .skipped = json_incref(rungs[0].skipped),
                               .tests = json_incref(rungs[0].tests), .rows = calloc(rows + 1, sizeof *ladder->rows) };
    bool ok = (ladder->context && ladder->rows) || error_set(e, "out of memory");
    for (size_t i = 0; ok && i < LADDER_RUNGS; i++)
        ok = rung_take(&rungs[i], i, ladder, e);
    if (ok)
        floors_derive(ladder);
    else
        result_free(ladder);
    return ok;
}
