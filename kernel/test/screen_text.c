/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Reads a picture of the screen (PPM, as QEMU's screendump writes it) back into text, character by character, for
 * workloads/test-console.sh and ci/metal.sh: each cell of 8x16 dots, or of squares of dots where the screen has many, must be exactly one of
 * the font's characters, white on black.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "font.h"

#define CELL_WIDTH 8
#define CELL_HEIGHT 16
#define SIDE_MAX 4096

#define COLUMNS_READABLE 100
#define ROWS_READABLE 30

static unsigned width, height, scale = 1; /* dots of the picture for one of a character, each way */
static unsigned char *dots;

static _Noreturn void fail(const char *why)
{
    fprintf(stderr, "screen_text: %s\n", why);
    exit(1);
}

/* All dots of a character's dot are alike. */
static bool dot_is_white(unsigned x, unsigned y)
{
    const unsigned char *first = dots + ((size_t)y * scale * width + (size_t)x * scale) * 3;
    if (memcmp(first, "\xff\xff\xff", 3) != 0 && memcmp(first, "\0\0\0", 3) != 0)
        fail("a dot is neither black nor white");
    for (unsigned i = 0; i < scale * scale; i++)
        if (memcmp(first + ((size_t)(i / scale) * width + i % scale) * 3, first, 3) != 0)
            fail("dots of one dot of a character differ");
    return first[0];
}

/* A row of five dots is widened to seven, the second and the fourth twice; each row is two high, below an empty one. */
static bool dot_ought_to_be_white(unsigned glyph, unsigned x, unsigned y)
{
    unsigned column = x == 0 ? 0 : x <= 2 ? 1 : x == 3 ? 2 : x <= 5 ? 3 : 4;
    return x < 7 && y >= 1 && y <= 14 && (font[glyph][column] >> (y - 1) / 2 & 1);
}

static bool cell_is(unsigned glyph, unsigned left, unsigned top)
{
    for (unsigned y = 0; y < CELL_HEIGHT; y++)
        for (unsigned x = 0; x < CELL_WIDTH; x++)
            if (dot_is_white(left + x, top + y) != dot_ought_to_be_white(glyph, x, y))
                return false;
    return true;
}

static char cell_read(unsigned left, unsigned top)
{
    for (unsigned glyph = 0; glyph < sizeof font / sizeof *font; glyph++)
        if (cell_is(glyph, left, top))
            return (char)(' ' + glyph);
    fail("a character is none of the font's");
}

static void row_print(unsigned top)
{
    char line[SIDE_MAX / CELL_WIDTH + 1];
    size_t n = 0, end = 0;
    for (unsigned left = 0; left + CELL_WIDTH <= width / scale; left += CELL_WIDTH) {
        line[n++] = cell_read(left, top);
        if (line[n - 1] != ' ')
            end = n;
    }
    line[end] = 0;
    puts(line);
}

int main(int argc, char **argv)
{
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    if (!file)
        fail("usage: screen_text PICTURE.ppm");
    unsigned depth;
    if (fscanf(file, "P6 %u %u %u", &width, &height, &depth) != 3 || fgetc(file) == EOF || depth != 255 || !width || !height ||
        width > SIDE_MAX || height > SIDE_MAX)
        fail("not a picture of the kind that is wanted");
    size_t bytes = (size_t)width * height * 3;
    dots = malloc(bytes);
    if (!dots || fread(dots, 1, bytes, file) != bytes)
        fail("the picture is cut short");
    fclose(file);
    while (width / ((scale + 1) * CELL_WIDTH) >= COLUMNS_READABLE && height / ((scale + 1) * CELL_HEIGHT) >= ROWS_READABLE)
        scale++;
    for (unsigned top = 0; top + CELL_HEIGHT <= height / scale; top += CELL_HEIGHT)
        row_print(top);
    free(dots);
    return 0;
}
