/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A timer of the chipset that starts the machine anew when root gets no turn any more: a kernel that hangs, with interrupts off or on. What
 * hung is told by whoever boots next (ci/image/grub.cfg). Armed with limit= alone, as root then gets a turn that often.
 */
#ifndef WORKLOADS_SERVERS_ROOT_WATCHDOG_H
#define WORKLOADS_SERVERS_ROOT_WATCHDOG_H

#include <stdint.h>

/* Arms it, where there is one, for twice the limit, at least 2 s; a context record says what came of it. */
void watchdog_start(uint64_t limit_s);
/* Root has a turn. */
void watchdog_feed(void);
/* From here on nobody feeds it. */
void watchdog_stop(void);

#endif
