/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A kernel that is wrong now and then: a frame is freed, and its page of quota is not given back.
 */
#include "kernel/core/factory.h"
#include "kernel/test/planted/planted.h"

void __real_factory_frame_free(struct factory *f, void *frame);
void __wrap_factory_frame_free(struct factory *f, void *frame);

void __wrap_factory_frame_free(struct factory *f, void *frame)
{
    if (planted_now(100))
        arch_frame_free(frame);
    else
        __real_factory_frame_free(f, frame);
}
