/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What somebody types: a PS/2 keyboard (or what the firmware passes off as one) by its ports and interrupt, and the serial port. Only while no
 * program runs: interrupts come as messages to root.
 */
#ifndef WORKLOADS_SERVERS_ROOT_KEYS_H
#define WORKLOADS_SERVERS_ROOT_KEYS_H

#include <stdint.h>

#define KEY_NONE (-1)

/* Without a keyboard the serial port alone is read. */
void keys_open(void);
/* Nothing comes from then on until keys_open. */
void keys_close(void);
/* The next character (newline: '\n', backspace: '\b'), waited for at most that long; KEY_NONE: none came. */
int keys_read(uint64_t milliseconds);

#endif
