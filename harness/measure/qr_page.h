/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A long text as pages, one QR code each: compressed (deflate.h), cut into pieces, each with a head of QR_PAGE_HEAD_BYTES. Little endian:
 *   0 "TGQ1"   4 index, from 0   6 pages   8 bytes of this piece   10 CRC-32 of all pieces together   14 CRC-32 of this head before it and the piece
 */
#ifndef HARNESS_MEASURE_QR_PAGE_H
#define HARNESS_MEASURE_QR_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define QR_PAGE_HEAD_BYTES 18
#define QR_PAGES_MAX 0xffff

struct qr_page {
    unsigned index, pages;
    uint32_t whole_crc;        /* the same in all pages of a text */
    const uint8_t *piece;
    size_t bytes;
};

/* Writes head and piece; returns how much that is. */
size_t qr_page_write(const struct qr_page *page, uint8_t *to);
/* The page at `from`, of at most n bytes; NULL, or what is wrong. *used: its length, more may follow. */
const char *qr_page_read(const uint8_t *from, size_t n, struct qr_page *page, size_t *used);

#endif
