/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Folders of runs; see session.h.
 */
#include "harness/tool/session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "harness/tool/target.h"

bool folder_make(const char *path, bool may_exist, struct error *e)
{
    char part[4096];
    struct stat info;
    int n = snprintf(part, sizeof part, "%s", path);
    if (n < 0 || (size_t)n >= sizeof part)
        return error_set(e, "%s: path too long", path);
    for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(part, 0777) != 0 && errno != EEXIST)
            return error_set(e, "cannot make the folder %s: %s", part, strerror(errno));
        *slash = '/';
    }
    if (mkdir(part, 0777) != 0 && !(may_exist && errno == EEXIST))
        return error_set(e, "cannot make the folder %s: %s", part, strerror(errno));
    if (stat(part, &info) != 0 || !S_ISDIR(info.st_mode))
        return error_set(e, "%s is not a folder", part);
    return true;
}

bool session_folder_make(const char *results_wanted, const struct tree_state *tree, char **folder, struct error *e)
{
    char time_text[32];
    struct tm utc;
    time_t now = time(NULL);
    char *local = target_results();
    const char *results = results_wanted ? results_wanted : local;
    strftime(time_text, sizeof time_text, "%Y%m%dT%H%M%SZ", gmtime_r(&now, &utc));
    bool ok = folder_make(results, true, e);
    for (int i = 1; ok && i < 100; i++) {
        char suffix[16] = "";
        if (i > 1)
            snprintf(suffix, sizeof suffix, "-%d", i);
        if (asprintf(folder, "%s/%s-%s%s%s", results, time_text, tree->commit, tree->dirty ? "-dirty" : "", suffix) < 0)
            abort();
        if (mkdir(*folder, 0777) == 0)
            break;
        ok = errno == EEXIST && i < 99;
        if (!ok)
            error_set(e, "cannot make the folder %s: %s", *folder, strerror(errno));
        free(*folder);
        *folder = NULL;
    }
    free(local);
    return ok;
}
