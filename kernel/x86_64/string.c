/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The four functions that compilers call on their own in freestanding code.
 */
#include "kernel/x86_64/string.h"

#include "kernel/x86_64/cpu.h"

void *memset(void *to, int byte, size_t n)
{
    store_string(to, (uint8_t)byte, n);
    return to;
}

void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
    move_string(to, from, n);
    return to;
}

/* Copies backwards where the areas overlap that way; volatile, or the compiler would make the loop a call of memmove. */
void *memmove(void *to, const void *from, size_t n)
{
    volatile uint8_t *t = to;
    const uint8_t *f = from;
    if ((uintptr_t)to - (uintptr_t)from >= n)
        return memcpy(to, from, n);
    while (n-- > 0)
        t[n] = f[n];
    return to;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const uint8_t *x = a, *y = b;
    for (size_t i = 0; i < n; i++)
        if (x[i] != y[i])
            return x[i] - y[i];
    return 0;
}
