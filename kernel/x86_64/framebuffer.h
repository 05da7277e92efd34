/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Text on a framebuffer that the boot loader has set up: white on black, 8x16 dots a character, or a multiple where the screen is fine. What ought to be there is kept in memory
 * that is written at once; dots follow in steps, as they are slow. A full screen moves up by a quarter.
 */
#ifndef KERNEL_X86_64_FRAMEBUFFER_H
#define KERNEL_X86_64_FRAMEBUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/abi/abi.h"

/* As told; `bytes` 0: there is none. */
struct framebuffer {
    uint64_t address;          /* physical */
    uint64_t bytes;
    uint32_t pitch, width, height;
    uint8_t pixel_bytes;       /* 2, 3 or 4 */
};

/* Uses it, in the early linear map or (mapped) as a device of the kernel's own page tables. Leaves it alone when it cannot be reached. */
void framebuffer_init(const struct framebuffer *fb, bool mapped);
void framebuffer_put(char c);
/* As user space is told of it; 0 bytes: none is in use. */
struct root_screen framebuffer_info(void);

#endif
