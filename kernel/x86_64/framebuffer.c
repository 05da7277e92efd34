/* SPDX-License-Identifier: BSD-2-Clause
 *
 * White is every bit set in each of the formats, so that no colours need to be known.
 */
#include "kernel/x86_64/framebuffer.h"

#include "kernel/x86_64/arch.h"
#include "kernel/x86_64/kernel_map.h"
#include "kernel/x86_64/layout.h"
#include "kernel/x86_64/string.h"

#include "font.h"

#define CELL_WIDTH 8
#define CELL_HEIGHT 16
#define COLUMNS_MAX 256
#define ROWS_MAX 96
#define GLYPH_FIRST ' '
#define GLYPH_LAST '~'
#define GLYPH_HEIGHT 14        /* dots of seven rows */
#define SCANNED_A_UNIT 64

static struct framebuffer screen;
static volatile uint8_t *pixels;
static unsigned columns, rows, column, row;
static unsigned refresh_at;    /* cells before it are drawn */
static char text[ROWS_MAX * COLUMNS_MAX], shown[ROWS_MAX * COLUMNS_MAX]; /* 0: nothing yet; rows of `columns` */

void framebuffer_init(const struct framebuffer *fb, bool mapped)
{
    if (!fb->bytes || (!mapped && fb->address + fb->bytes > EARLY_LINEAR_BYTES))
        return;
    screen = *fb;
    pixels = linear_address(fb->address);
    for (uint64_t page = fb->address & ~(uint64_t)(PAGE_BYTES - 1), at = page; mapped && at < fb->address + fb->bytes; at += PAGE_BYTES) {
        volatile uint32_t *device = kernel_map_device(at);
        if (!device) {
            pixels = NULL;
            return;
        }
        if (at == page)
            pixels = (volatile uint8_t *)device + fb->address % PAGE_BYTES;
    }
    columns = fb->width / CELL_WIDTH < COLUMNS_MAX ? fb->width / CELL_WIDTH : COLUMNS_MAX;
    rows = fb->height / CELL_HEIGHT < ROWS_MAX ? fb->height / CELL_HEIGHT : ROWS_MAX;
    if (!columns || rows < 4)
        pixels = NULL;
}

static void line_end(void)
{
    column = 0;
    if (++row < rows)
        return;
    unsigned kept = (rows - rows / 4) * columns;
    memmove(text, text + rows / 4 * columns, kept);
    memset(text + kept, ' ', rows * columns - kept);
    row -= rows / 4;
    refresh_at = 0;
}

void framebuffer_put(char c)
{
    if (!pixels)
        return;
    if (c == '\r')
        column = 0;
    if (c == '\n' || column == columns)
        line_end();
    if (c == '\n' || c == '\r')
        return;
    unsigned at = row * columns + column++;
    text[at] = c;
    if (at < refresh_at)
        refresh_at = at;
}

static bool dot_is_set(const uint8_t *glyph, unsigned x, unsigned y)
{
    static const uint8_t column_of[CELL_WIDTH] = {0, 1, 1, 2, 3, 3, 4, 0};
    return x + 1 < CELL_WIDTH && y > 0 && y <= GLYPH_HEIGHT && glyph[column_of[x]] >> (y - 1) / 2 & 1;
}

static void cell_draw(unsigned at)
{
    char c = text[at] >= GLYPH_FIRST && text[at] <= GLYPH_LAST ? text[at] : '?';
    const uint8_t *glyph = font[text[at] ? c - GLYPH_FIRST : 0];
    for (unsigned y = 0; y < CELL_HEIGHT; y++) {
        volatile uint8_t *dot = pixels + (uint64_t)(at / columns * CELL_HEIGHT + y) * screen.pitch +
                                (uint64_t)(at % columns) * CELL_WIDTH * screen.pixel_bytes;
        for (unsigned x = 0; x < CELL_WIDTH; x++, dot += screen.pixel_bytes) {
            uint32_t value = dot_is_set(glyph, x, y) ? UINT32_MAX : 0;
            if (screen.pixel_bytes == 4)
                *(volatile uint32_t *)dot = value;
            else
                for (unsigned byte = 0; byte < screen.pixel_bytes; byte++)
                    dot[byte] = (uint8_t)value;
        }
    }
    shown[at] = text[at];
}

bool framebuffer_refresh(unsigned *budget)
{
    for (; pixels && refresh_at < rows * columns; refresh_at++) {
        if (!*budget)
            return false;
        bool draw = shown[refresh_at] != text[refresh_at];
        if (draw)
            cell_draw(refresh_at);
        *budget -= draw || refresh_at % SCANNED_A_UNIT == 0;
    }
    return true;
}
