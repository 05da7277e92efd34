/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Everywhere that people may look: the screen and every serial port that the machine has.
 */
#ifndef HANDOVER_INIT_LINES_H
#define HANDOVER_INIT_LINES_H

#include <stddef.h>

void lines_open(void);
/* How many serial ports there are. */
unsigned lines_serial(void);
/* One line for people, to all. */
__attribute__((format(printf, 1, 2))) void lines_say(const char *format, ...);
/* Bytes as they are, to the serial ports alone. A port that takes nothing for long is given up. */
void lines_send(const char *bytes, size_t n);

#endif
