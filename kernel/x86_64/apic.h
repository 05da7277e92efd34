/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The local interrupt controller (Intel SDM vol. 3A, chapter 10), as xAPIC or, if the firmware left it so, as x2APIC.
 */
#ifndef KERNEL_X86_64_APIC_H
#define KERNEL_X86_64_APIC_H

#include <stdint.h>

enum apic_register {
    APIC_TASK_PRIORITY = 0x080,
    APIC_END_OF_INTERRUPT = 0x0b0,
    APIC_SPURIOUS = 0x0f0,
    APIC_ERROR_STATUS = 0x280,
    APIC_LOCAL_TIMER = 0x320,
    APIC_LOCAL_PIN0 = 0x350,
    APIC_LOCAL_ERROR = 0x370,
    APIC_TIMER_INITIAL = 0x380,
    APIC_TIMER_CURRENT = 0x390,
    APIC_TIMER_DIVISOR = 0x3e0,
};
#define APIC_LOCAL_MASKED (1u << 16)

/* Masks the legacy controllers and brings the local one up. Returns NULL, or what is missing. */
const char *apic_init(void);
uint32_t apic_read(enum apic_register at);
void apic_write(enum apic_register at, uint32_t value);
void apic_end_of_interrupt(void);

#endif
