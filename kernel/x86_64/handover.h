/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Who gets the machine when the session is over, and the log that waits for them: kernel/abi/handover.h.
 */
#ifndef KERNEL_X86_64_HANDOVER_H
#define KERNEL_X86_64_HANDOVER_H

#include <stddef.h>

#include "kernel/boot/boot_information.h"

/* Takes memory for the log out of `frames`, where a program waits to take over; needs the early page tables. False: not enough memory. */
bool handover_prepare(const struct boot_information *boot, struct ranges *frames);
/* Appends console text; what finds no room is counted. */
void handover_log(const char *text, size_t bytes);
/* Gives the machine to the program; all other CPUs have stopped. Returns false where there is none, or this is not the boot CPU, true when the
 * program refuses, after it has said why. */
bool handover_enter(unsigned status);

/* In handover_jump.S. */
void handover_jump(uint64_t program, uint64_t handover, uint64_t page_table);

#endif
