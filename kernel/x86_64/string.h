/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The four functions that compilers call on their own in freestanding code.
 */
#ifndef KERNEL_X86_64_STRING_H
#define KERNEL_X86_64_STRING_H

#include <stddef.h>

void *memset(void *to, int byte, size_t n);
void *memcpy(void *restrict to, const void *restrict from, size_t n);
void *memmove(void *to, const void *from, size_t n);
int memcmp(const void *a, const void *b, size_t n);

#endif
