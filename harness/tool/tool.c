/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Error line and places of files; see tool.h.
 */
#include "harness/tool/tool.h"

#include <jansson.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/tool/json_file.h"
#include "harness/tool/report_text.h"

static bool json_wanted;
static struct error told; /* the error line that was printed last */

void tool_error(const char *format, ...)
{
    struct error e;
    va_list args;
    va_start(args, format);
    error_set_v(&e, format, args);
    va_end(args);
    fflush(stdout);
    char *plain = report_plain(e.text, SIZE_MAX); /* it may quote a file */
    fprintf(stderr, "tollgate: %s\n", plain);
    free(plain);
    told = e;
}

bool tool_json_wanted(void)
{
    return json_wanted = true;
}

void tool_json_finish(int status)
{
    if (!json_wanted || json_print_count() > 0)
        return;
    json_t *text = json_string(told.text);
    json_t *error = json_pack("{s:s, s:i, s:o}", "schema", "tollgate-error/1", "status", status, "error", text ? text : json_string("(not UTF-8: see standard error)"));
    json_print(stdout, error, 1);
    json_decref(error);
}

/* Cuts the last component off; false when there is none. */
static bool path_cut(char *path)
{
    char *slash = strrchr(path, '/');
    if (!slash || slash == path)
        return false;
    *slash = 0;
    return true;
}

const char *tool_build_dir(void)
{
    static char path[PATH_MAX];
    if (path[0])
        return path;
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    if (n > 0)
        path[n] = 0;
    if (n <= 0 || !path_cut(path))
        strcpy(path, "build");
    return path;
}

const char *tool_tree_dir(void)
{
    static char tree[PATH_MAX];
    if (tree[0])
        return tree;
    char probe[PATH_MAX + 32];
    strcpy(tree, tool_build_dir());
    if (path_cut(tree)) {
        snprintf(probe, sizeof probe, "%s/results/FORMAT.md", tree);
        if (access(probe, R_OK) == 0)
            return tree;
    }
    strcpy(tree, ".");
    return tree;
}
