/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Names for addresses of a program of this build: what nm says of its ELF file.
 */
#ifndef HARNESS_TOOL_SYMBOLS_H
#define HARNESS_TOOL_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/tool/error.h"

struct symbol {
    uint64_t address;
    const char *name;
};

struct symbols {
    struct symbol *list; /* ascending by address */
    size_t count;
    char *text;          /* owns the names */
};

/* Runs nm; `scratch`: a file that may be overwritten. */
bool symbols_read(const char *elf, const char *scratch, struct symbols *symbols, struct error *e);
/* Lines "address type name" as nm -n prints them. Takes the bytes over. */
bool symbols_decode(char *bytes, struct symbols *symbols, struct error *e);
void symbols_free(struct symbols *symbols);
/* The last symbol at or below the address, NULL when there is none. */
const struct symbol *symbols_find(const struct symbols *symbols, uint64_t address);

#endif
