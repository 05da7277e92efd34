/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/core/exception.h"

#include "kernel/core/boot.h"
#include "kernel/core/invoke.h"
#include "kernel/core/ipc.h"
#include "kernel/core/lock.h"
#include "kernel/x86_64/arch.h"
#include "trace_point.h"

void exception_raise(struct thread *t, unsigned vector, uint64_t error, uint64_t address)
{
    t->exception_vector = (uint16_t)vector;
    t->exception_error = error;
    t->exception_address = address;
    unsigned access;
    t->page_fault_access = arch_is_page_fault(vector, error, &access) ? (uint8_t)access : 0;
    ipc_send_exception(t);
}

void exception_from_user(unsigned vector, uint64_t error, uint64_t address)
{
    struct thread *t = arch_cpu()->current;
    TRACE_POINT(fault, vector, address);
    if (kernel_enter_alone(t) || kernel_enter(t))
        exception_raise(t, vector, error, address);
    kernel_leave();
}

void interrupt_enter(void)
{
    (void)kernel_enter(arch_cpu()->current);
}

_Noreturn void core_run(void)
{
    kernel_lock();
    arch_cpu()->slice_start_ticks = arch_ticks();
    kernel_leave();
    arch_resume();
}
