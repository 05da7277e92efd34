/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A port that is not there reads as 0xff. Its interrupt tells of input alone. On PCI bars are believed as the firmware left them.
 */
#include "kernel/x86_64/uart.h"

#include "kernel/x86_64/acpi.h"
#include "kernel/x86_64/arch.h"
#include "kernel/x86_64/cpu.h"
#include "kernel/x86_64/kernel_map.h"
#include "kernel/x86_64/layout.h"

enum { DATA, INTERRUPT_ENABLE, FIFO_CONTROL, LINE_CONTROL, MODEM_CONTROL, LINE_STATUS, SCRATCH = 7, REGISTERS };
#define INTERRUPT_ID FIFO_CONTROL
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

#define PCI_ADDRESS 0xcf8
#define PCI_DATA 0xcfc
#define PCI_ENABLE 0x80000000u
#define PCI_FUNCTIONS 0x10000u  /* of 256 buses */
#define PCI_COMMAND 0x04
#define PCI_CLASS 0x08
#define PCI_HEADER 0x0c
#define PCI_BAR 0x10
#define PCI_SEVERAL_FUNCTIONS 0x800000u
#define PCI_CLASS_SERIAL 0x0700u
#define PCI_DECODES 3u         /* ports, memory */

static const uint16_t com_ports[] = { 0x3f8, 0x2f8, 0x3e8, 0x2e8 };
static const char *const com_names[] = { "COM1", "COM2", "COM3", "COM4" };

static uint64_t base;          /* 0: there is none */
static volatile uint8_t *registers; /* NULL: at ports */
static const char *name = "none";
static unsigned isa_line;      /* that its input interrupts; 0: none */
static unsigned burst_bytes;   /* that an empty transmitter takes */

static uint8_t get(unsigned at) { return registers ? registers[at] : in8((uint16_t)(base + at)); }

static void put(unsigned at, uint8_t value)
{
    if (registers)
        registers[at] = value;
    else
        out8((uint16_t)(base + at), value);
}

bool arch_console_baud_set(uint64_t baud)
{
    if (!baud || baud > BAUD_MAX || BAUD_MAX % baud || BAUD_MAX / baud > UINT16_MAX)
        return false;
    uint16_t divisor = (uint16_t)(BAUD_MAX / baud);
    if (!base)
        return true;
    put(LINE_CONTROL, LINE_DIVISOR_LATCH | LINE_8N1);
    put(DATA, (uint8_t)divisor);
    put(INTERRUPT_ENABLE, (uint8_t)(divisor >> 8));
    put(LINE_CONTROL, LINE_8N1);
    put(INTERRUPT_ENABLE, INTERRUPT_INPUT);
    return true;
}

/* Whether there is one; it is ready then. */
static bool answers(uint64_t address, bool in_memory, const char *called)
{
    if (!address || (in_memory ? address > EARLY_LINEAR_BYTES - REGISTERS : address > UINT16_MAX - REGISTERS))
        return false;
    base = address;
    registers = in_memory ? linear_address(address) : NULL;
    (void)arch_console_baud_set(BAUD_MAX);
    put(FIFO_CONTROL, FIFO_ENABLE_AND_CLEAR);
    put(MODEM_CONTROL, MODEM_READY);
    put(SCRATCH, 0x5a);
    if (get(SCRATCH) != 0x5a || get(LINE_STATUS) == STATUS_ABSENT) {
        base = 0;
        return false;
    }
    burst_bytes = (get(INTERRUPT_ID) & ID_FIFO) == ID_FIFO ? FIFO_BYTES : 1;
    name = called;
    isa_line = 0;
    for (unsigned i = 0; i < 4; i++)
        if (!in_memory && address == com_ports[i])
            isa_line = 4 - (i & 1);
    return true;
}

static uint32_t pci_read(uint32_t function, uint32_t offset)
{
    out32(PCI_ADDRESS, PCI_ENABLE | function << 8 | offset);
    return in32(PCI_DATA);
}

/* The first that answers. */
static bool pci_find(void)
{
    for (uint32_t function = 0; function < PCI_FUNCTIONS; function++) {
        uint64_t address;
        bool in_memory;
        if (pci_read(function, PCI_CLASS) >> 16 == PCI_CLASS_SERIAL &&
            uart_bar_read(pci_read(function, PCI_BAR), pci_read(function, PCI_BAR + 4), &address, &in_memory)) {
            uint32_t command = pci_read(function, PCI_COMMAND) & UINT16_MAX;
            out32(PCI_DATA, command | PCI_DECODES);
            if (answers(address, in_memory, "PCI"))
                return true;
        }
        uint32_t header = pci_read(function, PCI_HEADER);
        if (function % 8 == 0 && (!(header & PCI_SEVERAL_FUNCTIONS) || header == UINT32_MAX))
            function += 7;
    }
    return false;
}

void uart_find(enum serial wanted, const struct acpi_information *acpi)
{
    base = 0;
    name = "none";
    if (wanted == SERIAL_ANY && acpi && answers(acpi->serial.address, acpi->serial.kind == ACPI_MEMORY, "firmware's"))
        return;
    for (unsigned i = 0; i < 4; i++)
        if ((wanted == SERIAL_ANY || wanted == SERIAL_COM1 + i) && answers(com_ports[i], false, com_names[i]))
            return;
    if (acpi && (wanted == SERIAL_ANY || wanted == SERIAL_PCI))
        (void)pci_find();
}

void uart_map(void)
{
    if (!base || !registers)
        return;
    registers = kernel_map_device(base);
    if (!registers)
        base = 0;
}

size_t uart_try(const char *bytes, size_t n)
{
    if (!base)
        return n;
    n = n < burst_bytes ? n : burst_bytes;
    if (!(get(LINE_STATUS) & STATUS_TRANSMITTER_EMPTY))
        return 0;
    for (size_t i = 0; i < n; i++)
        put(DATA, (uint8_t)bytes[i]);
    return n;
}

int arch_console_read(void) { return base && get(LINE_STATUS) & STATUS_INPUT ? get(DATA) : UART_INPUT_NONE; }
uint32_t arch_console_line(void) { return base && isa_line ? arch_irq_line_of_isa(isa_line) : IRQ_NO_LINE; }
const char *uart_name(void) { return name; }
