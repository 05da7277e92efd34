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

void frame_init(const struct ranges *memory)
{
    fresh = *memory;
    fresh_index = 0;
    freed = NULL;
    free_count = ranges_bytes(memory) / PAGE_BYTES;
}

static void *fresh_take(void)
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
