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
#define COLUMNS_READABLE 100   /* characters are as large as leaves room for so many, and so many rows */
#define ROWS_READABLE 30
#define GLYPH_FIRST ' '
#define GLYPH_LAST '~'
#define GLYPH_HEIGHT 14        /* dots of seven rows */
#define SCANNED_A_UNIT 64

static struct framebuffer screen;
static volatile uint8_t *pixels;
static unsigned columns, rows, column, row;
static unsigned scale;         /* dots of the screen for one of a character, each way */
static unsigned refresh_at;    /* cells before it are drawn */
static char text[ROWS_MAX * COLUMNS_MAX], shown[ROWS_MAX * COLUMNS_MAX]; /* 0: nothing yet; rows of `columns` */

void framebuffer_init(const struct framebuffer *fb, bool mapped)
{
    if (!fb->bytes || (!mapped && fb->address + fb->bytes > EARLY_LINEAR_BYTES))
        return;
    screen = *fb;
    pixels = linear_address(fb->address);
    for (uint64_t page = fb->address & ~(uint64_t)(PAGE_BYTES - 1), at = page; mapped && at < fb->address + fb->bytes; at += PAGE_BYTES) {
        volatile uint8_t *device = kernel_map_device(at);
        if (!device) {
            pixels = NULL;
            return;
        }
        if (at == page)
            pixels = device + fb->address % PAGE_BYTES;
    }
    for (scale = 1; fb->width / ((scale + 1) * CELL_WIDTH) >= COLUMNS_READABLE && fb->height / ((scale + 1) * CELL_HEIGHT) >= ROWS_READABLE;)
        scale++;
    columns = fb->width / (scale * CELL_WIDTH) < COLUMNS_MAX ? fb->width / (scale * CELL_WIDTH) : COLUMNS_MAX;
    rows = fb->height / (scale * CELL_HEIGHT) < ROWS_MAX ? fb->height / (scale * CELL_HEIGHT) : ROWS_MAX;
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
    if (c == '\f')
        row = 0;
    if (c == '\r' || c == '\f')
        column = 0;
    if (c == '\n' || column == columns)
        line_end();
    if (c == '\n' || c == '\r' || c == '\f')
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
    for (unsigned y = 0; y < CELL_HEIGHT * scale; y++) {
        volatile uint8_t *dot = pixels + (uint64_t)(at / columns * CELL_HEIGHT * scale + y) * screen.pitch +
                                (uint64_t)(at % columns) * CELL_WIDTH * scale * screen.pixel_bytes;
        for (unsigned x = 0; x < CELL_WIDTH * scale; x++, dot += screen.pixel_bytes) {
            uint32_t value = dot_is_set(glyph, x / scale, y / scale) ? UINT32_MAX : 0;
            if (screen.pixel_bytes == 4)
                *(volatile uint32_t *)dot = value;
            else
                for (unsigned byte = 0; byte < screen.pixel_bytes; byte++)
                    dot[byte] = (uint8_t)value;
        }
    }
    shown[at] = text[at];
}

bool arch_console_refresh(unsigned *budget)
{
    for (; pixels && refresh_at < rows * columns; refresh_at++) {
        if (!*budget)
            return false;
        bool draw = shown[refresh_at] != text[refresh_at];
        if (draw)
            cell_draw(refresh_at);
        unsigned spent = draw ? scale * scale : refresh_at % SCANNED_A_UNIT == 0;
        *budget -= spent < *budget ? spent : *budget;
    }
    return true;
}

struct root_screen framebuffer_info(void)
{
    if (!pixels)
        return (struct root_screen){ 0 };
    return (struct root_screen){ screen.bytes, screen.address % PAGE_BYTES, screen.pitch, screen.width, screen.height, screen.pixel_bytes, columns, rows };
}
