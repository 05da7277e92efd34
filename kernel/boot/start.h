/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What start.S tells kernel_main: which boot protocol brought us here.
 */
#ifndef KERNEL_BOOT_START_H
#define KERNEL_BOOT_START_H

#define BOOT_PROTOCOL_MULTIBOOT2 1
#define BOOT_PROTOCOL_PVH 2

#ifndef __ASSEMBLER__
#include <stdint.h>

/* First C of the kernel. protocol: BOOT_PROTOCOL_*; information: physical address of the loader's information. */
_Noreturn void kernel_main(uint32_t protocol, uint64_t information);
#endif

#endif
