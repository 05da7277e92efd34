/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Pages of a log: the compressor against zlib, heads of pages against every cut and every flipped bit, and capacities of QR codes against the
 * table of the standard. That the symbols themselves can be read: pictures.sh, by an independent reader.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <zlib.h>

#include "harness/measure/deflate.h"
#include "harness/measure/qr.h"
#include "harness/measure/qr_page.h"

static struct deflate_work work;
static struct qr symbol;

static uint32_t random_next(uint32_t *state) { return *state = *state * 1664525u + 1013904223u; }

/* Compresses, into exactly as much as it needs, and one byte less is refused. */
static size_t compressed_well(const uint8_t *bytes, size_t n)
{
    size_t limit = n * 9 / 8 + 100;
    uint8_t *to = malloc(limit), *back = malloc(n + 1);
    size_t used = deflate_compress(bytes, n, to, limit, &work);
    uLongf length = n + 1;
    assert_true(used > 0);
    assert_int_equal(uncompress(back, &length, to, used), Z_OK);
    assert_int_equal(length, n);
    assert_memory_equal(back, bytes, n);
    uint8_t *exact = malloc(used);
    assert_int_equal(deflate_compress(bytes, n, exact, used, &work), used);
    assert_memory_equal(exact, to, used);
    assert_int_equal(deflate_compress(bytes, n, exact, used - 1, &work), 0);
    free(to);
    free(back);
    free(exact);
    return used;
}

static void zlib_reads_what_is_compressed(void **state)
{
    (void)state;
    static uint8_t bytes[200000];
    uint32_t seed = 1;
    assert_int_equal(compressed_well(bytes, 0), 2 + 2 + 4);
    for (size_t n = 1; n < 600; n++)
        compressed_well(bytes, n);
    assert_true(compressed_well(bytes, sizeof bytes) < sizeof bytes / 100);
    for (unsigned letters = 2; letters <= 256; letters *= 4) {
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = (uint8_t)((random_next(&seed) >> 20) % letters);
        compressed_well(bytes, 70000);
    }
    for (size_t i = 0; i < sizeof bytes; i++) /* repeats from farther away than the window reaches */
        bytes[i] = (uint8_t)(i % 40000 * 7919 >> 5);
    compressed_well(bytes, sizeof bytes);
}

static void pages_are_read_back_or_refused(void **state)
{
    (void)state;
    uint8_t piece[300], page[sizeof piece + QR_PAGE_HEAD_BYTES];
    for (size_t i = 0; i < sizeof piece; i++)
        piece[i] = (uint8_t)(i * 31);
    struct qr_page out, in = { 3, 9, 0x12345678, piece, sizeof piece };
    size_t used, n = qr_page_write(&in, page);
    assert_int_equal(n, sizeof page);
    assert_null(qr_page_read(page, n, &out, &used));
    assert_true(used == n && out.index == 3 && out.pages == 9 && out.whole_crc == in.whole_crc && out.bytes == sizeof piece);
    assert_memory_equal(out.piece, piece, sizeof piece);
    for (size_t cut = 0; cut < n; cut++) {
        uint8_t *copy = malloc(cut + 1);
        memcpy(copy, page, cut);
        assert_non_null(qr_page_read(copy, cut, &out, &used));
        free(copy);
    }
    for (size_t bit = 0; bit < n * 8; bit++) {
        page[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_non_null(qr_page_read(page, n, &out, &used));
        page[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    in.index = 9; /* beyond the last one */
    assert_non_null(qr_page_read(page, qr_page_write(&in, page), &out, &used));
}

static void capacities_are_those_of_the_standard(void **state)
{
    (void)state;
    static const struct { unsigned version; size_t bytes[QR_LEVELS]; } known[] = {
        { 1, { 17, 14, 11, 7 } }, { 9, { 230, 180, 130, 98 } }, { 10, { 271, 213, 151, 119 } }, { 27, { 1465, 1125, 805, 625 } }, { 40, { 2953, 2331, 1663, 1273 } },
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        for (unsigned level = 0; level < QR_LEVELS; level++)
            assert_int_equal(qr_bytes_max(known[i].version, (enum qr_level)level), known[i].bytes[level]);
}

static void the_smallest_version_is_taken(void **state)
{
    (void)state;
    static uint8_t bytes[3000];
    for (unsigned version = 1; version <= QR_VERSION_MAX; version++) {
        size_t n = qr_bytes_max(version, QR_LOW);
        assert_true(qr_encode(bytes, n, QR_LOW, 1, &symbol) && symbol.version == version && symbol.side == 17 + 4 * version);
        assert_int_equal(qr_encode(bytes, n + 1, QR_LOW, 1, &symbol), version < QR_VERSION_MAX);
        assert_true(version == QR_VERSION_MAX || symbol.version == version + 1);
    }
    assert_true(qr_encode(bytes, 1, QR_HIGH, 7, &symbol) && symbol.version == 7);
    assert_false(qr_encode(bytes, 1, QR_HIGH, 0, &symbol));
    assert_false(qr_encode(bytes, 1, QR_HIGH, 41, &symbol));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zlib_reads_what_is_compressed),
        cmocka_unit_test(pages_are_read_back_or_refused),
        cmocka_unit_test(capacities_are_those_of_the_standard),
        cmocka_unit_test(the_smallest_version_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
