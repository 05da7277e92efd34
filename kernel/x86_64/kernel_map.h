/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The kernel's own page tables, whose upper half every task shares. layout.h tells what lies where.
 */
#ifndef KERNEL_X86_64_KERNEL_MAP_H
#define KERNEL_X86_64_KERNEL_MAP_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/boot/ranges.h"

/* Makes the final tables, with all of `ram` in the linear map, and loads them: nothing below the kernel's half is mapped any
 * more. False when memory is out. */
bool kernel_map_init(const struct ranges *ram);
/* Physical address of the root table. */
uint64_t kernel_map_root(void);
/* Physical address of the root table whose upper half is what tasks map of the kernel: all of it, kernel_map_root, unless another one
 * was set (isolation.c). */
uint64_t kernel_map_task_root(void);
void kernel_map_task_root_set(uint64_t other);
/* Maps fresh memory there, read-write, never unmapped; false when memory is out. Whole pages of the last GiB. */
bool kernel_map_memory(uint64_t address, uint64_t bytes);
/* Maps the page with the device registers at that physical address, uncached, and returns theirs; NULL when memory is out. Never unmapped. */
volatile void *kernel_map_device(uint64_t physical);

#endif
