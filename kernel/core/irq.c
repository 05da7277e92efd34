/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/core/irq.h"

#include "kernel/core/boot.h"
#include "kernel/core/cap.h"
#include "kernel/core/ipc.h"
#include "kernel/core/lock.h"
#include "kernel/core/ring.h"
#include "kernel/core/sched.h"
#include "kernel/core/slab.h"
#include "kernel/core/thread.h"
#include "kernel/core/vcon.h"
#include "kernel/x86_64/arch.h"

static struct icu icu_boot;
static struct irq *irq_of_vector[IRQ_VECTORS];
static struct irq *irq_of_line[IRQ_LINES_MAX];
static uint8_t line_mode[IRQ_LINES_MAX]; /* ICU_MODE_* */

COLD struct object *icu_create_boot(void)
{
    object_init(&icu_boot.object, KIND_ICU, NULL);
    for (unsigned line = 0; line < arch_irq_lines(); line++)
        line_mode[line] = (uint8_t)arch_irq_line_mode(line);
    return &icu_boot.object;
}

COLD struct object *irq_create(struct factory *f)
{
    struct irq *irq = (struct irq *)object_make(f, KIND_IRQ);
    if (!irq)
        return NULL;
    irq->line = IRQ_NO_LINE;
    irq->masked = true;
    return &irq->object;
}

/* --- The thread that gets the messages --------------------------------------------------------------------------------------------- */

static void pending_link(struct irq *irq)
{
    RING_ADD(irq->thread->irqs_pending, irq, next_pending, prev_pending);
    thread_inbox_update(irq->thread);
}

static void pending_unlink(struct irq *irq)
{
    if (!irq->next_pending)
        return;
    RING_REMOVE(irq->thread->irqs_pending, irq, next_pending, prev_pending);
    irq->next_pending = irq->prev_pending = NULL;
    thread_inbox_update(irq->thread);
}

/* To a thread that does not wait any more: all that has been counted. */
static inline void irq_message(struct irq *irq, struct thread *t)
{
    invocation_message(t, irq->label, (uint64_t)(int64_t)PROTO_IRQ << TAG_LABEL_SHIFT | TAG_INVOKE(INVOKE_SEND) | 1);
    t->regs[REG_WORDS] = irq->count;
    irq->count = 0;
}

void irq_take(struct irq *irq, struct thread *t)
{
    pending_unlink(irq);
    irq_message(irq, t);
    sched_wake(t);
}

/* What has been counted goes to the thread, or waits for it. */
COLD static void irq_deliver(struct irq *irq)
{
    struct thread *t = irq->thread;
    if (!t || !irq->count || irq->next_pending)
        return;
    cpu_hold(t->cpu);
    if (t->open_wait || (t->state == THREAD_IRQ_WAIT && t->irq == irq)) {
        ipc_wait_end(t);
        irq_message(irq, t);
        sched_ready(t);
    } else {
        pending_link(irq);
    }
}

void irq_trigger(struct irq *irq)
{
    struct thread *t = irq->thread;
    irq->count++;
    if (!t || t->open_wait != arch_cpu()->word) {
        irq_deliver(irq);
        return;
    }
    ipc_open_wait_end(t);
    irq_message(irq, t);
    sched_ready(t);
}

COLD void irq_unbind(struct irq *irq)
{
    struct thread *t = irq->thread;
    if (!t)
        return;
    cpu_hold(t->cpu);
    if (t->state == THREAD_IRQ_WAIT && t->irq == irq)
        ipc_cancel(t, ERR_NO_PARTNER);
    pending_unlink(irq);
    RING_REMOVE(t->irqs, irq, next_bound, prev_bound);
    irq->next_bound = irq->prev_bound = NULL;
    irq->thread = NULL;
}

COLD static void irq_bind(struct irq *irq, struct thread *t, uint64_t label)
{
    irq_unbind(irq);
    irq->thread = t;
    irq->label = label;
    RING_ADD(t->irqs, irq, next_bound, prev_bound);
    irq_deliver(irq);
}

/* --- The device ------------------------------------------------------------------------------------------------------------------------- */

static inline bool has_line(const struct irq *irq) { return irq->line != IRQ_NO_LINE; }
static inline bool is_level(const struct irq *irq) { return has_line(irq) && line_mode[irq->line] & ICU_MODE_LEVEL; }

/* The line lets interrupts through unless the user masked it or one has not been ended. */
static void line_update(const struct irq *irq)
{
    arch_irq_line_set(irq->line, irq->vector, line_mode[irq->line], irq->masked || (irq->in_service && is_level(irq)),
                      arch_cpu_at(irq->cpu));
}

COLD static bool vector_take(struct irq *irq)
{
    for (unsigned i = 0; i < IRQ_VECTORS; i++) {
        if (irq_of_vector[i])
            continue;
        irq_of_vector[i] = irq;
        irq->vector = IRQ_VECTOR_FIRST + i;
        return true;
    }
    return false;
}

COLD static void device_release(struct irq *irq)
{
    if (has_line(irq)) {
        irq->masked = true;
        line_update(irq);
        irq_of_line[irq->line] = NULL;
        irq->line = IRQ_NO_LINE;
    }
    if (irq->vector)
        irq_of_vector[irq->vector - IRQ_VECTOR_FIRST] = NULL;
    irq->vector = 0;
    irq->in_service = irq->console = false;
}

COLD void irq_destroy(struct irq *irq)
{
    device_release(irq);
    irq_unbind(irq);
    slab_free(irq);
}

COLD bool irq_arrived(unsigned vector)
{
    if (vector < IRQ_VECTOR_FIRST || vector >= IRQ_VECTOR_FIRST + IRQ_VECTORS)
        return false;
    struct cpu *cpu = arch_cpu();
    vector -= IRQ_VECTOR_FIRST;
    cpu->irqs_arrived[vector / 64] |= 1ull << vector % 64;
    cpu->has_event = true;
    cpu->attention |= ATTENTION_DECIDE;
    return true;
}

static void vector_serve(unsigned vector)
{
    struct irq *irq = irq_of_vector[vector];
    if (irq && is_level(irq)) {
        irq->in_service = true;
        line_update(irq);
    }
    arch_irq_end();
    if (!irq)
        return;
    irq->cpu_last = arch_cpu()->number;
    if (irq->console)
        vcon_receive();
    irq_trigger(irq);
}

void irqs_serve(struct cpu *cpu)
{
    for (unsigned i = 0; i < IRQ_VECTORS / 64; i++) {
        while (cpu->irqs_arrived[i]) {
            unsigned bit = (unsigned)__builtin_ctzll(cpu->irqs_arrived[i]);
            cpu->irqs_arrived[i] &= cpu->irqs_arrived[i] - 1;
            vector_serve(i * 64 + bit);
        }
    }
}

/* --- Operations ---------------------------------------------------------------------------------------------------------------------------- */

COLD static unsigned op_bind_thread(struct invocation *i, struct irq *irq)
{
    struct object *thread;
    if (!(i->rights & RIGHT_MANAGE))
        return ERR_NO_RIGHT;
    if (i->in[1] & LABEL_RIGHTS_MASK)
        return ERR_BAD_ARGUMENT;
    if (!i->in[0]) {
        irq_unbind(irq);
        return 0;
    }
    unsigned error = cap_lookup(i->self->task, i->in[0], KIND_THREAD, RIGHT_MANAGE, &thread);
    if (error)
        return error;
    struct thread *t = (struct thread *)(void *)thread;
    if (t->state == THREAD_DEAD)
        return ERR_NO_PARTNER;
    irq_bind(irq, t, i->in[1]);
    return 0;
}

unsigned irq_invoke(struct invocation *i)
{
    struct irq *irq = (struct irq *)i->object;
    switch (i->operation) {
    case OP_IRQ_BIND:
        return op_bind_thread(i, irq);
    case OP_IRQ_EOI:
        if (!(i->rights & RIGHT_X))
            return ERR_NO_RIGHT;
        irq->in_service = false;
        if (is_level(irq))
            line_update(irq);
        return 0;
    case OP_IRQ_INFO:
        i->out[0] = irq->label;
        i->out[1] = irq->count;
        i->out[2] = irq->thread != NULL;
        i->out[3] = irq->cpu_last;
        i->out_words = 4;
        return 0;
    default:
        return ERR_BAD_OPERATION;
    }
}

/* The Irq of that selector gets a vector on that CPU; a line must be nobody's. */
COLD static unsigned device_take(const struct invocation *i, uint64_t selector, uint64_t cpu, uint32_t line, struct irq **irq)
{
    struct object *object;
    unsigned error = cap_lookup(i->self->task, selector, KIND_IRQ, RIGHT_MANAGE, &object);
    if (error)
        return error;
    if (cpu >= arch_cpu_count() || !arch_irq_reaches(arch_cpu_at((unsigned)cpu)))
        return ERR_BAD_ARGUMENT;
    *irq = (struct irq *)(void *)object;
    if ((*irq)->vector || (line != IRQ_NO_LINE && irq_of_line[line]))
        return ERR_OCCUPIED;
    (*irq)->cpu = (uint32_t)cpu;
    return vector_take(*irq) ? 0 : ERR_NO_MEMORY;
}

COLD static void line_bind(struct irq *irq, uint32_t line)
{
    irq_of_line[line] = irq;
    irq->line = line;
    irq->masked = true;
    line_update(irq);
}

COLD static unsigned op_bind_line(const struct invocation *i, uint32_t line)
{
    struct irq *irq;
    unsigned error = device_take(i, i->in[1], i->in[2], line, &irq);
    if (error)
        return error;
    line_bind(irq, line);
    return 0;
}

COLD static unsigned op_msi(struct invocation *i)
{
    struct irq *irq;
    unsigned error = device_take(i, i->in[0], i->in[1], IRQ_NO_LINE, &irq);
    if (error)
        return error;
    arch_irq_message(irq->vector, arch_cpu_at(irq->cpu), &i->out[0], &i->out[1]);
    i->out_words = 2;
    return 0;
}

COLD static unsigned op_info(struct invocation *i)
{
    i->out[0] = arch_irq_lines();
    i->out[1] = 0;
    for (unsigned v = 0; v < IRQ_VECTORS; v++)
        i->out[1] += !irq_of_vector[v];
    i->out_words = 2;
    return 0;
}

COLD void irq_console_trigger(void) { irq_trigger(irq_of_line[arch_console_line()]); }

COLD unsigned irq_console_bind(const struct invocation *i)
{
    uint32_t line = arch_console_line();
    if (line >= arch_irq_lines())
        return ERR_NO_PARTNER;
    struct irq *irq = irq_of_line[line];
    if (irq && irq->console)
        device_release(irq);
    unsigned error = i->in[0] ? device_take(i, i->in[0], i->in[1], line, &irq) : 0;
    if (error || !i->in[0])
        return error;
    line_bind(irq, line);
    irq->console = true;
    irq->masked = false;
    line_update(irq);
    return 0;
}

/* Operations on a line that has an Irq. */
COLD static unsigned op_line(const struct invocation *i, uint32_t line)
{
    struct irq *irq = irq_of_line[line];
    if (!irq)
        return ERR_NO_PARTNER;
    switch (i->operation) {
    case OP_ICU_UNBIND:
        device_release(irq);
        return 0;
    case OP_ICU_SET_MODE:
        if (i->in[1] & ~(uint64_t)(ICU_MODE_LEVEL | ICU_MODE_LOW))
            return ERR_BAD_ARGUMENT;
        line_mode[line] = (uint8_t)i->in[1];
        break;
    default:
        irq->masked = i->operation == OP_ICU_MASK;
    }
    line_update(irq);
    return 0;
}

COLD unsigned icu_invoke(struct invocation *i)
{
    if (i->operation == OP_ICU_INFO)
        return op_info(i);
    if (i->operation < OP_ICU_INFO || i->operation > OP_ICU_MSI)
        return ERR_BAD_OPERATION;
    if (!(i->rights & RIGHT_MANAGE))
        return ERR_NO_RIGHT;
    if (i->operation == OP_ICU_MSI)
        return op_msi(i);
    uint32_t line = (uint32_t)i->in[0];
    if (i->in[0] & ICU_LINE_ISA && i->in[0] < ICU_LINE_ISA + IRQ_ISA_LINES)
        line = arch_irq_line_of_isa((unsigned)(i->in[0] - ICU_LINE_ISA));
    else if (i->in[0] >= arch_irq_lines())
        return ERR_BAD_ARGUMENT;
    if (line >= arch_irq_lines())
        return ERR_BAD_ARGUMENT;
    return i->operation == OP_ICU_BIND ? op_bind_line(i, line) : op_line(i, line);
}
