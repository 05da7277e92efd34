/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The console: a 16550 at COM1, polled. A port that is not there reads as 0xff; a transmitter that stays busy is given up for
 * the byte at hand, so that nothing here waits for ever.
 */
#include "kernel/x86_64/console.h"

#include "kernel/x86_64/arch.h"
#include "kernel/x86_64/cpu.h"

#define UART_PORT 0x3f8
#define UART_DATA (UART_PORT + 0)
#define UART_INTERRUPT_ENABLE (UART_PORT + 1)
#define UART_FIFO_CONTROL (UART_PORT + 2)
#define UART_LINE_CONTROL (UART_PORT + 3)
#define UART_MODEM_CONTROL (UART_PORT + 4)
#define UART_LINE_STATUS (UART_PORT + 5)
#define UART_SCRATCH (UART_PORT + 7)

#define LINE_8N1 0x03
#define LINE_DIVISOR_LATCH 0x80
#define DIVISOR_115200 1
#define FIFO_ENABLE_AND_CLEAR 0x07
#define MODEM_READY 0x03       /* DTR, RTS */
#define STATUS_TRANSMITTER_EMPTY 0x20
#define STATUS_ABSENT 0xff
#define POLLS_MAX 1000000

static bool console_present;

void console_init(void)
{
    out8(UART_INTERRUPT_ENABLE, 0);
    out8(UART_LINE_CONTROL, LINE_DIVISOR_LATCH | LINE_8N1);
    out8(UART_DATA, DIVISOR_115200);
    out8(UART_INTERRUPT_ENABLE, 0);
    out8(UART_LINE_CONTROL, LINE_8N1);
    out8(UART_FIFO_CONTROL, FIFO_ENABLE_AND_CLEAR);
    out8(UART_MODEM_CONTROL, MODEM_READY);
    out8(UART_SCRATCH, 0x5a);
    console_present = in8(UART_SCRATCH) == 0x5a && in8(UART_LINE_STATUS) != STATUS_ABSENT;
}

static void console_put(uint8_t byte)
{
    for (unsigned polls = 0; polls < POLLS_MAX; polls++)
        if (in8(UART_LINE_STATUS) & STATUS_TRANSMITTER_EMPTY) {
            out8(UART_DATA, byte);
            return;
        }
}

void arch_console_write(const char *bytes, size_t n)
{
    for (size_t i = 0; console_present && i < n; i++)
        console_put((uint8_t)bytes[i]);
}
