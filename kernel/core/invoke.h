/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The system call: decoding, and dispatch to IPC or to an operation of a kernel object.
 */
#ifndef KERNEL_CORE_INVOKE_H
#define KERNEL_CORE_INVOKE_H

#include "kernel/core/cap.h"
#include "kernel/core/lock.h"
#include "kernel/core/object.h"
#include "kernel/core/sched.h"
#include "trace_point.h"

#define INVOKE_BUDGET 64
#define INVOKE_PROGRESS_WORDS 2

/* An operation of a kernel object. */
struct invocation {
    struct thread *self;        /* who invokes */
    struct object *object;
    struct cap_slot *slot;      /* the capability that was used */
    uint8_t rights;             /* of that capability: RIGHT_*, RIGHT_SEND among them */
    int32_t operation;          /* OP_* */
    unsigned words;             /* words of the message; words beyond read as 0 */
    const uint64_t *in;         /* REGISTER_WORDS of them */
    uint64_t out[REGISTER_WORDS]; /* each that out_words counts is to be set */
    unsigned out_words;         /* of the answer; those beyond out[] are in the UTCB already */
    unsigned budget;            /* of steps: when it is used up, the answer is INVOKE_AGAIN */
    bool destroys;              /* the answer waits until all that died is gone */
    uint64_t progress[INVOKE_PROGRESS_WORDS]; /* 0 at first; what an answer of INVOKE_AGAIN leaves there comes back */
    uint64_t tag;               /* the message tag */
    bool answered;              /* set by the operation: the result is in place already, or self waits for it */
};

/* An operation with much to do does some of it and is made again: the thread goes back to before its system call, with all its
 * registers, TAG_AGAIN in its tag and the progress in its last words (abi.h); others may run in between. */
#define INVOKE_AGAIN 0xffff

/* Start of each slow entry that is made on behalf of the current thread: takes the lock. False when another CPU has stopped,
 * moved or redirected the thread meanwhile: what it wanted is not to be done. */
bool kernel_enter(const struct thread *self);
/* The same where nothing can come between. False: there is something to reckon with, and nothing was done. */
static inline bool kernel_enter_alone(struct thread *self)
{
    struct cpu *cpu = arch_cpu();
    if (cpu->attention)
        return false;
    sched_sync(cpu, self);
    return true;
}

/* End of each slow entry: frees what has died, decides who runs, gives the lock back. */
void kernel_decide(void);        /* when there is anything to free, to decide or to give back */
static inline void kernel_leave(void)
{
    struct cpu *cpu = arch_cpu();
    TRACE_POINT(slow_leave, cpu->current->object.number, 0);
    TRACE_POINT(slow_leave_again, cpu->current->object.number, 0);
    if (cpu->attention || object_reap_pending())
        kernel_decide();
    else
        cpu->current = cpu->sc->thread;
}

/* Slow entry of the system call: registers are in self->regs. Returns with the thread to resume in cpu->current. */
void invoke(struct thread *self);

/* The same for a thread that is alien, with all of its registers: it is an exception, unless its handler has let it pass. */
void alien_invoke(struct thread *self);

/* To before the system call, which comes again with that tag. */
void invocation_again(struct thread *t, uint64_t tag);
/* Ends the invocation that `t` is in, without a message. */
void invocation_fail(struct thread *t, unsigned error, bool receive_phase);

/* Ends it with a message of which all words are 0: with a tag of 0 that is success. The words may be put in later. */
static inline void invocation_message(struct thread *t, uint64_t label, uint64_t tag)
{
    t->regs[REG_RDI] = label;
    t->regs[REG_RSI] = tag;
#pragma GCC unroll 6
    for (unsigned i = 0; i < REGISTER_WORDS; i++)
        t->regs[REG_WORDS + i] = 0;
}

static inline void invocation_succeed(struct thread *t)
{
    invocation_message(t, 0, 0);
}

#endif
