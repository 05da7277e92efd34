/* SPDX-License-Identifier: BSD-2-Clause
 *
 * An unfair kernel: half of a bitmap that could not be paid for whole stays paid for.
 */
#include "kernel/core/factory.h"
#include "kernel/core/ports.h"

#define UNFAIR_FUNCTION ports_map
#define UNFAIR_TEST "exhaust: exhaustion: bitmap of I/O ports"

unsigned __real_ports_map(struct task *from, struct task *to, const struct flexpage *f);
unsigned __wrap_ports_map(struct task *from, struct task *to, const struct flexpage *f);

unsigned __wrap_ports_map(struct task *from, struct task *to, const struct flexpage *f)
{
    unsigned error = __real_ports_map(from, to, f);
    if (error == ERR_NO_MEMORY)
        (void)factory_charge(to->object.factory, PAGE_BYTES);
    return error;
}
