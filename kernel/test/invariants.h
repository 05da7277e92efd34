/* SPDX-License-Identifier: BSD-2-Clause
 *
 * All that must hold between two entries to the kernel, checked from the outside: every table, tree, ring, chain, queue and account.
 * Uses arch.h and the structures of object.h alone, so that a checking build of the kernel can call it after each entry.
 */
#ifndef KERNEL_TEST_INVARIANTS_H
#define KERNEL_TEST_INVARIANTS_H

#include "kernel/core/object.h"

/* root: a task from which every other one was made, directly or not. frames_used: frames out of arch_frame_allocate that the
 * root factory pays for. Ends in arch_panic with the condition that does not hold. */
void invariants_check(const struct task *root, uint64_t frames_used);

#endif
