/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What QR codes of photographs hold: pages of a log, as they are, and with their checksums put right, so that the fuzzer gets past them.
 */
#include "harness/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "harness/measure/qr_page.h"
#include "harness/measure/record.h"
#include "harness/tool/pictures.h"

static bool take(const uint8_t *bytes, size_t size)
{
    char *text;
    size_t n;
    struct error e;
    if (!pictures_decode((const char *)bytes, size, &text, &n, &e))
        return false;
    free(text);
    return true;
}

static size_t piece_bytes(const uint8_t *at, size_t room)
{
    size_t n = room > QR_PAGE_HEAD_BYTES ? (size_t)at[8] | (size_t)at[9] << 8 : 0;
    return n <= room - QR_PAGE_HEAD_BYTES ? n : 0;
}

/* All pages in the order in which they come, as those of one log. */
static void sums_correct(uint8_t *bytes, size_t size)
{
    uint8_t *whole = malloc(size + 1), *copy = malloc(size + 1);
    size_t all = 0, n;
    unsigned pages = 0;
    if (!whole || !copy)
        fuzz_fail("no memory");
    for (size_t at = 0; at + QR_PAGE_HEAD_BYTES < size && (n = piece_bytes(bytes + at, size - at)) > 0; at += QR_PAGE_HEAD_BYTES + n, pages++) {
        memcpy(whole + all, bytes + at + QR_PAGE_HEAD_BYTES, n);
        all += n;
    }
    struct qr_page page = { .pages = pages, .whole_crc = record_crc32(whole, all), .piece = copy };
    for (size_t at = 0; page.index < pages; at += QR_PAGE_HEAD_BYTES + page.bytes, page.index++) {
        page.bytes = piece_bytes(bytes + at, size - at);
        memcpy(copy, bytes + at + QR_PAGE_HEAD_BYTES, page.bytes);
        qr_page_write(&page, bytes + at);
    }
    free(whole);
    free(copy);
}

bool fuzz_accepts(const uint8_t *bytes, size_t size)
{
    bool accepted = take(bytes, size);
    uint8_t *copy = malloc(size + 1);
    if (!copy || size > 1 << 20)
        return free(copy), accepted;
    memcpy(copy, bytes, size);
    sums_correct(copy, size);
    take(copy, size);
    free(copy);
    return accepted;
}
