/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The console: a serial port (uart.c) and the framebuffer, each of which has some of arch_console_* itself. A transmitter that stays busy is given up for the byte at hand, so that
 * nothing here waits for ever.
 */
#include "kernel/x86_64/arch.h"
#include "kernel/x86_64/framebuffer.h"
#include "kernel/x86_64/handover.h"
#include "kernel/x86_64/uart.h"

#define POLLS_MAX 1000000

size_t arch_console_try(const char *bytes, size_t n, unsigned where)
{
    if (where & VCON_SERIAL)
        n = uart_try(bytes, n);
    for (size_t i = 0; i < n && where & VCON_SCREEN; i++)
        framebuffer_put(bytes[i]);
    if (where & VCON_SERIAL)
        handover_log(bytes, n);
    return n;
}

void arch_console_write(const char *bytes, size_t n)
{
    unsigned budget = UINT32_MAX, polls = 0;
    while (n) {
        size_t taken = arch_console_try(bytes, n, VCON_SERIAL | VCON_SCREEN);
        if (!taken && ++polls < POLLS_MAX)
            continue;
        taken += !taken;
        bytes += taken;
        n -= taken;
        polls = 0;
    }
    (void)arch_console_refresh(&budget);
}
