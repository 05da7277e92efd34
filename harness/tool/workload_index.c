/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Reader of workloads.txt: four fields separated by tabs on each line; see workload_index.h.
 */
#include "harness/tool/workload_index.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/tool/file.h"
#include "harness/tool/tool.h"

#define INDEX_BYTES_MAX (1u << 20)

/* Splits one line in place; false unless it has exactly four fields, none of them empty. */
static bool entry_parse(char *line, struct workload_entry *entry)
{
    const char **field[] = { &entry->id, &entry->file, &entry->sentence, &entry->paper };
    for (size_t i = 0; i < 4; i++) {
        char *tab = strchr(line, '\t');
        if (line[0] == 0 || line[0] == '\t' || (tab == NULL) != (i == 3))
            return false;
        *field[i] = line;
        if (tab) {
            *tab = 0;
            line = tab + 1;
        }
    }
    return true;
}

static int entry_compare(const void *a, const void *b)
{
    return strcmp(((const struct workload_entry *)a)->id, ((const struct workload_entry *)b)->id);
}

static bool index_parse(struct workload_index *index, struct error *e)
{
    size_t lines = 0;
    for (const char *c = index->text; *c; c++)
        lines += *c == '\n';
    index->entries = calloc(lines + 1, sizeof *index->entries);
    if (!index->entries)
        return error_set(e, "out of memory");
    char *line = index->text;
    for (size_t i = 0; i < lines; i++) {
        char *end = strchr(line, '\n');
        *end = 0;
        if (!entry_parse(line, &index->entries[i]))
            return error_set(e, "line %zu: not \"id, file, sentence, paper\" separated by tabs", i + 1);
        index->count++;
        line = end + 1;
    }
    if (*line)
        return error_set(e, "line %zu: cut off", lines + 1);
    qsort(index->entries, index->count, sizeof *index->entries, entry_compare);
    return true;
}

bool workload_index_read(const char *path, struct workload_index *index, struct error *e)
{
    char beside[PATH_MAX + 32];
    snprintf(beside, sizeof beside, "%s/workloads.txt", tool_build_dir());
    if (!path)
        path = beside;
    *index = (struct workload_index){ 0 };
    size_t size;
    if (!file_read(path, INDEX_BYTES_MAX, &index->text, &size, e))
        return false;
    if (strlen(index->text) != size)
        error_set(e, "holds a NUL byte");
    else if (index_parse(index, e))
        return true;
    workload_index_free(index);
    return error_prefix(e, "%s", path);
}

void workload_index_free(struct workload_index *index)
{
    free(index->entries);
    free(index->text);
    *index = (struct workload_index){ 0 };
}
