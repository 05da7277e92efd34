/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Loader: pages of root's heap get the file's bytes and are mapped into the program's task with the rights of the segment.
 */
#include "workloads/servers/root_load.h"

#include "kernel/boot/elf.h"
#include "workloads/lib/object.h"
#include "workloads/lib/text.h"
#include "workloads/servers/root.h"

static const char *segment_load(const struct elf_segment *segment)
{
    uint64_t before = segment->address % PAGE_BYTES;
    uint64_t pages = (before + segment->memory_bytes + PAGE_BYTES - 1) / PAGE_BYTES;
    char *memory = heap_pages(pages);

    if (memory == NULL)
        return "needs more memory than root has";
    memcpy(memory + before, segment->data, segment->file_bytes);
    int32_t error = task_map_memory(ROOT_SELECTOR_TASK, (uint64_t)memory, segment->address - before, pages * PAGE_BYTES,
                                    segment->rights);
    return error == 0 ? NULL : error_name(error);
}

const char *image_load(const void *elf, uint64_t elf_bytes, uint64_t *entry)
{
    struct elf_segment segment;
    const char *refused = NULL;
    unsigned index = 0;

    if (!elf_check(elf, elf_bytes, &refused))
        return refused;
    while (refused == NULL && elf_segment_next(elf, &index, &segment))
        refused = segment_load(&segment);
    *entry = elf_entry(elf);
    return refused;
}
