/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The console: a 16550 at COM1, and the framebuffer (framebuffer.h). What the core does with it: arch_console_* of arch.h.
 */
#ifndef KERNEL_X86_64_CONSOLE_H
#define KERNEL_X86_64_CONSOLE_H

/* 115200 baud, 8N1. Without a UART nothing is written to one, and nothing comes. */
void console_init(void);
/* As if there were none. */
void console_serial_off(void);

#endif
