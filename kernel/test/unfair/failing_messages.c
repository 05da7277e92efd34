/* SPDX-License-Identifier: BSD-2-Clause
 *
 * An unfair kernel: an open wait that comes again forgets that it has come before.
 */
#include "kernel/core/ipc.h"

#define UNFAIR_FUNCTION ipc_wait_again
#define UNFAIR_TEST "inversion: denial of service: messages whose items fail, sent without a pause"

void __real_ipc_wait_again(struct thread *self, uint64_t tag);
void __wrap_ipc_wait_again(struct thread *self, uint64_t tag);

void __wrap_ipc_wait_again(struct thread *self, uint64_t tag) { __real_ipc_wait_again(self, tag & ~TAG_AGAIN); }
