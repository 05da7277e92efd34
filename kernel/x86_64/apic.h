/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The local interrupt controller (Intel SDM vol. 3A, chapter 10), as x2APIC where there is one, else as xAPIC.
 */
#ifndef KERNEL_X86_64_APIC_H
#define KERNEL_X86_64_APIC_H

#include <stdbool.h>
#include <stdint.h>

enum apic_register {
    APIC_ID = 0x020,
    APIC_TASK_PRIORITY = 0x080,
    APIC_END_OF_INTERRUPT = 0x0b0,
    APIC_SPURIOUS = 0x0f0,
    APIC_ERROR_STATUS = 0x280,
    APIC_COMMAND = 0x300,
    APIC_COMMAND_TARGET = 0x310, /* not in x2APIC: the command has 64 bits there */
    APIC_LOCAL_TIMER = 0x320,
    APIC_LOCAL_PIN0 = 0x350,
    APIC_LOCAL_ERROR = 0x370,
    APIC_TIMER_INITIAL = 0x380,
    APIC_TIMER_CURRENT = 0x390,
    APIC_TIMER_DIVISOR = 0x3e0,
};
#define APIC_LOCAL_MASKED (1u << 16)

/* What to send to another CPU, with the vector in the low byte. */
#define APIC_SEND_FIXED 0x4000u   /* an interrupt */
#define APIC_SEND_NMI 0x4400u
#define APIC_SEND_INIT 0x4500u
#define APIC_SEND_STARTUP 0x4600u /* vector: number of the page below 1 MiB where it starts, in real mode */
#define APIC_XAPIC_ID_MAX 254u    /* what an xAPIC can send to */

/* Masks the legacy controllers and brings the local one up. Returns NULL, or what is missing. */
const char *apic_init(void);
/* Brings that of another CPU up in the same mode. */
void apic_init_secondary(void);
/* No timer, nothing but what others send. */
void apic_quiesce(void);
/* Number of this CPU's. */
uint32_t apic_id(void);
/* Whether it can send to that number. */
bool apic_reaches(uint32_t id);
void apic_send(uint32_t id, uint32_t what);
uint32_t apic_read(enum apic_register at);
void apic_write(enum apic_register at, uint32_t value);

#endif
