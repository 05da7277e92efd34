/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Interrupts and exceptions that hit the kernel itself: an interrupt while it waits, an instruction that may fault, a broken kernel.
 */
#include "kernel/x86_64/trap.h"

#include "kernel/x86_64/guarded.h"
#include "kernel/x86_64/smp.h"

static bool is_guarded(uint64_t rip)
{
    return rip == (uint64_t)guarded_read_at || rip == (uint64_t)guarded_write_at || rip == (uint64_t)guarded_counter_at;
}

void trap_from_kernel(struct trap_frame *frame)
{
    frame->vector &= VECTORS - 1; /* pushed as a signed byte */
    if (frame->vector == VECTOR_NMI && smp_is_stopping())
        smp_stop();
    if (frame->vector < VECTOR_INTERRUPTS && is_guarded(frame->rip)) {
        frame->rip = (uint64_t)guarded_fault;
        return;
    }
    if (frame->vector < VECTOR_INTERRUPTS)
        trap_panic(frame);
    interrupt_handle((unsigned)frame->vector);
}
