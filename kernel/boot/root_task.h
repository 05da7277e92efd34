/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The first task: the program `root` of the boot archive, with everything that abi.h section 9 promises it.
 */
#ifndef KERNEL_BOOT_ROOT_TASK_H
#define KERNEL_BOOT_ROOT_TASK_H

#include "kernel/boot/boot_information.h"
#include "kernel/boot/command_line.h"

/* Makes it and lets its thread run as soon as the core does. Refuses to boot when the archive or the program is bad. */
void root_task_start(const struct boot_information *boot, const struct command_line *options);

#endif
