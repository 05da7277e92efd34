/* SPDX-License-Identifier: BSD-2-Clause */
#include "harness/measure/qr_page.h"

#include "harness/measure/record.h"

enum { MAGIC = 0, INDEX = 4, PAGES = 6, BYTES = 8, WHOLE_CRC = 10, PAGE_CRC = 14, PIECE = QR_PAGE_HEAD_BYTES };

static const uint8_t magic[4] = { 'T', 'G', 'Q', '1' };

static void put(uint8_t *to, uint32_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        to[i] = (uint8_t)(value >> 8 * i);
}

static uint32_t get(const uint8_t *from, unsigned bytes)
{
    uint32_t value = 0;

    for (unsigned i = 0; i < bytes; i++)
        value |= (uint32_t)from[i] << 8 * i;
    return value;
}

/* Of the head without the sum itself, then of the piece. */
static uint32_t page_crc(const uint8_t *page, size_t bytes)
{
    uint32_t head = record_crc32(page, PAGE_CRC);

    return head ^ record_crc32(page + PIECE, bytes);
}

size_t qr_page_write(const struct qr_page *page, uint8_t *to)
{
    for (unsigned i = 0; i < 4; i++)
        to[i] = magic[i];
    put(to + INDEX, page->index, 2);
    put(to + PAGES, page->pages, 2);
    put(to + BYTES, (uint32_t)page->bytes, 2);
    put(to + WHOLE_CRC, page->whole_crc, 4);
    for (size_t i = 0; i < page->bytes; i++)
        to[PIECE + i] = page->piece[i];
    put(to + PAGE_CRC, page_crc(to, page->bytes), 4);
    return PIECE + page->bytes;
}

const char *qr_page_read(const uint8_t *from, size_t n, struct qr_page *page, size_t *used)
{
    if (n < QR_PAGE_HEAD_BYTES)
        return "is cut short";
    for (unsigned i = 0; i < 4; i++)
        if (from[i] != magic[i])
            return "is no page of Tollgate";
    *page = (struct qr_page){ get(from + INDEX, 2), get(from + PAGES, 2), get(from + WHOLE_CRC, 4), from + PIECE, get(from + BYTES, 2) };
    if (page->bytes > n - QR_PAGE_HEAD_BYTES)
        return "is cut short";
    if (page_crc(from, page->bytes) != get(from + PAGE_CRC, 4) || page->index >= page->pages || page->bytes == 0)
        return "is damaged";
    *used = QR_PAGE_HEAD_BYTES + page->bytes;
    return NULL;
}
