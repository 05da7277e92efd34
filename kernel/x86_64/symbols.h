/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Names for addresses of kernel text. The table is made from the linked kernel (kernel/boot/symbols.awk).
 */
#ifndef KERNEL_X86_64_SYMBOLS_H
#define KERNEL_X86_64_SYMBOLS_H

#include <stdbool.h>
#include <stdint.h>

bool symbol_is_text(uint64_t address);
/* Name of the function or label that the address lies in, and how far in; NULL when it is not in kernel text. */
const char *symbol_find(uint64_t address, uint64_t *offset);

#endif
