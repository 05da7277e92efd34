/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Frames of physical memory. Fresh ones are taken in ascending order, so that early tables lie low and boots repeat exactly; freed
 * ones form a list through their own first words. No memory is needed to keep book, however much there is.
 */
#include "kernel/x86_64/frame.h"

#include "kernel/x86_64/arch.h"
#include "kernel/x86_64/cpu.h"
#include "kernel/x86_64/layout.h"

struct free_frame {
    struct free_frame *next;
};

static struct ranges fresh;       /* never used yet */
static unsigned fresh_index;      /* range that is being taken from */
static struct free_frame *freed;
static uint64_t free_count;
void **frame_notes;

/* The notes lie in the first range that has room for them. */
COLD static void notes_init(void)
{
    if (fresh.n == 0)
        return;
    uint64_t first = fresh.range[0].start, frames = (fresh.range[fresh.n - 1].end - first) / PAGE_BYTES;
    uint64_t bytes = (frames * sizeof *frame_notes + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
    for (unsigned i = 0; i < fresh.n; i++) {
        struct range *r = &fresh.range[i];
        if (r->end - r->start <= bytes)
            continue;
        frame_notes = (void **)linear_address(r->start) - first / PAGE_BYTES;
        r->start += bytes;
        return;
    }
}

COLD void frame_init(const struct ranges *memory)
{
    fresh = *memory;
    fresh_index = 0;
    freed = NULL;
    notes_init();
    free_count = ranges_bytes(&fresh) / PAGE_BYTES;
}

/* From the top: early tables lie low. */
COLD bool frame_large_take(uint64_t *physical)
{
    const uint64_t bytes = LARGE_PAGE_BYTES;
    for (unsigned i = fresh.n; i-- > 0;) {
        uint64_t start = (fresh.range[i].end & ~(bytes - 1)) - bytes;
        if (fresh.range[i].end < bytes || start < fresh.range[i].start || start >= fresh.range[i].end)
            continue;
        if (!ranges_remove(&fresh, start, start + bytes))
            return false;
        fresh_index = 0;
        free_count -= bytes / PAGE_BYTES;
        *physical = start;
        return true;
    }
    return false;
}

COLD static void *fresh_take(void)
{
    while (fresh_index < fresh.n) {
        struct range *r = &fresh.range[fresh_index];
        if (r->start < r->end) {
            void *frame = linear_address(r->start);
            r->start += PAGE_BYTES;
            return frame;
        }
        fresh_index++;
    }
    return NULL;
}

void *arch_frame_allocate(void)
{
    void *frame = freed;
    if (frame)
        freed = freed->next;
    else if (!(frame = fresh_take()))
        return NULL;
    free_count--;
    store_string_words(frame, 0, PAGE_BYTES / sizeof(uint64_t));
    return frame;
}

void arch_frame_free(void *frame)
{
    struct free_frame *f = frame;
    ASSERT((uint64_t)frame % PAGE_BYTES == 0 && (uint64_t)frame - LINEAR_BASE < LINEAR_BYTES);
    f->next = freed;
    freed = f;
    free_count++;
}

uint64_t arch_frames_free(void) { return free_count; }

uint64_t arch_physical(const void *frame)
{
    ASSERT((uint64_t)frame - LINEAR_BASE < LINEAR_BYTES);
    return (uint64_t)frame - LINEAR_BASE;
}

void *arch_virtual(uint64_t physical) { return linear_address(physical); }
