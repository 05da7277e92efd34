/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The CPU that booted: the one that runs.
 */
#ifndef KERNEL_X86_64_CPU_BOOT_H
#define KERNEL_X86_64_CPU_BOOT_H

#include "kernel/core/object.h"

extern struct cpu cpu_boot;

#endif
