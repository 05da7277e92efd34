/* SPDX-License-Identifier: BSD-2-Clause
 *
 * An unfair kernel: a thread takes no seat.
 */
#include "kernel/core/thread.h"

#define UNFAIR_FUNCTION thread_make
#define UNFAIR_TEST "exhaust: exhaustion: seats, by threads"

unsigned __real_thread_make(struct factory *f, struct task *task, uint64_t utcb_address, struct thread **made);
unsigned __wrap_thread_make(struct factory *f, struct task *task, uint64_t utcb_address, struct thread **made);

unsigned __wrap_thread_make(struct factory *f, struct task *task, uint64_t utcb_address, struct thread **made)
{
    unsigned error = __real_thread_make(f, task, utcb_address, made);
    f->seats_used -= !error;
    return error;
}
