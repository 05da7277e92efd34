/* SPDX-License-Identifier: BSD-2-Clause
 *
 * All that must hold between two entries to the kernel, checked from the outside: every table, tree, ring, chain, queue and account.
 * Uses arch.h and the structures of object.h alone: for the host, where it is called after each entry, and for the checking kernel
 * (check.c). Context: the kernel lock is held, and every CPU (lock.h).
 */
#ifndef KERNEL_CHECK_INVARIANTS_H
#define KERNEL_CHECK_INVARIANTS_H

#include "kernel/core/object.h"

/* root: a task from which every other one was made, directly or not. Ends in arch_panic with the condition that does not hold. False when
 * there is nothing to be said, as something is half destroyed: it is found nowhere, and paid for. *frames: how many frames are paid for
 * by factories, to be compared with what arch_frame_allocate has given out. */
bool invariants_check(const struct task *root, uint64_t *frames);

/* To be set when an operation that takes rights away in steps is cut short (mapdb_place_leave): mappings may keep some then (abi.h,
 * section 7). Cleared when none does any more. */
extern bool invariants_rights_cut_short;

#endif
