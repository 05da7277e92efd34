/* SPDX-License-Identifier: BSD-2-Clause
 *
 * How a session ends: arch_exit of arch.h.
 */
#ifndef KERNEL_X86_64_EXIT_H
#define KERNEL_X86_64_EXIT_H

#include <stdbool.h>

/* The machine starts anew at the end instead of powering off (kernel option end=): for boots in a row without anybody there. */
void exit_by_reset(bool resets);
/* After smp_stop_others: the boot CPU takes the last steps. Returns when this is the boot CPU, or that one has not stopped. In smp_stop.c. */
void exit_leave(unsigned status);
/* The last steps, when all others have stopped. */
_Noreturn void exit_finish(unsigned status);

#endif
