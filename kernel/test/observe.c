/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A kernel that keeps a record of which operation and which invocation ended with which error, and tells at the end of the session: one line
 * for each, "observed: 0x100: 0 2 5", or "observed: flags 3: 1 7" of IPC. Its functions stand in the place of others (ld --wrap). What ends
 * before an operation begins (no capability, no right to send, a malformed tag) is not its affair. workloads/test-operations.sh.
 */
#include "kernel/core/cap.h"
#include "kernel/core/factory.h"
#include "kernel/core/gate.h"
#include "kernel/core/invoke.h"
#include "kernel/core/ipc.h"
#include "kernel/core/irq.h"
#include "kernel/core/scheduler.h"
#include "kernel/core/semaphore.h"
#include "kernel/core/task.h"
#include "kernel/core/thread.h"
#include "kernel/core/vcon.h"
#include "kernel/x86_64/arch.h"
#include "kernel/x86_64/print.h"

#define CLASS_SHIFT 8          /* an operation's number: the class of its object, then one of few */
#define CLASSES 10
#define OPERATIONS 16
#define FLAGS 16
#define ERRORS 32

static uint32_t of_operation[CLASSES][OPERATIONS], of_flags[FLAGS]; /* bits: errors, 0 being success */

static void operation_ended(unsigned class, int32_t operation, unsigned error)
{
    if (operation >> CLASS_SHIFT == (int32_t)class && (operation & 0xff) < OPERATIONS && error < ERRORS)
        of_operation[class][operation & 0xff] |= 1u << error;
}

#define OBSERVED(name, class) \
    unsigned __real_##name(struct invocation *i); \
    unsigned __wrap_##name(struct invocation *i); \
    unsigned __wrap_##name(struct invocation *i) \
    { \
        int32_t operation = i->operation; \
        unsigned error = __real_##name(i); \
        operation_ended(class, operation, error); \
        return error; \
    }

OBSERVED(factory_invoke, 1)
OBSERVED(task_invoke, 2)
OBSERVED(thread_invoke, 3)
OBSERVED(gate_invoke, 4)
OBSERVED(scheduler_invoke, 5)
OBSERVED(vcon_invoke, 6)
OBSERVED(semaphore_invoke, 7)
OBSERVED(irq_invoke, 8)
OBSERVED(icu_invoke, 9)

void __real_irq_trigger(struct irq *irq);
void __wrap_irq_trigger(struct irq *irq);
void __real_invocation_fail(struct thread *t, unsigned error, bool receive_phase);
void __wrap_invocation_fail(struct thread *t, unsigned error, bool receive_phase);
_Noreturn void __real_arch_exit(unsigned status);
_Noreturn void __wrap_arch_exit(unsigned status);

/* Of the calls from other files: by OP_IRQ_TRIGGER. */
void __wrap_irq_trigger(struct irq *irq)
{
    operation_ended(OP_IRQ_TRIGGER >> CLASS_SHIFT, OP_IRQ_TRIGGER, 0);
    __real_irq_trigger(irq);
}

/* What ends a wait: the tag of the invocation is in its register still. Of operations, only a semaphore's `down` waits. */
void __wrap_invocation_fail(struct thread *t, unsigned error, bool receive_phase)
{
    uint64_t tag = t->regs[REG_RSI];
    if (tag >> TAG_LABEL_SHIFT == OP_SEMAPHORE_DOWN && (tag >> TAG_FLAGS_SHIFT & 0xf) == INVOKE_CALL)
        operation_ended(OP_SEMAPHORE_DOWN >> CLASS_SHIFT, OP_SEMAPHORE_DOWN, error);
    else
        of_flags[tag >> TAG_FLAGS_SHIFT & 0xf] |= 1u << error;
    __real_invocation_fail(t, error, receive_phase);
}

static void errors_print(uint32_t errors)
{
    for (unsigned e = 0; e < ERRORS; e++) {
        if (errors >> e & 1)
            print(" %u", e);
    }
    print("\n");
}

_Noreturn void __wrap_arch_exit(unsigned status)
{
    for (unsigned class = 0; class < CLASSES; class++) {
        for (unsigned operation = 0; operation < OPERATIONS; operation++) {
            if (!of_operation[class][operation])
                continue;
            print("observed: 0x%x:", class << CLASS_SHIFT | operation);
            errors_print(of_operation[class][operation]);
        }
    }
    for (unsigned flags = 0; flags < FLAGS; flags++) {
        if (!of_flags[flags])
            continue;
        print("observed: flags %u:", flags);
        errors_print(of_flags[flags]);
    }
    __real_arch_exit(status);
}
