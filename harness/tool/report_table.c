/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Tables as text and as HTML; see report_table.h.
 */
#include "harness/tool/report_table.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "harness/tool/report_text.h"
#include "harness/tool/terminal.h"

#define CELL_WIDTH_MAX 200
#define UNBROKEN '\001' /* a blank at which no line is broken; report_plain leaves none in a cell */

void report_table_init(struct report_table *table, const char *names)
{
    *table = (struct report_table){ .names = names, .columns = 1 };
    for (const char *p = names; *p; p++)
        table->columns += *p == '|';
}

void report_table_cell(struct report_table *table, const char *format, ...)
{
    char *text, **grown = reallocarray(table->cells, table->cell_count + 1, sizeof *grown);
    va_list args;
    va_start(args, format);
    if (!grown || vasprintf(&text, format, args) < 0)
        abort(); /* a few thousand short strings */
    va_end(args);
    table->cells = grown;
    table->cells[table->cell_count++] = text;
}

void report_table_free(struct report_table *table)
{
    for (size_t i = 0; i < table->cell_count; i++)
        free(table->cells[i]);
    free(table->cells);
    free(table->title);
    free(table->note);
    *table = (struct report_table){ 0 };
}

/* Name of column `i`, at most as long as fits, and whether it is flush left. */
static bool column_name(const struct report_table *table, size_t i, char name[64])
{
    const char *p = table->names;
    for (; i > 0; i--)
        p = strchr(p, '|') + 1;
    bool left = *p == '<';
    p += left;
    snprintf(name, 64, "%.*s", (int)strcspn(p, "|"), p);
    return left;
}

/* Characters, not bytes. */
static size_t text_width(const char *text)
{
    size_t n = 0;
    for (; *text; text++)
        n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

static void cell_print(FILE *out, const char *text, size_t width, bool left, bool last)
{
    size_t used = text_width(text), pad = used < width ? width - used : 0;
    if (!left)
        fprintf(out, "%*s", (int)pad, "");
    fputs(text, out);
    if (last)
        putc('\n', out);
    else
        fprintf(out, "%*s", (int)(left ? pad + 2 : 2), "");
}

/* One row on a narrow terminal: its first cell, below it the others with the names of their columns. */
static void row_print_stacked(FILE *out, const struct report_table *table, char *const *cells, size_t across)
{
    char *text = NULL, name[64], *plain = report_plain(cells[0], CELL_WIDTH_MAX);
    size_t bytes;
    FILE *pairs = open_memstream(&text, &bytes);
    if (!pairs)
        abort(); /* a line of text */
    terminal_print(out, plain, 2, 2, across);
    free(plain);
    for (size_t c = 1; c < table->columns; c++) {
        plain = report_plain(cells[c], CELL_WIDTH_MAX);
        column_name(table, c, name);
        bool whole = 4 + text_width(name) + 1 + text_width(plain) + 1 <= across; /* indented, and a semicolon */
        for (char *p = plain; whole && *p; p++)
            *p = *p == ' ' ? UNBROKEN : *p;
        for (char *p = name; whole && *p; p++)
            *p = *p == ' ' ? UNBROKEN : *p;
        if (*plain)
            fprintf(pairs, "%s%s%c%s", ftell(pairs) > 0 ? "; " : "", name, whole ? UNBROKEN : ' ', plain);
        free(plain);
    }
    fclose(pairs);
    char *wrapped = report_wrap(text, across - 4);
    for (char *p = wrapped; *p; p++)
        *p = *p == UNBROKEN ? ' ' : *p;
    terminal_print(out, wrapped, 4, 4, SIZE_MAX);
    free(wrapped);
    free(text);
}

static void rows_print(FILE *out, const struct report_table *table, const size_t *width, const bool *left)
{
    char name[64];
    size_t columns = table->columns;
    for (size_t c = 0; c < columns; c++) {
        column_name(table, c, name);
        fputs(c ? "" : "  ", out);
        cell_print(out, name, width[c], left[c], c == columns - 1);
    }
    for (size_t i = 0; i < table->cell_count; i++) {
        char *plain = report_plain(table->cells[i], CELL_WIDTH_MAX);
        fputs(i % columns ? "" : "  ", out);
        cell_print(out, plain, width[i % columns], left[i % columns], i % columns == columns - 1);
        free(plain);
    }
}

void report_table_print(FILE *out, const struct report_table *table)
{
    size_t width[REPORT_COLUMNS_MAX], columns = table->columns, all = 2 * columns, across = terminal_columns();
    bool left[REPORT_COLUMNS_MAX];
    char name[64];
    for (size_t c = 0; c < columns; c++) {
        left[c] = column_name(table, c, name);
        width[c] = text_width(name);
        for (size_t i = c; i < table->cell_count; i += columns)
            if (text_width(table->cells[i]) > width[c])
                width[c] = text_width(table->cells[i]);
        all += width[c];
    }
    putc('\n', out);
    terminal_print(out, table->title, 0, 0, across);
    if (table->note)
        terminal_print(out, table->note, 0, 0, across);
    if (all <= across)
        rows_print(out, table, width, left);
    else
        for (size_t i = 0; i + columns <= table->cell_count; i += columns)
            row_print_stacked(out, table, table->cells + i, across);
}

void report_table_html(FILE *out, const struct report_table *table)
{
    char name[64];
    fputs("<div class=\"scroll\"><table>\n<thead><tr>", out);
    for (size_t c = 0; c < table->columns; c++) {
        bool left = column_name(table, c, name);
        fprintf(out, "<th scope=\"col\"%s>", left ? " class=\"l\"" : "");
        report_html(out, name);
        fputs("</th>", out);
    }
    fputs("</tr></thead>\n<tbody>\n", out);
    for (size_t i = 0; i < table->cell_count; i++) {
        bool left = column_name(table, i % table->columns, name);
        fputs(i % table->columns ? "" : "<tr>", out);
        fputs(left ? "<td class=\"l\">" : "<td>", out);
        report_html(out, table->cells[i]);
        fputs("</td>", out);
        fputs(i % table->columns == table->columns - 1 ? "</tr>\n" : "", out);
    }
    fputs("</tbody>\n</table></div>\n", out);
}
