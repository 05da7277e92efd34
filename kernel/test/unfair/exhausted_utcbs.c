/* SPDX-License-Identifier: BSD-2-Clause
 *
 * An unfair kernel: who has no room for a UTCB is told that the address is taken.
 */
#include "kernel/core/thread.h"

#define UNFAIR_FUNCTION thread_make
#define UNFAIR_TEST "exhaust: exhaustion: UTCBs"

unsigned __real_thread_make(struct factory *f, struct task *task, uint64_t utcb_address, struct thread **made);
unsigned __wrap_thread_make(struct factory *f, struct task *task, uint64_t utcb_address, struct thread **made);

unsigned __wrap_thread_make(struct factory *f, struct task *task, uint64_t utcb_address, struct thread **made)
{
    unsigned error = __real_thread_make(f, task, utcb_address, made);
    return error == ERR_NO_MEMORY ? ERR_OCCUPIED : error;
}
