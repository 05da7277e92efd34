/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A serial port of the kind 16550: where it may be, and its registers. It may lie at ports or in memory, registers side by side.
 */
#ifndef KERNEL_X86_64_UART_H
#define KERNEL_X86_64_UART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct acpi_information;

/* Which one is wanted (kernel option console=): none, the first that answers, COM1..COM4, or the first on PCI. */
enum serial { SERIAL_NONE, SERIAL_ANY, SERIAL_COM1, SERIAL_COM4 = SERIAL_COM1 + 3, SERIAL_PCI };

#define UART_INPUT_NONE (-1)

/* Looks for the one that is wanted and makes it ready, 115200 baud, 8N1. SERIAL_ANY: what the firmware uses, else COM1..COM4, else PCI
 * (class 07.00). What lies in memory is reached by the early linear map, until uart_map. */
void uart_find(enum serial wanted, const struct acpi_information *acpi);
/* With the final page tables. */
void uart_map(void);
/* As many bytes as it takes now; all of them when there is no port. */
size_t uart_try(const char *bytes, size_t n);
/* "COM1", "PCI", "firmware's", or "none". */
const char *uart_name(void);

/* The registers that a pair of base address registers of PCI tells of; false when there are none. */
#define UART_BAR_PORTS 1u
#define UART_BAR_64_BITS 4u
static inline bool uart_bar_read(uint32_t low, uint32_t high, uint64_t *address, bool *in_memory)
{
    *in_memory = !(low & UART_BAR_PORTS);
    *address = *in_memory ? low & ~15u : low & ~3u;
    if (*in_memory && low & UART_BAR_64_BITS)
        *address |= (uint64_t)high << 32;
    return *address != 0;
}

#endif
