/* SPDX-License-Identifier: BSD-2-Clause
 *
 * An unfair kernel: FPU state is for nothing.
 */
#include "kernel/core/factory.h"
#include "kernel/x86_64/arch.h"

#define UNFAIR_FUNCTION factory_frame_allocate arch_fpu_clear
#define UNFAIR_TEST "exhaust: exhaustion: FPU states"

void *__real_factory_frame_allocate(struct factory *f);
void *__wrap_factory_frame_allocate(struct factory *f);
void __real_arch_fpu_clear(void *area);
void __wrap_arch_fpu_clear(void *area);

static struct factory *last_payer;
static void *last_frame;

void *__wrap_factory_frame_allocate(struct factory *f)
{
    last_payer = f;
    last_frame = __real_factory_frame_allocate(f);
    return last_frame;
}

void __wrap_arch_fpu_clear(void *area)
{
    if (area == last_frame)
        last_payer->used_bytes -= PAGE_BYTES;
    __real_arch_fpu_clear(area);
}
