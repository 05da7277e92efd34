/* SPDX-License-Identifier: BSD-2-Clause
 *
 * An unfair kernel: a task may have any number of ranges of ports.
 */
#include "kernel/core/ports.h"

#define UNFAIR_FUNCTION ports_map
#define UNFAIR_TEST "exhaust: exhaustion: ranges of I/O ports"

unsigned __real_ports_map(struct task *from, struct task *to, const struct flexpage *f);
unsigned __wrap_ports_map(struct task *from, struct task *to, const struct flexpage *f);

unsigned __wrap_ports_map(struct task *from, struct task *to, const struct flexpage *f)
{
    to->port_range_count = 0;
    return __real_ports_map(from, to, f);
}
