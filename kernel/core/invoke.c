/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Every word here comes from user space and may be anything. Nothing is dereferenced but kernel structures that a checked
 * selector led to.
 */
#include "kernel/core/invoke.h"

#include "kernel/core/cap.h"
#include "kernel/core/exception.h"
#include "kernel/core/factory.h"
#include "kernel/core/gate.h"
#include "kernel/core/ipc.h"
#include "kernel/core/irq.h"
#include "kernel/core/lock.h"
#include "kernel/core/sched.h"
#include "kernel/core/scheduler.h"
#include "kernel/core/semaphore.h"
#include "kernel/core/task.h"
#include "kernel/core/thread.h"
#include "kernel/core/vcon.h"
#include "kernel/x86_64/arch.h"
#include "trace_point.h"

#define TAG_RESERVED ((uint64_t)(0xff000000 | TAG_ERROR | TAG_RECEIVE_PHASE))
#define TAG_ITEMS_MASK ((uint64_t)ITEMS_MASK << TAG_ITEMS_SHIFT)
#define TAG_UNLIKE_CALL (TAG_RESERVED | TAG_OBJECT | TAG_AGAIN | TAG_ITEMS_MASK | (uint64_t)0xf << TAG_FLAGS_SHIFT)

/* One bit for each combination of INVOKE_* that means something: what sends through the capability or invokes it, and the others. */
#define FLAGS_SEND (1u << INVOKE_SEND | 1u << INVOKE_CALL | 1u << INVOKE_SEND_AND_WAIT)
#define FLAGS_RECEIVE (1u << INVOKE_RECV | 1u << INVOKE_WAIT | 1u << INVOKE_REPLY_ONLY | 1u << INVOKE_REPLY_AND_RECEIVE)

COLD void invocation_fail(struct thread *t, unsigned error, bool receive_phase)
{
    invocation_message(t, 0, (uint64_t)error << TAG_LABEL_SHIFT | TAG_ERROR | (receive_phase ? TAG_RECEIVE_PHASE : 0));
}

bool kernel_enter(const struct thread *self)
{
    struct cpu *cpu = arch_cpu();
    sched_sync(cpu, cpu->current);
    sched_help_ask(cpu);
    kernel_lock();
    bool valid = !cpu->entry_void && cpu->sc && cpu->sc->thread == self;
    cpu->entry_void = false;
    return valid;
}

void kernel_decide(void)
{
    unsigned budget = INVOKE_BUDGET;
    if (object_reap_pending())
        (void)object_reap(&budget);
    if (arch_cpu()->attention == ATTENTION_LOCK)
        arch_cpu()->current = arch_cpu()->sc->thread;
    else
        sched_finish();
    kernel_unlock();
}

static inline unsigned object_invoke(struct invocation *i)
{
    if (i->object->kind == KIND_TASK)
        return task_invoke(i);
    switch (i->object->kind) {
    case KIND_THREAD:
        return thread_invoke(i);
    case KIND_GATE:
        return gate_invoke(i);
    case KIND_FACTORY:
        return factory_invoke(i);
    case KIND_VCON:
        return vcon_invoke(i);
    case KIND_SCHEDULER:
        return scheduler_invoke(i);
    case KIND_SEMAPHORE:
        return semaphore_invoke(i);
    case KIND_IRQ:
        return irq_invoke(i);
    case KIND_ICU:
        return icu_invoke(i);
    default:
        return ERR_BAD_OPERATION;
    }
}

static inline bool is_running(const struct thread *t)
{
    const struct cpu *cpu = arch_cpu();
    return cpu->sc && cpu->sc->thread == t;
}

COLD void invocation_again(struct thread *t, uint64_t tag)
{
    t->rip -= SYSCALL_BYTES;
    t->regs[REG_RSI] = tag;
    t->alien_pass = t->extras & EXTRA_ALIEN; /* its handler has passed it already */
}

/* An operation that has come so far. */
COLD static void again(const struct invocation *i)
{
    invocation_again(i->self, i->self->regs[REG_RSI] | TAG_AGAIN);
    for (unsigned w = 0; w < INVOKE_PROGRESS_WORDS; w++)
        i->self->regs[REG_WORDS + REGISTER_WORDS - INVOKE_PROGRESS_WORDS + w] = i->progress[w];
}

/* The result of an operation. */
static inline void succeed(const struct invocation *i)
{
    invocation_message(i->self, 0, i->out_words);
    for (unsigned w = 0; w < i->out_words && w < REGISTER_WORDS; w++)
        i->self->regs[REG_WORDS + w] = i->out[w];
}

/* An operation on a kernel object: its result takes the place of a reply. */
__attribute__((noinline)) static void operation(struct thread *self, struct cap_slot *slot, uint64_t tag)
{
    uint64_t *words = &self->regs[REG_WORDS];
    struct invocation i;
    i.self = self;
    i.object = slot->object;
    i.slot = slot;
    i.rights = slot->rights;
    i.operation = (int32_t)(tag >> TAG_LABEL_SHIFT);
    i.words = tag & TAG_WORDS_MASK;
    i.in = words;
    i.out_words = 0;
    i.budget = INVOKE_BUDGET;
    i.destroys = i.answered = false;
    i.tag = tag;
    for (unsigned w = 0; w < INVOKE_PROGRESS_WORDS; w++)
        i.progress[w] = tag & TAG_AGAIN ? words[REGISTER_WORDS - INVOKE_PROGRESS_WORDS + w] : 0;
    for (unsigned w = i.words; w < REGISTER_WORDS; w++)
        words[w] = 0;
    TRACE_POINT(slow_operation, slot->object->kind, tag >> TAG_LABEL_SHIFT);
    unsigned error = slot->rights & RIGHT_SEND ? object_invoke(&i) : ERR_NO_RIGHT;
    if (!error && i.destroys) {
        if (!object_reap(&i.budget))
            error = INVOKE_AGAIN;
        if (!is_running(self)) /* it was among the dead */
            return;
    }
    if (error == INVOKE_AGAIN)
        again(&i);
    else if (error)
        invocation_fail(self, error, false);
    else if (!i.answered)
        succeed(&i);
}

/* Signals take no words and give none. Whoever they wake, it is not self. */
static inline void operation_begin(struct thread *self, uint64_t tag, struct object *object)
{
    struct cap_slot *slot = &self->task->cap_slots[self->regs[REG_RDI]];
    if (tag >> TAG_LABEL_SHIFT != OP_IRQ_TRIGGER || object->kind != KIND_IRQ) {
        operation(self, slot, tag);
    } else if (~slot->rights & (RIGHT_SEND | RIGHT_W)) {
        invocation_fail(self, ERR_NO_RIGHT, false);
    } else {
        invocation_succeed(self);
        irq_trigger((struct irq *)object);
    }
}

/* Whatever is sent, but no message through a gate, and maybe no operation either. */
COLD static void operation_decode(struct thread *self, unsigned flags, uint64_t tag, cap_word word)
{
    unsigned error = 0;
    if (word == CAP_EMPTY)
        error = (tag & (TAG_OBJECT | TAG_AGAIN)) == TAG_AGAIN ? ERR_BAD_FLAGS : ERR_NO_CAPABILITY;
    else if (!(tag & TAG_OBJECT) != (bool)(word & CAP_NOT_GATE) || tag & TAG_ITEMS_MASK)
        error = ERR_BAD_FLAGS;
    else if (flags != INVOKE_CALL)
        error = ERR_BAD_OPERATION;
    struct cap_slot *slot = &self->task->cap_slots[self->regs[REG_RDI]];
    if (error)
        invocation_fail(self, error, false);
    else
        operation_begin(self, tag, slot->object);
}

/* What means nothing, the null system call, waits that come again, and what only operations on kernel objects have in their tags. */
COLD static void invoke_otherwise(struct thread *self, unsigned flags, uint64_t tag)
{
    if (flags == INVOKE_NOTHING)
        self->regs[REG_RDI] = 0;
    else if (flags == INVOKE_WAIT && !(tag & (TAG_RESERVED | TAG_OBJECT)))
        ipc_wait_again(self, tag);
    else if (!(FLAGS_SEND >> flags & 1) || tag & TAG_RESERVED)
        invocation_fail(self, ERR_BAD_FLAGS, false);
    else
        operation_decode(self, flags, tag, cap_word_find(self, self->regs[REG_RDI]));
}

static void invoke_entered(struct thread *self)
{
    uint64_t tag = self->regs[REG_RSI];
    unsigned flags = tag >> TAG_FLAGS_SHIFT & 0xf;
    TRACE_POINT(slow_decode, self->regs[REG_RDI], tag);
    if (tag & (TAG_RESERVED | TAG_OBJECT | TAG_AGAIN)) {
        invoke_otherwise(self, flags, tag);
    } else if (flags == INVOKE_REPLY_AND_WAIT) {
        ipc_reply_and_wait(self, tag);
    } else if (FLAGS_SEND >> flags & 1) {
        cap_word word = cap_word_find(self, self->regs[REG_RDI]);
        if (word & CAP_NOT_GATE)
            operation_decode(self, flags, tag, word);
        else
            ipc_send(self, flags, tag, word);
    } else if (FLAGS_RECEIVE >> flags & 1) {
        ipc_invoke(self, flags, tag);
    } else {
        invoke_otherwise(self, flags, tag);
    }
}

COLD static void invoke_with_care(struct thread *self)
{
    if (kernel_enter(self))
        invoke_entered(self);
    kernel_leave();
}

void invoke(struct thread *self)
{
    if (!kernel_enter_alone(self)) {
        invoke_with_care(self);
        return;
    }
    /* As invoke_entered decodes: a call, no items, no reserved bits. */
    uint64_t tag = self->regs[REG_RSI];
    cap_word word = (tag & TAG_UNLIKE_CALL) == TAG_INVOKE(INVOKE_CALL) ? cap_word_find(self, self->regs[REG_RDI]) : CAP_EMPTY;
    if (!(word & CAP_NOT_GATE))
        ipc_send(self, INVOKE_CALL, tag, word);
    else if (word != CAP_EMPTY)
        operation_begin(self, tag, (struct object *)(uintptr_t)(word - CAP_NOT_GATE));
    else
        invoke_entered(self);
    kernel_leave();
}

void alien_invoke(struct thread *self)
{
    if (kernel_enter(self)) {
        self->rip += SYSCALL_BYTES;
        if (self->alien_pass) {
            self->alien_pass = self->full_context = false;
            invoke_entered(self);
        } else {
            exception_raise(self, EXCEPTION_SYSCALL, 0, 0);
        }
    }
    kernel_leave();
}
