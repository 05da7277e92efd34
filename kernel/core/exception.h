/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What interrupts user mode: exceptions become messages, interrupts go to their driver.
 */
#ifndef KERNEL_CORE_EXCEPTION_H
#define KERNEL_CORE_EXCEPTION_H

#include "kernel/core/object.h"

/* t, whose registers are saved, has an exception; the kernel has been entered. */
void exception_raise(struct thread *t, unsigned vector, uint64_t error, uint64_t address);
/* cpu->current took an exception; its registers are saved. Returns with the thread to resume in cpu->current. */
void exception_from_user(unsigned vector, uint64_t error, uint64_t address);
/* An interrupt came while cpu->current was in user mode: what serves it comes next, then kernel_leave. */
void interrupt_enter(void);

#endif
