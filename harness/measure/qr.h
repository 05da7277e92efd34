/* SPDX-License-Identifier: BSD-2-Clause
 *
 * QR codes (ISO/IEC 18004), byte mode: the last resort for results of a machine that has a screen and nothing else. Freestanding, shared by
 * guest and host; no allocation: whoever encodes brings the memory.
 */
#ifndef HARNESS_MEASURE_QR_H
#define HARNESS_MEASURE_QR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define QR_VERSION_MAX 40
#define QR_SIDE_MAX (17 + 4 * QR_VERSION_MAX)
#define QR_CODEWORDS_MAX 3706
#define QR_QUIET 4             /* white modules that must surround the symbol */

/* How much of the symbol may be damaged: about 7, 15, 25, 30 %. */
enum qr_level { QR_LOW, QR_MEDIUM, QR_QUARTILE, QR_HIGH, QR_LEVELS };

struct qr {
    unsigned version, side, mask;
    uint8_t dark[QR_SIDE_MAX][QR_SIDE_MAX]; /* 1: a black module; row, column */
    uint8_t fixed[QR_SIDE_MAX][QR_SIDE_MAX]; /* 1: no data there */
    uint8_t data[QR_CODEWORDS_MAX], codewords[QR_CODEWORDS_MAX];
};

static inline unsigned qr_side(unsigned version) { return 17 + 4 * version; }
/* Bytes that a symbol takes. */
size_t qr_bytes_max(unsigned version, enum qr_level level);
/* The smallest version, from `version` on, that takes n bytes; false when none does. */
bool qr_encode(const void *bytes, size_t n, enum qr_level level, unsigned version, struct qr *out);

#endif
