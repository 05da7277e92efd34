/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The workloads that this tree knows: $(BUILD)/workloads.txt, which the build extracts from the `workload:` lines of the sources
 * (harness/workload_index.awk).
 */
#ifndef HARNESS_TOOL_WORKLOAD_INDEX_H
#define HARNESS_TOOL_WORKLOAD_INDEX_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/tool/error.h"

struct workload_entry {
    const char *id, *file, *sentence, *paper;
};

struct workload_index {
    struct workload_entry *entries; /* ascending by id */
    size_t count;
    char *text; /* owns the strings */
};

/* `path` NULL: workloads.txt beside the executable. */
bool workload_index_read(const char *path, struct workload_index *index, struct error *e);
void workload_index_free(struct workload_index *index);

#endif
