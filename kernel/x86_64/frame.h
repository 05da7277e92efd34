/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The pool behind arch_frame_allocate() of arch.h.
 */
#ifndef KERNEL_X86_64_FRAME_H
#define KERNEL_X86_64_FRAME_H

#include "kernel/boot/ranges.h"

/* Gives the pool its memory: ranges of whole pages, all within the linear map. */
void frame_init(const struct ranges *memory);

#endif
