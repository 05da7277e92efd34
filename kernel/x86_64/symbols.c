/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Names for addresses of kernel text: binary search in the table that the second link adds.
 */
#include "kernel/x86_64/symbols.h"

#include <stddef.h>

#include "kernel/x86_64/layout.h"

struct symbol {
    uint64_t address;
    const char *name;
};

extern const struct symbol symbol_table[], symbol_table_end[];

bool symbol_is_text(uint64_t address)
{
    return address >= (uint64_t)text_start && address < (uint64_t)text_end;
}

const char *symbol_find(uint64_t address, uint64_t *offset)
{
    size_t low = 0, high = (size_t)(symbol_table_end - symbol_table);
    if (!symbol_is_text(address))
        return NULL;
    while (low < high) { /* first symbol above the address */
        size_t middle = low + (high - low) / 2;
        if (symbol_table[middle].address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return NULL;
    *offset = address - symbol_table[low - 1].address;
    return symbol_table[low - 1].name;
}
