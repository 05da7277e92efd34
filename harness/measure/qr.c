/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Step by step as the standard has it: bits into codewords, codewords into blocks with error correction, blocks interleaved, patterns, data in
 * zigzag, and the mask whose picture has the lowest penalty.
 */
#include "harness/measure/qr.h"

#define MODE_BYTES 4u
#define MODE_BITS 4
#define PAD_FIRST 0xec
#define PAD_SECOND 0x11
#define FIELD_POLYNOMIAL 0x11du
#define CORRECTION_MAX 30      /* codewords of a block */
#define FORMAT_POLYNOMIAL 0x537u
#define FORMAT_MASK 0x5412u
#define VERSION_POLYNOMIAL 0x1f25u
#define VERSION_INFORMED 7     /* from this one on the symbol tells its version */
#define ALIGNMENTS_MAX 7
#define MASKS 8

/* Error correction codewords of a block, and blocks, of each level and version (tables 7 and 9 of the standard). */
static const uint8_t correction[QR_LEVELS][QR_VERSION_MAX] = {
    { 7, 10, 15, 20, 26, 18, 20, 24, 30, 18, 20, 24, 26, 30, 22, 24, 28, 30, 28, 28, 28, 28, 30, 30, 26, 28, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30 },
    { 10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26, 26, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28 },
    { 13, 22, 18, 26, 18, 24, 18, 22, 20, 24, 28, 26, 24, 20, 30, 24, 28, 28, 26, 30, 28, 30, 30, 30, 30, 28, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30 },
    { 17, 28, 22, 16, 22, 28, 26, 26, 24, 28, 24, 28, 22, 24, 24, 30, 28, 28, 26, 28, 30, 24, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30 },
};
static const uint8_t blocks[QR_LEVELS][QR_VERSION_MAX] = {
    { 1, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4, 4, 6, 6, 6, 6, 7, 8, 8, 9, 9, 10, 12, 12, 12, 13, 14, 15, 16, 17, 18, 19, 19, 20, 21, 22, 24, 25 },
    { 1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16, 17, 17, 18, 20, 21, 23, 25, 26, 28, 29, 31, 33, 35, 37, 38, 40, 43, 45, 47, 49 },
    { 1, 1, 2, 2, 4, 4, 6, 6, 8, 8, 8, 10, 12, 16, 12, 17, 16, 18, 21, 20, 23, 23, 25, 27, 29, 34, 34, 35, 38, 40, 43, 45, 48, 51, 53, 56, 59, 62, 65, 68 },
    { 1, 1, 2, 4, 4, 4, 5, 6, 8, 8, 11, 11, 16, 16, 18, 16, 19, 21, 25, 25, 25, 34, 30, 32, 35, 37, 40, 42, 45, 48, 51, 54, 57, 60, 63, 66, 70, 74, 77, 81 },
};

/* --- sizes */

static unsigned alignments(unsigned version) { return version == 1 ? 0 : version / 7 + 2; }

/* Codewords of a symbol: its modules without the patterns, in whole bytes. */
static unsigned codewords_all(unsigned version)
{
    unsigned modules = (16 * version + 128) * version + 64, n = alignments(version);

    if (n != 0)
        modules -= (25 * n - 10) * n - 55;
    if (version >= VERSION_INFORMED)
        modules -= 36;
    return modules / 8;
}

static unsigned codewords_of_data(unsigned version, enum qr_level level)
{
    return codewords_all(version) - (unsigned)correction[level][version - 1] * blocks[level][version - 1];
}

static unsigned length_bits(unsigned version) { return version < 10 ? 8 : 16; }

size_t qr_bytes_max(unsigned version, enum qr_level level)
{
    return (codewords_of_data(version, level) * 8 - MODE_BITS - length_bits(version)) / 8;
}

/* --- codewords */

static void bits_put(uint8_t *to, size_t *at, uint32_t value, unsigned bits)
{
    for (unsigned i = bits; i-- > 0; (*at)++)
        to[*at / 8] = (uint8_t)(to[*at / 8] | (value >> i & 1) << (7 - *at % 8));
}

static void data_make(struct qr *qr, enum qr_level level, const uint8_t *bytes, size_t n)
{
    size_t at = 0, all = codewords_of_data(qr->version, level);

    for (size_t i = 0; i < all; i++)
        qr->data[i] = 0;
    bits_put(qr->data, &at, MODE_BYTES, MODE_BITS);
    bits_put(qr->data, &at, (uint32_t)n, length_bits(qr->version));
    for (size_t i = 0; i < n; i++)
        bits_put(qr->data, &at, bytes[i], 8);
    /* The terminator is as many zeros as there is room for, at most four: they are there. */
    at = at + 4 < all * 8 ? at + 4 : all * 8;
    at = (at + 7) / 8;
    for (uint8_t pad = PAD_FIRST; at < all; pad = (uint8_t)(pad ^ PAD_FIRST ^ PAD_SECOND))
        qr->data[at++] = pad;
}

static uint8_t field_multiply(uint8_t a, uint8_t b)
{
    uint32_t product = 0;

    for (unsigned i = 8; i-- > 0;)
        product = product << 1 ^ (product >> 7) * FIELD_POLYNOMIAL ^ (b >> i & 1) * (uint32_t)a;
    return (uint8_t)product;
}

/* Coefficients of (x - 1)(x - 2)(x - 4)..., the highest left out, the next one first. */
static void generator_make(uint8_t *generator, unsigned degree)
{
    uint8_t root = 1;

    for (unsigned i = 0; i < degree; i++)
        generator[i] = i == degree - 1;
    for (unsigned i = 0; i < degree; i++) {
        for (unsigned k = 0; k < degree; k++)
            generator[k] = (uint8_t)(field_multiply(generator[k], root) ^ (k + 1 < degree ? generator[k + 1] : 0));
        root = field_multiply(root, 2);
    }
}

static void remainder_make(const uint8_t *data, size_t n, const uint8_t *generator, unsigned degree, uint8_t *remainder)
{
    for (unsigned i = 0; i < degree; i++)
        remainder[i] = 0;
    for (size_t i = 0; i < n; i++) {
        uint8_t factor = data[i] ^ remainder[0];
        for (unsigned k = 0; k < degree; k++)
            remainder[k] = (uint8_t)((k + 1 < degree ? remainder[k + 1] : 0) ^ field_multiply(generator[k], factor));
    }
}

/* Blocks of data, the last ones a codeword longer, are read in columns; then their error correction is. */
static void codewords_make(struct qr *qr, enum qr_level level)
{
    unsigned n = blocks[level][qr->version - 1], degree = correction[level][qr->version - 1], all = codewords_all(qr->version);
    unsigned shorter = all / n - degree, longer_from = n - all % n, data_all = all - n * degree;
    uint8_t generator[CORRECTION_MAX], remainder[CORRECTION_MAX];
    const uint8_t *data = qr->data;

    generator_make(generator, degree);
    for (unsigned b = 0; b < n; b++) {
        unsigned length = shorter + (b >= longer_from);
        for (unsigned i = 0; i < length; i++)
            qr->codewords[i < shorter ? i * n + b : shorter * n + b - longer_from] = data[i];
        remainder_make(data, length, generator, degree, remainder);
        for (unsigned i = 0; i < degree; i++)
            qr->codewords[data_all + i * n + b] = remainder[i];
        data += length;
    }
}

/* --- the picture */

static void module_fix(struct qr *qr, unsigned row, unsigned column, bool dark)
{
    qr->dark[row][column] = dark;
    qr->fixed[row][column] = 1;
}

static unsigned distance(unsigned a, unsigned b) { return a > b ? a - b : b - a; }

/* Squares around a centre; what lies outside of the symbol is left out. */
static void finder_fix(struct qr *qr, unsigned row, unsigned column)
{
    for (unsigned r = row < 4 ? 0 : row - 4; r <= row + 4 && r < qr->side; r++)
        for (unsigned c = column < 4 ? 0 : column - 4; c <= column + 4 && c < qr->side; c++) {
            unsigned x = distance(c, column), y = distance(r, row), ring = x > y ? x : y;
            module_fix(qr, r, c, ring != 2 && ring != 4);
        }
}

static void alignment_fix(struct qr *qr, unsigned row, unsigned column)
{
    for (unsigned r = row - 2; r <= row + 2; r++)
        for (unsigned c = column - 2; c <= column + 2; c++) {
            unsigned x = distance(c, column), y = distance(r, row);
            module_fix(qr, r, c, (x > y ? x : y) != 1);
        }
}

static void alignments_fix(struct qr *qr)
{
    unsigned at[ALIGNMENTS_MAX], n = alignments(qr->version);
    unsigned step = n == 0 ? 0 : qr->version == 32 ? 26 : (qr->version * 4 + n * 2 + 1) / (n * 2 - 2) * 2;

    for (unsigned i = 0; i < n; i++)
        at[i] = i == 0 ? 6 : qr->side - 7 - (n - 1 - i) * step;
    for (unsigned i = 0; i < n; i++)
        for (unsigned k = 0; k < n; k++)
            if (!(i == 0 && k == 0) && !(i == 0 && k == n - 1) && !(i == n - 1 && k == 0))
                alignment_fix(qr, at[i], at[k]);
}

static uint32_t checked(uint32_t data, unsigned check_bits, uint32_t polynomial)
{
    uint32_t remainder = data;

    for (unsigned i = 0; i < check_bits; i++)
        remainder = remainder << 1 ^ (remainder >> (check_bits - 1)) * polynomial;
    return data << check_bits | (remainder & ((1u << check_bits) - 1));
}

/* Level and mask, twice; and the one module that is always dark. */
static void format_fix(struct qr *qr, enum qr_level level, unsigned mask)
{
    static const uint32_t code[QR_LEVELS] = { 1, 0, 3, 2 };
    uint32_t bits = checked(code[level] << 3 | mask, 10, FORMAT_POLYNOMIAL) ^ FORMAT_MASK;

    for (unsigned i = 0; i < 15; i++) {
        bool dark = bits >> i & 1;
        if (i < 8) {
            module_fix(qr, i < 6 ? i : i + 1, 8, dark);
            module_fix(qr, 8, qr->side - 1 - i, dark);
        } else {
            module_fix(qr, 8, i == 8 ? 7 : 14 - i, dark);
            module_fix(qr, qr->side - 15 + i, 8, dark);
        }
    }
    module_fix(qr, qr->side - 8, 8, true);
}

static void version_fix(struct qr *qr)
{
    uint32_t bits = checked(qr->version, 12, VERSION_POLYNOMIAL);

    for (unsigned i = 0; i < 18 && qr->version >= VERSION_INFORMED; i++) {
        module_fix(qr, qr->side - 11 + i % 3, i / 3, bits >> i & 1);
        module_fix(qr, i / 3, qr->side - 11 + i % 3, bits >> i & 1);
    }
}

static void patterns_fix(struct qr *qr, enum qr_level level)
{
    for (unsigned row = 0; row < qr->side; row++)
        for (unsigned column = 0; column < qr->side; column++)
            qr->dark[row][column] = qr->fixed[row][column] = 0;
    for (unsigned i = 0; i < qr->side; i++) {
        module_fix(qr, 6, i, i % 2 == 0);
        module_fix(qr, i, 6, i % 2 == 0);
    }
    finder_fix(qr, 3, 3);
    finder_fix(qr, 3, qr->side - 4);
    finder_fix(qr, qr->side - 4, 3);
    alignments_fix(qr);
    format_fix(qr, level, 0);
    version_fix(qr);
}

/* Pairs of columns from the right, up and down by turns, around the vertical timing pattern. */
static void data_draw(struct qr *qr)
{
    size_t bit = 0, bits = (size_t)codewords_all(qr->version) * 8;

    for (unsigned right = qr->side - 1; right >= 1; right -= 2) {
        right -= right == 6;
        for (unsigned i = 0; i < qr->side; i++) {
            bool up = ((right + 1) & 2) == 0;
            unsigned row = up ? qr->side - 1 - i : i;
            for (unsigned column = right; column + 2 > right; column--)
                if (!qr->fixed[row][column] && bit < bits) {
                    qr->dark[row][column] = qr->codewords[bit / 8] >> (7 - bit % 8) & 1;
                    bit++;
                }
        }
        if (right == 1)
            break;
    }
}

static bool mask_inverts(unsigned mask, unsigned row, unsigned column)
{
    unsigned product = row * column;

    switch (mask) {
    case 0: return (row + column) % 2 == 0;
    case 1: return row % 2 == 0;
    case 2: return column % 3 == 0;
    case 3: return (row + column) % 3 == 0;
    case 4: return (row / 2 + column / 3) % 2 == 0;
    case 5: return product % 2 + product % 3 == 0;
    case 6: return (product % 2 + product % 3) % 2 == 0;
    default: return ((row + column) % 2 + product % 3) % 2 == 0;
    }
}

/* Twice is not at all. */
static void mask_apply(struct qr *qr, unsigned mask)
{
    for (unsigned row = 0; row < qr->side; row++)
        for (unsigned column = 0; column < qr->side; column++)
            qr->dark[row][column] ^= (uint8_t)(!qr->fixed[row][column] && mask_inverts(mask, row, column));
}

static uint8_t module_at(const struct qr *qr, unsigned line, unsigned i, bool across) { return across ? qr->dark[i][line] : qr->dark[line][i]; }

/* Of one row or column: runs of five and more, and what looks like a finder pattern beside four light modules. */
static unsigned line_penalty(const struct qr *qr, unsigned line, bool across)
{
    unsigned penalty = 0, run = 0, window = 0;

    for (unsigned i = 0; i < qr->side; i++) {
        uint8_t dark = module_at(qr, line, i, across);
        run = i > 0 && dark == module_at(qr, line, i - 1, across) ? run + 1 : 1;
        penalty += run == 5 ? 3 : run > 5;
        window = (window << 1 | dark) & 0x7ff;
        if (i >= 10 && (window == 0x05d || window == 0x5d0))
            penalty += 40;
    }
    return penalty;
}

static unsigned penalty_of(const struct qr *qr)
{
    unsigned penalty = 0, dark = 0, all = qr->side * qr->side;

    for (unsigned line = 0; line < qr->side; line++)
        penalty += line_penalty(qr, line, false) + line_penalty(qr, line, true);
    for (unsigned row = 0; row < qr->side; row++)
        for (unsigned column = 0; column < qr->side; column++) {
            uint8_t here = qr->dark[row][column];
            dark += here;
            if (row > 0 && column > 0 && here == qr->dark[row - 1][column] && here == qr->dark[row][column - 1] && here == qr->dark[row - 1][column - 1])
                penalty += 3;
        }
    return penalty + distance(dark * 20, all * 10) / all * 10;
}

static void mask_choose(struct qr *qr, enum qr_level level)
{
    unsigned best = 0, least = ~0u;

    for (unsigned mask = 0; mask < MASKS; mask++) {
        format_fix(qr, level, mask);
        mask_apply(qr, mask);
        unsigned penalty = penalty_of(qr);
        if (penalty < least) {
            least = penalty;
            best = mask;
        }
        mask_apply(qr, mask);
    }
    format_fix(qr, level, best);
    mask_apply(qr, best);
    qr->mask = best;
}

bool qr_encode(const void *bytes, size_t n, enum qr_level level, unsigned version, struct qr *out)
{
    if (version == 0 || version > QR_VERSION_MAX)
        return false;
    for (out->version = version; out->version <= QR_VERSION_MAX && n > qr_bytes_max(out->version, level);)
        out->version++;
    if (out->version > QR_VERSION_MAX)
        return false;
    out->side = qr_side(out->version);
    data_make(out, level, bytes, n);
    codewords_make(out, level);
    patterns_fix(out, level);
    data_draw(out);
    mask_choose(out, level);
    return true;
}
