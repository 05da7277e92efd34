/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The keyboard interrupts a wait, and is looked at whenever one is over; the serial port is looked at every POLL_MS, as those on PCI have no
 * line that is known. The controller is that of the PC/AT (8042), the keys those of the American layout, by scan codes of set 1.
 */
#include "workloads/servers/root_keys.h"

#include "workloads/lib/instructions.h"
#include "workloads/lib/object.h"
#include "workloads/lib/text.h"
#include "workloads/servers/root.h"

#define SELECTOR_KEYS (SELECTOR_FREE + 8)
#define KEYS_LABEL ABI_CONST(uint64_t, 0x6b657900)
#define KEYBOARD_ISA_LINE 1
#define POLL_MS 20
#define PORTS_SIZE 3           /* 2^n ports */
#define PORT_DATA 0x60
#define PORT_STATUS 0x64
#define STATUS_OUTPUT 1
#define STATUS_INPUT 2
#define STATUS_MOUSE 0x20
#define STATUS_ABSENT 0xff
#define COMMAND_CONFIGURATION_READ 0x20
#define COMMAND_CONFIGURATION_WRITE 0x60
#define COMMAND_KEYBOARD_ENABLE 0xae
#define CONFIGURATION_INTERRUPT 1
#define CONFIGURATION_OFF 0x10
#define CONFIGURATION_SET_1 0x40
#define POLLS_MAX 100000
#define KEY_RELEASED 0x80
#define KEY_SHIFT_LEFT 0x2a
#define KEY_SHIFT_RIGHT 0x36

static const char plain[] = "\0\0331234567890-=\b\tqwertyuiop[]\n\0asdfghjkl;'`\0\\zxcvbnm,./\0*\0 ";
static const char shifted[] = "\0\033!@#$%^&*()_+\b\tQWERTYUIOP{}\n\0ASDFGHJKL:\"~\0|ZXCVBNM<>?\0*\0 ";

static struct keys {
    bool open, keyboard, line, shift;
    char serial[VCON_READ_BYTES_MAX];
    size_t serial_first, serial_end;
} keys;

/* The controller's status once it has, or has room for, a byte; STATUS_ABSENT when that takes too long. */
static uint8_t status_wait(uint8_t mask, uint8_t wanted)
{
    for (unsigned i = 0; i < POLLS_MAX; i++) {
        uint8_t status = port_read(PORT_STATUS);
        if ((status & mask) == wanted)
            return status;
    }
    return STATUS_ABSENT;
}

static bool controller_write(uint64_t port, uint8_t value)
{
    if (status_wait(STATUS_INPUT, 0) == STATUS_ABSENT)
        return false;
    port_write(port, value);
    return true;
}

static bool controller_open(void)
{
    if (task_map_flexpage(SELECTOR_TASK, flexpage_ports(PORT_DATA, PORTS_SIZE), 0) != 0 || port_read(PORT_STATUS) == STATUS_ABSENT)
        return false;
    for (unsigned i = 0; i < 16 && (port_read(PORT_STATUS) & STATUS_OUTPUT) != 0; i++)
        (void)port_read(PORT_DATA);
    if (!controller_write(PORT_STATUS, COMMAND_KEYBOARD_ENABLE) || !controller_write(PORT_STATUS, COMMAND_CONFIGURATION_READ) ||
        status_wait(STATUS_OUTPUT, STATUS_OUTPUT) == STATUS_ABSENT)
        return false;
    uint8_t configuration = port_read(PORT_DATA);
    configuration = (uint8_t)((configuration | CONFIGURATION_INTERRUPT | CONFIGURATION_SET_1) & ~CONFIGURATION_OFF);
    return controller_write(PORT_STATUS, COMMAND_CONFIGURATION_WRITE) && controller_write(PORT_DATA, configuration);
}

static bool line_open(void)
{
    return factory_create_irq(SELECTOR_FACTORY, SELECTOR_KEYS) == 0 && irq_bind(SELECTOR_KEYS, SELECTOR_THREAD, KEYS_LABEL) == 0 &&
           icu_operation(SELECTOR_ICU, OP_ICU_BIND, ICU_LINE_ISA + KEYBOARD_ISA_LINE, SELECTOR_KEYS) == 0 &&
           icu_operation(SELECTOR_ICU, OP_ICU_UNMASK, ICU_LINE_ISA + KEYBOARD_ISA_LINE, 0) == 0;
}

void keys_open(void)
{
    struct message_words w = { .w0 = VCON_BAUD_DEFAULT, .w1 = VCON_MODE_CRLF };

    if (keys.open)
        return;
    keys = (struct keys){ .open = true };
    keys.keyboard = controller_open();
    keys.line = keys.keyboard && line_open();
    object_call(SELECTOR_VCON, OP_VCON_SET_ATTRIBUTES, 2, &w);
}

void keys_close(void)
{
    struct message_words w = { .w0 = VCON_BAUD_DEFAULT };

    if (!keys.open)
        return;
    task_unmap_capability(SELECTOR_TASK, SELECTOR_KEYS);
    task_unmap_flexpage(SELECTOR_TASK, flexpage_ports(PORT_DATA, PORTS_SIZE), 0);
    object_call(SELECTOR_VCON, OP_VCON_SET_ATTRIBUTES, 2, &w);
    keys.open = false;
}

/* KEY_NONE for keys that are no characters, and when no key was pressed. */
static int keyboard_read(void)
{
    for (uint8_t status; keys.keyboard && ((status = port_read(PORT_STATUS)) & STATUS_OUTPUT) != 0;) {
        uint8_t code = port_read(PORT_DATA), key = code & (KEY_RELEASED - 1);
        if ((status & STATUS_MOUSE) != 0)
            continue;
        if (key == KEY_SHIFT_LEFT || key == KEY_SHIFT_RIGHT)
            keys.shift = (code & KEY_RELEASED) == 0;
        else if ((code & KEY_RELEASED) == 0 && key < sizeof plain - 1 && plain[key] != '\0')
            return keys.shift ? shifted[key] : plain[key];
    }
    return KEY_NONE;
}

static int serial_read(void)
{
    const struct utcb *utcb = (const struct utcb *)ROOT_UTCB_ADDRESS;
    struct message_words w = { .w0 = sizeof keys.serial };

    if (keys.serial_first == keys.serial_end) {
        if (object_call(SELECTOR_VCON, OP_VCON_READ, 1, &w) != 0 || w.w0 == 0 || w.w0 > sizeof keys.serial)
            return KEY_NONE;
        memcpy(keys.serial, &utcb->words[REGISTER_WORDS], w.w0);
        keys.serial_first = 0;
        keys.serial_end = w.w0;
    }
    char c = keys.serial[keys.serial_first++];
    return c == '\r' ? '\n' : c == 0x7f ? '\b' : (unsigned char)c;
}

int keys_read(uint64_t milliseconds)
{
    struct utcb *utcb = (struct utcb *)ROOT_UTCB_ADDRESS;

    for (uint64_t waited = 0;; waited += POLL_MS) {
        int c = keyboard_read();
        if (c == KEY_NONE)
            c = serial_read();
        if (c != KEY_NONE || waited >= milliseconds)
            return c;
        utcb->receive_timeout = root_info()->tsc_hz[0] / 1000 * POLL_MS;
        struct message m = ipc_wait((uint64_t)TIMEOUT_RELATIVE << TAG_RECEIVE_TIMEOUT_SHIFT);
        if (!tag_failed(m.tag) && tag_label(m.tag) == PROTO_IRQ)
            object_call(SELECTOR_KEYS, OP_IRQ_EOI, 0, &m.w);
    }
}
