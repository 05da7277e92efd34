/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Semaphore: a count that threads wait for, highest priority first and first come first served within one. While somebody waits the
 * count is 0.
 */
#ifndef KERNEL_CORE_SEMAPHORE_H
#define KERNEL_CORE_SEMAPHORE_H

#include "kernel/core/invoke.h"
#include "kernel/core/object.h"

/* NULL when the quota is out. count: 0..SEMAPHORE_COUNT_MAX. */
struct object *semaphore_create(struct factory *f, uint64_t count);
/* In steps; true when it is done. Its waiters end with ERR_CANCELED. */
bool semaphore_destroy(struct semaphore *s, unsigned *budget);
/* Takes a thread that waits for a semaphore out of its queue; it is runnable afterwards. */
void semaphore_leave(struct thread *t);
/* OP_SEMAPHORE_*. */
unsigned semaphore_invoke(struct invocation *i);

#endif
