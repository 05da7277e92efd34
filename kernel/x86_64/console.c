/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The console: a 16550 at COM1, and the framebuffer. A port that is not there reads as 0xff; a transmitter that stays busy is given up
 * for the byte at hand, so that nothing here waits for ever. Its interrupt tells of input alone.
 */
#include "kernel/x86_64/console.h"

#include "kernel/x86_64/arch.h"
#include "kernel/x86_64/cpu.h"
#include "kernel/x86_64/framebuffer.h"
#include "kernel/x86_64/handover.h"

#define UART_PORT 0x3f8
#define UART_DATA (UART_PORT + 0)
#define UART_INTERRUPT_ENABLE (UART_PORT + 1)
#define UART_FIFO_CONTROL (UART_PORT + 2)
#define UART_LINE_CONTROL (UART_PORT + 3)
#define UART_MODEM_CONTROL (UART_PORT + 4)
#define UART_LINE_STATUS (UART_PORT + 5)
#define UART_INTERRUPT_ID UART_FIFO_CONTROL
#define UART_SCRATCH (UART_PORT + 7)

#define LINE_8N1 0x03
#define LINE_DIVISOR_LATCH 0x80
#define BAUD_MAX 115200
#define FIFO_ENABLE_AND_CLEAR 0x07
#define MODEM_READY 0x0b       /* DTR, RTS, interrupts reach the line */
#define INTERRUPT_INPUT 0x01
#define ID_FIFO 0xc0
#define FIFO_BYTES 16
#define STATUS_INPUT 0x01
#define STATUS_TRANSMITTER_EMPTY 0x20
#define STATUS_ABSENT 0xff
#define POLLS_MAX 1000000

static bool console_present;
static unsigned burst_bytes;   /* that an empty transmitter takes */

bool arch_console_baud_set(uint64_t baud)
{
    if (!baud || baud > BAUD_MAX || BAUD_MAX % baud || BAUD_MAX / baud > UINT16_MAX)
        return false;
    uint16_t divisor = (uint16_t)(BAUD_MAX / baud);
    out8(UART_LINE_CONTROL, LINE_DIVISOR_LATCH | LINE_8N1);
    out8(UART_DATA, (uint8_t)divisor);
    out8(UART_INTERRUPT_ENABLE, (uint8_t)(divisor >> 8));
    out8(UART_LINE_CONTROL, LINE_8N1);
    return true;
}

void console_init(void)
{
    (void)arch_console_baud_set(BAUD_MAX);
    out8(UART_INTERRUPT_ENABLE, INTERRUPT_INPUT);
    out8(UART_FIFO_CONTROL, FIFO_ENABLE_AND_CLEAR);
    out8(UART_MODEM_CONTROL, MODEM_READY);
    out8(UART_SCRATCH, 0x5a);
    console_present = in8(UART_SCRATCH) == 0x5a && in8(UART_LINE_STATUS) != STATUS_ABSENT;
    burst_bytes = (in8(UART_INTERRUPT_ID) & ID_FIFO) == ID_FIFO ? FIFO_BYTES : 1;
}

void console_serial_off(void) { console_present = false; }

size_t arch_console_try(const char *bytes, size_t n)
{
    if (console_present) {
        n = n < burst_bytes ? n : burst_bytes;
        if (!(in8(UART_LINE_STATUS) & STATUS_TRANSMITTER_EMPTY))
            return 0;
        for (size_t i = 0; i < n; i++)
            out8(UART_DATA, (uint8_t)bytes[i]);
    }
    for (size_t i = 0; i < n; i++)
        framebuffer_put(bytes[i]);
    handover_log(bytes, n);
    return n;
}

bool arch_console_refresh(unsigned *budget) { return framebuffer_refresh(budget); }

int arch_console_read(void)
{
    return console_present && in8(UART_LINE_STATUS) & STATUS_INPUT ? in8(UART_DATA) : -1;
}

void arch_console_write(const char *bytes, size_t n)
{
    unsigned budget = UINT32_MAX, polls = 0;
    while (n) {
        size_t taken = arch_console_try(bytes, n);
        if (!taken && ++polls < POLLS_MAX)
            continue;
        taken += !taken;
        bytes += taken;
        n -= taken;
        polls = 0;
    }
    (void)framebuffer_refresh(&budget);
}
