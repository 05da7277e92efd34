/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A kernel that is wrong: other CPUs keep what they know of kernel addresses that have gone.
 */
#include "kernel/core/lock.h"

#define PLANTED_CPUS 2

void __wrap_cpu_flush_kernel_all(void);

void __wrap_cpu_flush_kernel_all(void) { cpu_hold_all(); }
