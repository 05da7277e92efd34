/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The pool behind arch_frame_allocate() of arch.h.
 */
#ifndef KERNEL_X86_64_FRAME_H
#define KERNEL_X86_64_FRAME_H

#include "kernel/abi/abi.h"
#include "kernel/boot/ranges.h"

/* Gives the pool its memory: ranges of whole pages, all within the linear map. */
void frame_init(const struct ranges *memory);
/* Takes an aligned 2 MiB of the memory that was never used, its contents as they are; false when there is none left. */
bool frame_large_take(uint64_t *physical);
/* A word for each frame, for whoever uses it: undefined at first. */
extern void **frame_notes;              /* of physical address 0: most of what it points into may not exist */
static inline void **frame_note(uint64_t physical) { return &frame_notes[physical / PAGE_BYTES]; }

#endif
