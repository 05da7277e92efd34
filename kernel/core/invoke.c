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

/* One bit for each combination of INVOKE_* that means something. */
#define FLAGS_LEGAL (1u << INVOKE_SEND | 1u << INVOKE_RECV | 1u << INVOKE_CALL | 1u << INVOKE_WAIT | 1u << INVOKE_SEND_AND_WAIT | \
                     1u << INVOKE_REPLY_ONLY | 1u << INVOKE_REPLY_AND_RECEIVE | 1u << INVOKE_REPLY_AND_WAIT)

void invocation_message(struct thread *t, uint64_t label, uint64_t tag, const uint64_t *words)
{
    t->regs[REG_RDI] = label;
    t->regs[REG_RSI] = tag;
    for (unsigned i = 0; i < REGISTER_WORDS; i++)
        t->regs[REG_WORDS + i] = words ? words[i] : 0;
}

void invocation_fail(struct thread *t, unsigned error, bool receive_phase)
{
    invocation_message(t, 0, (uint64_t)error << TAG_LABEL_SHIFT | TAG_ERROR | (receive_phase ? TAG_RECEIVE_PHASE : 0), NULL);
}

void invocation_succeed(struct thread *t)
{
    invocation_message(t, 0, 0, NULL);
}

bool kernel_enter(const struct thread *self)
{
    sched_sync();
    kernel_lock();
    struct cpu *cpu = arch_cpu();
    bool valid = !cpu->entry_void && cpu->sc && cpu->sc->thread == self;
    cpu->entry_void = false;
    return valid;
}

void kernel_leave(void)
{
    unsigned budget = INVOKE_BUDGET;
    TRACE_POINT(slow_leave, arch_cpu()->current->object.number, 0);
    TRACE_POINT(slow_leave_again, arch_cpu()->current->object.number, 0);
    (void)object_reap(&budget);
    sched_finish();
    kernel_unlock();
}

static unsigned object_invoke(struct invocation *i)
{
    switch (i->object->kind) {
    case KIND_TASK:
        return task_invoke(i);
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

static bool is_running(const struct thread *t)
{
    const struct cpu *cpu = arch_cpu();
    return cpu->sc && cpu->sc->thread == t;
}

/* To before the system call, which comes again. */
static void again(const struct invocation *i)
{
    struct thread *self = i->self;
    self->rip -= SYSCALL_BYTES;
    self->regs[REG_RSI] |= TAG_AGAIN;
    self->alien_pass = self->extras & EXTRA_ALIEN; /* its handler has passed it already */
    for (unsigned w = 0; w < INVOKE_PROGRESS_WORDS; w++)
        self->regs[REG_WORDS + REGISTER_WORDS - INVOKE_PROGRESS_WORDS + w] = i->progress[w];
}

/* An operation on a kernel object: its result takes the place of a reply. */
static void operation(struct thread *self, struct cap_slot *slot, uint64_t tag)
{
    TRACE_POINT(slow_operation, slot->object->kind, tag >> TAG_LABEL_SHIFT);
    struct invocation i = {
        .self = self,
        .object = slot->object,
        .slot = slot,
        .rights = slot->rights,
        .operation = (int32_t)(tag >> TAG_LABEL_SHIFT),
        .words = tag & TAG_WORDS_MASK,
        .budget = INVOKE_BUDGET,
        .tag = tag,
    };
    for (unsigned w = 0; w < i.words && w < REGISTER_WORDS; w++)
        i.in[w] = self->regs[REG_WORDS + w];
    for (unsigned w = 0; tag & TAG_AGAIN && w < INVOKE_PROGRESS_WORDS; w++)
        i.progress[w] = self->regs[REG_WORDS + REGISTER_WORDS - INVOKE_PROGRESS_WORDS + w];
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
        invocation_message(self, 0, i.out_words, i.out);
}

static void invoke_decoded(struct thread *self, unsigned flags, uint64_t tag)
{
    if (!(FLAGS_LEGAL >> flags & 1) || tag & TAG_RESERVED) {
        invocation_fail(self, ERR_BAD_FLAGS, false);
        return;
    }
    struct cap_slot *slot = cap_find(self->task, self->regs[REG_RDI]);
    bool sends = flags & INVOKE_SEND && !(flags & INVOKE_REPLY);
    bool is_gate = slot && slot->object->kind == KIND_GATE;
    bool is_operation = sends && slot && (!is_gate || tag & TAG_OBJECT);
    if (tag & TAG_OBJECT && (!sends || (slot && !is_gate)))
        invocation_fail(self, ERR_BAD_FLAGS, false);
    else if (tag & TAG_OBJECT && !slot)
        invocation_fail(self, ERR_NO_CAPABILITY, false);
    else if (is_operation ? tag & TAG_ITEMS_MASK : tag & TAG_AGAIN)
        invocation_fail(self, ERR_BAD_FLAGS, false);
    else if (is_operation && flags != INVOKE_CALL)
        invocation_fail(self, ERR_BAD_OPERATION, false);
    else if (is_operation)
        operation(self, slot, tag);
    else
        ipc_invoke(self, flags, tag);
}

static void invoke_entered(struct thread *self)
{
    uint64_t tag = self->regs[REG_RSI];
    TRACE_POINT(slow_decode, self->regs[REG_RDI], tag);
    unsigned flags = tag >> TAG_FLAGS_SHIFT & 0xf;
    if (flags == INVOKE_NOTHING)
        self->regs[REG_RDI] = 0;
    else
        invoke_decoded(self, flags, tag);
}

void invoke(struct thread *self)
{
    if (kernel_enter(self))
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
