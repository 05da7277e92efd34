/* SPDX-License-Identifier: BSD-2-Clause
 *
 * From entry.S to the core: what hit a thread in user mode.
 */
#include "kernel/core/exception.h"
#include "kernel/core/invoke.h"
#include "kernel/x86_64/arch.h"
#include "kernel/x86_64/cpu.h"
#include "kernel/x86_64/trap.h"
#include "trace_point.h"

/* Error code of a page fault (Intel SDM vol. 3A, 4.7). */
#define PAGE_FAULT_WRITE 2
#define PAGE_FAULT_FETCH 16

void trap_from_user(uint64_t vector, uint64_t error)
{
    if (vector >= VECTOR_INTERRUPTS) {
        TRACE_POINT(interrupt, vector, 0);
        interrupt_enter();
        interrupt_handle((unsigned)vector);
        kernel_leave();
    } else {
        exception_from_user((unsigned)vector, error, vector == VECTOR_PAGE_FAULT ? cr2_read() : 0);
    }
}

bool arch_is_page_fault(unsigned vector, uint64_t error, unsigned *access)
{
    *access = error & PAGE_FAULT_FETCH ? MEMORY_EXECUTE : error & PAGE_FAULT_WRITE ? MEMORY_WRITE : MEMORY_READ;
    return vector == VECTOR_PAGE_FAULT;
}
