/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The kernel's half of the address space. Its root table entries are made once, at boot, and shared by every page table.
 *   LINEAR   all RAM, read-write (the kernel's text and constants read-only), never executable
 *   CAP      capability tables, one region for each task, backed on demand
 *   IMAGE    the kernel as linked by kernel/boot/kernel.ld;  MMIO  registers of devices, uncached
 *   PORTS    task states with I/O permission maps (ports.h)
 *   STACK    stacks of all CPUs but the boot CPU's (stack.h)
 */
#ifndef KERNEL_X86_64_LAYOUT_H
#define KERNEL_X86_64_LAYOUT_H

#include "kernel/abi/abi.h"

#define LINEAR_BASE ABI_CONST(uint64_t, 0xffff800000000000)
#define LINEAR_BYTES ABI_CONST(uint64_t, 0x40000000000)
#define CAP_BASE ABI_CONST(uint64_t, 0xffffc00000000000)
#define CAP_WINDOW_BYTES ABI_CONST(uint64_t, 0x400000000)
#define IMAGE_BASE ABI_CONST(uint64_t, 0xffffffff80000000)
#define MMIO_BASE ABI_CONST(uint64_t, 0xffffffffc0000000)
#define PORTS_BASE ABI_CONST(uint64_t, 0xffffffffd0000000)
#define STACK_BASE ABI_CONST(uint64_t, 0xffffffffe0000000)
#define EARLY_LINEAR_BYTES ABI_CONST(uint64_t, 0x100000000) /* mapped by start.S until the final tables are loaded */

#ifndef __ASSEMBLER__
/* Borders of the image, from kernel.ld. */
extern char image_start[], text_start[], text_end[], rodata_start[], rodata_end[], data_start[], image_end[];

static inline uint64_t image_physical(const void *address) { return (uint64_t)address - IMAGE_BASE; }
static inline void *linear_address(uint64_t physical) { return (void *)(LINEAR_BASE + physical); }
#endif

#endif
