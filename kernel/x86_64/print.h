/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Text for people, on the console. Records of results come from user programs, not from here.
 */
#ifndef KERNEL_X86_64_PRINT_H
#define KERNEL_X86_64_PRINT_H

/* Knows %s %u %lu %x %lx and a width with leading zeros for the numbers, as in %016lx. A line of at most 511 bytes. */
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
