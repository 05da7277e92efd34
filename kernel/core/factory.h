/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Factory: makes objects and pays for them out of its quota.
 */
#ifndef KERNEL_CORE_FACTORY_H
#define KERNEL_CORE_FACTORY_H

#include "kernel/core/invoke.h"
#include "kernel/core/object.h"

/* Takes bytes from the quota; false, and nothing taken, when there are not so many. */
bool factory_charge(struct factory *f, uint64_t bytes);
/* Whether so many seats are left: who then makes a task, a thread or a sub-factory counts them in seats_used. */
static inline bool factory_has_seats(const struct factory *f, uint64_t n) { return n <= f->seats - f->seats_used; }
/* Gives bytes back. Sends the factory to the reaper when it has no capability and nothing to pay for any more. */
void factory_refund(struct factory *f, uint64_t bytes);

/* A zeroed frame paid for by f, and back; NULL when quota or memory is out. */
void *factory_frame_allocate(struct factory *f);
void factory_frame_free(struct factory *f, void *frame);
/* For operations that derive an object: the factory of selector in[0], which is to pay, and room at selector in[1]. valid: their other
 * arguments. Returns as cap_lookup and cap_reserve; ERR_BAD_ARGUMENT comes between the two. */
unsigned factory_prepare(struct invocation *i, bool valid, struct factory **f);

/* For the reaper: frees a factory without capabilities once it pays for nothing. */
void factory_destroy(struct factory *f);
/* OP_FACTORY_*. Returns ERR_*, 0 for success. */
unsigned factory_invoke(struct invocation *i);

#endif
