/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Runs for tables, and accepted counts; see reproduce_run.h. Conditions of several tables are one where they say the same.
 */
#include "harness/tool/reproduce_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/tool/footprint_report.h"
#include "harness/tool/json_file.h"
#include "harness/tool/session.h"
#include "harness/tool/target_run.h"
#include "harness/tool/tool.h"

#define SELECT_BYTES 4096
#define SELECT_BOOT_BYTES 250 /* root task and Linux's init take 255 */
#define ID_BYTES 128

void reproduce_sources_free(struct reproduce_sources *s)
{
    for (size_t i = 0; i < s->count; i++) {
        result_free(&s->all[i].result);
        reference_free(&s->all[i].reference);
        json_decref(s->all[i].misses);
        json_decref(s->all[i].commit);
    }
    free(s->session);
    *s = (struct reproduce_sources){ 0 };
}

static struct reproduce_source *source_next(struct reproduce_sources *s, const struct reproduce_condition *condition, bool linux, struct error *e)
{
    if (s->count == REPRODUCE_SOURCES_MAX) {
        error_set(e, "more than %d runs or references", REPRODUCE_SOURCES_MAX);
        return NULL;
    }
    s->all[s->count] = (struct reproduce_source){ .condition = condition, .linux = linux };
    return &s->all[s->count];
}

/* --- what is wanted --- */

/* Workloads of one system under one condition, each once, separated by `separator`. */
struct wanted {
    char text[SELECT_BYTES];
    char separator;
};

static bool id_is_in(const struct wanted *w, const char *id)
{
    size_t length = strlen(id);
    for (const char *at = strstr(w->text, id); at; at = strstr(at + 1, id))
        if ((at == w->text || at[-1] == w->separator) && (at[length] == '\0' || at[length] == w->separator))
            return true;
    return false;
}

static bool id_add(struct wanted *w, const char *id, struct error *e)
{
    size_t used = strlen(w->text);
    if (id_is_in(w, id))
        return true;
    if (used + strlen(id) + 2 > SELECT_BYTES)
        return error_set(e, "the tables want too many workloads");
    snprintf(w->text + used, SELECT_BYTES - used, "%.*s%s", used > 0, &w->separator, id);
    return true;
}

static bool wanted_make(struct wanted *w, const struct reproduce_table *tables, size_t count, const struct reproduce_condition *condition, bool linux,
                        struct error *e)
{
    for (size_t t = 0; t < count; t++)
        for (size_t i = 0; i < tables[t].line_count; i++) {
            const struct reproduce_line *line = &tables[t].lines[i];
            for (size_t k = 0; k < line->term_count; k++) {
                char id[ID_BYTES];
                snprintf(id, sizeof id, "%.*s", (int)strcspn(line->terms[k].row, " "), line->terms[k].row);
                if (line->terms[k].linux == linux && reproduce_condition_same(line->condition, condition) && !id_add(w, id, e))
                    return false;
            }
        }
    return true;
}

/* --- runs --- */

/* Misses of every row in the model that the condition names: per sample, as a number for each "workload variant". */
static bool misses_take(struct reproduce_source *source, const char *path, struct error *e)
{
    struct footprint f;
    size_t cache = 0;
    if (!footprint_read(path, &f, e))
        return false;
    bool ok = footprint_agrees(&f, &source->result, e);
    while (strcmp(footprint_cache_names[cache], source->condition->misses) != 0)
        cache++;
    source->misses = json_object();
    for (size_t i = 0; ok && i < f.row_count; i++) {
        uint64_t windows, sum = footprint_row_misses(&f.rows[i], cache, &windows);
        char *name;
        if (asprintf(&name, "%s %s", source->result.rows[i].workload, source->result.rows[i].variant) < 0)
            abort();
        if (windows > 0)
            json_object_set_new(source->misses, name, json_real((double)sum / (double)windows));
        free(name);
    }
    footprint_free(&f);
    return ok;
}

static char *cmdline_make(const struct reproduce_condition *c, bool linux)
{
    char *text;
    if (asprintf(&text, "%s%s%s%s%s%s", c->cmdline, *c->cmdline ? " " : "", linux ? "" : "floor=off", c->rung ? " mitigations=" : "",
                 c->rung ? c->rung : "", c->caches ? " method=single" : "") < 0)
        abort();
    return text;
}

static int target_boot(struct reproduce_sources *s, const struct target *target, const struct reproduce_condition *condition, const char *select,
                       const char *results, bool *interrupted, struct error *e)
{
    bool linux = strcmp(target->system, "linux") == 0;
    struct reproduce_source *source = source_next(s, condition, linux, e);
    char *folder, *footprint;
    if (!source || (!s->session && (tree_state_read(&s->tree), !session_folder_make(results, &s->tree, &s->session, e))))
        return TOOL_FAILED;
    if (asprintf(&folder, "%s/%s-%zu", s->session, target->name, s->count + 1) < 0 || asprintf(&footprint, "%s/footprint.txt", folder) < 0)
        abort();
    char *cmdline = cmdline_make(condition, linux);
    struct run_request request = { .target = target, .select = select, .cmdline = cmdline, .cpus = linux ? 1 : condition->cpus, .folder = folder,
                                   .tree = &s->tree, .footprint = condition->caches ? footprint : NULL, .caches = condition->caches };
    int status = folder_make(folder, false, e) ? target_run(&request, &source->result, interrupted) : TOOL_FAILED;
    s->count += status == TOOL_OK;
    if (status == TOOL_OK && condition->caches && !misses_take(source, footprint, e))
        status = TOOL_FAILED;
    free(cmdline);
    free(footprint);
    free(folder);
    return status;
}

/* Linux's init knows @(a|b), the root task a,b; neither takes a long one: as few boots as it needs. */
static int target_boots(struct reproduce_sources *s, const struct target *target, const struct reproduce_condition *condition, struct wanted *w,
                        const char *results, bool *interrupted, struct error *e)
{
    char select[SELECT_BYTES + 4];
    const char *form = w->separator == '|' ? "@(%.*s)" : "%.*s";
    int status = TOOL_OK;
    for (char *at = w->text; *at && status == TOOL_OK && !*interrupted;) {
        size_t length = strlen(at);
        if (length > SELECT_BOOT_BYTES)
            for (length = SELECT_BOOT_BYTES; at[length] != w->separator;)
                length--;
        snprintf(select, sizeof select, form, (int)length, at);
        status = target_boot(s, target, condition, select, results, interrupted, e);
        at += length + (at[length] != '\0');
    }
    return status;
}

static bool condition_is_first(const struct reproduce_table *tables, size_t table, size_t index)
{
    const struct reproduce_condition *c = &tables[table].conditions[index];
    for (size_t t = 0; t <= table; t++)
        for (size_t i = 0; i < (t < table ? tables[t].condition_count : index); i++)
            if (reproduce_condition_same(&tables[t].conditions[i], c))
                return false;
    return true;
}

static int condition_run(struct reproduce_sources *s, const struct reproduce_table *tables, size_t count, const struct reproduce_condition *condition,
                         const struct target *target, const char *results, bool *interrupted, struct error *e)
{
    bool linux = strcmp(target->system, "linux") == 0;
    struct wanted w = { .separator = linux ? '|' : ',' };
    if (!wanted_make(&w, tables, count, condition, linux, e))
        return TOOL_BAD_INPUT;
    if (!*w.text || (condition->caches && strcmp(target->name, "qemu") != 0)) /* the plugin is of target qemu */
        return TOOL_OK;
    return target_boots(s, target, condition, &w, results, interrupted, e);
}

static bool target_works(const struct target *target, struct error *e)
{
    struct finding finding;
    target->check(target, NULL, &finding);
    return finding.works || error_set(e, "target %s does not work here: %s%s%s", target->name, finding.reason, *finding.remedy ? "; remedy: " : "",
                                      finding.remedy);
}

int reproduce_run_tables(struct reproduce_sources *s, const struct reproduce_table *tables, size_t count, const struct target *kernel,
                         const struct target *linux_target, const char *results, bool *interrupted, struct error *e)
{
    const struct target *targets[2] = { kernel, linux_target };
    int status = TOOL_OK;
    for (size_t i = 0; i < 2; i++)
        if (targets[i] && !target_works(targets[i], e))
            return TOOL_FAILED;
    for (size_t t = 0; t < count; t++)
        for (size_t i = 0; i < 2 * tables[t].condition_count && status == TOOL_OK && !*interrupted; i++)
            if (targets[i % 2] && condition_is_first(tables, t, i / 2))
                status = condition_run(s, tables, count, &tables[t].conditions[i / 2], targets[i % 2], results, interrupted, e);
    return *interrupted ? TOOL_FAILED : status;
}

/* --- accepted counts --- */

/* Sums of misses over windows of a footprint reference (results/FORMAT.md section 6). */
static bool misses_read(struct reproduce_source *source, const char *path, struct error *e)
{
    char key[40];
    const char *name, *caches;
    json_t *root = json_file_read(path, e), *row;
    if (!root)
        return false;
    caches = json_string_value(json_object_get(root, "caches"));
    bool ok = (caches && strcmp(caches, source->condition->caches) == 0) ||
              error_set(e, "%s is of caches \"%.80s\", not of \"%.80s\"", path, caches ? caches : "", source->condition->caches);
    snprintf(key, sizeof key, "%s_misses", source->condition->misses);
    source->misses = json_object();
    source->commit = json_incref(json_object_get(root, "commit"));
    json_object_foreach(json_object_get(root, "rows"), name, row) {
        double windows = json_number_value(json_object_get(row, "windows"));
        json_t *sum = json_object_get(row, key);
        if (ok && (!(windows > 0) || !json_is_integer(sum)))
            ok = error_set(e, "%s holds no misses of %s for %.200s", path, source->condition->misses, name);
        if (ok)
            json_object_set_new(source->misses, name, json_real(json_number_value(sum) / windows));
    }
    json_decref(root);
    return ok;
}

static int accepted_add(struct reproduce_sources *s, const char *folder, const struct reproduce_condition *condition, bool linux, struct error *e)
{
    char *path;
    const char *name = condition->accepted ? condition->accepted : linux ? "linux-qemu" : "qemu";
    struct reproduce_source *source = source_next(s, condition, linux, e);
    if (!source)
        return TOOL_FAILED;
    if (asprintf(&path, "%s/%s.json", folder, name) < 0)
        abort();
    bool ok = condition->caches ? misses_read(source, path, e) : reference_read(path, &source->reference, e);
    free(path);
    s->count++; /* half of one is freed, too */
    return ok ? TOOL_OK : TOOL_BAD_INPUT;
}

int reproduce_read_accepted(struct reproduce_sources *s, const struct reproduce_table *tables, size_t count, const char *folder, struct error *e)
{
    int status = TOOL_OK;
    for (size_t t = 0; t < count; t++)
        for (size_t i = 0; i < 2 * tables[t].condition_count && status == TOOL_OK; i++) {
            const struct reproduce_condition *condition = &tables[t].conditions[i / 2];
            struct wanted w = { .separator = ',' };
            if (!wanted_make(&w, tables, count, condition, i % 2, e))
                return TOOL_BAD_INPUT;
            if (*w.text && condition_is_first(tables, t, i / 2))
                status = accepted_add(s, folder, condition, i % 2, e);
        }
    return status;
}
