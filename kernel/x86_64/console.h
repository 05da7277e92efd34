/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The console: a 16550 at COM1. arch_console_write() writes to it.
 */
#ifndef KERNEL_X86_64_CONSOLE_H
#define KERNEL_X86_64_CONSOLE_H

/* 115200 baud, 8N1, no interrupts. Without a UART writing does nothing. */
void console_init(void);

#endif
