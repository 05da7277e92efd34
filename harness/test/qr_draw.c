/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Draws QR codes for pictures.sh: qr_draw PICTURE.pgm VERSION LEVEL draws as much of its standard input as fits into that version, and prints how
 * many bytes that is; with a fourth argument P, page P of Q (fifth) of the compressed input, in a version that takes it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/measure/deflate.h"
#include "harness/measure/qr.h"
#include "harness/measure/qr_page.h"
#include "harness/measure/record.h"

#define SCALE 4
#define INPUT_BYTES_MAX (1 << 20)

static struct qr symbol;
static struct deflate_work work;
static unsigned char input[INPUT_BYTES_MAX], compressed[INPUT_BYTES_MAX], page[QR_CODEWORDS_MAX];

static int picture_write(const char *path)
{
    FILE *file = fopen(path, "wb");
    unsigned side = (symbol.side + 2 * QR_QUIET) * SCALE;
    if (!file)
        return 1;
    fprintf(file, "P5 %u %u 255\n", side, side);
    for (unsigned y = 0; y < side; y++)
        for (unsigned x = 0; x < side; x++) {
            unsigned row = y / SCALE - QR_QUIET, column = x / SCALE - QR_QUIET; /* wraps where it is negative */
            fputc(row < symbol.side && column < symbol.side && symbol.dark[row][column] ? 0 : 255, file);
        }
    return fclose(file);
}

int main(int argc, char **argv)
{
    if (argc != 4 && argc != 6)
        return 2;
    size_t n = fread(input, 1, sizeof input, stdin);
    const unsigned char *bytes = input;
    if (argc == 6) {
        size_t all = deflate_compress(input, n, compressed, sizeof compressed, &work);
        unsigned index = (unsigned)atoi(argv[4]), count = (unsigned)atoi(argv[5]);
        size_t piece = (all + count - 1) / count, at = index * piece;
        if (all == 0 || at >= all)
            return 2;
        struct qr_page p = { index, count, record_crc32(compressed, all), compressed + at, all - at < piece ? all - at : piece };
        n = qr_page_write(&p, page);
        bytes = page;
    } else {
        size_t most = qr_bytes_max((unsigned)atoi(argv[2]), (enum qr_level)atoi(argv[3]));
        n = n < most ? n : most;
        printf("%zu\n", n);
    }
    if (!qr_encode(bytes, n, (enum qr_level)atoi(argv[3]), (unsigned)atoi(argv[2]), &symbol))
        return 1;
    return picture_write(argv[1]);
}
