/* SPDX-License-Identifier: BSD-2-Clause
 *
 * From entry.S to the core: what hit a thread in user mode.
 */
#include "kernel/core/exception.h"
#include "kernel/x86_64/cpu.h"
#include "kernel/x86_64/trap.h"

void trap_from_user(uint64_t vector, uint64_t error)
{
    if (vector >= VECTOR_INTERRUPTS)
        interrupt_from_user((unsigned)vector, interrupt_handle);
    else
        exception_from_user((unsigned)vector, error, vector == VECTOR_PAGE_FAULT ? cr2_read() : 0);
}
