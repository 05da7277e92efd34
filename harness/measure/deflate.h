/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A compressor whose output zlib reads (RFC 1950, 1951): one block of fixed Huffman codes, matches by hash chains. Freestanding, no
 * allocation; for logs that must fit on few pictures.
 */
#ifndef HARNESS_MEASURE_DEFLATE_H
#define HARNESS_MEASURE_DEFLATE_H

#include <stddef.h>
#include <stdint.h>

#define DEFLATE_HASHES 0x8000
#define DEFLATE_WINDOW 0x8000

struct deflate_work {
    uint32_t head[DEFLATE_HASHES];  /* latest position of each hash, plus 1 */
    uint32_t before[DEFLATE_WINDOW]; /* the position with the same hash before it, plus 1 */
};

/* Bytes written, at most `limit`; 0: there is no room. n < 2^31. */
size_t deflate_compress(const uint8_t *from, size_t n, uint8_t *to, size_t limit, struct deflate_work *work);

#endif
