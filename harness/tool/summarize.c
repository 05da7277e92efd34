/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Recomputing results from raw logs; see summarize.h.
 */
#include "harness/tool/summarize.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/tool/boots.h"
#include "harness/tool/json_file.h"
#include "harness/tool/row_json.h"
#include "harness/tool/tool.h"

#define BOOTS_MAX 1000

/* What the guest told is in the log; the rest was known to the host alone and is taken over. "boots" is counted anew. */
static json_t *host_part(const char *folder, const struct rawlog *log)
{
    char path[PATH_MAX];
    const char *key;
    json_t *value, *old, *host = json_object();
    json_t *least = json_pack("{s:s, s:s, s:b, s:s}", "target", "import", "commit", "unknown", "dirty", 1, "date", "unknown");
    snprintf(path, sizeof path, "%s/result.json", folder);
    json_t *root = json_file_read(path, NULL);
    old = json_object_get(root, "context");
    json_object_foreach(old, key, value)
        if (!json_object_get(log->context, key) && strcmp(key, "boots") != 0)
            json_object_set(host, key, value);
    json_object_update_missing(host, least);
    json_decref(least);
    json_decref(root);
    return host;
}

static bool log_summarize(const char *log_path, const char *folder, bool sealed, struct result *result, struct error *e)
{
    struct rawlog log;
    *result = (struct result){ 0 };
    if (!rawlog_read(log_path, sealed, &log, e))
        return false;
    json_t *host = host_part(folder, &log);
    bool ok = result_from_log(&log, host, result, e) || error_prefix(e, "%s", log_path);
    json_decref(host);
    rawlog_free(&log);
    return ok;
}

static bool folder_summarize(const char *folder, bool sealed, struct result *result, struct error *e)
{
    char path[PATH_MAX], boot_folder[PATH_MAX - 16];
    size_t count = 0;
    struct result *boots = calloc(BOOTS_MAX, sizeof *boots);
    bool ok = boots != NULL;
    for (size_t i = 1; ok && i <= BOOTS_MAX; i++) {
        if (i == 1)
            snprintf(boot_folder, sizeof boot_folder, "%s", folder);
        else
            snprintf(boot_folder, sizeof boot_folder, "%s/boot-%zu", folder, i);
        snprintf(path, sizeof path, "%s/raw.log", boot_folder);
        if (i > 1 && access(path, F_OK) != 0)
            break;
        ok = log_summarize(path, boot_folder, sealed, &boots[count], e);
        count += ok;
    }
    if (ok && count > 1)
        ok = boots_merge(boots, count, result, e);
    else if (ok) {
        *result = boots[0];
        boots[0] = (struct result){ 0 };
    }
    for (size_t i = 0; boots && i < count; i++)
        result_free(&boots[i]);
    free(boots);
    return ok;
}

bool summarize(const char *path, bool sealed, struct result *result, struct error *e)
{
    struct stat status;
    char folder[PATH_MAX];
    *result = (struct result){ 0 };
    if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
        return folder_summarize(path, sealed, result, e);
    snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash)
        *slash = 0;
    return log_summarize(path, slash ? folder : ".", sealed, result, e);
}

static bool rows_differ(const struct result_row *a, const struct result_row *b)
{
    json_t *in_a = row_to_json(a), *in_b = b ? row_to_json(b) : NULL;
    bool differ = !in_a || !in_b || !json_equal(in_a, in_b);
    json_decref(in_a);
    json_decref(in_b);
    return differ;
}

size_t results_differ(const struct result *a, const struct result *b, FILE *out)
{
    size_t count = 0;
    for (size_t i = 0; i < a->row_count; i++) {
        const struct result_row *row = &a->rows[i];
        if (!rows_differ(row, result_find(b, row->workload, row->variant)))
            continue;
        count++;
        if (out)
            fprintf(out, "  differs: %s %s\n", row->workload, row->variant);
    }
    for (size_t i = 0; i < b->row_count; i++)
        count += !result_find(a, b->rows[i].workload, b->rows[i].variant);
    return count;
}
