/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Reader of the definitions of tables; see reproduce.h. Invariant: strings point into the decoded file, which the table owns; nothing that is
 * not understood is passed over.
 */
#include "harness/tool/reproduce.h"

#include <dirent.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/plugin/cache_model.h"
#include "harness/tool/file.h"
#include "harness/tool/json_file.h"
#include "harness/tool/text.h"

#define ENDING ".json"
#define BYTES_MAX (1u << 20)
#define CPUS_MAX 16

/* --- members --- */

/* Every member must be one of `allowed`, words separated by blanks. */
static bool members_check(json_t *object, const char *allowed, struct error *e)
{
    const char *key;
    json_t *value;
    if (!json_is_object(object))
        return error_set(e, "is not an object");
    json_object_foreach(object, key, value)
        if (!text_is_word_of(key, allowed))
            return error_set(e, "unknown member \"%.80s\" (known: %s)", key, allowed);
    return true;
}

/* A string that says something; when it may be missing, *text stays NULL. */
static bool string_take(const json_t *object, const char *key, bool needed, const char **text, struct error *e)
{
    const json_t *value = json_object_get(object, key);
    if (!value && !needed)
        return true;
    *text = json_string_value(value);
    return (*text && **text) || error_set(e, "\"%s\" is missing, empty or not a string", key);
}

static bool positive_take(const json_t *object, const char *key, double *number, struct error *e)
{
    const json_t *value = json_object_get(object, key);
    if (!value)
        return true;
    *number = json_number_value(value);
    return (json_is_number(value) && isfinite(*number) && *number > 0) || error_set(e, "\"%s\" is not a positive number", key);
}

/* --- published numbers --- */

struct choice {
    const char *source, *table, *system, *variant, *machine, *operation, *direction, *unit;
};

static bool equal_or_any(const char *wanted, const char *text) { return !wanted || strcmp(wanted, text) == 0; }

static bool choice_matches(const struct choice *c, const struct published_number *n)
{
    return equal_or_any(c->source, n->source) && equal_or_any(c->table, n->table) && equal_or_any(c->system, n->system) &&
           equal_or_any(c->variant, n->variant) && equal_or_any(c->machine, n->machine) && equal_or_any(c->operation, n->operation) &&
           equal_or_any(c->direction, n->direction) && equal_or_any(c->unit, n->unit);
}

/* The one number that the object describes. */
static bool number_take(json_t *object, const struct choice *defaults, const struct published *published, const struct published_number **number,
                        struct error *e)
{
    struct choice c = *defaults;
    const struct { const char *key, **text; } members[] = {
        { "source", &c.source },       { "table", &c.table },         { "system", &c.system }, { "variant", &c.variant },
        { "machine", &c.machine },     { "operation", &c.operation }, { "direction", &c.direction }, { "unit", &c.unit },
    };
    size_t found = 0;
    if (!members_check(object, "source table system variant machine operation direction unit", e))
        return false;
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        if (!string_take(object, members[i].key, false, members[i].text, e))
            return false;
    for (size_t i = 0; i < published->count; i++)
        if (choice_matches(&c, &published->numbers[i])) {
            *number = &published->numbers[i];
            found++;
        }
    return found == 1 || error_set(e, "%zu numbers of %.60s match, not one", found, c.source);
}

/* --- lines --- */

/* "workload variant", or [times, "workload variant"]. */
static bool term_take(const json_t *value, struct reproduce_term *term, struct error *e)
{
    char id[128];
    const char *row = json_string_value(json_is_array(value) ? json_array_get(value, 1) : value);
    term->times = 1;
    if (json_is_array(value)) {
        term->times = json_number_value(json_array_get(value, 0));
        if (json_array_size(value) != 2 || !json_is_number(json_array_get(value, 0)) || !isfinite(term->times) || term->times == 0)
            return error_set(e, "a term is neither \"workload variant\" nor [times, \"workload variant\"]");
    }
    size_t length = row ? strcspn(row, " ") : 0;
    if (length == 0 || length >= sizeof id || !row[length] || !row[length + 1])
        return error_set(e, "a term does not name \"workload variant\"");
    memcpy(id, row, length);
    id[length] = 0;
    term->row = row;
    term->linux = strncmp(id, "linux.", 6) == 0;
    return text_is_workload_id(id) || error_set(e, "\"%.80s\" is no name of a workload", id);
}

static bool terms_take(const json_t *list, struct reproduce_line *line, struct error *e)
{
    size_t i;
    json_t *value;
    if (!json_is_array(list) || json_array_size(list) < 1 || json_array_size(list) > REPRODUCE_TERMS_MAX)
        return error_set(e, "\"measured\" is not a list of 1 to %d terms", REPRODUCE_TERMS_MAX);
    json_array_foreach(list, i, value) {
        if (!term_take(value, &line->terms[i], e))
            return false;
        if (line->terms[i].linux != line->terms[0].linux)
            return error_set(e, "terms of two systems in one sum");
    }
    line->term_count = json_array_size(list);
    return true;
}

static const struct reproduce_line *line_find(const struct reproduce_table *t, const char *id, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(t->lines[i].id, id) == 0)
            return &t->lines[i];
    return NULL;
}

static const struct reproduce_condition *condition_find(const struct reproduce_table *t, const char *name)
{
    for (size_t i = 0; i < t->condition_count; i++)
        if (strcmp(t->conditions[i].name, name) == 0)
            return &t->conditions[i];
    return NULL;
}

static bool condition_name_take(struct reproduce_table *t, struct reproduce_line *line, json_t *object, struct error *e)
{
    const char *under = "default";
    if (!string_take(object, "under", false, &under, e))
        return false;
    line->condition = condition_find(t, under);
    return line->condition || error_set(e, "no condition \"%.80s\"", under);
}

/* Once all lines are there: it may be a later one. */
static bool base_take(struct reproduce_table *t, struct reproduce_line *line, json_t *object, struct error *e)
{
    const char *base = NULL;
    if (!string_take(object, "base", false, &base, e))
        return false;
    line->base = base ? line_find(t, base, t->line_count) : NULL;
    return !base || line->base || error_set(e, "\"base\": no line \"%.80s\"", base);
}

static bool line_take(struct reproduce_table *t, size_t index, json_t *object, const struct choice *defaults, const struct published *published,
                      struct error *e)
{
    struct reproduce_line *line = &t->lines[index];
    json_t *number = json_object_get(object, "published"), *terms = json_object_get(object, "measured");
    if (!members_check(object, "id label note published measured absent bytes under base", e) || !string_take(object, "id", true, &line->id, e) ||
        !string_take(object, "label", true, &line->label, e) || !string_take(object, "note", false, &line->note, e) ||
        !string_take(object, "absent", false, &line->absent, e) || !positive_take(object, "bytes", &line->bytes, e))
        return false;
    if (line_find(t, line->id, index))
        return error_set(e, "two lines \"%.80s\"", line->id);
    if (!terms == !line->absent)
        return error_set(e, "exactly one of \"measured\" and \"absent\" (why it is not) is needed");
    if (terms && !terms_take(terms, line, e))
        return false;
    if (number && !number_take(number, defaults, published, &line->published, e))
        return error_prefix(e, "published");
    return condition_name_take(t, line, object, e);
}

/* --- conditions --- */

/* "l1d=8K:2,l2=256K:1": what the plugin of the emulator takes. */
static bool caches_are_good(const char *text)
{
    static const char *const names[CACHE_KINDS] = { "l1i=", "l1d=", "itlb=", "dtlb=", "l2=" };
    for (const char *at = text; *at;) {
        struct cache_geometry geometry;
        char one[40];
        size_t length = strcspn(at, ","), kind = 0;
        while (kind < CACHE_KINDS && strncmp(at, names[kind], strlen(names[kind])) != 0)
            kind++;
        if (kind == CACHE_KINDS || length >= sizeof one || (at[length] && !at[length + 1]))
            return false;
        snprintf(one, sizeof one, "%.*s", (int)(length - strlen(names[kind])), at + strlen(names[kind]));
        if (!cache_geometry_parse_kind(one, (enum cache_kind)kind, &geometry))
            return false;
        at += length + (at[length] != '\0');
    }
    return true;
}

static bool text_same(const char *a, const char *b) { return a && b ? strcmp(a, b) == 0 : a == b; }

bool reproduce_condition_same(const struct reproduce_condition *a, const struct reproduce_condition *b)
{
    return a->cpus == b->cpus && strcmp(a->cmdline, b->cmdline) == 0 && text_same(a->accepted, b->accepted) && text_same(a->rung, b->rung) &&
           text_same(a->caches, b->caches) && text_same(a->misses, b->misses);
}

static bool condition_take(struct reproduce_condition *c, const char *name, json_t *object, struct error *e)
{
    double cpus = 1;
    *c = (struct reproduce_condition){ .name = name, .cpus = 1, .cmdline = "" };
    if (!members_check(object, "cpus cmdline accepted rung caches misses", e) || !positive_take(object, "cpus", &cpus, e) ||
        !string_take(object, "cmdline", false, &c->cmdline, e) || !string_take(object, "accepted", true, &c->accepted, e) ||
        !string_take(object, "rung", false, &c->rung, e) || !string_take(object, "caches", false, &c->caches, e) ||
        !string_take(object, "misses", false, &c->misses, e))
        return false;
    if (c->rung && c->rung[strspn(c->rung, "abcdefghijklmnopqrstuvwxyz+")])
        return error_set(e, "\"rung\" is no set of guards");
    if (!c->caches != !c->misses || (c->caches && (!text_is_word_of(c->misses, "l1i l1d itlb dtlb l2") || !caches_are_good(c->caches))))
        return error_set(e, "\"caches\" (\"l1d=8K:2,l2=256K:1\") and \"misses\" (l1i l1d itlb dtlb l2) are not both there, or not understood");
    if (c->caches && cpus != 1)
        return error_set(e, "misses are counted on one CPU");
    if (cpus != floor(cpus) || cpus > CPUS_MAX)
        return error_set(e, "\"cpus\" is not a number from 1 to %d", CPUS_MAX);
    if (!text_is_key(c->accepted, strcspn(c->accepted, "-")) || strpbrk(c->accepted, "/."))
        return error_set(e, "\"accepted\" is not the name of a reference");
    c->cpus = (unsigned)cpus;
    return true;
}

static bool conditions_take(struct reproduce_table *t, json_t *object, struct error *e)
{
    const char *name;
    json_t *value;
    if (object && !json_is_object(object))
        return error_set(e, "\"conditions\" is not an object");
    t->conditions = calloc(json_object_size(object) + 1, sizeof *t->conditions);
    if (!t->conditions)
        return error_set(e, "out of memory");
    t->conditions[t->condition_count++] = (struct reproduce_condition){ .name = "default", .cpus = 1, .cmdline = "" };
    json_object_foreach(object, name, value) {
        if (condition_find(t, name))
            return error_set(e, "condition \"default\" has a meaning already");
        if (!condition_take(&t->conditions[t->condition_count], name, value, e))
            return error_prefix(e, "condition %.80s", name);
        t->condition_count++;
    }
    return true;
}

/* --- claims --- */

static bool sense_take(const char *text, enum reproduce_sense *sense, struct error *e)
{
    for (*sense = AT_LEAST; *sense <= ABOUT; ++*sense)
        if (strcmp(text, reproduce_sense_text(*sense)) == 0)
            return true;
    return error_set(e, "\"sense\" is none of: at_least at_most about");
}

/* From the two lines, from a number that is a ratio already, or as the text says it. */
static bool claim_ratio_take(struct reproduce_claim *c, json_t *object, const struct choice *defaults, const struct published *published,
                             struct error *e)
{
    const struct published_number *a = c->over->published, *b = c->under->published;
    json_t *number = json_object_get(object, "published");
    bool said = json_object_get(object, "ratio") != NULL;
    if (said + (number != NULL) > 1)
        return error_set(e, "both \"published\" and \"ratio\"");
    if (said)
        return positive_take(object, "ratio", &c->published, e);
    if (number) {
        if (!number_take(number, defaults, published, &c->number, e))
            return error_prefix(e, "published");
        c->published = c->number->value;
        return strcmp(c->number->unit, "ratio") == 0 || error_set(e, "the published number is in %.40s, no ratio", c->number->unit);
    }
    if (!a || !b)
        return error_set(e, "a line of it has no published number: \"published\" or \"ratio\" must say the ratio");
    if (strcmp(a->unit, b->unit) != 0 || strcmp(a->source, b->source) != 0 || strcmp(a->direction, b->direction) != 0 ||
        strcmp(a->machine, b->machine) != 0)
        return error_set(e, "the two published numbers are unlike in source, machine, unit or direction");
    c->published = a->value / b->value;
    return (isfinite(c->published) && c->published > 0) || error_set(e, "the published numbers give no ratio");
}

static bool claim_take(struct reproduce_table *t, struct reproduce_claim *c, json_t *object, const struct choice *defaults,
                       const struct published *published, struct error *e)
{
    const char *over = NULL, *under = NULL, *sense = NULL;
    if (!members_check(object, "text note over under sense within published ratio", e) || !string_take(object, "text", true, &c->text, e) ||
        !string_take(object, "note", false, &c->note, e) || !string_take(object, "over", true, &over, e) ||
        !string_take(object, "under", true, &under, e) || !string_take(object, "sense", true, &sense, e) || !sense_take(sense, &c->sense, e) ||
        !positive_take(object, "within", &c->within, e))
        return false;
    c->over = line_find(t, over, t->line_count);
    c->under = line_find(t, under, t->line_count);
    if (!c->over || !c->under)
        return error_set(e, "no line \"%.80s\"", c->over ? under : over);
    if ((c->sense == ABOUT) != (c->within > 1))
        return error_set(e, "\"within\", a factor above 1, goes with sense \"about\" and with no other");
    if ((c->over->bytes > 0) != (c->under->bytes > 0))
        return error_set(e, "a cost over a bandwidth");
    return claim_ratio_take(c, object, defaults, published, e);
}

/* --- a file --- */

static json_t *list_of(const json_t *root, const char *key, size_t least, struct error *e)
{
    json_t *list = json_object_get(root, key);
    if (!json_is_array(list) || json_array_size(list) < least) {
        error_set(e, "\"%s\" is missing, too short or not a list", key);
        return NULL;
    }
    return list;
}

static bool lists_take(struct reproduce_table *t, const struct choice *defaults, const struct published *published, struct error *e)
{
    json_t *lines = list_of(t->root, "lines", 1, e), *claims = lines ? list_of(t->root, "claims", 0, e) : NULL;
    if (!claims)
        return false;
    t->lines = calloc(json_array_size(lines), sizeof *t->lines);
    t->claims = calloc(json_array_size(claims) + 1, sizeof *t->claims);
    if (!t->lines || !t->claims)
        return error_set(e, "out of memory");
    t->line_count = json_array_size(lines);
    t->claim_count = json_array_size(claims);
    for (size_t i = 0; i < t->line_count; i++)
        if (!line_take(t, i, json_array_get(lines, i), defaults, published, e))
            return error_prefix(e, "line %zu", i + 1);
    for (size_t i = 0; i < t->line_count; i++)
        if (!base_take(t, &t->lines[i], json_array_get(lines, i), e))
            return error_prefix(e, "line %zu", i + 1);
    for (size_t i = 0; i < t->claim_count; i++)
        if (!claim_take(t, &t->claims[i], json_array_get(claims, i), defaults, published, e))
            return error_prefix(e, "claim %zu", i + 1);
    return true;
}

static bool root_take(struct reproduce_table *t, const struct published *published, struct error *e)
{
    const char *schema = NULL;
    struct choice defaults = { 0 };
    if (!members_check(t->root, "schema title source table did ours conditions lines claims", e) ||
        !string_take(t->root, "schema", true, &schema, e))
        return false;
    if (strcmp(schema, REPRODUCE_SCHEMA) != 0)
        return error_set(e, "schema is \"%.60s\", not \"" REPRODUCE_SCHEMA "\"", schema);
    if (!string_take(t->root, "title", true, &t->title, e) || !string_take(t->root, "source", true, &defaults.source, e) ||
        !string_take(t->root, "table", true, &defaults.table, e) || !string_take(t->root, "did", true, &t->did, e) ||
        !string_take(t->root, "ours", true, &t->ours, e))
        return false;
    for (size_t i = 0; i < published->count && !t->origin; i++)
        if (strcmp(published->numbers[i].source, defaults.source) == 0)
            t->origin = &published->numbers[i];
    if (!t->origin)
        return error_set(e, "source \"%.80s\" has no number", defaults.source);
    t->place = defaults.table;
    return conditions_take(t, json_object_get(t->root, "conditions"), e) && lists_take(t, &defaults, published, e);
}

bool reproduce_decode(const char *bytes, size_t size, const char *id, const struct published *published, struct reproduce_table *table, struct error *e)
{
    *table = (struct reproduce_table){ .root = json_decode(bytes, size, e) };
    bool ok = table->root && ((table->id = strdup(id)) || error_set(e, "out of memory")) && root_take(table, published, e);
    if (!ok)
        reproduce_free(table);
    return ok;
}

bool reproduce_read(const char *folder, const char *id, const struct published *published, struct reproduce_table *table, struct error *e)
{
    char *path, *bytes;
    size_t size;
    *table = (struct reproduce_table){ 0 };
    if (!*id || strpbrk(id, "/.")) /* it becomes part of a path */
        return error_set(e, "\"%.80s\" is not the name of a table (tollgate reproduce --list shows all)", id);
    if (asprintf(&path, "%s/%s" ENDING, folder, id) < 0)
        return error_set(e, "out of memory");
    bool ok = file_read(path, BYTES_MAX, &bytes, &size, e);
    if (ok) {
        ok = reproduce_decode(bytes, size, id, published, table, e) || error_prefix(e, "%s", path);
        free(bytes);
    }
    free(path);
    return ok;
}

void reproduce_free(struct reproduce_table *table)
{
    free(table->id);
    free(table->conditions);
    free(table->lines);
    free(table->claims);
    json_decref(table->root);
    *table = (struct reproduce_table){ 0 };
}

static int definition_is(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name), ending = strlen(ENDING);
    return entry->d_name[0] != '.' && length > ending && strcmp(entry->d_name + length - ending, ENDING) == 0;
}

char **reproduce_names(const char *folder, struct error *e)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, definition_is, alphasort);
    char **names = count < 0 ? NULL : calloc((size_t)count + 1, sizeof *names);
    if (count < 0)
        error_set(e, "%s: no folder of tables", folder);
    for (int i = 0; i < count; i++) {
        if (names)
            names[i] = strndup(entries[i]->d_name, strlen(entries[i]->d_name) - strlen(ENDING));
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return names;
}

/* --- words --- */

const char *reproduce_verdict_text(enum reproduce_verdict verdict)
{
    static const char *const texts[] = { "holds", "weaker", "does not hold", "not measured" };
    return texts[verdict];
}

const char *reproduce_sense_text(enum reproduce_sense sense)
{
    static const char *const texts[] = { "at_least", "at_most", "about" };
    return texts[sense];
}
