/* SPDX-License-Identifier: BSD-2-Clause
 *
 * How wide the terminal is, and text broken so that it stays readable there. Control characters are printed as blanks.
 */
#ifndef HARNESS_TOOL_TERMINAL_H
#define HARNESS_TOOL_TERMINAL_H

#include <stddef.h>
#include <stdio.h>

#define TERMINAL_COLUMNS_MIN 20

/* Columns of the terminal that standard output is, or the number in COLUMNS, which goes before it; SIZE_MAX where there is neither: a file, a pipe. */
size_t terminal_columns(void);
/* `text`, each of its lines broken at blanks, `indent` blanks before all but the first line (`first` before that one). */
void terminal_print(FILE *out, const char *text, size_t first, size_t indent, size_t columns);

/* Lines that were made for a wide terminal: what is wider than this one is broken, and goes on two blanks deeper than its line began. */
void terminal_lines_print(FILE *out, const char *text);
/* The same for `across` columns. */
void terminal_lines_fold(FILE *out, const char *text, size_t across);
/* Whole lines, formatted and printed that way. */
__attribute__((format(printf, 2, 3))) void terminal_printf(FILE *out, const char *format, ...);

#endif
