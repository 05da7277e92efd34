/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/core/exception.h"

#include "kernel/core/boot.h"
#include "kernel/core/cap.h"
#include "kernel/core/ipc.h"
#include "kernel/core/sched.h"
#include "kernel/x86_64/arch.h"

void exception_from_user(unsigned vector, uint64_t error, uint64_t address)
{
    sched_sync();
    struct thread *t = arch_cpu()->current;
    t->exception_vector = (uint8_t)vector;
    t->exception_error = error;
    t->exception_address = address;
    ipc_send_exception(t);
    object_reap();
    sched_finish();
}

void interrupt_from_user(unsigned vector, void (*handle)(unsigned vector))
{
    sched_sync();
    handle(vector);
    sched_finish();
}

_Noreturn void core_run(void)
{
    sched_finish();
    arch_resume();
}
