/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One-shot interrupts at a value of the TSC: arch_timer_arm() and arch_timer_disarm() of arch.h.
 */
#ifndef KERNEL_X86_64_TIMER_H
#define KERNEL_X86_64_TIMER_H

/* After apic_init() and clock_init(). Returns NULL, or what is missing. */
const char *timer_init(void);
/* The same on another CPU: takes over what the boot CPU found. */
void timer_start(void);
/* The timer's interrupt has come. */
void timer_expired(void);

#endif
