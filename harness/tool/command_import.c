/* SPDX-License-Identifier: BSD-2-Clause
 *
 * `tollgate import FILE|FOLDER...`: what a boot of the image left on its stick, or a serial line, becomes results: one for each system, and one
 * with the rows of both. The target's name says what the clock was: `metal` and `linux-metal` only where the guests' own self-test found metal.
 */
#include <argp.h>
#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "harness/tool/boots.h"
#include "harness/tool/file.h"
#include "harness/tool/floor.h"
#include "harness/tool/joined.h"
#include "harness/tool/pictures.h"
#include "harness/tool/json_file.h"
#include "harness/tool/rawlog.h"
#include "harness/tool/result.h"
#include "harness/tool/series.h"
#include "harness/tool/session.h"
#include "harness/tool/terminal.h"
#include "harness/tool/tool.h"

#define RUN_PATTERN "run[0-9]*.log"

static const struct argp_option options[] = {
    { "output", 'o', "FOLDER", 0, "Where results go, in a folder of their own (default: results/local)", 0 },
    { "qr", 'q', NULL, 0, "The files are pictures of the pages that the kernel option qr= shows: photographs or screenshots, in any order", 0 },
    { "json", 'j', NULL, 0, "Print JSON: a list of the results that were made", 0 },
    { 0 },
};

struct import {
    const char *output;
    bool pictures;             /* the paths are those of one log */
    char **paths;
    size_t path_count;
    char *session;             /* folder of this invocation */
    const char *source;        /* file at hand */
    char name[64];             /* of its folder: RUN00001, RUN00001-2 */
    char date[32];
    size_t results, failures;
    struct series series;      /* what the files of the folder at hand gave, system by system */
    json_t *list;              /* with --json: what was made; NULL: text */
};

static void result_tell(const struct import *i, const char *target, const struct result *result, const char *path)
{
    size_t skipped = json_array_size(result->skipped);
    const char *unit = result_context(result, "unit");
    if (i->list)
        json_array_append_new(i->list, json_pack("{s:s, s:s, s:i, s:i, s:s, s:s}", "source", i->source, "target", target, "rows", (int)result->row_count,
                                                 "skipped", (int)skipped, "unit", unit, "result", path));
    else
        terminal_printf(stdout, "%s: %s: %zu rows, %zu skipped, %s: %s\n", i->source, target, result->row_count, skipped, unit, path);
}

/* What the image says of itself: "key: value" lines of the identity part that name the build, as context. */
static void identity_add(json_t *context, const struct joined *joined)
{
    const struct joined_part *part = joined_part_find(joined, "identity");
    char line[1024];
    for (size_t at = 0; part && at < part->size;) {
        const char *end = memchr(part->bytes + at, '\n', part->size - at);
        size_t n = end ? (size_t)(end - part->bytes) - at : part->size - at;
        snprintf(line, sizeof line, "%.*s", (int)n, part->bytes + at);
        at += n + 1;
        char *colon = strstr(line, ": ");
        /* Every CPUID leaf is in the raw log; so are words with blanks in their keys. */
        if (!colon || strcspn(line, " ") < (size_t)(colon - line))
            continue;
        *colon = '\0';
        if (strcmp(line, "dirty") == 0)
            json_object_set_new(context, line, json_boolean(strcmp(colon + 2, "no") != 0));
        else if (json_object_set_new(context, line, json_string(colon + 2)) != 0)
            json_object_set_new(context, line, json_string("unknown")); /* not UTF-8 */
    }
}

static json_t *context_make(const struct import *i, const struct joined *joined, const char *target)
{
    json_t *context = json_object();
    json_object_set_new(context, "commit", json_string("unknown"));
    json_object_set_new(context, "dirty", json_true());
    if (joined)
        identity_add(context, joined);
    json_object_set_new(context, "target", json_string(target));
    json_object_set_new(context, "date", json_string(i->date));
    json_object_set_new(context, "tool", json_string("tollgate " TOOL_VERSION));
    return context;
}

/* Facts that the guest tells itself are the guest's. */
static void context_yield(json_t *context, const json_t *guest)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)guest, key, value)
        json_object_del(context, key);
}

static const char *target_name(const struct rawlog *log)
{
    const char *system = json_string_value(json_object_get(log->context, "system"));
    const char *fidelity = json_string_value(json_object_get(log->context, "fidelity"));
    bool metal = fidelity && strcmp(fidelity, "metal") == 0, is_linux = system && strcmp(system, "linux") == 0;
    return metal ? is_linux ? "linux-metal" : "metal" : is_linux ? "linux-image" : "image";
}

static bool text_write(const char *path, const char *bytes, size_t n, struct error *e)
{
    struct file_output out;
    if (!file_create(&out, path, e))
        return false;
    fwrite(bytes, 1, n, out.stream);
    return file_commit(&out, e);
}

/* `base`, or `base`-2 and so on from `number` on: what the session has no folder of yet. Sticks of two machines both have a RUN00001.LOG. */
static void name_make(const struct import *i, const char *base, size_t number, char name[64])
{
    bool taken;
    do {
        struct stat status;
        char *path;
        snprintf(name, 64, number > 1 ? "%.40s-%zu" : "%.40s", base, number);
        if (asprintf(&path, "%s/%s", i->session, name) < 0)
            abort();
        taken = stat(path, &status) == 0;
        free(path);
        number++;
    } while (taken);
}

/* One system's log: sealed and kept, and made a result. */
static bool log_import(struct import *i, const struct joined *joined, const char *bytes, size_t n, struct result *result, struct error *e)
{
    struct rawlog log;
    char *folder = NULL, *raw = NULL, *path = NULL;
    *result = (struct result){ 0 };
    if (!rawlog_decode(bytes, n, false, &log, e))
        return false;
    const char *target = target_name(&log);
    if (asprintf(&folder, "%s/%s/%s", i->session, i->name, target) < 0 || asprintf(&raw, "%s/raw.log", folder) < 0 ||
        asprintf(&path, "%s/result.json", folder) < 0)
        abort();
    json_t *context = context_make(i, joined, target);
    context_yield(context, log.context);
    bool ok = folder_make(folder, true, e) && text_write(raw, bytes, n, e) && rawlog_seal(raw, e) &&
              result_from_log(&log, context, result, e) && result_write(path, result, e);
    if (ok)
        result_tell(i, target, result, path);
    if (!ok)
        error_prefix(e, "%s", target);
    json_decref(context);
    rawlog_free(&log);
    free(folder);
    free(raw);
    free(path);
    return ok;
}

/* Rows of both, from one boot. Facts that the systems tell differently are Tollgate's; Linux's then begin with linux_. */
static bool both_write(struct import *i, const struct result systems[2], struct error *e)
{
    const char *unit[2] = { result_context(&systems[0], "unit"), result_context(&systems[1], "unit") }, *key;
    struct result both = { .context = json_deep_copy(systems[0].context), .skipped = json_deep_copy(systems[0].skipped), .tests = json_deep_copy(systems[0].tests) };
    json_t *value;
    char *path, prefixed[128];
    if (strcmp(unit[0], unit[1]) != 0) {
        error_set(e, "%s and %s are not put into one result", unit[0], unit[1]);
        result_free(&both);
        return false;
    }
    json_object_foreach(systems[1].context, key, value) {
        if (json_equal(json_object_get(both.context, key), value))
            continue;
        snprintf(prefixed, sizeof prefixed, "linux_%s", key);
        json_object_set(both.context, json_object_get(both.context, key) ? prefixed : key, value);
    }
    json_object_set_new(both.context, "system", json_string("tollgate,linux"));
    json_array_extend(both.skipped, systems[1].skipped);
    json_array_extend(both.tests, systems[1].tests);
    both.row_count = systems[0].row_count + systems[1].row_count;
    both.rows = calloc(both.row_count + 1, sizeof *both.rows);
    if (!both.rows || asprintf(&path, "%s/%s/both.json", i->session, i->name) < 0)
        abort();
    for (size_t s = 0, at = 0; s < 2; s++)
        for (size_t r = 0; r < systems[s].row_count; r++)
            both.rows[at++] = systems[s].rows[r];
    bool ok = result_write(path, &both, e);
    if (ok)
        result_tell(i, "both", &both, path);
    free(both.rows); /* what they point to is the systems' */
    both.rows = NULL;
    both.row_count = 0;
    result_free(&both);
    free(path);
    return ok;
}

static void failure(struct import *i, const struct error *e)
{
    tool_error("%s: %s", i->source, e->text);
    i->failures++;
}

/* A boot that did not end: the next one told of it, and its part holds the options alone. */
static bool is_hung(const struct joined_part *part) { return part && strncmp(part->facts, "status=hung ", 12) == 0; }

static void joined_import(struct import *i, const struct joined *joined)
{
    static const char *const names[2] = { "tollgate", "linux" };
    struct result systems[2] = { { 0 }, { 0 } };
    bool good[2] = { false, false };
    struct error e;
    const struct joined_part *session = joined_part_find(joined, "tollgate");
    if (is_hung(session)) {
        int n = session->size < 1000 ? (int)session->size : 1000;
        error_set(&e, "the boot with \"%.*s\" did not end: the machine was started anew", n > 0 && session->bytes[n - 1] == '\n' ? n - 1 : n, session->bytes);
        failure(i, &e);
        return;
    }
    for (size_t s = 0; s < 2; s++) {
        const struct joined_part *part = joined_part_find(joined, names[s]);
        if (!part)
            continue;
        good[s] = log_import(i, joined, part->bytes, part->size, &systems[s], &e);
        if (!good[s])
            failure(i, &e);
        i->results += good[s];
    }
    if (!joined_part_find(joined, "tollgate") && !joined_part_find(joined, "linux")) {
        error_set(&e, "the joined log holds neither system's");
        failure(i, &e);
    }
    if (good[0] && good[1] && !both_write(i, systems, &e))
        failure(i, &e);
    for (size_t s = 0; s < 2; s++)
        if (good[s])
            series_add(&i->series, &systems[s]);
        else
            result_free(&systems[s]);
}

/* Several boots of one series as one result; its folder's name tells how many, "boots-10", "boots-10-2". Where boots cannot be merged, each has its own. */
static bool boots_write(struct import *i, const struct result *boots, size_t count, struct error *e)
{
    const char *target = result_context(&boots[0], "target");
    struct result merged;
    char *folder = NULL, *path = NULL, base[41], name[64];
    if (!boots_merge(boots, count, &merged, e)) {
        error_prefix(e, "%s: %zu boots are not put into one result", target, count);
        return false;
    }
    snprintf(base, sizeof base, "boots-%zu", count);
    name_make(i, base, 1, name);
    if (asprintf(&folder, "%s/%s/%s", i->session, name, target) < 0 ||
        asprintf(&path, "%s/result.json", folder) < 0)
        abort();
    bool ok = folder_make(folder, true, e) && result_write(path, &merged, e);
    if (ok) {
        if (!i->list)
            terminal_printf(stdout, "%s: %zu boots in one result:\n", i->source, count);
        result_tell(i, target, &merged, path);
    }
    result_free(&merged);
    free(folder);
    free(path);
    return ok;
}

static void series_write(struct import *i)
{
    struct error e;
    for (size_t first = 0, count; first < i->series.count; first += count) {
        count = series_group(&i->series, first);
        if (count > 1 && !boots_write(i, &i->series.results[first], count, &e))
            failure(i, &e);
    }
    series_free(&i->series);
}

/* The file's name without its ending, and a number when it holds several, or when another file had that name. */
static void name_set(struct import *i, size_t number)
{
    const char *file = strrchr(i->source, '/') ? strrchr(i->source, '/') + 1 : i->source;
    char base[41];
    snprintf(base, sizeof base, "%.*s", (int)(strcspn(file, ".") < 40 ? strcspn(file, ".") : 40), file);
    name_make(i, base, number, i->name);
}

static bool session_make(struct import *i, struct error *e)
{
    struct tree_state tree;
    if (i->session)
        return true;
    tree_state_read(&tree);
    return session_folder_make(i->output, &tree, &i->session, e);
}

static void file_import(struct import *i, const char *path)
{
    struct stat status;
    struct joined joined;
    struct result result;
    struct error e;
    char *bytes;
    size_t size, at = 0, number = 0;
    i->source = path;
    if (!file_read(path, RAWLOG_BYTES_MAX, &bytes, &size, &e)) {
        tool_error("%s", e.text); /* names the path */
        i->failures++;
        return;
    }
    strcpy(i->date, "unknown");
    if (stat(path, &status) == 0)
        strftime(i->date, sizeof i->date, "%Y-%m-%dT%H:%M:%SZ", gmtime(&status.st_mtime));
    bool any = joined_find(bytes, size, &at), ok = session_make(i, &e);
    while (ok && joined_find(bytes, size, &at)) {
        name_set(i, ++number);
        if ((ok = joined_read(bytes, size, &at, &joined, &e)))
            joined_import(i, &joined);
    }
    if (ok && !any) { /* one system's raw log, captured by other means */
        name_set(i, 1);
        ok = log_import(i, NULL, bytes, size, &result, &e);
        i->results += ok;
        result_free(&result);
    }
    if (!ok)
        failure(i, &e);
    free(bytes);
}

/* All pictures together are one log. */
static void pictures_import(struct import *i)
{
    struct result result;
    struct error e;
    char *bytes = NULL;
    size_t n;
    i->source = "pictures";
    strcpy(i->date, "unknown");
    strcpy(i->name, "qr");
    if (!pictures_read(i->paths, i->path_count, &bytes, &n, &e)) {
        failure(i, &e);
        return;
    }
    bool ok = session_make(i, &e) && log_import(i, NULL, bytes, n, &result, &e);
    i->results += ok;
    if (ok)
        result_free(&result);
    else
        failure(i, &e);
    free(bytes);
}

static int is_run(const struct dirent *entry) { return fnmatch(RUN_PATTERN, entry->d_name, FNM_CASEFOLD) == 0; }

static void folder_import(struct import *i, const char *path)
{
    struct dirent **entries;
    struct error e;
    int n = scandir(path, &entries, is_run, alphasort);
    i->source = path;
    if (n <= 0) {
        error_set(&e, "%s", n < 0 ? strerror(errno) : "no file RUNnnnnn.LOG in it");
        failure(i, &e);
    }
    for (int k = 0; k < n; k++) {
        char *file;
        if (asprintf(&file, "%s%s%s", path, path[strlen(path) - 1] == '/' ? "" : "/", entries[k]->d_name) < 0)
            abort();
        file_import(i, file);
        free(file);
        free(entries[k]);
    }
    i->source = path;
    series_write(i);
    if (n >= 0)
        free(entries);
}

static error_t option_parse(int key, char *text, struct argp_state *state)
{
    struct import *i = state->input;
    switch (key) {
    case 'o': i->output = text; return 0;
    case 'q': i->pictures = true; return 0;
    case 'j': i->list = tool_json_wanted() && i->list ? i->list : json_array(); return 0;
    case ARGP_KEY_ARGS:
        i->paths = state->argv + state->next;
        i->path_count = (size_t)(state->argc - state->next);
        return 0;
    case ARGP_KEY_NO_ARGS: argp_error(state, "FILE or FOLDER is missing"); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static int import_run(int argc, char **argv)
{
    static const struct argp argp = {
        options, option_parse, "FILE|FOLDER...\n--qr PICTURE...",
        "Makes results of what a boot of the image left: files RUNnnnnn.LOG of the stick's partition TOLLGATE (or the folder where it is mounted), "
        "or what a serial line brought.\v"
        "Exit status 0: everything was taken; 3: something was refused, one line says what and why; the rest was taken all the same.",
        NULL, NULL, NULL
    };
    struct import i = { 0 };
    argp_parse(&argp, argc, argv, 0, NULL, &i);
    if (i.pictures)
        pictures_import(&i);
    for (size_t k = 0; k < i.path_count && !i.pictures; k++) {
        struct stat status;
        bool folder = stat(i.paths[k], &status) == 0 && S_ISDIR(status.st_mode);
        (folder ? folder_import : file_import)(&i, i.paths[k]);
        series_free(&i.series); /* of a file alone: no series */
    }
    if (i.list)
        json_print(stdout, i.list, 2);
    json_decref(i.list);
    free(i.session);
    return i.failures ? TOOL_BAD_INPUT : TOOL_OK;
}

const struct command command_import = { "import", "make results of what a stick or a serial line brought home", import_run };
