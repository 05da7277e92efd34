/* SPDX-License-Identifier: BSD-2-Clause
 *
 * IPC: what a message is and who gets it. This is the specification; kernel/x86_64/fastpath.S must be indistinguishable from it.
 */
#ifndef KERNEL_CORE_IPC_H
#define KERNEL_CORE_IPC_H

#include "kernel/core/object.h"

/* An invocation that sends through a gate, whose capability's word is `word`. The tag's reserved bits are 0. */
void ipc_send(struct thread *self, unsigned flags, uint64_t tag, cap_word word);
/* One that replies, and waits for anybody. */
void ipc_reply_and_wait(struct thread *self, uint64_t tag);
/* Any other that replies, receives, or does both. */
void ipc_invoke(struct thread *self, unsigned flags, uint64_t tag);
/* An open wait that the kernel took back when a message failed, with TAG_AGAIN: its end is known. */
void ipc_wait_again(struct thread *self, uint64_t tag);
/* Sends the exception recorded in `t` to its exception gate, in the kernel's name. */
void ipc_send_exception(struct thread *t);
/* t does not wait openly any more, which it did without limit. Nobody's call is being served, whatever the fast path left in t->sc. */
static inline void ipc_open_wait_end(struct thread *t)
{
    t->sc = &t->own_sc;
    t->open_wait = 0;
}
/* t does not wait any more to receive; nothing is said to it. */
void ipc_wait_end(struct thread *t);
/* Ends the IPC that `t` is in with an error; nothing when it is in none. It is runnable or stopped afterwards. */
void ipc_cancel(struct thread *t, unsigned error);
/* Before the death of t: out of its IPC, and whoever waits for its reply is told that it is gone. */
void ipc_sever(struct thread *t);
/* After it: so is everybody who sends to t or waits for it, each for a unit of *budget; true when it is done. */
bool ipc_dismiss(struct thread *t, unsigned *budget);

/* Makes the calls that t makes and serves such as work across CPUs: before it moves to another one. */
void ipc_links_localize(struct thread *t);

/* Queue of threads that wait for the same (ipc_queue.c): highest priority first, first come first served within one. At most 256
 * steps. head: the first of them, NULL when there is none. */
void ipc_queue_insert(struct thread **head, struct thread *t);
void ipc_queue_remove(struct thread **head, struct thread *t);

#endif
