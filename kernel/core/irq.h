/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Interrupts as messages. An Irq counts its triggers, whoever makes them; its thread takes the count as a message of the kernel when
 * it waits, so that no trigger is lost and none blocks. The Icu connects an Irq with a line of the interrupt controller, or with a
 * vector for messages of devices (MSI). A line of mode level is masked from its interrupt to `eoi`.
 * Invariant: an Irq is in its thread's list of pending ones exactly when its count is not 0; who waits openly has none there.
 */
#ifndef KERNEL_CORE_IRQ_H
#define KERNEL_CORE_IRQ_H

#include "kernel/core/invoke.h"
#include "kernel/core/object.h"

/* NULL when the quota is out. */
struct object *irq_create(struct factory *f);
void irq_destroy(struct irq *irq);
void irq_unbind(struct irq *irq);
/* One more; its thread gets the message if it waits. */
void irq_trigger(struct irq *irq);
/* The first pending Irq becomes the message of t, whose wait is over or has not begun. */
void irq_take(struct irq *irq, struct thread *t);
/* An interrupt came to this CPU; irqs_serve does the rest. May come while the CPU idles without the lock. False when the vector is
 * nobody's. */
bool irq_arrived(unsigned vector);
void irqs_serve(struct cpu *cpu);
/* The Irq of word 0 (0: none) gets the console's input line on the CPU of word 1, unmasked; whoever had it so has it no longer. */
unsigned irq_console_bind(const struct invocation *i);
/* One trigger for it. */
void irq_console_trigger(void);
/* OP_IRQ_* but OP_IRQ_TRIGGER, OP_ICU_*. */
unsigned irq_invoke(struct invocation *i);
unsigned icu_invoke(struct invocation *i);

#endif
